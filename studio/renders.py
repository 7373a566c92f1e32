"""Renders: a queue worked on by one renderer process at a time.

The renderer is a process of its own: what a strange file does to a decoder ends a render, not the studio.
"""

import asyncio
import contextlib
import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import cast

from studio.draft import Draft
from studio.errors import DuplicateRenderError, RateLimitedError, RenderNotFoundError
from studio.media import Media

RENDER_LIMIT_S = 900
BUSY_RETRY_AFTER_S = 10
_ROOT = Path(__file__).resolve().parents[1]


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
    folder: Path
    job: Mapping[str, object]
    status: Status = Status.PENDING
    progress: float = 0
    error: str | None = None
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    completed_at: datetime | None = None

    @property
    def video(self) -> Path:
        return self.folder / "video.mp4"

    @property
    def is_over(self) -> bool:
        return self.status in {Status.COMPLETED, Status.FAILED}

    def end(self, error: str | None) -> None:
        self.status = Status.FAILED if error else Status.COMPLETED
        self.progress = self.progress if error else 100
        self.error = error
        self.completed_at = datetime.now(UTC)


class Renders:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._by_id: dict[str, Render] = {}
        self._waiting: asyncio.Queue[Render] = asyncio.Queue()
        self._process: asyncio.subprocess.Process | None = None
        self._current: Render | None = None

    def start(
        self, render_id: str, user_id: str, session_id: str, draft: Draft, media: Mapping[str, Media]
    ) -> Render:
        """Queue a render.

        Raises:
            DuplicateRenderError: the id is taken.
            RateLimitedError: the session's last render is not over (vendor skill document: one active
                export per session).
        """
        if render_id in self._by_id:
            raise DuplicateRenderError(
                f"The render {render_id} exists already. Ask for its status, or choose another id."
            )
        if any(render.session_id == session_id and not render.is_over for render in self._by_id.values()):
            raise RateLimitedError(
                "Another export of this session is running. Wait until it is over.",
                retry_after=BUSY_RETRY_AFTER_S,
            )
        # The folder's name is the secret of the video's address.
        folder = self._folder / secrets.token_urlsafe(24)
        job = {
            "draft": draft.to_wire(),
            "media": {id_: {"path": str(item.path), "kind": item.kind} for id_, item in media.items()},
            "output": str(folder / "video.mp4"),
        }
        render = Render(render_id, user_id, session_id, folder, job)
        self._by_id[render_id] = render
        self._waiting.put_nowait(render)
        return render

    def find(self, render_id: str, user_id: str) -> Render:
        """Raises: RenderNotFoundError: no such render, or another user's."""
        render = self._by_id.get(render_id)
        if render is None or render.user_id != user_id:
            raise RenderNotFoundError(f"There is no render with the id {render_id}.")
        return render

    def cancel(self, render: Render) -> None:
        """End a render that is not over yet."""
        if render.is_over:
            return
        render.end("Cancelled.")
        if render is self._current and self._process:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()

    def video(self, key: str) -> Path | None:
        """The finished video under the key of its address."""
        completed = (r.video for r in self._by_id.values() if r.status is Status.COMPLETED)
        return next((video for video in completed if video.parent.name == key), None)

    async def work(self) -> None:
        """Render what is queued, for ever."""
        while True:
            render = await self._waiting.get()
            if render.is_over:
                continue
            self._current = render
            render.status = Status.PROCESSING
            try:
                async with asyncio.timeout(RENDER_LIMIT_S):
                    error = await self._run(render)
            except TimeoutError:
                error = f"The render took longer than {RENDER_LIMIT_S // 60} minutes."
            except OSError as problem:
                error = f"The renderer could not be run: {problem}."
            if not render.is_over:
                render.end(error)
            self._current = None

    async def _run(self, render: Render) -> str | None:
        """Run the renderer to its end; why it failed, if it did."""
        render.folder.mkdir(parents=True)
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
            stdin.write(json.dumps(render.job).encode() + b"\n")
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
