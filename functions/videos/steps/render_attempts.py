"""Rendering: never two renders at once, none orphaned, one more try when one failed."""

import math
import secrets
from datetime import datetime
from http import HTTPStatus
from typing import Literal

from pydantic import BaseModel

from backend import Render as BackendRender
from backend import VideoBackend
from backend.draft import fingerprint, with_addresses
from backend.errors import NemoVideoError, RenderNotFoundError
from videos.events.stages import PROGRESS, rendering_progress
from videos.model.clock import Clock, utc_now
from videos.model.errors import RenderError, VersionEndedError
from videos.model.ports import VideoStore
from videos.model.records import Stage, VersionRef
from videos.model.version import Rendering, Version
from videos.steps.outages import Call, wait_after, waited_for
from videos.steps.session import session_of
from videos.steps.short_polling import SHORT_POLL_SECONDS

MAX_ATTEMPTS = 2  # vendor skill document: "Render failed: once more with a new id"
GIVE_UP_SECONDS = 30 * 60  # assumption: renders take 30-90 s; one of half an hour is stuck
# Assumption: a render that is unknown for so long never arrived. It is asked for again.
LOST_AFTER_SECONDS = 160
# Renders take 30-90 s, those of the studio about 10 s. From the first poll on, polls are short.
FIRST_POLL_SECONDS, SHORT_POLLS_UNTIL_SECONDS = 10, 120

_ADVICE = "Export it again: that is free. If it fails again, change the video."
_ADVICE_FOR_FILES = "Check that the file plays on your device, then start a new video with it."


class Started(BaseModel):
    """Whether the render runs; if not, the draft has changed, or the video service gave no usable answer."""

    verdict: Literal["started", "unstable"]
    wait_seconds: int = 0
    because: str = ""


class Polled(BaseModel):
    """The state of the render; `wait_seconds` is for the workflow when it still runs, and `because` why.

    After `failed`, another one is to be started.
    """

    verdict: Literal["completed", "running", "failed"]
    wait_seconds: int = 0
    because: str = ""


def start_render(
    ref: VersionRef, *, store: VideoStore, backend: VideoBackend, clock: Clock = utc_now, early: bool = False
) -> Started:
    """Ask for the render of the stable draft, under an id that was stored before.

    Repeating it asks for the same id again, which the backend answers with the render that exists. An `early`
    one is of the draft as it was last seen: it is not stable yet.

    Raises:
        VersionEndedError: It was cancelled meanwhile.
        NemoVideoError: The backend refused, and that is its final word.
        VideoError: It gave no usable answer for too long.
    """
    version = _going_on(ref, store)
    session_id = session_of(store.video(ref.video_id)).session_id
    try:
        state = backend.state(session_id)
    except NemoVideoError as error:
        wait = wait_after(ref, Call.STATE, error, store)
        return Started(verdict="unstable", wait_seconds=wait, because=str(error))
    draft, timeline, rendered = state.draft or {}, version.timeline, _fingerprint(version, early=early)
    if fingerprint(draft) != rendered and not (timeline is not None and timeline.restless):
        if timeline is not None:
            store.withdraw(ref, timeline)
        return Started(verdict="unstable")
    store.report(ref.video_id, Stage.RENDERING, *PROGRESS[Stage.RENDERING])
    rendering = version.rendering
    if rendering is not None and not rendering.failed and rendering.draft != rendered:
        try:
            _stop(rendering, backend)  # its draft changed after it was asked for
        except NemoVideoError as error:  # first the end of this one: two must not run at once
            wait = wait_after(ref, Call.STATUS, error, store)
            return Started(verdict="unstable", wait_seconds=wait, because=str(error))
    if rendering is None or rendering.failed or rendering.draft != rendered:
        rendering = _next_rendering(rendering, rendered, clock())
    else:  # asked for again: only from now on it can be stuck
        is_lost = waited_for(version, Call.STATUS) >= LOST_AFTER_SECONDS
        news = {"asked_at": clock(), "answered": False, "asked_again": is_lost}
        rendering = rendering.model_copy(update=news)
    store.write(ref, rendering)
    renderable, _ = with_addresses(draft, state.files)
    try:
        started = backend.start_render(rendering.render_id, session_id, renderable)
    except NemoVideoError as error:
        # The same id is asked for again, so there is one render, whatever the result of this call.
        wait = wait_after(ref, Call.START, error, store)
        return Started(verdict="unstable", wait_seconds=wait, because=str(error))
    own_id = started.id if started.id != rendering.render_id else None
    rendering = rendering.model_copy(update={"own_id": own_id, "answered": True})
    store.write(ref, rendering)
    if store.version(ref).ended is not None:  # cancelled meanwhile: nobody would follow it
        stop_render(rendering.known_as, backend)
    return Started(verdict="started", wait_seconds=poll_wait(0))


def _fingerprint(version: Version, *, early: bool) -> str:
    """Return that of the draft that is to be rendered."""
    if version.timeline is not None:
        return version.timeline.fingerprint
    if early and version.draft_reads is not None:
        return version.draft_reads.fingerprint
    raise RuntimeError(f"{version.ref.execution_name} has no timeline; it is waited for before the render")


