"""Step: read the state once, and say whether the draft has settled."""

from handlers import wiring
from handlers.step import step
from videos.records import Job
from videos.settle_timeline import Settled, settle_timeline


@step
def handler(job: Job) -> Settled:
    return settle_timeline(job, store=wiring.store(), backend=wiring.backend())
