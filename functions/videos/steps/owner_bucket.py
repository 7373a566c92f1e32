"""An owner's own bucket: the newest result of each of the owner's videos is copied there.

Only operators name the bucket: no request, file or row can. `inbox/shop/photo.png` gives
`shop/photo.png.mp4`, as in the outbox, and a video without a place there gives `<its id>.mp4`.
"""

from typing import Protocol

from videos.model.errors import VideoNotFoundError
from videos.model.records import VersionRef
from videos.model.video import Video
from videos.steps.outbox import FILES, Drops, Outbox, OutboxError, copy_newest, path_of


class OwnerBuckets(Protocol):
    """The buckets that operators have set up."""

    def of(self, owner: str) -> Outbox | None:
        """Return the bucket of an owner, or None."""


def copy_to_owner(ref: VersionRef, *, store: Drops, buckets: OwnerBuckets) -> None:
    """Copy the files of a delivered version to the bucket of its owner, unless there is a newer result.

    A failure is noted in the history. The video has been delivered all the same.

    Raises:
        OutboxError: A file could not be copied. Try again later.
    """
    try:
        video = store.video(ref.video_id)
        if (bucket := buckets.of(video.owner)) is not None:
            copy_newest(ref, _keys(video), store=store, outbox=bucket)
    except VideoNotFoundError:  # deleted meanwhile
        return
    except OutboxError as error:
        store.note(ref.video_id, f"The video could not be copied to the bucket of its owner: {error}.")
        raise


def _keys(video: Video) -> tuple[str, ...]:
    name = path_of(video) or video.video_id
    return tuple(f"{name}{ending}" for ending in FILES.values())
