"""The Render step with two schedules: the pipeline's own, and where it is asked for the flat one.

`bench.overhead` puts it in the place of the pipeline's.
"""

from handlers import wiring
from handlers.workflow.step import step
from videos.model.clock import utc_now
from videos.model.records import VersionRef
from videos.steps.render import render
from videos.steps.render_attempts import poll_render
from videos.steps.result import RenderResult

FLAT = "Asked every 30 s."
FLAT_SECONDS = 30  # vendor skill document


@step
def handler(ref: VersionRef) -> RenderResult:
    store, backend = wiring.store(), wiring.backend()
    version = store.version(ref)
    if version.rendering is None or FLAT not in version.instruction:
        return render(ref, store=store, backend=backend, costs=wiring.costs())
    elapsed = (utc_now() - version.rendering.asked_at).total_seconds()
    if elapsed < FLAT_SECONDS - 1:  # the workflow's first wait is shorter
        return RenderResult(next="wait_for_render", wait_seconds=round(FLAT_SECONDS - elapsed))
    if poll_render(ref, store=store, backend=backend).verdict != "running":
        return render(ref, store=store, backend=backend, costs=wiring.costs())
    return RenderResult(next="wait_for_render", wait_seconds=FLAT_SECONDS)
