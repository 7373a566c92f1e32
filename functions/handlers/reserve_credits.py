"""Step: set credits aside for the turn, where the stack limits what may be spent."""

from handlers import wiring
from handlers.step import step
from videos.budgets import Reserved, reserve_credits
from videos.records import Job


@step
def handler(job: Job) -> Reserved:
    return reserve_credits(
        job,
        store=wiring.store(),
        ledger=wiring.ledger(),
        backend=wiring.backend(),
        book=wiring.cost_book(),
        limits=wiring.limits(),
    )
