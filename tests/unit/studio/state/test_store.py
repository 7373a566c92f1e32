"""What a studio keeps, takes up again and forgets; its calls are made in this process."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio.api.app import create_app
from studio.draft import Draft
from studio.errors import RenderNotFoundError
from studio.media.items import Media
from studio.settings import Settings
from studio.state.renders import MOST_ATTEMPTS, Renders, Status
from studio.state.store import FolderInUseError, Store

DRAFT = Draft.model_validate({"t": [{"tt": 0, "sg": [{"d": 1000}]}], "d": 1000})
NOW = datetime.now(UTC)
WEEK = timedelta(days=7)


@asynccontextmanager
async def client(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a token of its own, at a studio in this process."""
    app = create_app(store)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://s") as http,
    ):
        issued = await http.post("/api/auth/anonymous-token", headers={"X-Client-Id": "1"})
        http.headers["Authorization"] = f"Bearer {issued.json()['data']['token']}"
        yield http


def started(renders: Renders, render_id: str) -> None:
    renders.start(render_id, "user", f"session of {render_id}", DRAFT, {})


def ended(renders: Renders, render_id: str) -> None:
    started(renders, render_id)
    renders.cancel(renders.find(render_id, "user"))


@pytest.mark.parametrize("is_trickling", [False, True])
def test_a_body_that_does_not_come_is_not_waited_for(tmp_path: Path, *, is_trickling: bool) -> None:
    async def stalling() -> AsyncIterator[bytes]:
        yield b'{"task_name":'
        while is_trickling:
            await asyncio.sleep(0.01)
            yield b" "
        await asyncio.Event().wait()

    async def run() -> httpx.Response:
        async with client(Store(Settings(tmp_path, request_idle_seconds=0.05))) as http:
            return await http.post("/api/tasks/me/with-session/nemo_agent", content=stalling())

    answer = asyncio.run(asyncio.wait_for(run(), 20))
    assert answer.status_code == answer.json()["code"] == 408
    assert "Too little came in 0." in answer.json()["message"]


def test_a_fault_of_the_studios_own_is_told_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> httpx.Response:
        store = Store(Settings(tmp_path))
        async with client(store) as http:
            monkeypatch.setattr(store.sessions, "create", lambda *_: 1 / 0)
            return await http.post("/api/tasks/me/with-session/nemo_agent", json={})

    answer = asyncio.run(run())
    assert answer.status_code == answer.json()["code"] == 500
    assert "division" not in answer.text


def test_a_message_that_cannot_be_worked_on_is_told_and_costs_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> tuple[str, dict[str, Any]]:
        store = Store(Settings(tmp_path, work_seconds=0))
        async with client(store) as http:
            opened = await http.post("/api/tasks/me/with-session/nemo_agent", json={})
            session_id, user_id = (opened.json()["data"][name] for name in ("session_id", "user_id"))
            session = store.sessions.find(session_id, user_id, NOW)
            monkeypatch.setattr(session, "save", lambda: 1 / 0)
            message = {"parts": [{"text": 'create a video "Urban Dreams"'}]}
            run = {"app_name": "", "user_id": "me", "session_id": session_id, "new_message": message}
            stream = await http.post("/run_sse", json=run)
            assert not session.turn.locked()
            return stream.text, (await http.get("/api/credits/balance/simple")).json()["data"]

    stream, balance = asyncio.run(run())
    assert '"error"' in stream
    assert "no credits were taken" in stream
    assert balance == {"available": 100, "frozen": 0, "total": 100}


def test_a_render_that_was_under_way_at_too_many_stops_has_failed(
    database: sqlite3.Connection, tmp_path: Path
) -> None:
    started(Renders(database, tmp_path), "render")
    database.execute("UPDATE renders SET status = 'processing', attempts = ?", [MOST_ATTEMPTS])
    renders = Renders(database, tmp_path)
    renders.recover()
    render = renders.find("render", "user")
    assert (render.status, render.is_over) == (Status.FAILED, True)
    assert render.error == "The studio stopped 3 times during this render."


def test_a_render_taken_up_again_is_kept_from_the_folder_of_the_last_attempt(
    database: sqlite3.Connection, tmp_path: Path
) -> None:
    before = Renders(database, tmp_path)
    started(before, "render")
    first = before.find("render", "user")
    before.video_of(first).parent.mkdir()
    renders = Renders(database, tmp_path)
    renders.recover()
    second = renders.find("render", "user")
    assert (second.status, second.progress) == (Status.PENDING, 0)
    assert second.key != first.key
    assert list(tmp_path.iterdir()) == []


def test_users_choose_their_ids_without_knowing_of_each_other(
    database: sqlite3.Connection, tmp_path: Path
) -> None:
    renders = Renders(database, tmp_path)
    for user in ("a", "b"):
        renders.start("render", user, f"session of {user}", DRAFT, {})
    assert renders.find("render", "a").session_id != renders.find("render", "b").session_id


def test_renders_are_forgotten_a_time_after_their_end(database: sqlite3.Connection, tmp_path: Path) -> None:
    renders = Renders(database, tmp_path)
    ended(renders, "over")
    started(renders, "waiting")
    folder = renders.video_of(renders.find("over", "user")).parent
    folder.mkdir()
    renders.forget_older(NOW - WEEK)
    assert renders.find("over", "user").is_over
    renders.forget_older(NOW + WEEK)
    with pytest.raises(RenderNotFoundError):
        renders.find("over", "user")
    assert not folder.exists()
    assert renders.find("waiting", "user").status is Status.PENDING


def test_an_idle_sessions_files_are_forgotten_with_it(tmp_path: Path, photo: Media) -> None:
    async def run() -> None:
        store = Store(Settings(tmp_path))
        file = tmp_path / "media" / photo.id
        file.write_bytes(b"pixels")
        session = store.sessions.create("user", "en", NOW)
        store.keep_media(session, [replace(photo, path=file)])
        store.forget_expired(NOW + WEEK - timedelta(seconds=1))
        assert file.exists()
        store.forget_expired(NOW + WEEK)
        assert not file.exists()
        assert store.sessions.count() == 0
        await store.close()

    asyncio.run(run())


def test_a_folder_is_one_studios(tmp_path: Path) -> None:
    async def run() -> None:
        first = Store(Settings(tmp_path))
        with pytest.raises(FolderInUseError, match="Another studio works in"):
            Store(Settings(tmp_path))
        await first.close()
        await Store(Settings(tmp_path)).close()

    asyncio.run(run())
