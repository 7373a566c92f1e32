"""Estimates: the expected cost of a request, and whether credits and spending limits allow it."""

from datetime import UTC, datetime

from handlers import wiring
from handlers.http.models import BudgetEstimate, BudgetLeft, Estimate
from videos.lifecycle.submit import Submission
from videos.model.texts import in_figures
from videos.spending.budgets import WhenOver, budgets_of
from videos.spending.costs import expected_price
from videos.spending.prices import Kind

ESTIMATE_PATH = "/v1/videos/estimate"


def budgets_left(owner: str) -> list[BudgetLeft]:
    """Return the spending limits that hold for an owner now."""
    ledger = wiring.ledger()
    return [
        BudgetLeft(
            of="stack" if budget.owner is None else "owner",
            period=budget.period,
            credits=budget.credits,
            left=max(budget.credits - ledger.committed(budget), 0),
            renews_at=budget.renews_at,
        )
        for budget in budgets_of(owner, wiring.limits(), datetime.now(UTC))
    ]


def estimate_of(submission: Submission) -> Estimate:
    """Return the expected cost of a video's first version, with the current balance and spending limits."""
    limits = wiring.limits()
    price, available = (
        expected_price(Kind.GENERATION, wiring.cost_book()),
        wiring.backend().credits().available,
    )
    budgets = [
        BudgetEstimate(**budget.model_dump(), allows=budget.left >= price.at_most)
        for budget in budgets_left(submission.owner)
    ]
    short = available < price.credits
    over = [budget for budget in budgets if not budget.allows]
    message = f"The expected cost is {price.text}"
    if short:
        message += f". Only {in_figures(available)} credits are left. Top up your account."
    elif any(budget.credits < price.at_most for budget in over):
        message += ". That is more than a spending limit allows. Ask the operator to raise the limit."
    elif over:
        then = "wait until the limit renews" if limits.when_over is WhenOver.WAIT else "be rejected"
        message += f". That is more than is left of a spending limit, so the video would {then}."
    else:
        message += "."
    return Estimate(
        credits=price.credits,
        at_most=price.at_most,
        based_on=price.based_on,
        expected=price.text,
        available=available,
        allowed=not short and not over,
        message=message,
        budgets=tuple(budgets),
    )
