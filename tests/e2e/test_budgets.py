"""Spending limits on the deployed template: what has no room waits, and goes on when there is."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from infra.local.cloud import CloudSettings, embedded_cloud
from tests.e2e.conftest import Pipeline, awaited

SHORT = {"instruction": "Make a 3 second video about a kettle"}
# So that the six hours after which what waits looks again pass in seconds.
WAIT_SCALE = 0.0005


def _accepted(pipeline: Pipeline) -> str:
    answer = pipeline.call("POST", "/v1/videos", json=SHORT)
    assert answer.status_code == httpx.codes.ACCEPTED, answer.text
    video_id: str = answer.json()["id"]
    return video_id


def _estimate(pipeline: Pipeline) -> dict[str, Any]:
    answer = pipeline.call("POST", "/v1/videos?dry_run=true", json=SHORT)
    assert answer.status_code == httpx.codes.OK, answer.text
    estimate: dict[str, Any] = answer.json()
    return estimate


def test_what_is_over_the_limit_waits_and_goes_on(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = CloudSettings(
        home=tmp_path_factory.mktemp("cloud"),
        wait_scale=WAIT_SCALE,
        limits={"CreditsPerDay": "100", "OwnerCreditsPerMonth": "5000"},
    )
    with embedded_cloud(settings) as endpoints:
        pipeline = Pipeline(endpoints)
        table = endpoints.access.dynamodb().Table(endpoints.videos_table)
        today = datetime.now(UTC).date()
        day = {"video_id": f"budget#stack#{today}", "item": "budget"}
        table.put_item(Item={**day, "committed": 1})  # as if something had been spent today
        assert [budget["left"] for budget in _estimate(pipeline)["budgets"]] == [99, 5000]
        assert _estimate(pipeline)["allowed"] is False

        video_id = _accepted(pipeline)

        def waits() -> dict[str, Any] | None:
            video: dict[str, Any] = pipeline.call("GET", f"/v1/videos/{video_id}").json()
            return video if "is used up" in video["message"] else None

        video = awaited(waits, "the video waits for the budget")
        assert video["status"] == "queued"
        assert video["message"].startswith("The budget of 100 credits a day is used up.")

        table.put_item(Item={**day, "committed": 0})  # as it is tomorrow
        assert pipeline.ended(video_id)["status"] == "ready"

        def settled() -> float | None:
            left = _estimate(pipeline)["budgets"][0]["left"]
            return left if left == 100 - 10 else None  # what the studio takes for a generation

        awaited(settled, "what was spent is counted in place of what was expected")


def test_what_is_over_the_limit_is_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    settings = CloudSettings(
        home=tmp_path_factory.mktemp("cloud"),
        wait_scale=WAIT_SCALE,
        limits={"OwnerCreditsPerMonth": "99", "OverBudget": "refuse"},
    )
    with embedded_cloud(settings) as endpoints:
        pipeline = Pipeline(endpoints)
        video = pipeline.ended(_accepted(pipeline))
        assert video["status"] == "failed"
        assert video["advice"] == "Have the limit raised (OwnerCreditsPerMonth)."
