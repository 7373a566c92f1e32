"""Step: wait for a stable draft, and have it rendered."""

from handlers import wiring
from handlers.step import step
from videos.records import Job
from videos.steps.render import render
from videos.steps.result import StepResult


@step
def handler(job: Job) -> StepResult:
    return render(job, store=wiring.store(), backend=wiring.backend(), costs=wiring.costs())
