"""Step: ask how the render is going, until it is done or a longer wait is due."""

from handlers import wiring
from handlers.step import step
from videos.records import Job
from videos.render import Polled, poll_render
from videos.watch import watch


@step
def handler(job: Job) -> Polled:
    return watch(lambda: poll_render(job, store=wiring.store(), backend=wiring.backend()))
