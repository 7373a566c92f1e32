"""`make status`: the status of the whole stack."""

import heapq
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from pydantic import BaseModel
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.operations.dead_letters import QUEUES
from infra.operations.stack import Stack
from infra.operations.wording import STYLES, lasting
from videos.model.records import Status
from videos.model.video import Video

SHOWN = 15  # running videos
LAST = 5  # failed videos


class Count(BaseModel):
    """The number of messages of a queue that wait, and of those in flight."""

    queue: str
    waiting: int
    in_flight: int


class Alarm(BaseModel):
    """An active alarm, with its name in the template."""

    name: str
    description: str
    since: datetime


class Videos(BaseModel):
    """Counts by status, the running videos, longest in their stage first, and the last failures."""

    counts: dict[Status, int]
    running: list[Video]
    failed: list[Video]


class StackStatus(BaseModel):
    """What is shown of a stack."""

    stack: str
    videos: Videos
    queues: list[Count]
    alarms: list[Alarm]


def read_stack_status(stack: Stack) -> StackStatus:
    """Read the videos, queues and alarms of a stack."""
    return StackStatus(
        stack=stack.name, videos=summarize(stack.videos()), queues=_queues(stack), alarms=_alarms(stack)
    )


def summarize(videos: Iterable[Video]) -> Videos:
    """Summarize videos in one pass. Keep only the running ones and those that are shown."""
    counts = Counter[Status]()
    running: list[Video] = []
    failed: list[tuple[datetime, str, Video]] = []
    for video in videos:
        counts[video.status] += 1
        if video.running:
            running.append(video)
        elif video.status is Status.FAILED:
            failed = heapq.nlargest(LAST, [*failed, (video.updated_at, video.video_id, video)])
    running.sort(key=lambda video: video.updated_at)
    return Videos(counts=dict(counts), running=running, failed=[video for *_, video in failed])


def _queues(stack: Stack) -> list[Count]:
    sqs = stack.client("sqs")
    counts = []
    for name, url in sorted(stack.queues.items()):
        attributes = sqs.get_queue_attributes(
            QueueUrl=url,
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )["Attributes"]
        waiting, in_flight = (int(attributes[key]) for key in sorted(attributes))
        counts.append(Count(queue=name, waiting=waiting, in_flight=in_flight))
    return counts


def _alarms(stack: Stack) -> list[Alarm]:
    names = {physical: name for name, physical in stack.resources_of("AWS::CloudWatch::Alarm").items()}
    pages = stack.client("cloudwatch").get_paginator("describe_alarms")
    return [
        Alarm(
            name=names[alarm["AlarmName"]],
            description=alarm["AlarmDescription"],
            since=alarm["StateUpdatedTimestamp"],
        )
        for page in pages.paginate(AlarmNamePrefix=stack.name, StateValue="ALARM")
        for alarm in page["MetricAlarms"]
        if alarm["AlarmName"] in names
    ]


def stack_status_view(stack_status: StackStatus, now: datetime) -> RenderableType:
    """Return the status for the terminal, with what needs action first."""
    parts: list[RenderableType] = [*_alarm_lines(stack_status.alarms, now), ""]
    counts = [
        Text(f"{stack_status.videos.counts[status]} {status}", STYLES[status])
        for status in Status
        if status in stack_status.videos.counts
    ]
    parts.append(Text.assemble(("Videos   ", "bold"), Text("   ").join(counts) if counts else "none"))
    if stack_status.videos.running:
        parts += ["", _running(stack_status.videos.running, now)]
    if len(stack_status.videos.running) > SHOWN:
        parts.append(f"and {len(stack_status.videos.running) - SHOWN} more")
    if stack_status.videos.failed:
        parts += ["", _failed(stack_status.videos.failed)]
    parts += ["", _queue_table(stack_status.queues)]
    if any(count.waiting for count in stack_status.queues if count.queue in QUEUES.values()):
        parts.append(Text("There are dead-letter messages. Run make redrive", style="yellow"))
    parts.append(Text("One video: make status VIDEO=<id>", style="dim"))
    return Group(*parts)


def _alarm_lines(alarms: list[Alarm], now: datetime) -> list[RenderableType]:
    if not alarms:
        return [Text("All alarms OK.", style="green")]
    return [
        Text.assemble(
            (f"{alarm.name} ", "bold red"), f"for {lasting(now - alarm.since)}: {alarm.description}"
        )
        for alarm in alarms
    ]


def _running(videos: list[Video], now: datetime) -> Table:
    table = Table("running", "version", "stage", "for", "age", "", box=None, pad_edge=False)
    for video in videos[:SHOWN]:
        table.add_row(
            video.video_id,
            str(video.version),
            str(video.stage),
            lasting(now - video.updated_at),
            lasting(now - video.created_at),
            Text(video.name, overflow="ellipsis", no_wrap=True),
        )
    return table


def _failed(videos: list[Video]) -> Table:
    table = Table("last failed", "at", "reason", box=None, pad_edge=False)
    for video in videos:
        table.add_row(video.video_id, f"{video.updated_at:%Y-%m-%d %H:%M}", Text(video.message))
    return table


def _queue_table(counts: list[Count]) -> Table:
    table = Table("queue", box=None, pad_edge=False)
    table.add_column("waiting", justify="right")
    table.add_column("in flight", justify="right")
    for count in counts:
        dead = count.queue in QUEUES.values() and count.waiting
        table.add_row(count.queue, str(count.waiting), str(count.in_flight), style="yellow" if dead else None)
    return table
