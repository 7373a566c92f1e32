"""Spending limits on the deployed template: what has no room waits, and goes on when there is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from infra.local.cloud import CloudSettings, embedded_cloud
from infra.local.endpoints import Endpoints
from tests.e2e.conftest import Pipeline
from tests.support.waiting import awaited

pytestmark = pytest.mark.thorough

SHORT = {"instruction": "Make a 3 second video about a kettle"}
# So that the six hours after which what waits looks again pass in seconds.
WAIT_SCALE = 0.0005


def _accepted(pipeline: Pipeline) -> str:
    answer = pipeline.call("POST", "/v1/videos", json=SHORT)
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    video_id: str = answer.json()["id"]
    return video_id


def _estimate(pipeline: Pipeline) -> dict[str, Any]:
    answer = pipeline.call("POST", "/v1/videos/estimate", json=SHORT)
    assert answer.status_code == httpx.codes.OK, answer.text
    estimate: dict[str, Any] = answer.json()
    return estimate


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A hundred credits a day for everybody together."""
    settings = CloudSettings(
        home=tmp_path_factory.mktemp("cloud"),
        wait_scale=WAIT_SCALE,
        parameters={"CreditsPerDay": "100", "OwnerCreditsPerDay": "0", "OwnerCreditsPerMonth": "5000"},
    )
    with embedded_cloud(settings) as endpoints:
        yield Pipeline(endpoints)


def _spend_today(pipeline: Pipeline, committed: int) -> None:
    """Have just so many credits been spent today."""
    table = pipeline.endpoints.access.dynamodb().Table(pipeline.endpoints.videos_table)
    day = f"budget#stack#{datetime.now(UTC).date()}"
    table.put_item(Item={"video_id": day, "item": "budget", "committed": committed})


def test_what_is_over_the_limit_waits_and_goes_on(limited: Pipeline) -> None:
    _spend_today(limited, 1)
    assert [budget["left"] for budget in _estimate(limited)["budgets"]] == [99, 5000]
    assert _estimate(limited)["allowed"] is False

    video_id = _accepted(limited)

    def waits() -> dict[str, Any] | None:
        video: dict[str, Any] = limited.call("GET", f"/v1/videos/{video_id}").json()
        return video if "is used up" in video["message"] else None

    video = awaited(waits, "the video waits for the budget")
    assert video["status"] == "queued"
    assert video["message"].startswith("The budget of 100 credits a day is used up.")

    _spend_today(limited, 0)  # as it is tomorrow
    assert limited.ended(video_id)["status"] == "ready"

    def settled() -> float | None:
        left = _estimate(limited)["budgets"][0]["left"]
        return left if left == 100 - 10 else None  # what the studio takes for a generation

    awaited(settled, "what was spent is counted in place of what was expected")


def _hold_generations(endpoints: Endpoints) -> None:
    """Let instructions lie in their queue."""
    functions, queue = endpoints.access.client("lambda"), endpoints.generation_queue_url.rsplit("/", 1)[-1]
    (reading,) = (
        mapping["UUID"]
        for mapping in functions.list_event_source_mappings()["EventSourceMappings"]
        if mapping["EventSourceArn"].endswith(f":{queue}")
    )
    functions.update_event_source_mapping(UUID=reading, Enabled=False)


def test_what_a_stopped_execution_had_set_aside_is_free_again(limited: Pipeline) -> None:
    endpoints = limited.endpoints
    _spend_today(limited, 0)
    _hold_generations(endpoints)
    video_id = _accepted(limited)

    def left(credits_: float) -> bool:
        return bool(_estimate(limited)["budgets"][0]["left"] == credits_)

    awaited(lambda: left(0) or None, "the credits are set aside")
    executions = endpoints.state_machine_arn.replace(":stateMachine:", ":execution:")
    endpoints.access.client("stepfunctions").stop_execution(executionArn=f"{executions}:{video_id}-1")
    assert left(0), "nobody knows yet that it was stopped"

    endpoints.access.dynamodb().Table(endpoints.videos_table).update_item(
        Key={"video_id": video_id, "item": "version#0001"},
        UpdateExpression="SET created_at = :then",
        ExpressionAttributeValues={":then": (datetime.now(UTC) - timedelta(hours=1)).isoformat()},
    )
    endpoints.access.client("lambda").invoke(FunctionName=endpoints.recover_function)
    assert limited.ended(video_id)["status"] == "failed"
    awaited(lambda: left(100) or None, "they are free again")


def test_what_is_over_the_limit_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = CloudSettings(
        home=tmp_path_factory.mktemp("cloud"),
        wait_scale=WAIT_SCALE,
        parameters={"OwnerCreditsPerMonth": "99", "OverBudget": "refuse"},
    )
    with embedded_cloud(settings) as endpoints:
        pipeline = Pipeline(endpoints)
        video = pipeline.ended(_accepted(pipeline))
        assert video["status"] == "failed"
        assert video["advice"] == "Ask the operator to raise the limit (OwnerCreditsPerMonth)."
