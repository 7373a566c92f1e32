"""`make status VIDEO=…`: the status of a video, its history, and the next step."""

from datetime import datetime

from pydantic import BaseModel
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from infra.operations.dead_letters import LISTED, DeadLetterQueues, subject_of
from infra.operations.stack import Stack
from infra.operations.wording import STYLES, lasting
from videos.events.announcements import advice_of
from videos.model.records import Stage, Status
from videos.model.texts import in_figures
from videos.model.version import Version
from videos.model.video import HistoryEntry, Video

OVER = {"FAILED", "ABORTED", "TIMED_OUT"}


class VideoStatus(BaseModel):
    """What is shown of a video. `dead_letter` is the id of its instruction in the dead-letter queue."""

    video: Video
    version: Version
    execution_name: str
    execution: str | None
    dead_letter: str | None = None
    last_error: str | None = None


class Summary(BaseModel):
    """The status in one sentence, the next step if there is one, and what it costs."""

    status: str
    next: str = ""
    cost: str = ""


def read_video_status(video_id: str, stack: Stack) -> VideoStatus:
    """Read the status of a video.

    Raises:
        VideoNotFoundError: There is no such video.
    """
    video = stack.store.video(video_id)
    dead = DeadLetterQueues(stack).peek("generation", LISTED) if video.running else []
    mine = (item.message_id for item in dead if subject_of(item.queue, item.body).ref == video.ref)
    name, status = stack.execution(video.ref)
    return VideoStatus(
        video=video,
        version=stack.store.version(video.ref),
        execution_name=name,
        execution=status,
        dead_letter=next(mine, None),
        last_error=stack.last_error(video_id, video.created_at),
    )


def summarize(video_status: VideoStatus, now: datetime) -> Summary:
    """Return the status of the newest version and the next step."""
    return _running(video_status, now) if video_status.video.running else _ended(video_status)


def _ended(video_status: VideoStatus) -> Summary:
    video, version = video_status.video, video_status.version
    if version.announced is None and video_status.execution == "RUNNING":
        return Summary(status=f"It has ended as {video.status}. Its notifications are about to be sent.")
    if version.announced is None:
        unannounced = f"It has ended as {video.status}, but no notification was sent."
        return Summary(status=unannounced, next="wait ten minutes: the recovery job sends it")
    match video.status:
        case Status.READY:
            return Summary(status="Ready. Notifications were sent.")
        case Status.NEEDS_ANSWER:
            answer = f"answer it: POST /v1/videos/{video.video_id}/edits"
            return Summary(status=f"The agent has a question: {video.message}", next=answer)
        case Status.SUPERSEDED:
            return Summary(status=video.message)
        case _:
            advice = advice_of(version) or ""
            cost = (
                "free so far: no instruction was sent"
                if version.send_lock is None
                else "a new generation, which uses credits"
            )
            return Summary(status=f"{video.message} {advice}".strip(), next=_retry(video), cost=cost)


def _running(video_status: VideoStatus, now: datetime) -> Summary:
    if video_status.dead_letter is not None:
        dead = "Its instruction is in the dead-letter queue."
        return Summary(status=dead, next=f"make redrive MESSAGE={video_status.dead_letter}")
    if video_status.execution is None:
        return Summary(status="Its workflow was never started.", next=_retry(video_status.video))
    if video_status.execution in OVER:
        died = f"Its execution is {video_status.execution}, but its version has not ended."
        return Summary(
            status=died, next=f"wait ten minutes for the recovery job, then {_retry(video_status.video)}"
        )
    return Summary(status=_at_work(video_status.video, video_status.version, now))


def _retry(video: Video) -> str:
    return f"make retry VIDEO={video.video_id}"


def _at_work(video: Video, version: Version, now: datetime) -> str:
    since = f"for {lasting(now - video.updated_at)}"
    send_lock = version.send_lock
    match video.stage:
        case Stage.GENERATING if send_lock is not None and now > send_lock.alive_until:
            return (
                f"Its worker stopped before {send_lock.alive_until:%H:%M:%S}. When the message is delivered "
                "again, the pipeline looks up what the agent made. The instruction is not sent again."
            )
        case Stage.GENERATING:
            return f"The agent is working. Its last progress was {lasting(now - video.updated_at)} ago."
        case Stage.RENDERING if version.rendering is not None:
            since = f"for {lasting(now - version.rendering.asked_at)}"
            return f"Rendering {since} (attempt {version.rendering.attempt}): {video.progress} %."
        case Stage.INSPECTING | Stage.OPENING_SESSION | Stage.UPLOADING if _has_its_media(video):
            return f"Waiting {since} in the generation queue, or for a spending limit to renew."
        case _:
            return f"{video.message} In this stage {since}."


def _has_its_media(video: Video) -> bool:
    """Return whether the session has the media."""
    session, uploaded = video.backend_session, video.uploaded
    return session is not None and uploaded is not None and uploaded.session_id == session.session_id


def video_status_view(video_status: VideoStatus, now: datetime) -> RenderableType:
    """Return the status for the terminal."""
    video, version = video_status.video, video_status.version
    head = Text.assemble(
        (video.video_id, "bold"),
        f"   {video.name}   version {video.version}   ",
        (str(video.status), STYLES[video.status]),
    )
    asked = Text(f"{video.owner}: “{version.instruction}”", style="italic")
    summary = summarize(video_status, now)
    lines = [("Status", summary.status)]
    if summary.next:
        lines.append(("Next", summary.next))
    if summary.cost:
        lines.append(("", f"({summary.cost})"))
    lines += _facts(video_status)
    facts = Table.grid(padding=(0, 2))
    for name, value in lines:
        facts.add_row(Text(name, style="bold"), Text(value, overflow="fold"))
    return Group(head, asked, Padding(_history(video.history, now, video.running), (1, 0)), facts)


def _history(history: tuple[HistoryEntry, ...], now: datetime, running: bool) -> Table:  # noqa: FBT001 - one caller
    table = Table.grid(padding=(0, 2))
    table.add_column()
    table.add_column(justify="right")
    table.add_column()
    table.add_column()
    ends = [line.at for line in history[1:]]
    for line, end in zip(history, [*ends, now if running else None], strict=True):
        took = lasting(end - line.at) if end is not None and line.stage is not Stage.ENDED else ""
        table.add_row(f"{line.at:%Y-%m-%d %H:%M:%S}", took, str(line.stage), Text(line.message))
    return table


def _facts(video_status: VideoStatus) -> list[tuple[str, str]]:
    version, facts = video_status.version, []
    if version.send_lock is not None:
        reply = f", {version.reply.outcome}" if version.reply is not None else ", no reply yet"
        facts.append(("Sent", f"the instruction was sent once, at {version.send_lock.at:%H:%M:%S}{reply}"))
    if version.credits_used is not None:
        facts.append(("Credits", f"about {in_figures(version.credits_used)} used"))
    if version.delivered is not None:
        facts.append(("Video", f"s3://{version.delivered.bucket}/{version.delivered.key}"))
    if video_status.video.waiting:
        facts.append(("Edits", f"{len(video_status.video.waiting)} wait for the end of this version"))
    facts.append(("Workflow", f"{video_status.execution_name}: {video_status.execution or 'no execution'}"))
    if video_status.last_error is not None:
        facts.append(("Last error", video_status.last_error))
    return facts
