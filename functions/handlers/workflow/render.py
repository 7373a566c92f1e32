"""Step: wait for a stable draft, start its render, and poll it."""

from handlers import wiring
from handlers.workflow.step import step
from videos.model.records import VersionRef
from videos.steps.render import render
from videos.steps.result import StepResult


@step
def handler(ref: VersionRef) -> StepResult:
    return render(ref, store=wiring.store(), backend=wiring.backend(), costs=wiring.costs())
