"""The same thing arriving twice, and renders that never end."""

import json
import threading

import pytest

from tests.faults.pipeline import Drop, GatedPipeline
from tests.faults.promises import broken_promises
from tests.support.scripted_backend.answers import says, waits_for
from tests.support.scripted_backend.server import Script
from videos.model.records import Status

pytestmark = pytest.mark.thorough

DONE = says("Your video is on the timeline.")


def test_s3_tells_twice(pipeline: GatedPipeline) -> None:
    drop = pipeline.drop(Script(DONE))
    again = _s3_event(drop)
    pipeline.sqs.send_message(QueueUrl=pipeline.inbox_queue_url, MessageBody=again)
    pipeline.end_of(drop)
    # And once more, when all is done.
    pipeline.sqs.send_message(QueueUrl=pipeline.inbox_queue_url, MessageBody=again)
    end = pipeline.end_of(drop)

    assert broken_promises(end) == []
    assert end.video.status is Status.READY
    assert len(end.script.messages) == 1
    started = [arn for arn in pipeline.executions() if drop.ref.video_id in arn]
    assert started == [pipeline.execution_arn(drop.ref)]


def test_two_workers_at_once(pipeline: GatedPipeline) -> None:
    both_have_read = threading.Barrier(2)
    with pipeline.generations_held():
        drop = pipeline.drop(Script(DONE, before_reading=waits_for(both_have_read)))
        pipeline.double_the_message()
    end = pipeline.end_of(drop)

    assert not both_have_read.broken
    assert broken_promises(end) == []
    assert end.video.status is Status.READY
    assert len(end.script.messages) == 1


def test_a_render_gets_stuck(pipeline: GatedPipeline) -> None:
    drop = pipeline.drop(Script(DONE, renders=("stuck", "completed")))
    pipeline.age_render(drop, attempt=1)
    end = pipeline.end_of(drop)

    assert broken_promises(end) == []
    assert end.video.status is Status.READY
    stuck, _ = end.script.started_renders
    assert end.script.cancelled == [stuck.id]


def test_a_render_gets_stuck_twice(pipeline: GatedPipeline) -> None:
    drop = pipeline.drop(Script(DONE, renders=("stuck",)))
    pipeline.age_render(drop, attempt=1)
    pipeline.age_render(drop, attempt=2)
    end = pipeline.end_of(drop)

    assert broken_promises(end) == []
    assert end.video.status is Status.FAILED
    assert "did not finish within 30 minutes" in end.message
    assert end.script.cancelled == [render.id for render in end.script.started_renders]


def _s3_event(drop: Drop) -> str:
    """What S3 tells of a dropped file."""
    file = drop.file
    s3 = {
        "bucket": {"name": file.bucket, "arn": f"arn:aws:s3:::{file.bucket}"},
        "object": {"key": file.key, "versionId": file.version_id, "sequencer": "0055AED6DCD90281E5"},
    }
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "eventTime": "2026-01-01T00:00:00.000Z",
        "eventName": "ObjectCreated:Put",
        "s3": s3,
    }
    return json.dumps({"Records": [record]})
