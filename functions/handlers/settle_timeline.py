"""Step: read the state, and say whether the draft has settled or a longer wait is due."""

from handlers import wiring
from handlers.step import step
from videos.close_looks import look_closely
from videos.records import Job
from videos.settle_timeline import Settled, settle_timeline


@step
def handler(job: Job) -> Settled:
    store, backend, costs = wiring.store(), wiring.backend(), wiring.costs()
    return look_closely(lambda: settle_timeline(job, store=store, backend=backend, costs=costs))
