"""Step: wait for a stable draft, start its render, and poll it."""

from handlers import wiring
from handlers.workflow.step import step
from videos.model.records import Job
from videos.steps.render import render
from videos.steps.result import StepResult


@step
def handler(job: Job) -> StepResult:
    return render(job, store=wiring.store(), backend=wiring.backend(), costs=wiring.costs())
