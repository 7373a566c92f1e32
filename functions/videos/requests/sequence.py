"""A sequence: several instructions in one session, one after the other, each with its own render.

The steps are planned with the video. Each end of a turn begins the next one, whether it went well or not;
only a turn that is cancelled or superseded ends the sequence.
"""

from datetime import UTC, datetime

from videos.model.errors import VideoNotFoundError
from videos.model.media import Media
from videos.model.ports import VideoLibrary, VideoStore, Workflow
from videos.model.records import Job, Status
from videos.model.version import Turn
from videos.model.video import Video

_LAST = {Status.CANCELLED, Status.SUPERSEDED}


def first_turn(video: Video, now: datetime) -> Turn:
    """The turn that a new video begins with."""
    if video.sequence:
        return _turn_of_step(video, 1, number=1, now=now)
    return Turn(video_id=video.video_id, number=1, instruction=video.instruction, created_at=now)


def go_on(job: Job, *, store: VideoLibrary, workflow: Workflow) -> bool:
    """Begin the step after a turn that has ended, if there is one; harmless when it has begun already."""
    video, turn = store.video(job.video_id), store.turn(job)
    step = next_step(video, turn, store)
    if step is None:
        return False
    following = _turn_of_step(video, step, number=turn.number + 1, now=datetime.now(UTC))
    begun = store.begin(video, following) or _has_begun(following, store)
    if begun:
        workflow.start(following.job)
    return begun


def next_step(video: Video, turn: Turn, store: VideoStore) -> int | None:
    """The step that follows a turn, once that has ended."""
    if turn.ended is None or turn.ended.status in _LAST or turn.exports is not None:
        return None
    step = _last_step(turn, store) + 1
    return step if step <= len(video.sequence) else None


def media_of(video: Video, turn: Turn) -> tuple[Media, ...]:
    """What the turn is made of."""
    if not video.sequence:
        return video.media
    return video.sequence[turn.step - 1].media if turn.step is not None else ()


def _turn_of_step(video: Video, step: int, *, number: int, now: datetime) -> Turn:
    planned = video.sequence[step - 1]
    return Turn(
        video_id=video.video_id,
        number=number,
        instruction=planned.instruction,
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
