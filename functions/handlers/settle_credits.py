"""Step: count what the turn has spent, and give back what else was set aside for it."""

from handlers import wiring
from handlers.step import step
from videos.budgets import settle_credits
from videos.records import Job


@step
def handler(job: Job) -> None:
    settle_credits(job, store=wiring.store(), ledger=wiring.ledger(), backend=wiring.backend())
