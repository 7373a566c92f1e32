"""Generate: the worker of the generation queue sends the instruction, and begins the render."""

import time
from collections.abc import Callable

from backend import VideoBackend
from videos.model.ports import VideoStore
from videos.model.records import VersionRef
from videos.model.version import Reply, SendOutcome
from videos.spending.costs import Costs
from videos.steps.render_attempts import poll_wait, start_render
from videos.steps.send_instruction import Worker
from videos.steps.send_lock import ENOUGH_TO_BEGIN_RENDER
from videos.steps.short_polling import SHORT_POLL_SECONDS
from videos.steps.stabilize import first_wait, stabilize


def begin_render(
    ref: VersionRef,
    worker: Worker,
    reply: Reply,
    *,
    store: VideoStore,
    backend: VideoBackend,
    costs: Costs,
    failed: Callable[[Exception], None],
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Start the render if the draft becomes stable within seconds.

    Rendering is free. So the render of a complete draft begins at once, and goes on while the next read shows
    whether the draft is stable. If it has changed, that render is stopped first.

    The worker has paid for the draft already. So no error ends anything here: the Render step does the same,
    and finds the same error. `failed` gets it.

    Returns:
        Seconds until the Render step goes on.
    """
    wait = first_wait(reply.outcome)
    if reply.outcome is SendOutcome.UNKNOWN:
        return wait
    try:
        while worker.alive_until - worker.now() > ENOUGH_TO_BEGIN_RENDER:
            stabilized = stabilize(ref, store=store, backend=backend, costs=costs, clock=worker.now)
            is_stable = stabilized.verdict == "stable"
            if is_stable or stabilized.likely:
                wait = _render(ref, worker, store=store, backend=backend, early=not is_stable)
            if is_stable:
                return wait
            if not 0 < stabilized.wait_seconds <= SHORT_POLL_SECONDS:
                return stabilized.wait_seconds
            pause(stabilized.wait_seconds)
    except Exception as error:  # noqa: BLE001 - the Render step handles it
        failed(error)
    return 0


def _render(ref: VersionRef, worker: Worker, *, store: VideoStore, backend: VideoBackend, early: bool) -> int:
    """Start the render of the draft as it was last seen, unless it runs.

    Returns:
        Seconds until its first poll.
    """
    version = store.version(ref)
    rendering, seen = version.rendering, version.draft_reads
    runs = rendering is not None and rendering.answered
    if rendering is not None and runs and seen is not None and rendering.draft == seen.fingerprint:
        return poll_wait((worker.now() - rendering.asked_at).total_seconds())
    return start_render(ref, store=store, backend=backend, clock=worker.now, early=early).wait_seconds
