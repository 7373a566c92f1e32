"""What an operator sees of the pipeline: its log, and the commands that tell how it is doing."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from rich.console import Console, RenderableType

from infra.local.stack import STACK
from infra.operations.stack import stack_at
from infra.operations.stack_status import read_stack_status, stack_status_view
from infra.operations.video_status import read_video_status, video_status_view
from tests.e2e.conftest import Pipeline
from tests.support.waiting import awaited

pytestmark = pytest.mark.thorough

HANDLERS = {
    "IngestFunction",
    "PrepareFunction",
    "SendInstructionFunction",
    "RenderFunction",
    "DeliverFunction",
    "FinishFunction",
    "NotifyMailFunction",
    "NotifySlackFunction",
}


def test_one_query_by_the_id_finds_what_every_function_did_for_a_video(
    pipeline: Pipeline, page: bytes
) -> None:
    video_id = pipeline.drop("inbox/log/page.png", page, "Make a 5 second video")
    pipeline.ended(video_id)

    def look() -> list[dict[str, Any]] | None:
        lines = list(_logged(pipeline, video_id))
        return lines if {line["function"] for line in lines} >= HANDLERS else None

    lines = awaited(look, f"all functions' words on {video_id}")
    counted = {name for line in lines for name in line if name in {"VideosEnded", "StageSeconds"}}
    assert counted == {"VideosEnded", "StageSeconds"}, "the metrics bear the id, too"


def _logged(pipeline: Pipeline, video_id: str) -> Iterator[dict[str, Any]]:
    """The lines of which it is the field `video_id`; `function` is the logical name of the function."""
    logs = pipeline.endpoints.access.client("logs")
    pages = logs.get_paginator("filter_log_events").paginate(
        logGroupName=f"/aws/lambda/{STACK}", filterPattern=f'"{video_id}"'
    )
    for page in pages:
        for event in page["events"]:
            line = json.loads(event["message"])
            if line.get("video_id") == video_id:
                yield {
                    **line,
                    "function": line.get("function_name", "").removeprefix(f"{STACK}-").split("-")[0],
                }


def test_the_overview_shows_the_alarms_that_ring_and_what_failed(pipeline: Pipeline) -> None:
    stack = stack_at(pipeline.endpoints)
    video_id = pipeline.drop("inbox/overview/empty.png", b"", "Make a 5 second video")
    pipeline.ended(video_id)
    rings = stack.resources["AWS::CloudWatch::Alarm"]["CreditsLowAlarm"]
    cloudwatch = stack.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName=rings, StateValue="ALARM", StateReason="a test")
    try:
        text = _shown(stack_status_view(read_stack_status(stack), datetime.now(UTC)))
    finally:
        cloudwatch.set_alarm_state(AlarmName=rings, StateValue="OK", StateReason="a test")
    assert text.startswith("CreditsLowAlarm ")
    assert "InboxQueueAgeAlarm" not in text
    assert video_id in text
    assert "“empty.png” is empty." in text
    assert all(name in text for name in stack.queues)
    status = _shown(video_status_view(read_video_status(video_id, stack), datetime.now(UTC)))
    assert f"make retry VIDEO={video_id}" in status
    assert "EmptyFileError: “empty.png” is empty." in status


def _shown(view: RenderableType) -> str:
    told = io.StringIO()
    Console(file=told, width=160).print(view)
    return told.getvalue()