def poll_render(
    ref: VersionRef, *, store: VideoStore, backend: VideoBackend, clock: Clock = utc_now
) -> Polled:
    """Ask once how the render is going.

    Raises:
        RenderError: It failed, or got stuck, for the second time.
        VersionEndedError: It was cancelled meanwhile.
        NemoVideoError: The plan does not allow exports: the backend's final word.
        VideoError: The backend gave no usable answer for too long.
    """
    version = _going_on(ref, store)
    rendering = _asked_for(version)
    try:
        render = backend.render(rendering.known_as)
    except NemoVideoError as error:
        return _unclear(ref, version, error, store)
    if render.status == "completed":
        return Polled(verdict="completed")
    elapsed = (clock() - rendering.asked_at).total_seconds()
    if render.status != "failed" and elapsed - waited_for(version, Call.STATUS) > GIVE_UP_SECONDS:
        return _stuck(ref, version, rendering, store, backend)
    return _status(ref, rendering, render, poll_wait(elapsed), store)


def _status(
    ref: VersionRef, rendering: Rendering, render: BackendRender, wait: int, store: VideoStore
) -> Polled:
    if render.status == "failed":
        return _failed(ref, rendering, render.error or "no reason given", store)
    _report(ref, render, store)
    return Polled(verdict="running", wait_seconds=wait)


def _stuck(
    ref: VersionRef, version: Version, rendering: Rendering, store: VideoStore, backend: VideoBackend
) -> Polled:
    try:
        backend.cancel_render(rendering.known_as)
    except NemoVideoError as error:  # first the end of this one: two must not run at once
        return _unclear(ref, version, error, store)
    return _failed(ref, rendering, f"it did not finish within {GIVE_UP_SECONDS // 60} minutes", store)


def _unclear(ref: VersionRef, version: Version, error: NemoVideoError, store: VideoStore) -> Polled:
    """Wait for a clear answer; a render that nobody knows is asked for once more under the same id.

    It is asked for at once if the video service has not accepted it yet.
    """
    rendering = _asked_for(version)
    is_lost = waited_for(version, Call.STATUS) >= LOST_AFTER_SECONDS and not rendering.asked_again
    if _is_unknown(error) and (is_lost or not rendering.answered):
        return Polled(verdict="failed", because=str(error))
    wait = wait_after(ref, Call.STATUS, error, store)
    return Polled(verdict="running", wait_seconds=wait, because=str(error))


def _is_unknown(error: NemoVideoError) -> bool:
    return isinstance(error, RenderNotFoundError) or error.code == HTTPStatus.NOT_FOUND


def stop_render(render_id: str, backend: VideoBackend) -> None:
    """Cancel a render that nobody waits for, if it runs. If that fails, it ends by itself."""
    try:
        if backend.render(render_id).status in {"pending", "processing"}:
            backend.cancel_render(render_id)
    except NemoVideoError:
        return


def _stop(rendering: Rendering, backend: VideoBackend) -> None:
    """Cancel a render if it runs, so that another one can be started."""
    try:
        status = backend.render(rendering.known_as).status
    except RenderNotFoundError:
        return
    if status in {"pending", "processing"}:
        backend.cancel_render(rendering.known_as)


def poll_wait(elapsed: float) -> int:
    """Seconds until the next poll, `elapsed` seconds after the render was asked for.

    Fitted to renders of 30-90 s: none before one can be done, close ones while most are, and ever wider ones
    after that.
    """
    if elapsed < FIRST_POLL_SECONDS:
        return math.ceil(FIRST_POLL_SECONDS - elapsed)
    return SHORT_POLL_SECONDS if elapsed < SHORT_POLLS_UNTIL_SECONDS else min(int(elapsed / 10), 30)


def _next_rendering(before: Rendering | None, draft: str, now: datetime) -> Rendering:
    # `render_<ts>` (vendor skill document), and digits that keep apart what starts in the same millisecond.
    return Rendering(
        render_id=f"render_{int(now.timestamp() * 1000)}{secrets.randbelow(10**6):06d}",
        attempt=before.attempt + 1 if before is not None and before.draft == draft else 1,
        draft=draft,
        asked_at=now,
    )


def _going_on(ref: VersionRef, store: VideoStore) -> Version:
    version = store.version(ref)
    if version.ended is not None:
        raise VersionEndedError(ref.execution_name)
    return version


def _asked_for(version: Version) -> Rendering:
    if version.rendering is None:
        raise RuntimeError(f"{version.ref.execution_name} has no render; the workflow starts one first")
    return version.rendering


def _failed(ref: VersionRef, rendering: Rendering, reason: str, store: VideoStore) -> Polled:
    if rendering.attempt >= MAX_ATTEMPTS:
        raise RenderError(
            f"The render failed {rendering.attempt} times. The last reason: {reason.rstrip('.')}.",
            advice=_ADVICE_FOR_FILES if "upload it again" in reason.casefold() else _ADVICE,
        )
    store.write(ref, rendering.model_copy(update={"failed": True}))
    return Polled(verdict="failed")


def _report(ref: VersionRef, render: BackendRender, store: VideoStore) -> None:
    progress = rendering_progress(render.progress)
    if store.video(ref.video_id).progress != progress:
        store.report(ref.video_id, Stage.RENDERING, progress, PROGRESS[Stage.RENDERING][1])
