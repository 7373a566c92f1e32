"""Step: store the finished video and check that it plays."""

from handlers import wiring
from handlers.workflow.step import step
from media_probe.examine import examine
from videos.model.records import VersionRef
from videos.steps.deliver import deliver
from videos.steps.result import StepResult


@step
def handler(ref: VersionRef) -> StepResult:
    return deliver(
        ref,
        store=wiring.store(),
        storage=wiring.storage(),
        outbox=wiring.outbox(),
        backend=wiring.backend(),
        costs=wiring.costs(),
        examine=examine,
    )
