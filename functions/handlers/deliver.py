"""Step: store the finished video and check that it plays."""

from handlers import wiring
from handlers.step import step
from videos.deliver import Delivering, deliver
from videos.examine import examine
from videos.records import Job


@step
def handler(job: Job) -> Delivering:
    return deliver(
        job,
        store=wiring.store(),
        shelf=wiring.shelf(),
        backend=wiring.backend(),
        costs=wiring.costs(),
        examine=examine,
    )
