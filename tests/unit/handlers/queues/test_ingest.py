import json
from datetime import UTC, datetime, timedelta
from urllib.parse import quote_plus

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.queues.ingest import handler
from tests.events.payloads import Event, event
from tests.unit.handlers.conftest import World
from videos.model.media import InboxFile
from videos.model.video import Video

DROPPED = "inbox/Über größe + 100% 🎬.png"
VERSION = "zTlZrPcVHbHy6p7GBnoDEXAMPLE"


def _event_of(*keys: str) -> Event:
    """The real event with other keys: one message each."""
    made = event("sqs_s3_object_created")
    (message,) = made["Records"]
    body = json.loads(message["body"])
    made["Records"] = []
    for number, key in enumerate(keys):
        body["Records"][0]["s3"]["object"]["key"] = quote_plus(key, safe="/")
        made["Records"].append({**message, "messageId": str(number), "body": json.dumps(body)})
    return made


@pytest.fixture(autouse=True)
def _something_was_dropped(world: World) -> None:
    world.inbox.bodies[DROPPED] = b"1"
    world.inbox.instruction = "Make it shine."
    world.inbox.version_id = VERSION


def test_a_dropped_file_becomes_a_job(world: World, context: LambdaContext) -> None:
    assert handler(event("sqs_s3_object_created"), context) == {"batchItemFailures": []}
    (ref,) = world.workflow.started
    video = world.store.video(ref.video_id)
    assert video.media == (InboxFile(bucket="the-inbox", key=DROPPED, version_id=VERSION),)
    assert (video.instruction, video.owner, video.source) == ("Make it shine.", "inbox", "inbox")
    assert (video.expires_at - video.created_at).days == 30


@pytest.mark.parametrize(
    "key",
    [
        "inbox/a b+c.png",
        "inbox/100%25.png",
        "inbox/a%2Bb.png",
        "inbox/" + "ü" * 450 + ".mp4",
        "inbox/a&b=c?.gif",
    ],
)
def test_any_key_arrives_as_it_was_dropped(world: World, context: LambdaContext, key: str) -> None:
    handler(_event_of(key), context)
    (ref,) = world.workflow.started
    assert world.store.video(ref.video_id).name == key.removeprefix("inbox/")


def test_an_event_that_is_delivered_twice_is_one_job(world: World, context: LambdaContext) -> None:
    for _ in range(2):
        handler(event("sqs_s3_object_created"), context)
    handler(_event_of(DROPPED, DROPPED), context)
    assert len(world.workflow.started) == 1


CREATIONS = [
    "sqs_s3_object_created",
    "sqs_s3_object_posted",
    "sqs_s3_object_copied",
    "sqs_s3_object_replicated",
    "sqs_s3_multipart_upload_completed",
]


@pytest.mark.parametrize("name", CREATIONS)
def test_however_an_object_came_about_it_is_one_job(world: World, context: LambdaContext, name: str) -> None:
    for told in (name, name, "sqs_s3_restore_completed"):
        assert handler(event(told), context) == {"batchItemFailures": []}
    assert len(world.workflow.started) == 1


def test_what_is_restored_was_there_before(world: World, context: LambdaContext) -> None:
    handler(event("sqs_s3_restore_completed"), context)
    assert world.workflow.started == []


def _at(made: Event, when: datetime) -> Event:
    """The same event of another time."""
    (message,) = made["Records"]
    body = json.loads(message["body"])
    body["Records"][0]["eventTime"] = when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"Records": [message | {"body": json.dumps(body)}]}


def test_a_file_that_does_not_say_what_to_do_is_looked_at_again(world: World, context: LambdaContext) -> None:
    world.inbox.instruction = None
    dropped = _at(event("sqs_s3_object_created"), datetime.now(UTC))
    assert handler(dropped, context) == {"batchItemFailures": []}
    assert world.workflow.started == []
    ((again, delay),) = world.dropped_again.messages
    assert 0 < delay <= 60
    (message,) = dropped["Records"]
    assert json.loads(again.model_dump_json()) == json.loads(message["body"]), "S3's own words"


