"""Nothing dropped is missed: events that never come, beside events that come late."""

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.pipeline import ASKED, GatedPipeline
from videos.inbox.drop import idempotency_key_of
from videos.lifecycle.submit import video_id_for
from videos.model.media import InboxFile
from videos.model.records import Status, VersionRef

pytestmark = pytest.mark.thorough

EACH = 50
NOTHING = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}


def _drop(pipeline: GatedPipeline, key: str) -> VersionRef:
    bucket = pipeline.endpoints.inbox_bucket
    put = pipeline.s3.put_object(Bucket=bucket, Key=key, Body=b"1", Metadata=ASKED)
    file = InboxFile(bucket=bucket, key=key, version_id=put["VersionId"])
    return VersionRef(video_id=video_id_for(idempotency_key_of(file)), version=1)


@contextlib.contextmanager
def _workflows_of_nothing(pipeline: GatedPipeline) -> Iterator[None]:
    """Executions are counted here, and not carried out: a hundred at once are much for one machine."""
    arn = pipeline.endpoints.state_machine_arn
    definition = pipeline.sfn.describe_state_machine(stateMachineArn=arn)["definition"]
    pipeline.sfn.update_state_machine(stateMachineArn=arn, definition=json.dumps(NOTHING))
    try:
        yield
    finally:
        pipeline.sfn.update_state_machine(stateMachineArn=arn, definition=definition)


@contextlib.contextmanager
def _without_events(pipeline: GatedPipeline) -> Iterator[None]:
    bucket = pipeline.endpoints.inbox_bucket
    notifications = pipeline.s3.get_bucket_notification_configuration(Bucket=bucket)
    pipeline.s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    try:
        yield
    finally:
        queues = notifications["QueueConfigurations"]
        pipeline.s3.put_bucket_notification_configuration(
            Bucket=bucket, NotificationConfiguration={"QueueConfigurations": queues}
        )


def _sweep(pipeline: GatedPipeline) -> list[dict[str, Any]]:
    """The lines of the report, once it is there; the call itself is not waited for."""
    before = set(_reports(pipeline))
    pipeline.functions.invoke(
        FunctionName=pipeline.endpoints.sweep_function,
        InvocationType="Event",
        Payload=json.dumps({"min_age_seconds": 0}),
    )
    pipeline.until(lambda: set(_reports(pipeline)) > before, "the sweep has reported")
    (report,) = set(_reports(pipeline)) - before
    body = pipeline.s3.get_object(Bucket=pipeline.endpoints.videos_bucket, Key=report)["Body"].read()
    return [json.loads(line) for line in body.splitlines()]


def _reports(pipeline: GatedPipeline) -> list[str]:
    listed = pipeline.s3.list_objects_v2(Bucket=pipeline.endpoints.videos_bucket, Prefix="reports/")
    return [item["Key"] for item in listed.get("Contents", [])]


def test_the_sweep_finds_each_object_once_beside_events_that_come_late(pipeline: GatedPipeline) -> None:
    executions = set(pipeline.executions())
    with _workflows_of_nothing(pipeline):
        with pipeline.ingest_held():
            with _without_events(pipeline):
                withheld = [_drop(pipeline, f"inbox/swept/withheld {number}.png") for number in range(EACH)]
            late = [_drop(pipeline, f"inbox/swept/late {number}.png") for number in range(EACH)]
            assert pipeline.waiting_drops() == EACH + 1, "S3 tries the queue once when it is to tell again"
            *findings, summary = _sweep(pipeline)
        pipeline.until(pipeline.is_quiet, "the late events are done with")

    jobs = [*withheld, *late]
    submitted = Counter(line["video_id"] for line in findings if line["found"] == "submitted")
    assert submitted == Counter(ref.video_id for ref in jobs)
    assert summary["complete"] is True
    assert set(pipeline.executions()) - executions == {pipeline.execution_arn(ref) for ref in jobs}
    assert len(pipeline.executions()) == len(executions) + len(jobs)
    assert {pipeline.store.video(ref.video_id).status for ref in jobs} == {Status.QUEUED}
