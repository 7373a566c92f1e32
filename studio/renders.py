"""Renders: a queue worked on by one renderer process at a time.

The renderer is a process of its own: what a strange file does to a decoder ends a render, not the studio.
"""

import asyncio
import contextlib
import json
import secrets
import shutil
import sqlite3
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import cast

from studio.draft import Draft
from studio.errors import DuplicateRenderError, RateLimitedError, RenderNotFoundError
from studio.media import Media

RENDER_LIMIT_S = 900
BUSY_RETRY_AFTER_S = 10
# A render that was under way at this many stops of the studio may be what stopped it.
MOST_ATTEMPTS = 3
_ROOT = Path(__file__).resolve().parents[1]
_ACTIVE = "status IN ('pending', 'processing')"


class Status(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"


@dataclass
class Render:
    id: str
    user_id: str
    session_id: str
    key: str
    """The secret of the video's address, and the name of its folder."""
    job: Mapping[str, object]
    created_at: datetime
    status: Status = Status.PENDING
    progress: float = 0
    error: str | None = None
    attempts: int = 0
    completed_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        return self.status in {Status.COMPLETED, Status.FAILED}


class Renders:
    def __init__(self, database: sqlite3.Connection, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._active: dict[tuple[str, str], Render] = {}
        self._waiting: asyncio.Queue[Render] = asyncio.Queue()
        self._process: asyncio.subprocess.Process | None = None
        self._current: Render | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def start(
        self, render_id: str, user_id: str, session_id: str, draft: Draft, media: Mapping[str, Media]
    ) -> Render:
        """Queue a render.

        Raises:
            DuplicateRenderError: the id is taken.
            RateLimitedError: the session's last render is not over (vendor skill document: one active
                export per session).
        """
        if self._read(render_id, user_id):
            raise DuplicateRenderError(
                f"The render {render_id} exists already. Ask for its status, or choose another id."
            )
        if any(render.session_id == session_id for render in self._active.values()):
            raise RateLimitedError(
                "Another export of this session is running. Wait until it is over.",
                retry_after=BUSY_RETRY_AFTER_S,
            )
        job = {
            "draft": draft.to_wire(),
            "media": {
                id_: {"path": str(item.path), "kind": item.kind, "name": item.name}
                for id_, item in media.items()
            },
        }
        render = Render(render_id, user_id, session_id, _new_key(), job, datetime.now(UTC))
        self._database.execute(
            "INSERT INTO renders (id, user_id, session_id, key, job, status, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                render_id,
                user_id,
                session_id,
                render.key,
                json.dumps(job),
                render.status,
                render.created_at.timestamp(),
            ],
        )
        self._queue(render)
        return render

    def find(self, render_id: str, user_id: str) -> Render:
        """Raises: RenderNotFoundError: no such render, or another user's."""
        render = self._active.get((user_id, render_id)) or self._read(render_id, user_id)
        if render is None:
            raise RenderNotFoundError(f"There is no render with the id {render_id}.")
        return render

    def cancel(self, render: Render) -> None:
        """End a render that is not over yet."""
        if render.is_over:
            return
        self._end(render, "Cancelled.")
        if render is self._current and self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def video_of(self, render: Render) -> Path:
        return self._folder / render.key / "video.mp4"

    def video(self, key: str) -> Path | None:
        """The finished video under the key of its address."""
        row = self._database.execute(
            "SELECT key FROM renders WHERE key = ? AND status = ?", [key, Status.COMPLETED]
        ).fetchone()
        return self._folder / row["key"] / "video.mp4" if row else None

    def recover(self) -> None:
        """Take up again what a stop of the studio interrupted, and clear away what is nobody's."""
        for row in self._database.execute(
            f"SELECT * FROM renders WHERE {_ACTIVE} ORDER BY created_at"  # noqa: S608 - a constant
        ).fetchall():
            render = _render(row)
            if render.attempts >= MOST_ATTEMPTS:
                self._end(render, f"The studio stopped {render.attempts} times during this render.")
                continue
            # A renderer that outlived its studio may still write to the folder it was given.
            render.key, render.status, render.progress = _new_key(), Status.PENDING, 0
            self._save(render)
            self._queue(render)
        kept = {row["key"] for row in self._database.execute("SELECT key FROM renders")}
        for folder in self._folder.iterdir():
            if folder.name not in kept:
                shutil.rmtree(folder)

    def forget_older(self, than: datetime) -> None:
        """Remove renders that were over before that moment, and their videos."""
        for row in self._database.execute(
            "DELETE FROM renders WHERE completed_at < ? RETURNING key", [than.timestamp()]
        ).fetchall():
            shutil.rmtree(self._folder / row["key"], ignore_errors=True)

    async def work(self) -> None:
        """Render what is queued, for ever."""
        while True:
            render = await self._waiting.get()
            if render.is_over:
                continue
            self._current = render
            render.status, render.attempts = Status.PROCESSING, render.attempts + 1
            self._save(render)
            try:
                async with asyncio.timeout(RENDER_LIMIT_S):
                    error = await self._run(render)
            except TimeoutError:
                error = f"The render took longer than {RENDER_LIMIT_S // 60} minutes."
            except OSError as problem:
                error = f"The renderer could not be run: {problem}."
            if not render.is_over:
                self._end(render, error)
            self._current = None

    async def _run(self, render: Render) -> str | None:
        """Run the renderer to its end; why it failed, if it did."""
        video = self.video_of(render)
        video.parent.mkdir()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "studio.render"),
            cwd=_ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        self._process = process
        stdin, stdout = (
            cast("asyncio.StreamWriter", process.stdin),
            cast("asyncio.StreamReader", process.stdout),
        )
        error = None
        try:
            stdin.write(json.dumps({**render.job, "output": str(video)}).encode() + b"\n")
            stdin.close()
            async for line in stdout:
                said = json.loads(line)
                error = said.get("error", error)
                render.progress = said.get("progress", render.progress)
            await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
            self._process = None
        if error is None and process.returncode:
            return f"The renderer stopped unexpectedly ({process.returncode}). Try again with a new id."
        return error

    def _queue(self, render: Render) -> None:
        self._active[render.user_id, render.id] = render
        self._waiting.put_nowait(render)

    def _end(self, render: Render, error: str | None) -> None:
        render.status = Status.FAILED if error else Status.COMPLETED
        render.progress = render.progress if error else 100
        render.error = error
        render.completed_at = datetime.now(UTC)
        self._save(render)
        self._active.pop((render.user_id, render.id), None)

    def _read(self, render_id: str, user_id: str) -> Render | None:
        row = self._database.execute(
            "SELECT * FROM renders WHERE user_id = ? AND id = ?", [user_id, render_id]
        ).fetchone()
        return _render(row) if row else None

    def _save(self, render: Render) -> None:
        self._database.execute(
            "UPDATE renders SET key = ?, status = ?, progress = ?, error = ?, attempts = ?, completed_at = ?"
            " WHERE user_id = ? AND id = ?",
            [
                render.key,
                render.status,
                render.progress,
                render.error,
                render.attempts,
                render.completed_at and render.completed_at.timestamp(),
                render.user_id,
                render.id,
            ],
        )


def _new_key() -> str:
    return secrets.token_urlsafe(24)


def _render(row: sqlite3.Row) -> Render:
    return Render(
        id=row["id"],
        user_id=row["user_id"],
        session_id=row["session_id"],
        key=row["key"],
        job=json.loads(row["job"]),
        created_at=datetime.fromtimestamp(row["created_at"], UTC),
        status=Status(row["status"]),
        progress=row["progress"],
        error=row["error"],
        attempts=row["attempts"],
        completed_at=row["completed_at"] and datetime.fromtimestamp(row["completed_at"], UTC),
    )