def test_after_a_minute_it_is_a_job(world: World, context: LambdaContext) -> None:
    world.inbox.instruction = None
    old = _at(event("sqs_s3_object_created"), datetime.now(UTC) - timedelta(minutes=1))
    assert handler(old, context) == {"batchItemFailures": []}
    (ref,) = world.workflow.started
    assert world.store.video(ref.video_id).instruction == "The default."
    assert world.dropped_again.messages == []


def test_the_event_that_s3_sends_to_try_the_queue_is_no_job(world: World, context: LambdaContext) -> None:
    assert handler(event("sqs_s3_test_event"), context) == {"batchItemFailures": []}
    assert world.workflow.started == []


def test_the_marker_of_a_folder_is_no_job(world: World, context: LambdaContext) -> None:
    handler(_event_of("inbox/holiday/"), context)
    assert world.workflow.started == []


def test_one_message_that_fails_comes_again_alone(world: World, context: LambdaContext) -> None:
    broken = _event_of("inbox/a.png", "inbox/b.png", "inbox/c.png")
    broken["Records"][1]["body"] = "not JSON"
    assert handler(broken, context) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert len(world.workflow.started) == 2


def test_a_job_that_could_not_be_started_comes_again(world: World, context: LambdaContext) -> None:
    world.workflow.crashes = 1
    assert handler(_event_of(DROPPED), context) == {"batchItemFailures": [{"itemIdentifier": "0"}]}
    assert handler(_event_of(DROPPED), context) == {"batchItemFailures": []}
    assert len(world.workflow.started) == 1


NOTE = f"{DROPPED}.edit.txt"


def _changed(world: World) -> Video:
    (ref, *_) = world.workflow.started
    return world.store.video(ref.video_id)


def test_a_note_beside_a_file_asks_for_a_change(world: World, context: LambdaContext) -> None:
    world.inbox.bodies[NOTE] = b"Make it blue."
    assert handler(_event_of(DROPPED, NOTE, NOTE), context) == {"batchItemFailures": []}
    assert [change.instruction for change in _changed(world).waiting] == ["Make it blue."]
    assert len(world.workflow.started) == 1


def test_a_note_that_is_told_of_before_its_file_is_looked_at_again(
    world: World, context: LambdaContext
) -> None:
    world.inbox.bodies[NOTE] = b"Make it blue."
    now = datetime.now(UTC)
    handler(_at(_event_of(NOTE), now), context)
    ((again, _),) = world.dropped_again.messages
    handler(_at(_event_of(DROPPED), now), context)
    (message,) = _event_of(NOTE)["Records"]
    told = {"Records": [{**message, "body": again.model_dump_json()}]}
    assert handler(told, context) == {"batchItemFailures": []}
    assert _changed(world).waiting


def test_a_note_beside_nothing_is_answered(world: World, context: LambdaContext) -> None:
    world.inbox.bodies[NOTE] = b"Make it blue."
    late = _at(_event_of(NOTE), datetime.now(UTC) - timedelta(minutes=1))
    assert handler(late, context) == {"batchItemFailures": []}
    problem = world.store.version(_changed(world).ref).problem
    assert problem is not None
    assert problem.code == "nothing_to_change"


@pytest.mark.parametrize("name", ["batch.csv", "Batch.JSONL"])
def test_a_batch_is_one_batch_however_often_it_is_told_of(
    world: World, context: LambdaContext, name: str
) -> None:
    world.inbox.bodies[f"inbox/spring/{name}"] = b"file\na.png\n"
    for _ in range(2):
        handler(_event_of(f"inbox/spring/{name}"), context)
    (batch_id,) = world.batch_workflow.started
    assert batch_id.startswith("bat-")
    assert world.workflow.started == []


def test_the_results_of_a_batch_are_no_input(world: World, context: LambdaContext) -> None:
    assert handler(_event_of("inbox/spring/results.csv"), context) == {"batchItemFailures": []}
    assert world.workflow.started == []
