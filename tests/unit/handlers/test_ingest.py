import json
from urllib.parse import quote_plus

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.ingest import handler
from tests.events.payloads import Event, event
from tests.unit.handlers.conftest import World
from tests.unit.videos.batch_fakes import MemoryBatches, RecordedBatchWorkflow
from videos.models import InboxFile

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


def test_a_dropped_file_becomes_a_job(world: World, context: LambdaContext) -> None:
    assert handler(event("sqs_s3_object_created"), context) == {"batchItemFailures": []}
    (job,) = world.workflow.started
    video = world.store.video(job.video_id)
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
    (job,) = world.workflow.started
    assert world.store.video(job.video_id).name == key.removeprefix("inbox/")


def test_an_event_that_is_delivered_twice_is_one_job(world: World, context: LambdaContext) -> None:
    for _ in range(2):
        handler(event("sqs_s3_object_created"), context)
    handler(_event_of(DROPPED, DROPPED), context)
    assert len(world.workflow.started) == 1


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


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> RecordedBatchWorkflow:
    store, workflow = MemoryBatches(), RecordedBatchWorkflow()
    monkeypatch.setattr(wiring, "batches", lambda: store)
    monkeypatch.setattr(wiring, "batch_workflow", lambda: workflow)
    return workflow


@pytest.mark.parametrize("name", ["batch.csv", "Batch.JSONL"])
def test_a_batch_is_one_batch_however_often_it_is_told_of(
    world: World, context: LambdaContext, batches: RecordedBatchWorkflow, name: str
) -> None:
    for _ in range(2):
        handler(_event_of(f"inbox/spring/{name}"), context)
    (batch_id,) = batches.started
    assert batch_id.startswith("bat-")
    assert world.workflow.started == []


def test_the_results_of_a_batch_are_no_input(world: World, context: LambdaContext) -> None:
    assert handler(_event_of("inbox/spring/results.csv"), context) == {"batchItemFailures": []}
    assert world.workflow.started == []
