"""What an owner has spent on each day, and what is left of the limits."""

from datetime import timedelta

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import call, content, problem
from videos.model.clock import utc_now
from videos.spending.costs import Spending
from videos.spending.days import OwnerDay, Spent

PATH = "/v1/spending"

pytestmark = pytest.mark.usefixtures("world")


def _spend(world: World, **days: dict[int, Spent]) -> None:
    """Let owners have spent something so many days ago."""
    today = utc_now().date()
    changes = {
        OwnerDay(owner, today - timedelta(days=ago)): spent
        for owner, of_owner in days.items()
        for ago, spent in of_owner.items()
    }
    before = world.cost_book.spending()
    world.cost_book.change(before, Spending(revision=before.revision + 1), {}, changes)


def test_each_day_is_listed_with_what_was_spent(world: World, context: LambdaContext) -> None:
    two, one = Spent(credits=110.5, videos=1, edits=1), Spent(credits=3, videos=1)
    _spend(world, ann={0: two, 2: one, 5: one}, bob={0: one})
    spending = content(call(context, "GET", PATH, query={"days": "3"}), 200)
    today = utc_now().date()
    assert spending["days"] == [
        {"date": str(today - timedelta(days=2)), "credits": 3, "videos": 1, "edits": 0},
        {"date": str(today - timedelta(days=1)), "credits": 0, "videos": 0, "edits": 0},
        {"date": str(today), "credits": 110.5, "videos": 1, "edits": 1},
    ]
    assert (spending["credits"], spending["budgets"]) == (113.5, [])
    assert len(content(call(context, "GET", PATH), 200)["days"]) == 30


def test_the_limits_are_those_of_an_estimate(context: LambdaContext, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWNER_CREDITS_PER_DAY", "500")
    monkeypatch.setenv("CREDITS_PER_MONTH", "9000")
    budgets = content(call(context, "GET", PATH), 200)["budgets"]
    assert [(one["of"], one["period"], one["credits"], one["left"]) for one in budgets] == [
        ("stack", "month", 9000, 9000),
        ("owner", "day", 500, 500),
    ]
    assert "allows" not in budgets[0]


@pytest.mark.parametrize(
    ("query", "field"), [({"days": "0"}, "days"), ({"days": "367"}, "days"), ({"day": "1"}, "day")]
)
def test_what_cannot_be_is_refused(context: LambdaContext, query: dict[str, str], field: str) -> None:
    refused = problem(call(context, "GET", PATH, query=query), 422, "invalid-request")
    assert refused["field"] == field


def test_a_key_without_the_scope_sees_nothing(context: LambdaContext) -> None:
    problem(call(context, "GET", PATH, scopes="write"), 403, "scope")
