"""Step: begin the turn that waits for the end of this one."""

from handlers import wiring
from handlers.step import step
from videos.follow_up import begin_next
from videos.models import Job


@step
def handler(job: Job) -> None:
    begin_next(job, store=wiring.store(), workflow=wiring.workflow())
