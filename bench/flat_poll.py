"""The Render step with two schedules: the pipeline's own, and where it is asked for the flat one.

`bench.overhead` puts it in the place of the pipeline's.
"""

from handlers import wiring
from handlers.workflow.step import step
from videos.model.clock import utc_now
from videos.model.records import Job
from videos.steps.render import render
from videos.steps.render_attempts import poll_render
from videos.steps.result import RenderResult

FLAT = "Asked every 30 s."
FLAT_SECONDS = 30  # vendor skill document


@step
def handler(job: Job) -> RenderResult:
    store, backend = wiring.store(), wiring.backend()
    turn = store.turn(job)
    if turn.rendering is None or FLAT not in turn.instruction:
        return render(job, store=store, backend=backend, costs=wiring.costs())
    elapsed = (utc_now() - turn.rendering.asked_at).total_seconds()
    if elapsed < FLAT_SECONDS - 1:  # the workflow's first wait is shorter
        return RenderResult(next="wait_for_render", wait_seconds=round(FLAT_SECONDS - elapsed))
    if poll_render(job, store=store, backend=backend).verdict != "running":
        return render(job, store=store, backend=backend, costs=wiring.costs())
    return RenderResult(next="wait_for_render", wait_seconds=FLAT_SECONDS)
