"""What a request would cost, and whether it could be paid for."""

from datetime import UTC, datetime

from handlers import wiring
from handlers.http.models import BudgetEstimate, Estimate
from videos.budgets import GENERATION_CREDITS, WhenOver, budgets_of
from videos.submit import Submission


def estimate_of(submission: Submission) -> Estimate:
    """The price of a video's first turn, beside the balance and the limits as they are now."""
    limits, ledger = wiring.limits(), wiring.ledger()
    price, available = GENERATION_CREDITS, wiring.backend().credits().available
    budgets = []
    for budget in budgets_of(submission.owner, limits, datetime.now(UTC)):
        left = max(budget.credits - ledger.committed(budget), 0)
        budgets.append(
            BudgetEstimate(
                of="stack" if budget.owner is None else "owner",
                period=budget.period,
                credits=budget.credits,
                left=left,
                allows=left >= price,
                renews_at=budget.renews_at,
            )
        )
    short = available < price
    over = [budget for budget in budgets if not budget.allows]
    message = f"It is expected to cost {price:g} credits"
    if short:
        message += f", and {available:g} are left. Top up credits in your account."
    elif any(budget.credits < price for budget in over):
        message += ", which is more than a limit ever allows. Have the limit raised."
    elif over:
        then = "wait until it renews" if limits.when_over is WhenOver.WAIT else "be refused"
        message += f", and a limit has no room for that: it would {then}."
    else:
        message += "."
    return Estimate(
        credits=price,
        available=available,
        allowed=not short and not over,
        message=message,
        budgets=tuple(budgets),
    )
