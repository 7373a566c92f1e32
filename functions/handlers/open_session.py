"""Step: open the session in which all turns of the video happen."""

from handlers import wiring
from handlers.step import step
from videos.prepare import open_session
from videos.records import Job


@step
def handler(job: Job) -> None:
    open_session(job, store=wiring.store(), backend=wiring.backend())
