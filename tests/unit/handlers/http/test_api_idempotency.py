"""The HTTP API: a request repeated with its Idempotency-Key."""

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.http import answering
from tests.events.payloads import Event
from tests.support.builders import NOW, REF
from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import ID, a_video_of_ann, call, content, header, problem
from videos.model.records import Status, VersionRef
from videos.model.version import Announced, Ended
from videos.requests.ownership import prefix_of

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

KEY = {"Idempotency-Key": "key-1"}
VIDEOS = "/v1/videos"
EDITS = f"{VIDEOS}/{ID}/edits"
SHORTER = {"instruction": "Shorter."}


@pytest.fixture(autouse=True)
def _answers_are_kept(
    kept_answers: DynamoDBPersistenceLayer, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "_persistence", lambda: kept_answers)
    monkeypatch.setenv("INBOX_READERS", "ann")
    a_video_of_ann(world, Status.READY)


def _post(context: LambdaContext, number: int, path: str = EDITS, body: object = None) -> Event:
    return call(context, "POST", path, body or SHORTER, headers=KEY, request_id=f"request-{number}")


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        (VIDEOS, {"instruction": "a"}, 202),
        (EDITS, SHORTER, 202),
        (f"{VIDEOS}/{ID}/messages", {"text": "make it shorter"}, 200),
        ("/v1/uploads", {"file_name": "a.png"}, 201),
    ],
)
def test_a_request_repeated_with_its_key_gets_the_first_answer_again(
    world: World, context: LambdaContext, path: str, body: object, status: int
) -> None:
    first = _post(context, 0, path, body)
    content(first, status)
    world.store.report(ID, world.store.video(ID).stage, 50, "Meanwhile things have moved on.")
    assert [_post(context, number, path, body) for number in (1, 2)] == [first, first]
    assert len(world.workflow.started) == (path != "/v1/uploads")


def test_a_cancellation_is_repeated_safely(world: World, context: LambdaContext) -> None:
    content(call(context, "POST", EDITS, SHORTER), 202)
    first, again = (call(context, "POST", f"{VIDEOS}/{ID}/cancel", headers=KEY) for _ in range(2))
    assert content(first, 200)["status"] == "cancelled"
    assert again == first
    assert world.workflow.cancelled == [VersionRef(video_id=ID, version=2)]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (VIDEOS, {"instruction": "a"}),
        (EDITS, SHORTER),
        (f"{VIDEOS}/{ID}/messages", {"text": "make it shorter"}),
    ],
)
def test_no_answer_is_given_again_that_names_a_deleted_video(
    world: World, context: LambdaContext, path: str, body: object
) -> None:
    first = json.loads(_post(context, 0, path, body)["body"])
    video = world.store.video(first.get("video", first)["id"])
    world.store.end(video.ref, Ended(status=Status.CANCELLED, at=NOW, message="Cancelled."))
    for version in world.store.versions(video.video_id):
        world.store.write(version.ref, Announced(at=NOW, message_id="m"))
    assert call(context, "DELETE", f"{VIDEOS}/{video.video_id}")["statusCode"] == 204
    started = list(world.workflow.started)
    said = problem(_post(context, 1, path, body), 410, "deleted")
    assert "new Idempotency-Key" in said["detail"]
    assert world.workflow.started == started


def test_a_video_is_not_made_again_when_its_answer_is_forgotten(
    world: World, context: LambdaContext, answers_table: "Table"
) -> None:
    body = {"instruction": "a"}
    video = world.store.video(content(_post(context, 0, VIDEOS, body), 202)["id"])
    world.store.end(video.ref, Ended(status=Status.CANCELLED, at=NOW, message="Cancelled."))
    world.store.write(video.ref, Announced(at=NOW, message_id="m"))
    call(context, "DELETE", f"{VIDEOS}/{video.video_id}")
    for item in answers_table.scan()["Items"]:  # as after 24 hours
        answers_table.delete_item(Key={"id": item["id"]})
    problem(_post(context, 1, VIDEOS, body), 410, "deleted")
    other = call(context, "POST", VIDEOS, body, headers={"Idempotency-Key": "key-2"})
    assert content(other, 202)["id"] != video.video_id


def test_the_same_key_for_another_request_is_refused(world: World, context: LambdaContext) -> None:
    content(_post(context, 0), 202)
    said = problem(_post(context, 1, body={"instruction": "Longer."}), 422, "idempotency-key-reused")
    assert said["field"] == "Idempotency-Key"
    assert len(world.workflow.started) == 1


