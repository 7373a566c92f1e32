"""One id joins whatever was logged of a video, in one place."""

import json
from collections.abc import Iterator
from typing import Any

from infra.local.stack import STACK
from tests.e2e.conftest import Pipeline, awaited

HANDLERS = {
    "IngestFunction",
    "InspectMediaFunction",
    "OpenSessionFunction",
    "UploadMediaFunction",
    "SendInstructionFunction",
    "SettleTimelineFunction",
    "StartRenderFunction",
    "PollRenderFunction",
    "DeliverFunction",
    "AnnounceFunction",
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
