"""What videos cost that are made at once, on the deployed template: shares of what the account has lost."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.local.cloud import CloudSettings, embedded_cloud
from tests.e2e.conftest import WITH_IDS, Pipeline

pytestmark = pytest.mark.thorough

SHORT = "Make a 3 second video"


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A stack whose account pays for this module's videos alone."""
    with embedded_cloud(
        CloudSettings(home=tmp_path_factory.mktemp("cloud"), parameters=WITH_IDS)
    ) as endpoints:
        yield Pipeline(endpoints)


def _left(pipeline: Pipeline) -> float:
    left: float = pipeline.call("GET", "/v1/credits").json()["available"]
    return left


def _estimate(pipeline: Pipeline) -> dict[str, Any]:
    answer = pipeline.call("POST", "/v1/videos/estimate", json={"instruction": SHORT})
    assert answer.status_code == httpx.codes.OK, answer.text
    estimate: dict[str, Any] = answer.json()
    return estimate


def test_three_drops_at_once_cost_together_what_the_account_has_lost(alone: Pipeline, page: bytes) -> None:
    assert _estimate(alone)["expected"] == "up to 100 credits, no video made yet"
    before = _left(alone)
    dropped = [alone.drop(f"inbox/at-once-{number}.png", page, SHORT) for number in range(3)]
    videos = [alone.ended(video_id) for video_id in dropped]
    assert [video["status"] for video in videos] == ["ready"] * 3
    told = [alone.notification(video_id) for video_id in dropped]
    lost = before - _left(alone)
    assert lost > 0

    reported = [
        alone.call("GET", f"/v1/videos/{video_id}").json()["credits_used"] or 0 for video_id in dropped
    ]
    assert sum(reported) == pytest.approx(lost)
    assert sum(event["credits_used"] or 0 for event in told) <= lost
    for event in told:
        if event["credits_used"]:
            assert f"about {event['credits_used']:g} credits" in event["mail"]


def test_a_video_made_by_itself_is_not_charged_what_others_spent_before(alone: Pipeline, page: bytes) -> None:
    before = _left(alone)
    video = alone.ended(alone.drop("inbox/by-itself.png", page, SHORT))
    lost = before - _left(alone)
    assert video["credits_used"] == pytest.approx(lost)
    used = alone.call("POST", f"/v1/videos/{video['id']}/edits", json={"instruction": "Make it shorter"})
    assert used.status_code == httpx.codes.ACCEPTED, used.text
    edited = alone.ended(video["id"])
    assert edited["credits_used"] == pytest.approx(before - _left(alone))
    assert edited["versions"][0]["credits_used"] == pytest.approx(lost)
