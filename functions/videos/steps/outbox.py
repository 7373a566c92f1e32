"""Outbox: the newest result of a dropped file, where people look for it.

`inbox/shop/photo.png` gives `outbox/shop/photo.png.mp4` in the same bucket. Beside it are the poster
(`.jpg`), the captions (`.vtt`) if there are any, and a description (`.json`). An edit replaces them.
"""

from collections.abc import Sequence
from typing import Protocol

from videos.model.errors import VideoNotFoundError
from videos.model.media import LONGEST_KEY, InboxFile
from videos.model.ports import VideoStore
from videos.model.records import Status, VersionRef
from videos.model.video import Video
from videos.requests.ownership import INBOX

OUTBOX = "outbox/"
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


def outbox_keys(file: InboxFile) -> tuple[str, ...]:
    """Return where the results of a dropped file are; nothing if these keys are too long for S3."""
    name = file.key.removeprefix(INBOX)
    keys = tuple(f"{OUTBOX}{name}{ending}" for ending in FILES.values())
    return keys if all(len(key.encode()) <= LONGEST_KEY for key in keys) else ()


def copy_to_outbox(ref: VersionRef, *, store: Drops, outbox: Outbox) -> None:
    """Copy the files of a delivered version, unless there is a newer result of the same dropped file.

    A failure is noted in the history and stops nothing: the video has been delivered.
    """
    try:
        video = store.video(ref.video_id)
        if video.dropped is not None:
            copy_newest(ref, outbox_keys(video.dropped.file), store=store, outbox=outbox)
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
    newest = store.made_of(video.dropped.file.key) if video.dropped is not None else None
    if newest is not None and newest.video_id != video.video_id:
        return False
    later = (VersionRef(video_id=ref.video_id, version=n) for n in range(ref.version + 1, video.version + 1))
    return not any(store.version(one).delivered for one in later)
