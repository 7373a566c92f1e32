"""The step that polls, with two schedules: the pipeline's own, and where it is asked for the flat one.

`bench.overhead` puts it in the place of the pipeline's.
"""

from handlers import wiring
from handlers.step import step
from videos.clock import utc_now
from videos.close_looks import look_closely
from videos.records import Job
from videos.render import Polled, poll_render

FLAT = "Asked every 30 s."
FLAT_SECONDS = 30  # vendor skill document


@step
def handler(job: Job) -> Polled:
    store, backend = wiring.store(), wiring.backend()
    turn = store.turn(job)
    if turn.rendering is None or FLAT not in turn.instruction:
        return look_closely(lambda: poll_render(job, store=store, backend=backend))
    elapsed = (utc_now() - turn.rendering.asked_at).total_seconds()
    if elapsed < FLAT_SECONDS - 1:  # the workflow's first wait is shorter
        return Polled(verdict="running", wait_seconds=round(FLAT_SECONDS - elapsed))
    polled = poll_render(job, store=store, backend=backend)
    if polled.verdict != "running":
        return polled
    return Polled(verdict="running", wait_seconds=FLAT_SECONDS)
