"""Step: ask once how the render is going."""

from handlers import wiring
from handlers.step import step
from videos.models import Job
from videos.render import Polled, poll_render


@step
def handler(job: Job) -> Polled:
    return poll_render(job, store=wiring.store(), backend=wiring.backend())
