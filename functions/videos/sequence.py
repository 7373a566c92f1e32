"""A sequence: several instructions in one session, one after the other, each with its own render.

The steps are planned with the video. Each end of a turn begins the next one, whether it went well or not;
only a cancelled turn ends the sequence.
"""

from datetime import UTC, datetime

from videos.errors import VideoNotFoundError
from videos.models import Job, Media, Status, Turn, Uploaded, Video
from videos.ports import VideoLibrary, VideoStore, Workflow


def first_turn(video: Video, now: datetime) -> Turn:
    """The turn that a new video begins with."""
    if video.sequence:
        return _turn_of_step(video, 1, number=1, now=now)
    return Turn(video_id=video.video_id, number=1, instruction=video.instruction, created_at=now)


def go_on(job: Job, *, store: VideoLibrary, workflow: Workflow) -> None:
    """Begin what comes after a turn that has ended; harmless when it has begun already."""
    video, turn = store.video(job.video_id), store.turn(job)
    if turn.ended is None or turn.ended.status is Status.CANCELLED:
        return
    step = _last_step(turn, store) + 1
    if step > len(video.sequence):
        return
    following = _turn_of_step(video, step, number=turn.number + 1, now=datetime.now(UTC))
    if store.begin(video, following) or _has_begun(following, store):
        workflow.start(following.job)


def media_of(video: Video, turn: Turn) -> tuple[tuple[Media, ...], Uploaded | None]:
    """What has to be in the session before the turn's instruction is sent, and when it got there."""
    return (turn.media, turn.uploaded) if video.sequence else (video.media, video.uploaded)


def _turn_of_step(video: Video, step: int, *, number: int, now: datetime) -> Turn:
    planned = video.sequence[step - 1]
    return Turn(
        video_id=video.video_id,
        number=number,
        instruction=planned.instruction,
        media=planned.media,
        step=step,
        created_at=now,
    )


def _last_step(turn: Turn, store: VideoStore) -> int:
    """The last step that was begun: edits and retries may have come between."""
    while turn.step is None and turn.number > 1:
        turn = store.turn(Job(video_id=turn.video_id, turn=turn.number - 1))
    return turn.step or 0


def _has_begun(turn: Turn, store: VideoStore) -> bool:
    """Whether this very step was begun by an earlier try, and not somebody's edit instead."""
    try:
        return store.turn(turn.job).step == turn.step
    except VideoNotFoundError:
        return False
