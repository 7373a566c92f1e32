"""Tags on what was dropped: which video it became, and how that stands."""

from collections.abc import Iterable

from videos.models import InboxFile, Media, Status
from videos.ports import Tags


def tag_inputs(
    dropped: InboxFile | None, media: Iterable[Media], video_id: str, status: Status, tags: Tags
) -> None:
    """Mark what a video is made of, where it lies, for whoever looks there."""
    if dropped is None:
        return
    files = [item for item in media if isinstance(item, InboxFile)]
    for file in dict.fromkeys((dropped, *files)):
        tags.mark(file, {"video-id": video_id, "video-status": status})
