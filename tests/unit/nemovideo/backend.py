"""A backend that gives the answers it was told to, and the client before it."""

import io
import json
from typing import BinaryIO

import httpx

from backend import Render, Session, StreamClock
from nemovideo import Attribution, NemoVideo

TOKEN = "nmv_usr_first"
DRAFT: dict[str, object] = {
    "t": [{"tt": 0, "sg": [{"d": 1.0}]}],
    "odd": float("inf"),
    "half": "\ud83c",
    "de": "ü",
}
SESSION = Session(session_id="s", task_id="t")

Step = httpx.Response | Exception


class Tokens:
    """Renews once."""

    def __init__(self) -> None:
        self.rejected: list[str] = []

    def token(self) -> str:
        return "nmv_usr_second" if self.rejected else TOKEN

    def renew(self, rejected: str) -> str:
        self.rejected.append(rejected)
        return self.token()


class Backend:
    """Answers with the given steps, one after the other, and keeps the requests."""

    def __init__(self, *steps: Step) -> None:
        self._steps = iter(steps)
        self.requests: list[httpx.Request] = []
        self.bodies: list[bytes] = []
        self.tokens = Tokens()
        self.client = NemoVideo(
            "https://api.test/",
            self.tokens,
            attribution=Attribution(version="9", platform="cursor"),
            http=httpx.Client(transport=httpx.MockTransport(self._answer)),
            web_url="https://web.test/",
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        self.bodies.append(request.read())
        step = next(self._steps)
        if isinstance(step, Exception):
            raise step
        return step

    @property
    def calls(self) -> list[str]:
        return [f"{request.method} {request.url.raw_path.decode()}" for request in self.requests]

    def sent_json(self) -> object:
        return json.loads(self.bodies[-1])


def data(fields: object) -> httpx.Response:
    return httpx.Response(200, json={"code": 0, "data": fields})


def rejected(code: int = 1001) -> httpx.Response:
    return httpx.Response(200, json={"code": code, "message": f"bad token {TOKEN}"})


def stream(body: bytes = b"") -> httpx.Response:
    return httpx.Response(200, headers={"Content-Type": "text/event-stream; charset=utf-8"}, content=body)


def say(client: NemoVideo, text: str = "hi") -> list[object]:
    return list(client.send_message("s", text, clock=StreamClock(900)))


def fetch(client: NemoVideo, url: str | None = None) -> bytes:
    with client.download(Render(id="r", status="completed", url=url)) as download:
        return b"".join(download.iter_bytes())


def upload(client: NemoVideo, content: BinaryIO | None = None, filename: str = "a.mp4") -> object:
    return client.upload_file(
        "s", filename, content or io.BytesIO(b"12345"), size=5, content_type="video/mp4"
    )


FILES = {"files": [{"cdn_url": "https://cdn.test/a"}]}
