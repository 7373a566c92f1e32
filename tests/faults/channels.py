"""The webhook of a chat channel, which answers as a test says and keeps what it accepted."""

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any

from tests.support.scripted_backend.raw import LoopbackServer

ACCEPTED = {"Slack": HTTPStatus.OK, "Teams": HTTPStatus.ACCEPTED, "Discord": HTTPStatus.NO_CONTENT}
"""How each service answers when it accepts a message."""

Message = dict[str, Any]


@dataclass(frozen=True)
class Refusal:
    """An answer by which a message is not taken."""

    status: int
    reason: str
    headers: Mapping[str, str] = field(default_factory=dict)


class _Post(BaseHTTPRequestHandler):
    server: "ChatChannel"

    def do_POST(self) -> None:
        message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        silence = self.server.silence
        refusal = self.server.take(message)
        if silence is not None:
            silence.wait()
            return  # without an answer
        self.send_response(refusal.status if refusal else ACCEPTED[self.server.name])
        for name, value in refusal.headers.items() if refusal else ():
            self.send_header(name, value)
        self.end_headers()
        if refusal or self.server.name == "Slack":
            self.wfile.write(refusal.reason.encode() if refusal else b"ok")

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        pass


class ChatChannel(LoopbackServer):
    """Refuses what comes next as `refusals` say, and then takes all."""

    def __init__(self, name: str) -> None:
        super().__init__(_Post)
        self.name = name
        self.secret = f"a-webhook-of-{name}-that-is-a-secret"
        self.webhook_url = f"{self.url}/services/T0/B0/{self.secret}"
        self.refusals: list[Refusal] = []
        self.silence: threading.Event | None = None
        self._posts: list[tuple[Message, bool]] = []
        self._lock = threading.Lock()

    def take(self, message: Message) -> Refusal | None:
        """Take a message, or say why not."""
        with self._lock:
            refusal = self.refusals.pop(0) if self.refusals else None
            self._posts.append((message, refusal is None and self.silence is None))
            return refusal

    def all_posts(self) -> list[Message]:
        """Whatever was ever posted."""
        return [message for message, _ in self._posts]

    def posts(self, video_id: str) -> list[Message]:
        """Whatever was posted about a video."""
        return [message for message in self.all_posts() if video_id in json.dumps(message)]

    def shown(self, video_id: str) -> list[Message]:
        """What stands in the channel about a video."""
        return [message for message in self.all_shown() if video_id in json.dumps(message)]

    def all_shown(self) -> list[Message]:
        """All that stands in the channel."""
        return [message for message, is_taken in self._posts if is_taken]

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        """Answer nothing, and take nothing, while the block runs."""
        self.silence = threading.Event()
        try:
            yield
        finally:
            silence, self.silence = self.silence, None
            silence.set()


@contextlib.contextmanager
def chat_channel(name: str = "Slack") -> Iterator[ChatChannel]:
    """Serve while the block runs."""
    with ChatChannel(name) as channel:
        yield channel


@contextlib.contextmanager
def other_channels() -> Iterator[list[ChatChannel]]:
    """Serve a channel of each service beside Slack while the block runs."""
    with contextlib.ExitStack() as serving:
        yield [serving.enter_context(chat_channel(name)) for name in ACCEPTED if name != "Slack"]


def webhook_parameters(*channels: ChatChannel) -> dict[str, str]:
    """Return the parameters of the template that name their webhooks."""
    return {f"{channel.name}WebhookUrl": channel.webhook_url for channel in channels}