def test_while_the_first_is_being_answered_the_second_has_to_wait(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    meanwhile: list[Event] = []
    start = world.workflow.start

    def start_slowly(ref: VersionRef) -> None:
        meanwhile.append(_post(context, 1))
        start(ref)

    monkeypatch.setattr(world.workflow, "start", start_slowly)
    content(_post(context, 0), 202)
    (answer,) = meanwhile
    problem(answer, 409, "in-progress")
    assert header(answer, "Retry-After") == "2"
    assert len(world.workflow.started) == 1


def test_a_failure_is_not_kept(world: World, context: LambdaContext, answers_table: "Table") -> None:
    late = f"{prefix_of('ann', 'upl-1')}late.png"
    upload = {"s3_key": late}
    problem(_post(context, 0, VIDEOS, upload), 422, "invalid-request")
    world.inbox.bodies[late] = b"1"
    world.workflow.crashes = 1
    problem(_post(context, 1, VIDEOS, upload), 500, "internal")
    assert answers_table.scan()["Items"] == []
    first = _post(context, 2, VIDEOS, upload)
    content(first, 202)
    assert _post(context, 3, VIDEOS, upload) == first
    assert len(world.workflow.started) == 1


def test_a_video_is_one_even_where_the_answers_were_lost(
    world: World, context: LambdaContext, answers_table: "Table"
) -> None:
    first = content(_post(context, 0, VIDEOS), 202)
    for item in answers_table.scan()["Items"]:
        answers_table.delete_item(Key={"id": item["id"]})
    assert content(_post(context, 1, VIDEOS), 202)["id"] == first["id"]
    for item in answers_table.scan()["Items"]:
        answers_table.delete_item(Key={"id": item["id"]})
    problem(_post(context, 2, VIDEOS, {"instruction": "b"}), 422, "idempotency-key-reused")
    assert len(world.workflow.started) == 1


@pytest.mark.parametrize("name", ["idempotency-key", "IDEMPOTENCY-KEY"])
def test_the_name_of_the_header_may_be_written_in_any_case(
    world: World, context: LambdaContext, name: str
) -> None:
    first, again = (call(context, "POST", EDITS, SHORTER, headers={name: "key-1"}) for _ in range(2))
    content(first, 202)
    assert again == first
    assert len(world.workflow.started) == 1


@pytest.mark.parametrize(
    ("headers", "owner", "request_id"),
    [
        ({}, "ann", "request-2"),
        ({"Idempotency-Key": "key-2"}, "ann", "request-1"),
        (KEY, "bob", "request-1"),
    ],
    ids=["no key", "another key", "another owner"],
)
def test_anything_else_is_another_video(
    world: World, context: LambdaContext, headers: dict[str, str], owner: str, request_id: str
) -> None:
    body = {"instruction": "a"}
    first = content(call(context, "POST", VIDEOS, body, headers=KEY), 202)
    other = call(context, "POST", VIDEOS, body, headers=headers, owner=owner, request_id=request_id)
    assert content(other, 202)["id"] != first["id"]
    assert len(world.workflow.started) == 2


def test_a_key_is_one_for_each_address(world: World, context: LambdaContext) -> None:
    content(_post(context, 0, EDITS), 202)
    content(_post(context, 1, VIDEOS), 202)
    assert [ref == VersionRef(video_id=REF.video_id, version=2) for ref in world.workflow.started] == [
        True,
        False,
    ]


def test_a_key_does_not_matter_where_nothing_is_made(world: World, context: LambdaContext) -> None:
    first = content(call(context, "GET", f"{VIDEOS}/{ID}", headers=KEY), 200)
    content(call(context, "POST", EDITS, SHORTER), 202)
    assert content(call(context, "GET", f"{VIDEOS}/{ID}", headers=KEY), 200) != first
    assert len(world.workflow.started) == 1


def test_an_answer_is_kept_for_a_day_without_the_key_it_was_asked_with(
    context: LambdaContext, answers_table: "Table"
) -> None:
    _post(context, 0)
    (item,) = answers_table.scan()["Items"]
    kept = datetime.fromtimestamp(int(str(item["expiration"])), UTC) - datetime.now(UTC)
    assert timedelta(hours=23, minutes=59) < kept < timedelta(hours=24, minutes=1)
    assert "nvp_key" not in str(item)


def test_the_same_key_with_another_brand_is_another_request(world: World, context: LambdaContext) -> None:
    content(_post(context, 0, VIDEOS, {"instruction": "a", "brand": {"font": "Arial"}}), 202)
    again = _post(context, 1, VIDEOS, {"instruction": "a", "brand": {"font": "Lato"}})
    problem(again, 422, "idempotency-key-reused")
    assert len(world.workflow.started) == 1
