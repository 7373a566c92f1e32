"""The HTTP API: what a request would cost, before anything is stored or begun."""

from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.support.backend import Answer
from tests.support.builders import CREDITS
from tests.support.media import picture
from tests.unit.handlers.conftest import World, takes_media
from tests.unit.handlers.http_calls import call, content, problem
from videos.requests.ownership import prefix_of
from videos.spending.costs import Spending
from videos.spending.prices import Kind

VIDEOS = "/v1/videos"
OWN_KEY, OWN_BAD_KEY = (f"{prefix_of('ann', 'upl-1')}{name}.png" for name in "ab")
ESTIMATE = f"{VIDEOS}/estimate"
KEY = {"Idempotency-Key": "key-1"}


@pytest.fixture(autouse=True)
def _a_backend_with_credits(world: World) -> None:
    world.backend.on(CREDITS, Answer({"data": {"available": 150, "frozen": 20, "total": 170}}))
    world.inbox.bodies[OWN_KEY] = picture("PNG")
    world.inbox.bodies[OWN_BAD_KEY] = b"%PDF"


def _limit(monkeypatch: pytest.MonkeyPatch, **limits: str) -> None:
    for name, value in limits.items():
        monkeypatch.setenv(name.upper(), value)


def _estimate(context: LambdaContext, body: object = None) -> dict[str, Any]:
    return content(call(context, "POST", ESTIMATE, body or {"instruction": "a"}), 200)


def test_an_estimate_stores_nothing_and_begins_nothing(world: World, context: LambdaContext) -> None:
    body = {
        "url": "https://example.com/kettle",
        "s3_key": OWN_KEY,
        "callback_url": "https://hooks.example.com/",
        "callback_on_start": True,
    }
    assert _estimate(context, body) == {
        "credits": 100,
        "at_most": 100,
        "based_on": 0,
        "expected": "up to 100 credits, no video made yet",
        "available": 150,
        "allowed": True,
        "message": "The expected cost is up to 100 credits, no video made yet.",
        "budgets": [],
    }
    assert world.workflow.started == []
    assert world.webhooks.orders == []
    assert content(call(context, "GET", VIDEOS), 200)["videos"] == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"instruction": ""}, "instruction"),
        ({"title_": "x", "instruction": "a"}, "title_"),
        ({"url": "https://within.example.com/"}, "url"),
        ({"instruction": "a", "callback_url": "http://10.0.0.1/"}, "callback_url"),
        ({"upload_ids": ["upl-nothing"]}, "upload_ids"),
        ({"s3_key": "inbox/nothing.png"}, "s3_key"),
    ],
)
def test_an_estimate_checks_what_the_request_itself_would(
    world: World, context: LambdaContext, body: object, field: str
) -> None:
    said = [problem(call(context, "POST", path, body), 422, "invalid-request") for path in (ESTIMATE, VIDEOS)]
    assert said[0] == said[1]
    assert said[0]["field"] == field
    assert world.workflow.started == []


def test_an_estimate_looks_into_the_files_as_the_first_step_would(context: LambdaContext) -> None:
    said = problem(call(context, "POST", ESTIMATE, {"s3_key": OWN_BAD_KEY}), 422, "refused")
    assert "b.png" in said["detail"]


def test_a_balance_that_is_too_small_is_told(world: World, context: LambdaContext) -> None:
    world.backend.on(CREDITS, Answer({"data": {"available": 60, "frozen": 0, "total": 60}}))
    estimate = _estimate(context)
    assert estimate["allowed"] is False
    assert "Only 60 credits are left. Top up" in estimate["message"]


@pytest.mark.parametrize(
    ("limits", "allowed", "words"),
    [
        ({"credits_per_day": "250"}, True, "no video made yet."),
        ({"owner_credits_per_month": "99"}, False, "more than a spending limit allows"),
        ({"credits_per_month": "100", "over_budget": "refuse"}, True, "no video made yet."),
    ],
)
def test_the_limits_are_told(
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    limits: dict[str, str],
    words: str,
    *,
    allowed: bool,
) -> None:
    _limit(monkeypatch, **limits)
    estimate = _estimate(context)
    assert (estimate["allowed"], len(estimate["budgets"])) == (allowed, 1)
    assert words in estimate["message"]
    (budget,) = estimate["budgets"]
    assert budget["left"] == budget["credits"]


@pytest.mark.parametrize(
    ("over", "then"), [("wait", "the video would wait"), ("refuse", "the video would be rejected")]
)
def test_a_limit_that_is_used_up_is_told(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch, over: str, then: str
) -> None:
    _limit(monkeypatch, credits_per_day="150", owner_credits_per_day="1000", over_budget=over)
    content(call(context, "POST", VIDEOS, {"instruction": "a"}, owner="bob"), 202)
    (ref,) = world.workflow.started
    takes_media(world)
    _reserve(ref.model_dump(), context)
    estimate = _estimate(context)
    assert [(budget["of"], budget["left"], budget["allows"]) for budget in estimate["budgets"]] == [
        ("stack", 50, False),
        ("owner", 1000, True),
    ]
    assert (estimate["allowed"], then in estimate["message"]) == (False, True)


def _reserve(ref: dict[str, Any], context: LambdaContext) -> None:
    from handlers.workflow.prepare import handler  # noqa: PLC0415 - beside the one test that needs it

    assert handler(ref, context)["next"] == "generate"


def test_an_estimate_is_made_anew_for_the_same_idempotency_key(world: World, context: LambdaContext) -> None:
    body = {"instruction": "a"}
    for available in (150, 60):  # an estimate of a moment ago is not repeated
        world.backend.on(CREDITS, Answer({"data": {"available": available, "frozen": 0, "total": 150}}))
        answer = call(context, "POST", ESTIMATE, body, headers=KEY)
        assert content(answer, 200)["available"] == available
    assert world.workflow.started == []


@pytest.mark.parametrize("query", [{"dry_run": "true"}, {"x": "1"}])
def test_a_video_is_not_made_of_a_request_with_a_query(
    world: World, context: LambdaContext, query: dict[str, str]
) -> None:
    problem(call(context, "POST", VIDEOS, {"instruction": "a"}, query=query), 422, "invalid-request")
    assert world.workflow.started == []


def test_an_estimate_needs_the_scope_of_the_request(context: LambdaContext) -> None:
    problem(call(context, "POST", ESTIMATE, {"instruction": "a"}, scopes="read"), 403, "scope")


def test_an_estimate_learns_from_what_recent_videos_have_cost(world: World, context: LambdaContext) -> None:
    learned = Spending(revision=1, recent={Kind.GENERATION: (10, 12, 10, 14)})
    assert world.cost_book.change(Spending(), learned, {}, {}) == set()
    estimate = _estimate(context)
    assert (estimate["credits"], estimate["at_most"], estimate["based_on"]) == (11, 14, 4)
    assert estimate["expected"] == "about 11 credits, from the last 4 videos"
    world.backend.on(CREDITS, Answer({"data": {"available": 1_000_000, "frozen": 0, "total": 1_000_000}}))
    assert _estimate(context)["allowed"] is True
