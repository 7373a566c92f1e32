"""Renders: accounts are served in turn, each by one renderer process at a time.

The renderer is a process of its own, with limits: what a strange file does to a decoder ends a render, not
the studio.
"""

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import sqlite3
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, cast

from pydantic import BaseModel, Field

from studio.draft import Draft
from studio.errors import DuplicateRenderError, RateLimitedError, RenderNotFoundError
from studio.isolation.bounds import clean_environment
from studio.isolation.fair_turns import FairQueue
from studio.media.items import Media

RENDER_LIMIT_S = 900
# An account's long render keeps no other account waiting.
AT_ONCE, AT_ONCE_PER_ACCOUNT = 2, 1
BUSY_RETRY_AFTER_S = 10
# A render that was under way at this many stops of the studio may be what stopped it.
MOST_ATTEMPTS = 3
_ROOT = Path(__file__).resolve().parents[2]
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
    size: int = 0
    """Bytes of the video."""

    @property
    def is_over(self) -> bool:
        return self.status in {Status.COMPLETED, Status.FAILED}


class _Said(BaseModel):
    """A line of the renderer, which reads foreign files."""

    progress: Annotated[float, Field(ge=0, le=100, allow_inf_nan=False)] = 0
    error: Annotated[str, Field(max_length=2000)] | None = None


class Renders:
    def __init__(self, database: sqlite3.Connection, folder: Path) -> None:
        self._database = database
        self._folder = folder
        self._active: dict[tuple[str, str], Render] = {}
        self._waiting: FairQueue[Render] = FairQueue(AT_ONCE, AT_ONCE_PER_ACCOUNT)
        self._is_due = asyncio.Event()
        self._making: dict[str, asyncio.Task[None]] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def start(
        self,
        render_id: str,
        user_id: str,
        session_id: str,
        draft: Draft,
        media: Mapping[str, Media],
        *,
        most: int | None = None,
    ) -> Render:
        """Queue a render of an account that may have `most` waiting and running.

        Raises:
            DuplicateRenderError: the id is taken.
            RateLimitedError: the account has as many, or the session's last render is not over (vendor skill
                document: one active export per session).
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
        if most is not None and sum(user == user_id for user, _ in self._active) >= most:
            raise RateLimitedError(
                f"The account has {most} renders waiting or running. Wait until one is over.",
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
        """End a render that is not over yet, at whatever point it is."""
        if render.is_over:
            return
        self._end(render, "Cancelled.")
        self._waiting.discard(render.user_id, render)
        if making := self._making.get(render.key):
            making.cancel()

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
        for folder in self.take_older(than):
            _remove(folder)

    def take_older(self, than: datetime) -> list[Path]:
        """Remove the records of renders that were over before that moment; the folders of their videos."""
        rows = self._database.execute(
            "DELETE FROM renders WHERE completed_at < ? RETURNING key", [than.timestamp()]
        ).fetchall()
        return [self._folder / row["key"] for row in rows]

    async def work(self) -> None:
        """Render what is queued, for ever."""
        try:
            while True:
                self._is_due.clear()
                while render := self._waiting.take():
                    self._making[render.key] = asyncio.create_task(self._make(render))
                await self._is_due.wait()
        finally:
            making = list(self._making.values())
            for task in making:
                task.cancel()
            await asyncio.gather(*making, return_exceptions=True)

    async def _make(self, render: Render) -> None:
        error: str | None = "The studio stopped during this render."
        try:
            render.status, render.attempts = Status.PROCESSING, render.attempts + 1
            self._save(render)
            async with asyncio.timeout(RENDER_LIMIT_S):
                error = await self._run(render)
            if not error:
                render.size = await asyncio.to_thread(_size, self.video_of(render))
        except TimeoutError:
            error = f"The render took longer than {RENDER_LIMIT_S // 60} minutes."
        except OSError as problem:
            error = f"The renderer could not be run: {problem.strerror}."
        except ValueError:
            error = "The renderer stopped making sense. Try again with a new id."
        finally:
            del self._making[render.key]
            self._waiting.done(render.user_id)
            self._is_due.set()
            if error:
                # What was written of it takes space that is counted for nobody.
                await asyncio.shield(asyncio.to_thread(_remove, self.video_of(render).parent))
        if not render.is_over:
            self._end(render, error)

    async def _run(self, render: Render) -> str | None:
        """Run the renderer to its end; why it failed, if it did. It is killed when this is cancelled."""
        video = self.video_of(render)
        video.parent.mkdir()
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "studio.render"),
            cwd=_ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            # A group of its own: what it starts is killed with it.
            start_new_session=True,
            env=clean_environment(),
        )
        stdin, stdout = (
            cast("asyncio.StreamWriter", process.stdin),
            cast("asyncio.StreamReader", process.stdout),
        )
        error: str | None = None
        try:
            stdin.write(json.dumps({**render.job, "output": str(video)}).encode() + b"\n")
            stdin.close()
            async for line in stdout:
                said = _Said.model_validate_json(line)
                error = said.error or error
                render.progress = max(said.progress, render.progress)
            await process.wait()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
                await process.wait()
        if error is None and process.returncode:
            return f"The renderer stopped unexpectedly ({process.returncode}). Try again with a new id."
        return error

    def _queue(self, render: Render) -> None:
        self._active[render.user_id, render.id] = render
        self._waiting.put(render.user_id, render)
        self._is_due.set()

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
            "UPDATE renders SET key = ?, status = ?, progress = ?, error = ?, attempts = ?, completed_at = ?,"
            " size = ? WHERE user_id = ? AND id = ?",
            [
                render.key,
                render.status,
                render.progress,
                render.error,
                render.attempts,
                render.completed_at and render.completed_at.timestamp(),
                render.size,
                render.user_id,
                render.id,
            ],
        )


def _size(file: Path) -> int:
    return file.stat().st_size


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


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
        size=row["size"],
    )
