"""Step: look at what was handed in, before anything is spent."""

from handlers import wiring
from handlers.step import step
from videos.models import Job
from videos.prepare import inspect_media


@step
def handler(job: Job) -> None:
    inspect_media(job, store=wiring.store(), inbox=wiring.inbox())
