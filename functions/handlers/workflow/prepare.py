"""Step: prepare a version for its instruction."""

from handlers import wiring
from handlers.page_check import allowed, reachable
from handlers.workflow.step import step
from videos.model.records import VersionRef
from videos.steps.prepare import Preparation, prepare
from videos.steps.result import StepResult
from videos.steps.session import AddressChecks


@step
def handler(ref: VersionRef) -> StepResult:
    given = Preparation(
        store=wiring.store(),
        inbox=wiring.inbox(),
        tags=wiring.tags(),
        checks=AddressChecks(reachable=reachable, allowed=allowed),
        webhooks=wiring.tracked_webhooks(),
        ledger=wiring.ledger(),
        book=wiring.cost_book(),
        limits=wiring.limits(),
        backend=wiring.backend(),
        pictures=wiring.pictures(),
    )
    return prepare(ref, given)
