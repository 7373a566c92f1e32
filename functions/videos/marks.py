"""Tags on what was dropped: which video it became, and how that stands."""

from videos.ports import Tags, VideoStore
from videos.records import Job, Status
from videos.submit import Submission
from videos.video import Video

VIDEO_ID, VIDEO_STATUS = "video-id", "video-status"


def mark_inputs(made: Submission | Video, video_id: str, status: Status, tags: Tags) -> None:
    """Mark what was dropped for a video, for whoever looks there."""
    for file in made.dropped_files:
        tags.mark(file, {VIDEO_ID: video_id, VIDEO_STATUS: status})


def mark_end(job: Job, *, store: VideoStore, tags: Tags) -> None:
    """Mark how the turn has ended."""
    turn = store.turn(job)
    if turn.ended is not None:
        mark_inputs(store.video(job.video_id), job.video_id, turn.ended.status, tags)
