"""A sequence: several instructions in one session, one after the other, each with its own render.

The steps are planned with the video. Each end of a version begins the next one, whether it went well or not;
only a version that is cancelled or superseded ends the sequence.
"""

from datetime import UTC, datetime

from videos.model.errors import VideoNotFoundError
from videos.model.media import Media
from videos.model.ports import VideoLibrary, VideoStore, Workflow
from videos.model.records import Status, VersionRef
from videos.model.version import Version
from videos.model.video import Video

_LAST = {Status.CANCELLED, Status.SUPERSEDED}


def first_version(video: Video, now: datetime) -> Version:
    """The version that a new video begins with."""
    if video.sequence:
        return _version_of_step(video, 1, number=1, now=now)
    return Version(video_id=video.video_id, number=1, instruction=video.instruction, created_at=now)


def go_on(ref: VersionRef, *, store: VideoLibrary, workflow: Workflow) -> bool:
    """Begin the step after a version that has ended, if there is one; harmless when it has begun already."""
    video, version = store.video(ref.video_id), store.version(ref)
    step = next_step(video, version, store)
    if step is None:
        return False
    following = _version_of_step(video, step, number=version.number + 1, now=datetime.now(UTC))
    begun = store.begin(video, following) or _has_begun(following, store)
    if begun:
        workflow.start(following.ref)
    return begun


def next_step(video: Video, version: Version, store: VideoStore) -> int | None:
    """The step that follows a version, once that has ended."""
    if version.ended is None or version.ended.status in _LAST or version.exports is not None:
        return None
    step = _last_step(version, store) + 1
    return step if step <= len(video.sequence) else None


def media_of(video: Video, version: Version) -> tuple[Media, ...]:
    """What the version is made of."""
    if not video.sequence:
        return video.media
    return video.sequence[version.step - 1].media if version.step is not None else ()


def _version_of_step(video: Video, step: int, *, number: int, now: datetime) -> Version:
    planned = video.sequence[step - 1]
    return Version(
        video_id=video.video_id,
        number=number,
        instruction=planned.instruction,
        step=step,
        created_at=now,
    )


def _last_step(version: Version, store: VideoStore) -> int:
    """The last step that was begun: edits and retries may have come between."""
    while version.step is None and version.number > 1:
        version = store.version(VersionRef(video_id=version.video_id, version=version.number - 1))
    return version.step or 0


def _has_begun(version: Version, store: VideoStore) -> bool:
    """Whether this very step was begun by an earlier try, and not somebody's edit instead."""
    try:
        return store.version(version.ref).step == version.step
    except VideoNotFoundError:
        return False
