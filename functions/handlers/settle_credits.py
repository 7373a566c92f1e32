"""Step: count what the turn has spent, a late charge too, and give back what else was set aside for it."""

from handlers import wiring
from handlers.step import step
from videos.budgets import settle_credits
from videos.records import Job


@step
def handler(job: Job) -> None:
    store, backend = wiring.store(), wiring.backend()
    if not store.turn(job).credits_final:
        wiring.costs().sweep(store)
    settle_credits(job, store=store, ledger=wiring.ledger(), backend=backend)
