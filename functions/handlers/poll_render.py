"""Step: ask how the render is going, until it is done or a longer wait is due."""

from handlers import wiring
from handlers.step import step
from videos.close_looks import look_closely
from videos.records import Job
from videos.render import Polled, poll_render


@step
def handler(job: Job) -> Polled:
    return look_closely(lambda: poll_render(job, store=wiring.store(), backend=wiring.backend()))
