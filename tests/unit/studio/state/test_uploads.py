"""The limit on uploads, with a small one, against the application in this process."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio.api.app import create_app
from studio.settings import Settings
from studio.state.store import Store

LIMIT = 100_000
HEAD = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n'
TAIL = b"\r\n--x--\r\n"


async def in_one_piece(size: int) -> AsyncIterator[bytes]:
    yield HEAD + bytes(size) + TAIL


async def in_pieces(sent: list[int]) -> AsyncIterator[bytes]:
    yield HEAD
    for _ in range(200):
        sent.append(50_000)
        yield bytes(50_000)
    yield TAIL


async def upload(tmp_path: Path, body: AsyncIterator[bytes]) -> dict[str, Any]:
    app = create_app(Store(Settings(tmp_path, largest_upload=LIMIT)))
    transport = httpx.ASGITransport(app)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://s") as http,
    ):
        token = (await http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "1"})).json()["data"][
            "token"
        ]
        headers = {"Authorization": f"Bearer {token}"}
        opened = await http.post("/api/tasks/me/with-session/nemo_agent", json={}, headers=headers)
        path = f"/api/upload-video/nemo_agent/me/{opened.json()['data']['session_id']}"
        headers["Content-Type"] = "multipart/form-data; boundary=x"
        answer: dict[str, Any] = (await http.post(path, content=body, headers=headers)).json()
        return answer


@pytest.mark.parametrize(("size", "code"), [(LIMIT, 4001), (LIMIT + 1, 4002)])
def test_a_file_above_the_limit_is_refused(tmp_path: Path, size: int, code: int) -> None:
    """At the limit it is read, and found to be no clip."""
    assert asyncio.run(upload(tmp_path, in_one_piece(size)))["code"] == code
    assert list((tmp_path / "media").iterdir()) == []


def test_a_body_that_does_not_say_its_size_is_cut_off(tmp_path: Path) -> None:
    sent: list[int] = []
    assert asyncio.run(upload(tmp_path, in_pieces(sent)))["code"] == 4002
    assert sum(sent) < 2_000_000
