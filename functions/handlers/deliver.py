"""Step: store the finished video and check that it plays."""

from handlers import wiring
from handlers.step import step
from videos.examine import examine
from videos.records import Job
from videos.steps.deliver import deliver
from videos.steps.result import StepResult


@step
def handler(job: Job) -> StepResult:
    return deliver(
        job,
        store=wiring.store(),
        shelf=wiring.shelf(),
        backend=wiring.backend(),
        costs=wiring.costs(),
        examine=examine,
    )
