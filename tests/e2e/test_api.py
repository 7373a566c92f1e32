"""The HTTP API as other services call it, on the deployed template."""

from datetime import datetime
from itertools import pairwise, product
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from aws.api_keys import ApiKeys
from tests.e2e.conftest import Pipeline
from tests.e2e.services import Receiver
from tests.support import http
from tests.support.waiting import awaited

SHORT: dict[str, Any] = {"instruction": "Introduce it", "duration_seconds": 3, "title": "Hello"}


@pytest.fixture(scope="module")
def upload(pipeline: Pipeline, page: bytes) -> str:
    """A picture, uploaded with the form that the API gives."""
    ticket = pipeline.call("POST", "/v1/uploads", json={"file_name": "page ü.png"}).json()
    sent = http.post(ticket["url"], data=ticket["fields"], files={"file": ("x", page, "image/png")})
    assert sent.status_code == httpx.codes.NO_CONTENT, sent.text
    return str(ticket["upload_id"])


@pytest.mark.parametrize(
    ("path", "key", "status", "kind"),
    [
        ("/v1/videos", None, 401, "no-key"),
        ("/v1/videos", "nvp_unknown", 403, "unknown-key"),
        ("/v2/videos", None, 404, "not-found"),
    ],
)
def test_the_gateways_own_errors_have_the_form_of_the_others(
    pipeline: Pipeline, path: str, key: str | None, status: int, kind: str
) -> None:
    answer = http.get(pipeline.endpoints.api_url + path, headers={"x-api-key": key} if key else {})
    assert (answer.status_code, answer.headers["Content-Type"]) == (status, "application/problem+json")
    said = answer.json()
    assert (said["type"], said["status"]) == (f"urn:nemo-video:problem:{kind}", status)


@pytest.mark.thorough
def test_edits_go_on_in_the_same_session_and_every_version_is_kept(pipeline: Pipeline, upload: str) -> None:
    request = SHORT | {"upload_ids": [upload], "aspect_ratio": "1:1", "metadata": {"order": 7}}
    first = pipeline.call("POST", "/v1/videos", json=request).json()
    path = f"/v1/videos/{first['id']}"

    busy = pipeline.call("POST", f"{path}/edits", json={"instruction": "title bigger"})
    assert busy.status_code == httpx.codes.CONFLICT

    assert pipeline.ended(first["id"])["status"] == "ready"
    edited = pipeline.call("POST", f"{path}/messages", json={"text": "make the word Hello bigger"}).json()
    assert edited["done"] == "edit"
    video = pipeline.ended(first["id"])

    assert [(version["version"], version["status"]) for version in video["versions"]] == [
        (1, "ready"),
        (2, "ready"),
    ]
    assert video["metadata"] == {"order": 7}
    assert video["versions"][1]["changes"]
    assert video["credits_used"] > video["versions"][1]["credits_used"] > 0
    assert video["links"]["video"] == video["versions"][1]["video"]
    assert all(http.get(version["video"], follow_redirects=True).is_success for version in video["versions"])

    for text, done in (("export", "export"), ("积分", "credits"), ("status", "status"), ("upload", "upload")):
        assert pipeline.call("POST", f"{path}/messages", json={"text": text}).json()["done"] == done
    assert len(pipeline.call("GET", path).json()["versions"]) == 2, "none of these costs a version"

    not_failed = pipeline.call("POST", f"{path}/retry")
    assert not_failed.status_code == httpx.codes.CONFLICT


@pytest.mark.door("batch")
def test_a_batch_makes_a_video_of_each_row_and_says_what_is_wrong_with_another(
    pipeline: Pipeline, upload: str
) -> None:
    rows = [SHORT | {"upload_ids": [upload]}, {"titel": "Two"}]
    made = pipeline.call("POST", "/v1/batches", json={"rows": rows})
    assert made.status_code == httpx.codes.ACCEPTED, made.text
    path = made.headers["Location"].removeprefix(pipeline.endpoints.api_url)

    def ended() -> dict[str, Any] | None:
        batch: dict[str, Any] = pipeline.call("GET", path).json()
        return batch if batch["progress"] == 100 else None

    batch = awaited(ended, "the end of the batch")
    assert batch["counts"] == {"ready": 1, "rejected": 1}
    results = http.get(batch["links"]["results"]).text.splitlines()
    assert "Did you mean “title”?" in results[2]
    assert pipeline.ended(results[1].split(",")[1])["status"] == "ready"


