"""The backend's HTTP API as a script, read by the real client. No socket is opened."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

import httpx

from nemovideo import Attribution, FixedToken, NemoVideo, TokenSource

TOKEN = "nmv_usr_never-to-be-seen"


@dataclass(frozen=True)
class Answer:
    """A response that can be sent more than once. `body` is sent as JSON unless it is bytes."""

    body: Mapping[str, object] | bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> httpx.Response:
        if isinstance(self.body, bytes):
            return httpx.Response(self.status, content=self.body, headers=dict(self.headers))
        return httpx.Response(self.status, json=self.body, headers=dict(self.headers))


Step = Answer | httpx.Response | Exception
"""What a call gets: a response, or an error that the transport raises."""


class RenewingTokens:
    """Implements `nemovideo.TokenSource`. Another token replaces the first one that is rejected."""

    def __init__(self) -> None:
        self.rejected: list[str] = []

    def token(self) -> str:
        return "nmv_usr_second" if self.rejected else TOKEN

    def renew(self, rejected: str) -> str:
        self.rejected.append(rejected)
        return self.token()


class Backend:
    """Answers the calls of `client` by a script, and keeps the requests.

    A call is `"GET /path"`, with `*` for any characters. Its last answer stays. The `steps` answer any call,
    each once. A call that has no answer fails the test.
    """

    def __init__(self, *steps: Step, tokens: TokenSource | None = None) -> None:
        self._steps = list(steps)
        self._script: dict[str, list[Step]] = {}
        self.requests: list[httpx.Request] = []
        self.client = NemoVideo(
            "https://api.test/",
            tokens or FixedToken(TOKEN),
            attribution=Attribution(version="9", platform="cursor"),
            http=httpx.Client(transport=httpx.MockTransport(self._answer)),
            web_url="https://web.test/",
        )

    def on(self, call: str, *answers: Step) -> None:
        self._script[call] = list(answers)

    def answers(self, call: str) -> list[Step]:
        """Return what a call has not been answered yet."""
        return list(self._script[call])

    def calls(self, call: str) -> list[httpx.Request]:
        """Return the requests that were made of a call."""
        return [request for request in self.requests if fnmatchcase(_name(request), call)]

    @property
    def called(self) -> list[str]:
        """All calls in their order, as they were on the wire."""
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    @property
    def bodies(self) -> list[bytes]:
        return [request.content for request in self.requests]

    def sent_json(self) -> object:
        return json.loads(self.bodies[-1])

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        step = self._step_for(_name(request))
        if isinstance(step, Exception):
            raise step
        return step.response() if isinstance(step, Answer) else step

    def _step_for(self, name: str) -> Step:
        if self._steps:
            return self._steps.pop(0)
        call = next((call for call in self._script if fnmatchcase(name, call)), None)
        if call is None:
            raise AssertionError(f"unexpected: {name}")
        answers = self._script[call]
        return answers.pop(0) if len(answers) > 1 else answers[0]


def stream(*events: str) -> Answer:
    """Return server-sent events, one for each string of JSON."""
    body = "".join(f"data: {event}\n\n" for event in events).encode()
    return Answer(body, headers={"Content-Type": "text/event-stream"})


def _name(request: httpx.Request) -> str:
    return f"{request.method} {request.url.path}"
