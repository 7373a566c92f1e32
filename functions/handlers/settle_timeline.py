"""Step: read the state, and say whether the draft has settled or a longer wait is due."""

from handlers import wiring
from handlers.step import step
from videos.records import Job
from videos.settle_timeline import Settled, settle_timeline
from videos.watch import watch


@step
def handler(job: Job) -> Settled:
    return watch(lambda: settle_timeline(job, store=wiring.store(), backend=wiring.backend()))
