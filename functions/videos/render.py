"""Rendering: never two renders at once, none orphaned, one more try when one failed."""

import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel

from nemovideo import NemoVideoError
from nemovideo import Render as BackendRender
from nemovideo.draft import fingerprint
from videos.clock import Clock, utc_now
from videos.close_looks import CLOSE_SECONDS
from videos.errors import RenderError
from videos.ports import VideoStore
from videos.prepare import session_of
from videos.records import Job, Stage
from videos.stages import PROGRESS, rendering_progress
from videos.turn import Rendering, Turn

if TYPE_CHECKING:
    from nemovideo import NemoVideo

MAX_ATTEMPTS = 2  # vendor skill document: "Render failed: once more with a new id"
RETRY_SECONDS = 30
START_PATIENCE = timedelta(minutes=15)
GIVE_UP_SECONDS = 30 * 60  # assumption: renders take 30-90 s; one of half an hour is stuck

_ADVICE = "Ask for it again, perhaps with a simpler instruction or a smaller file."
_ADVICE_FOR_FILES = "Check that the file plays on your device, then start a new video with it."


class Started(BaseModel):
    """Whether the render runs; if not, the draft is looked at again: it changed, or could not be read."""

    verdict: Literal["started", "unsettled"]
    wait_seconds: int = 0


class Polled(BaseModel):
    """Where the render stands; `wait_seconds` is for the workflow when it still runs.

    `failed` is one in whose place another is to be asked for.
    """

    verdict: Literal["completed", "running", "failed"]
    wait_seconds: int = 0


def start_render(job: Job, *, store: VideoStore, backend: "NemoVideo", clock: Clock = utc_now) -> Started:
    """Ask for the render of the settled draft, under an id that was stored before.

    Repeating it asks for the same id again, which the backend answers with the render that exists.

    Raises:
        NemoVideoError: The backend refused.
    """
    turn = store.turn(job)
    video = store.video(job.video_id)
    session_id = session_of(video).session_id
    try:
        draft = backend.state(session_id).draft or {}
    except NemoVideoError as error:
        if error.retryable:
            return Started(verdict="unsettled", wait_seconds=RETRY_SECONDS)
        raise
    if turn.timeline is None or fingerprint(draft) != turn.timeline.fingerprint:
        return Started(verdict="unsettled")
    store.report(job.video_id, Stage.RENDERING, *PROGRESS[Stage.RENDERING])
    rendering = turn.rendering
    if rendering is not None and rendering.draft != turn.timeline.fingerprint:
        stop_render(rendering.render_id, backend)  # its draft changed after it was asked for
    if rendering is None or rendering.failed or rendering.draft != turn.timeline.fingerprint:
        rendering = _next_rendering(rendering, turn.timeline.fingerprint, clock())
        store.write(job, rendering)
    try:
        backend.start_render(rendering.render_id, session_id, draft)
    except NemoVideoError as error:
        # The same id is asked for again, so there is one render whatever became of this.
        if error.retryable and clock() - rendering.asked_at < START_PATIENCE:
            return Started(verdict="unsettled", wait_seconds=RETRY_SECONDS)
        raise
    if store.turn(job).ended is not None:  # cancelled meanwhile: nobody would follow it
        stop_render(rendering.render_id, backend)
    return Started(verdict="started", wait_seconds=poll_wait(0))


def poll_render(job: Job, *, store: VideoStore, backend: "NemoVideo", clock: Clock = utc_now) -> Polled:
    """Ask once how the render is going.

    Raises:
        RenderError: It failed, or got stuck, for the second time.
    """
    turn = store.turn(job)
    rendering = _asked_for(turn)
    if turn.timeline is not None and turn.timeline.fingerprint != rendering.draft:
        return Polled(verdict="failed")  # taken over after another draft had settled, before it was rendered
    elapsed = (clock() - rendering.asked_at).total_seconds()
    try:
        render = backend.render(rendering.render_id)
    except NemoVideoError as error:
        if not error.retryable:
            raise
        render = None
    if render is not None and render.status == "completed":
        return Polled(verdict="completed")
    if render is not None and render.status == "failed":
        return _failed(job, rendering, render.error or "no reason given", store)
    if elapsed > GIVE_UP_SECONDS:
        backend.cancel_render(rendering.render_id)
        return _failed(job, rendering, f"it did not finish within {GIVE_UP_SECONDS // 60} minutes", store)
    _report(job, render, store)
    return Polled(verdict="running", wait_seconds=poll_wait(elapsed))


def stop_render(render_id: str, backend: "NemoVideo") -> None:
    """End a render that nobody waits for, if it runs; where that cannot be asked, it ends by itself."""
    try:
        if backend.render(render_id).status in {"pending", "processing"}:
            backend.cancel_render(render_id)
    except NemoVideoError:
        return


def poll_wait(elapsed: float) -> int:
    """Seconds until the next poll, `elapsed` seconds after the render was asked for.

    Fitted to renders of 30-90 s: few polls before one can be done, close ones while most are, and
    ever wider ones after that.
    """
    for until, wait in ((10, 5), (20, 10), (120, CLOSE_SECONDS)):
        if elapsed < until:
            return wait
    return min(int(elapsed / 10), 30)


def _next_rendering(before: Rendering | None, draft: str, now: datetime) -> Rendering:
    # `render_<ts>` (vendor skill document), and digits that keep apart what starts in the same millisecond.
    return Rendering(
        render_id=f"render_{int(now.timestamp() * 1000)}{secrets.randbelow(10**6):06d}",
        attempt=before.attempt + 1 if before else 1,
        draft=draft,
        asked_at=now,
    )


def _asked_for(turn: Turn) -> Rendering:
    if turn.rendering is None:
        raise RuntimeError(f"{turn.job.execution_name} has no render; the workflow starts one first")
    return turn.rendering


def _failed(job: Job, rendering: Rendering, reason: str, store: VideoStore) -> Polled:
    if rendering.attempt >= MAX_ATTEMPTS:
        raise RenderError(
            f"The render failed {rendering.attempt} times; the last time: {reason.rstrip('.')}.",
            advice=_ADVICE_FOR_FILES if "upload it again" in reason.casefold() else _ADVICE,
        )
    store.write(job, rendering.model_copy(update={"failed": True}))
    return Polled(verdict="failed")


def _report(job: Job, render: BackendRender | None, store: VideoStore) -> None:
    if render is None:
        return
    progress = rendering_progress(render.progress)
    if store.video(job.video_id).progress != progress:
        store.report(job.video_id, Stage.RENDERING, progress, PROGRESS[Stage.RENDERING][1])
