"""Step: begin the turn that waits for the end of this one."""

from contextlib import suppress

from handlers import wiring
from handlers.step import step
from videos.errors import VideoNotFoundError
from videos.follow_up import begin_next
from videos.records import Job


@step
def handler(job: Job) -> None:
    with suppress(VideoNotFoundError):  # it was deleted since its end was announced
        begin_next(job, store=wiring.store(), workflow=wiring.workflow())
