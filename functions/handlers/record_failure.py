"""Step: end the turn as failed."""

from handlers import wiring
from handlers.step import step
from videos.finish import record_failure
from videos.records import Job


@step
def handler(job: Job) -> None:
    record_failure(job, store=wiring.store(), backend=wiring.backend())
