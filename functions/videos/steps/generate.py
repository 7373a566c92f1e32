"""Generate: the worker of the generation queue sends the instruction, and begins the render."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from videos.close_looks import CLOSE_SECONDS
from videos.costs import Costs
from videos.ports import VideoStore
from videos.records import Job
from videos.render import start_render
from videos.send_instruction import Worker
from videos.send_lock import ENOUGH_TO_BEGIN_RENDER
from videos.settle_timeline import first_wait, settle_timeline
from videos.turn import Outcome, Reply

if TYPE_CHECKING:
    from nemovideo import NemoVideo


def begin_render(
    job: Job,
    worker: Worker,
    reply: Reply,
    *,
    store: VideoStore,
    backend: "NemoVideo",
    costs: Costs,
    failed: Callable[[Exception], None],
    pause: Callable[[float], None] = time.sleep,
) -> int:
    """Start the render if the draft becomes stable within seconds.

    The worker has paid for the draft already. So no error ends anything here: the Render step does the same,
    and finds the same error. `failed` is told of it.

    Returns:
        Seconds until the Render step goes on.
    """
    if reply.outcome is Outcome.UNKNOWN:
        return first_wait(reply.outcome)
    try:
        while worker.alive_until - worker.now() > ENOUGH_TO_BEGIN_RENDER:
            settled = settle_timeline(job, store=store, backend=backend, costs=costs, clock=worker.now)
            if settled.verdict == "settled":
                return start_render(job, store=store, backend=backend, clock=worker.now).wait_seconds
            if not 0 < settled.wait_seconds <= CLOSE_SECONDS:
                return settled.wait_seconds
            pause(settled.wait_seconds)
    except Exception as error:  # noqa: BLE001 - the Render step handles it
        failed(error)
    return 0
