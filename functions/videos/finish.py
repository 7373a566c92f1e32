"""Ending a turn that failed, and announcing any end."""

from datetime import UTC, datetime

from pydantic import BaseModel

from nemovideo import NemoVideo
from nemovideo.phrases import translate
from videos.callbacks import CallbackQueue, call_back_at_end
from videos.errors import INTERNAL
from videos.links import watch_url
from videos.models import Announced, Ended, Job, Status, Turn, Video
from videos.ports import Announcement, Topic, VideoStore
from videos.render import stop_render
from videos.settle_timeline import credits_used

SUBJECT_LENGTH = 99  # SNS: under 100 characters, one line

_WORDS: dict[Status, str] = {
    Status.READY: "Ready",
    Status.FAILED: "Failed",
    Status.CANCELLED: "Cancelled",
    Status.NEEDS_ANSWER: "Your answer is needed",
}


class Announcing(BaseModel):
    """What the workflow learns at its end."""

    status: Status


def record_failure(job: Job, *, store: VideoStore, backend: NemoVideo) -> None:
    """End the turn as failed, for the reason a step has left behind; stop its render if there is one."""
    turn = store.turn(job)
    if turn.ended is not None:
        return
    problem = turn.problem or INTERNAL
    if turn.problem is None:
        store.write(job, problem)
    if turn.rendering is not None and turn.delivered is None:
        stop_render(turn.rendering.render_id, backend)
    cost = credits_used(turn.sending, backend) if turn.sending is not None else None
    ended = Ended(status=Status.FAILED, at=datetime.now(UTC), message=problem.message, credits_used=cost)
    store.end(job, ended)


def announce(
    job: Job, *, store: VideoStore, topic: Topic, callbacks: CallbackQueue, public_url: str
) -> Announcing:
    """Publish the end of a turn, once, and have the service called that asked for it."""
    turn, video = store.turn(job), store.video(job.video_id)
    if turn.ended is None:
        raise RuntimeError(f"{job.execution_name} has not ended; the workflow ends before it announces")
    if turn.announced is None:
        announcement = announcement_of(video, turn, public_url)
        call_back_at_end(video, announcement, callbacks)
        message_id = topic.publish(announcement)
        store.write_once(job, Announced(at=datetime.now(UTC), message_id=message_id))
    return Announcing(status=turn.ended.status)


def announcement_of(video: Video, turn: Turn, public_url: str) -> Announcement:
    """The end of a turn in words, for people and for machines."""
    if turn.ended is None:
        raise ValueError(f"{turn.job.execution_name} has not ended")
    status, delivered = turn.ended.status, turn.delivered
    ready = status is Status.READY and delivered is not None
    url = watch_url(public_url, video) if ready else None
    return Announcement(
        id=f"{turn.job.execution_name}-{status}",
        video_id=video.video_id,
        turn=turn.number,
        owner=video.owner,
        source=video.source,
        status=status,
        name=video.name,
        instruction=turn.instruction,
        message=turn.ended.message,
        advice=advice_of(turn),
        timeline=turn.timeline.summary if turn.timeline else None,
        duration_seconds=delivered.duration_ms / 1000 if ready and delivered else None,
        video=f"s3://{delivered.bucket}/{delivered.key}" if ready and delivered else None,
        watch_url=url,
        media=video.media,
        metadata=video.metadata,
        subject=_subject(video, turn, status),
        text=_text(video, turn, turn.ended, url),
    )


def _said(turn: Turn) -> list[str]:
    """What the agent said of its work, without its hints for a GUI; else what it changed."""
    if turn.timeline is None:
        return []
    said = translate(turn.reply.text).text if turn.reply else ""
    if said:
        return [f"The agent says: {_one_line(said)}"]
    return [f"Changed: {change}" for change in turn.timeline.changes]


def advice_of(turn: Turn) -> str | None:
    """The one thing to do, if there is one."""
    if turn.ended is None:
        return None
    if turn.ended.status is Status.NEEDS_ANSWER:
        return (
            "Hand it in again with the answer in the instruction,"
            f" or answer over the API: POST /v1/videos/{turn.video_id}/edits."
        )
    return turn.problem.advice if turn.problem and turn.ended.status is Status.FAILED else None


def _subject(video: Video, turn: Turn, status: Status) -> str:
    length = (
        f" ({turn.delivered.duration_ms / 1000:.0f} s)" if turn.delivered and status is Status.READY else ""
    )
    subject = f"{_WORDS[status]}: {_one_line(video.name) or video.video_id}{length}"
    return subject if len(subject) <= SUBJECT_LENGTH else subject[: SUBJECT_LENGTH - 1] + "…"


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _text(video: Video, turn: Turn, ended: Ended, url: str | None) -> str:
    lines = [ended.message]
    if advice := advice_of(turn):
        lines += ["", f"What to do: {advice}"]
    if url:
        lines += ["", f"Watch or download: {url}", f"The link works until {video.expires_at:%d %B %Y}."]
    if turn.delivered and ended.status is Status.READY:
        lines += [f"Stored at: s3://{turn.delivered.bucket}/{turn.delivered.key}"]
    lines += ["", f"Made from: {_one_line(video.name)}", f"Instruction: {_one_line(turn.instruction)}"]
    if turn.timeline:
        lines += [turn.timeline.summary, *_said(turn)]
    if turn.credits_used is not None:
        lines += [f"Credits used: {turn.credits_used:g}"]
    return "\n".join([*lines, f"Video id: {video.video_id}", ""])
