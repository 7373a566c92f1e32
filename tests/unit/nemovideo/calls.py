"""Calls of the client and the backend's usual responses to them."""

import io
from typing import BinaryIO

import httpx

from backend import Render, Session, StreamClock
from nemovideo import NemoVideo
from tests.support.backend import TOKEN

DRAFT: dict[str, object] = {
    "t": [{"tt": 0, "sg": [{"d": 1.0}]}],
    "odd": float("inf"),
    "half": "\ud83c",
    "de": "ü",
}
SESSION = Session(session_id="s", task_id="t")
FILES = {"files": [{"cdn_url": "https://cdn.test/a"}]}


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
