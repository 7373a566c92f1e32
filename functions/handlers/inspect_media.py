"""Step: look at what was handed in, before anything is spent."""

from handlers import wiring
from handlers.http.addresses import allowed, reachable
from handlers.step import step
from videos.prepare import AddressChecks, Inspected, inspect_media
from videos.records import Job


@step
def handler(job: Job) -> Inspected:
    checks = AddressChecks(reachable=reachable, allowed=allowed)
    return inspect_media(
        job,
        store=wiring.store(),
        inbox=wiring.inbox(),
        tags=wiring.tags(),
        checks=checks,
        callbacks=wiring.callbacks(),
    )
