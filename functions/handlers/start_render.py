"""Step: ask for the render of the settled draft."""

from handlers import wiring
from handlers.step import step
from videos.records import Job
from videos.render import Started, start_render


@step
def handler(job: Job) -> Started:
    return start_render(job, store=wiring.store(), backend=wiring.backend())
