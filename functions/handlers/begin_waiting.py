"""Step: begin the edit that waits for the end of this turn."""

from handlers import wiring
from handlers.step import step
from videos.follow_up import begin_waiting
from videos.models import Job


@step
def handler(job: Job) -> None:
    store = wiring.store()
    begin_waiting(store.video(job.video_id), store=store, workflow=wiring.workflow())
