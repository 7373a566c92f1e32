"""Tags on what was dropped: which video it became, and how that stands."""

from contextlib import suppress

from videos.drop import identity_of
from videos.errors import VideoNotFoundError
from videos.models import InboxFile, Job, Status, Video
from videos.ports import Inbox, Tags, VideoStore
from videos.submit import Submission, video_id_for

VIDEO_ID, VIDEO_STATUS = "video-id", "video-status"


def mark_inputs(made: Submission | Video, video_id: str, status: Status, tags: Tags) -> None:
    """Mark what was dropped for a video, for whoever looks there."""
    if made.dropped is None:
        return
    files = [item for item in made.media if isinstance(item, InboxFile)]
    for file in dict.fromkeys((made.dropped, *files)):
        tags.mark(file, {VIDEO_ID: video_id, VIDEO_STATUS: status})


def mark_end(job: Job, *, store: VideoStore, tags: Tags) -> None:
    """Mark how the turn has ended."""
    turn = store.turn(job)
    if turn.ended is not None:
        mark_inputs(store.video(job.video_id), job.video_id, turn.ended.status, tags)


def video_made_from(file: InboxFile, *, store: VideoStore, inbox: Inbox, tags: Tags) -> Video | None:
    """The video that an object became as it is now, or that it is a part of."""
    try:
        version = inbox.describe(file).version_id
    except (FileNotFoundError, PermissionError):
        return None
    own = video_id_for(identity_of(file.model_copy(update={"version_id": version})))
    for video_id in filter(None, (own, tags.marks(file).get(VIDEO_ID))):
        with suppress(VideoNotFoundError):
            return store.video(video_id)
    return None
