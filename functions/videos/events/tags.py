"""Tags on dropped files: the id of the video, and its status.

S3 takes ten tags on an object, and those of others stay. Beside nine of them there is room for the video's id
alone. The video's history lists the tags that an object did not get.
"""

from collections.abc import Iterable

from videos.model.media import InboxFile
from videos.model.ports import Tags, Unmarked, VideoStore
from videos.model.records import Status, VersionRef

VIDEO_ID, VIDEO_STATUS, BATCH_ID = "video-id", "video-status", "batch-id"
LOGO = "logo"
"""The status of a file that is the logo of videos, and not one itself."""


def mark_inputs(files: Iterable[InboxFile], video_id: str, status: Status, tags: Tags) -> list[str]:
    """Mark what was dropped for a video. Return a line for the history of each file that lacks a tag."""
    marks = {VIDEO_ID: video_id, VIDEO_STATUS: status}
    return [
        unmarked_line(file, unmarked) for file in files if (unmarked := tags.mark(file, marks)) is not None
    ]


def mark_end(ref: VersionRef, *, store: VideoStore, tags: Tags) -> None:
    """Mark how the version has ended."""
    version = store.version(ref)
    if version.ended is not None:
        video = store.video(ref.video_id)
        for line in mark_inputs(video.dropped_files, ref.video_id, version.ended.status, tags):
            store.note(ref.video_id, line)


def unmarked_line(file: InboxFile, unmarked: Unmarked) -> str:
    """Return what the history says of tags that a file did not get."""
    why = "it has others, and S3 takes ten" if unmarked.reason == "full" else "S3 refused"
    return f"“{file.name}” did not get the tag {' and '.join(unmarked.names)}: {why}."