@pytest.mark.thorough
def test_a_request_waits_for_the_end(pipeline: Pipeline, upload: str) -> None:
    video = pipeline.call("POST", "/v1/videos", json=SHORT | {"upload_ids": [upload]}).json()
    path, requests = f"/v1/videos/{video['id']}?wait=20", 0

    def ended() -> httpx.Response | None:
        nonlocal requests
        requests += 1
        answer = pipeline.call("GET", path)
        return answer if answer.json()["stage"] == "ended" else None

    answer = awaited(ended, "the end")
    seconds = (
        datetime.fromisoformat(answer.json()["updated_at"]) - datetime.fromisoformat(video["created_at"])
    ).total_seconds()
    assert requests <= 1 + seconds / 15, "each but the last waits its 20 seconds"
    unchanged = pipeline.call("GET", path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (unchanged.status_code, unchanged.content) == (httpx.codes.NOT_MODIFIED, b"")


@pytest.mark.thorough
def test_a_question_is_answered_in_the_same_session(pipeline: Pipeline) -> None:
    asked = pipeline.call("POST", "/v1/videos", json={"instruction": "Something nice"}).json()
    assert pipeline.ended(asked["id"])["status"] == "needs_answer"
    path = f"/v1/videos/{asked['id']}"
    assert "edits" in pipeline.call("GET", path).json()["advice"]
    answered = pipeline.call("POST", f"{path}/edits", json={"instruction": "A quiet kettle"})
    assert answered.status_code == httpx.codes.ACCEPTED


@pytest.mark.thorough
def test_cancelling_ends_the_workflow_and_is_announced_once(pipeline: Pipeline, upload: str) -> None:
    request = SHORT | {"upload_ids": [upload], "duration_seconds": 12}
    video = pipeline.call("POST", "/v1/videos", json=request).json()
    path = f"/v1/videos/{video['id']}"
    awaited(lambda: True if pipeline.call("GET", path).json()["stage"] == "rendering" else None, "the render")

    cancelled = pipeline.call("POST", f"{path}/cancel")

    assert cancelled.json()["status"] == "cancelled"
    assert pipeline.execution_status(video["id"]) == "ABORTED"
    assert pipeline.notification(video["id"])["status"] == "cancelled"
    again = pipeline.call("POST", f"{path}/cancel")
    assert (again.status_code, again.json()["status"]) == (httpx.codes.OK, "cancelled")


@pytest.mark.thorough
def test_a_repeated_request_gets_the_first_answer(pipeline: Pipeline, upload: str) -> None:
    request: dict[str, Any] = {
        "json": SHORT | {"upload_ids": [upload]},
        "headers": {"Idempotency-Key": "repeat"},
    }
    first, again = (pipeline.call("POST", "/v1/videos", **request) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    other = pipeline.call("POST", "/v1/videos", json={"instruction": "x"}, headers=request["headers"])
    assert other.json()["type"].endswith(":idempotency-key-reused")


@pytest.mark.thorough
def test_a_list_is_paged_newest_first_and_filtered(pipeline: Pipeline) -> None:
    seen: list[dict[str, Any]] = []
    cursor = ""
    while True:
        page = pipeline.call("GET", f"/v1/videos?limit=2{cursor}").json()
        seen += page["videos"]
        if page["cursor"] is None:
            break
        cursor = f"&cursor={page['cursor']}"
    assert len({video["id"] for video in seen}) == len(seen) > 2
    created = [video["created_at"] for video in seen]
    assert created == sorted(created, reverse=True)

    ready = pipeline.call("GET", "/v1/videos?status=ready&limit=100").json()["videos"]
    assert {video["status"] for video in ready} == {"ready"}
    assert pipeline.call("GET", "/v1/videos?cursor=made-up").json()["field"] == "cursor"


def test_a_service_is_called_back_signed_and_again_when_it_fails(
    pipeline: Pipeline, receiver: Receiver, upload: str
) -> None:
    receiver.statuses = [503]
    request = SHORT | {"upload_ids": [upload], "callback_url": receiver.url, "callback_on_start": True}
    video = pipeline.call("POST", "/v1/videos", json=request).json()
    pipeline.ended(video["id"])

    calls = awaited(lambda: receiver.calls if len(receiver.calls) >= 3 else None, "three calls")

    secret = keys_of(pipeline).webhook_secret("inbox")
    events = [Webhook(secret).verify(body, headers) for headers, body in calls]
    ids = [headers["webhook-id"] for headers, _ in calls]
    assert sorted(ids) == sorted([f"{video['id']}-1-started"] * 2 + [f"{video['id']}-1-ready"])
    ended = next(event for event in events if event["type"] == "video.ended")
    assert ended["data"]["status"] == "ready"

    path = f"/v1/videos/{video['id']}/deliveries"

    def delivered() -> list[dict[str, Any]] | None:
        found: list[dict[str, Any]] = pipeline.call("GET", path).json()["deliveries"]
        return found if {one["state"] for one in found} == {"delivered"} else None

    deliveries = awaited(delivered, "all webhooks are delivered")
    assert sorted(one["id"] for one in deliveries) == [f"{video['id']}-1-ready", f"{video['id']}-1-started"]
    statuses = sorted([attempt["status_code"] for attempt in one["attempts"]] for one in deliveries)
    assert statuses == [[204], [503, 204]]
    receiver.calls.clear()
    again = pipeline.call("POST", f"{path}/{video['id']}-1-ready/redeliver")
    assert (again.status_code, again.json()["state"]) == (202, "pending")
    ((headers, body),) = awaited(lambda: receiver.calls, "the webhook comes again")
    assert headers["webhook-id"] == f"{video['id']}-1-ready"
    assert Webhook(secret).verify(body, headers)["data"] == ended["data"] | {
        "credits_used": Webhook(secret).verify(body, headers)["data"]["credits_used"]
    }


@pytest.mark.thorough
def test_a_service_gets_the_progress_in_order(pipeline: Pipeline, receiver: Receiver, upload: str) -> None:
    hooks = {"callback_url": receiver.url, "callback_on_progress": True}
    video = pipeline.call("POST", "/v1/videos", json=SHORT | {"upload_ids": [upload]} | hooks).json()
    pipeline.ended(video["id"])
    path = f"/v1/videos/{video['id']}/deliveries"
    awaited(
        lambda: {one["state"] for one in pipeline.call("GET", path).json()["deliveries"]} == {"delivered"},
        "all webhooks are delivered",
    )
    secret = keys_of(pipeline).webhook_secret("inbox")
    events = [Webhook(secret).verify(body, headers) for headers, body in receiver.calls]
    progress = sorted(event["data"]["progress"] for event in events if event["type"] == "video.progress")
    assert progress[0] == 10
    assert {20, 65} <= {*progress}
    assert progress[-1] > 85  # 95, unless a poll of the render has told nearly as much
    assert all(later - earlier >= 10 for earlier, later in pairwise(progress))


def test_an_address_in_a_private_network_is_refused_and_not_connected_to(
    pipeline: Pipeline, receiver: Receiver
) -> None:
    before = len(receiver.calls)
    own = receiver.url.replace("127.0.0.1", "localhost")
    for field, url in product(("url", "callback_url"), (own, "http://169.254.169.254/latest/meta-data")):
        answer = pipeline.call("POST", "/v1/videos", json={"instruction": "x", field: url})
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert answer.json()["field"] == field
    assert len(receiver.calls) == before


WALK = [
    ("GET", "/v1/videos/{id}", None, "read"),
    ("POST", "/v1/videos/{id}/edits", {"instruction": "x"}, "write"),
    ("POST", "/v1/videos/{id}/messages", {"text": "status"}, "write"),
    ("POST", "/v1/videos/{id}/cancel", None, "write"),
    ("POST", "/v1/videos/{id}/retry", None, "write"),
    ("GET", "/v1/videos", None, "read"),
    ("GET", "/v1/credits", None, "read"),
    ("POST", "/v1/videos", {"instruction": "x"}, "write"),
    ("POST", "/v1/uploads", {"file_name": "a.png"}, "write"),
]


@pytest.mark.thorough
@pytest.mark.parametrize("call", WALK, ids=lambda call: f"{call[0]} {call[1]}")
def test_every_endpoint_is_for_its_owner_with_a_living_key_of_its_scope(
    pipeline: Pipeline, call: tuple[str, str, dict[str, str] | None, str]
) -> None:
    method, path, body, scope = call
    mine = pipeline.call("POST", "/v1/videos", json={"instruction": "Something nice"}).json()["id"]
    keys = keys_of(pipeline)
    stranger, revoked = keys.make("somebody-else"), keys.make("inbox")
    lacking = keys.make("inbox", [other for other in ("read", "write") if other != scope])
    keys.revoke(revoked)

    def status(key: str | None) -> int:
        headers = {"x-api-key": key} if key else {}
        url = pipeline.endpoints.api_url + path.format(id=mine)
        return http.request(method, url, json=body, headers=headers).status_code

    assert status(None) == httpx.codes.UNAUTHORIZED
    assert status(revoked) == httpx.codes.FORBIDDEN
    assert status(lacking) == httpx.codes.FORBIDDEN
    if "{id}" in path:
        assert status(stranger) == httpx.codes.NOT_FOUND
    if path == "/v1/videos" and method == "GET":
        listed = pipeline.call("GET", path, headers={"x-api-key": stranger}).json()
        assert mine not in str(listed)


def keys_of(pipeline: Pipeline) -> ApiKeys:
    endpoints = pipeline.endpoints
    return ApiKeys(endpoints.access.dynamodb().Table(endpoints.api_keys_table))


# The list pictures control characters.
PICTURED = str.maketrans("␀␉␊␍", "\0\t\n\r")
HOSTILE = Path(__file__).parents[1] / "unit" / "safe_http" / "hostile_urls.txt"


@pytest.mark.thorough
def test_no_hostile_address_gets_past_the_api(pipeline: Pipeline) -> None:
    lines = [line for line in HOSTILE.read_text().splitlines() if line and not line.startswith("#")]
    assert len(lines) >= 60
    for line in lines:
        url = line.split("\t")[0].translate(PICTURED)
        answer = pipeline.call("POST", "/v1/videos", json={"instruction": "x", "callback_url": url})
        assert answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY, url
        assert answer.json()["field"] == "callback_url", url
