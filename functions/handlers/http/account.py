"""Routes of the account: its balance at the backend, and what an owner has spent."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from handlers import wiring
from handlers.http.caller import owner_with, refuse_unknown_parameters
from handlers.http.estimating import budgets_left
from handlers.http.models import CreditsAnswer, DaySpending, SpendingAnswer
from handlers.http.responses import PLAIN, responses
from videos.spending.days import MOST_DAYS, Spent

router = APIGatewayRouter()


@router.get(
    "/v1/credits",
    operation_id="getCredits",
    summary="Read the balance",
    description="Returns the credits of the account at the video service.",
    tags=["Account"],
    responses=responses(HTTPStatus.OK, CreditsAnswer, HTTPStatus.BAD_GATEWAY, *PLAIN),
)
def get_credits() -> CreditsAnswer:
    owner_with("read", router.current_event)
    balance = wiring.backend().credits()
    return CreditsAnswer(available=balance.available, frozen=balance.frozen, total=balance.total)


@router.get(
    "/v1/spending",
    operation_id="getSpending",
    summary="Read what you spent on each day",
    description="Returns the credits that your videos used on each day, and what is left of each limit.",
    tags=["Account"],
    responses=responses(HTTPStatus.OK, SpendingAnswer, *PLAIN),
)
def get_spending(
    days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="How many days, including today.")] = 30,
) -> SpendingAnswer:
    owner = owner_with("read", router.current_event)
    refuse_unknown_parameters(router.current_event, "days")
    today = datetime.now(UTC).date()
    dates = [today - timedelta(days=ago) for ago in reversed(range(days))]
    spent = wiring.cost_book().spent(owner, dates[0], today)
    listed = [(date, spent.get(date, Spent())) for date in dates]
    return SpendingAnswer(
        credits=round(sum(day.credits for _, day in listed), 2),
        days=[
            DaySpending(date=date, credits=day.credits, videos=day.videos, edits=day.edits)
            for date, day in listed
        ],
        budgets=budgets_left(owner),
    )
