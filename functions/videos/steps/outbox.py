"""Outbox: the newest result of a dropped file, or of a row of a dropped batch, where people look for it.

`inbox/shop/photo.png` gives `outbox/shop/photo.png.mp4` in the same bucket, and row 2 of
`inbox/shop/batch.csv` gives `outbox/shop/row-2-photo.png.mp4`. Beside it are the poster (`.jpg`), the
captions (`.vtt`) if there are any, and a description (`.json`). An edit replaces them.
"""

from collections.abc import Sequence
from typing import Protocol

from videos.model.errors import VideoNotFoundError
from videos.model.media import LONGEST_KEY, InboxFile
from videos.model.ports import VideoStore
from videos.model.records import Status, VersionRef
from videos.model.video import OUTBOX, Video
from videos.requests.ownership import INBOX

CAPTIONS = "captions.vtt"
FILES = {"video.mp4": ".mp4", "poster.jpg": ".jpg", CAPTIONS: ".vtt", "video.json": ".json"}
"""Names of the files of a version, and their endings in the outbox."""


class OutboxError(Exception):
    """A file could not be copied or removed. Says why."""


class Outbox(Protocol):
    """A place for results: the outbox in the inbox bucket, or a bucket of an owner."""

    def copy(self, key: str, *, to: str) -> None:
        """Copy a file of the video storage. Raises: OutboxError."""

    def remove_captions(self, key: str) -> None:
        """Have no captions there, if there are any. Raises: OutboxError."""


class Drops(VideoStore, Protocol):
    """The store of videos, which also finds the newest video of a dropped file."""

    def made_of(self, key: str) -> Video | None:
        """Return the newest video made of an inbox key."""


def place_of(video: Video) -> str | None:
    """Return the key by which the newest video with the same results is found (`Video.places`)."""
    if video.dropped is not None:
        return video.dropped.file.key
    return f"{OUTBOX}{video.row_result.path}" if video.row_result is not None else None


def path_of(video: Video) -> str | None:
    """Return the path of the results in any folder for results, without an ending; None if there is none."""
    if video.dropped is not None:
        return video.dropped.file.key.removeprefix(INBOX)
    return video.row_result.path if video.row_result is not None else None


def outbox_files(video: Video) -> tuple[InboxFile, ...]:
    """Return where the results of a video are; nothing if it has no place, or a key is too long for S3."""
    path, of = path_of(video), video.dropped.file if video.dropped is not None else video.row_result
    if path is None or of is None:
        return ()
    keys = [f"{OUTBOX}{path}{ending}" for ending in FILES.values()]
    fits = all(len(key.encode()) <= LONGEST_KEY for key in keys)
    return tuple(InboxFile(bucket=of.bucket, key=key) for key in keys) if fits else ()


def copy_to_outbox(ref: VersionRef, *, store: Drops, outbox: Outbox) -> None:
    """Copy the files of a delivered version, unless there is a newer result in the same place.

    A failure is noted in the history and stops nothing: the video has been delivered.
    """
    try:
        keys = [file.key for file in outbox_files(store.video(ref.video_id))]
        if keys:
            copy_newest(ref, keys, store=store, outbox=outbox)
    except VideoNotFoundError:  # deleted meanwhile
        return
    except OutboxError as error:
        store.note(ref.video_id, f"The video was not copied to the outbox: {error}.")


def copy_newest(ref: VersionRef, keys: Sequence[str], *, store: Drops, outbox: Outbox) -> None:
    """Copy the files of a version to these keys, unless it is not ready, or there is a newer result.

    Raises:
        VideoNotFoundError: It was deleted meanwhile.
        OutboxError: A file could not be copied or removed.
    """
    video, version = store.video(ref.video_id), store.version(ref)
    is_ready = version.ended is not None and version.ended.status is Status.READY
    if not is_ready or not _is_newest(ref, video, store):
        return
    for name, key in zip(FILES, keys, strict=False):
        if name == CAPTIONS and (version.delivered is None or version.delivered.captions_key is None):
            outbox.remove_captions(key)  # those of an earlier version
        else:
            outbox.copy(f"videos/{ref.video_id}/{ref.version}/{name}", to=key)


def _is_newest(ref: VersionRef, video: Video, store: Drops) -> bool:
    place = place_of(video)
    newest = store.made_of(place) if place is not None else None
    if newest is not None and newest.video_id != video.video_id:
        return False
    later = (VersionRef(video_id=ref.video_id, version=n) for n in range(ref.version + 1, video.version + 1))
    return not any(store.version(one).delivered for one in later)
