"""Copies of an object onto itself: with other metadata, other encryption, or in another storage class.

S3 stores such a copy as a new version, and sends an event of it as of any other. Nothing in it is new: it
becomes no video while the version that it was copied from has one. The event says that it is a copy. Our own
tags say it, too, for S3 copies them: a copy in parts has no event of its own, and one that the sweep finds
has none at all. A file that is uploaded again has no tags: somebody wants another video of it.
"""

from dataclasses import dataclass

from videos.batches.batch import BatchNotFoundError, BatchStore, batch_id_for
from videos.events.tags import BATCH_ID, VIDEO_ID
from videos.inbox.drop import Ignored, Waiting, idempotency_key_of
from videos.lifecycle.submit import video_id_for
from videos.model.errors import VideoNotFoundError
from videos.model.media import Drop, InboxFile
from videos.model.ports import Inbox, Tags, VideoLibrary
from videos.model.records import Status
from videos.model.video import Video
from videos.requests.folders import EDIT_ENDING, folded

# It is decided soon whether the version that was copied counts, or this one.
_UNDECIDED = Waiting(20, "a copy of a file on which work has not begun")


@dataclass(frozen=True)
class Copies:
    """Finds the original of a copy, and the video or batch that was made of it."""

    store: VideoLibrary
    batches: BatchStore
    inbox: Inbox
    tags: Tags

    def find(self, drop: Drop, marks: dict[str, str]) -> Ignored | Waiting | None:
        """Return why nothing is made of a copy; None for a drop that is new.

        `marks` are the tags of the drop. A copy that brings another instruction in its metadata is new.
        """
        own_id = video_id_for(idempotency_key_of(drop.file, drop.sequencer))  # a crash may follow that mark
        if not drop.copied and marks.get(VIDEO_ID) in {None, own_id}:
            return None
        earlier = None
        for earlier in self.inbox.versions_before(drop.file):
            if not self.inbox.same_content(drop.file, earlier) or self._asks_anew(drop.file, earlier):
                return None
            made_of = self._batch(earlier) or self._video(earlier, marks)
            if isinstance(made_of, Waiting):
                return made_of
            if made_of is not None:
                self.tags.mark(drop.file, made_of)  # for the sweep, which hears of no copy
                return _copy_of(made_of)
        return self._of_what_is_gone(drop, marks.get(VIDEO_ID)) if earlier is None else None

    def _of_what_is_gone(self, drop: Drop, video_id: str | None) -> Ignored | None:
        """What the tag says alone, when the version that was copied has expired or was deleted."""
        if video_id is None:
            return None
        made = self._made(video_id)
        if made is not None:
            return _copy_of({VIDEO_ID: video_id}) if self._is_of(made, drop) else None
        return Ignored("its video was deleted") if self.store.deleted(video_id) is not None else None

    def _asks_anew(self, copy: InboxFile, earlier: InboxFile) -> bool:
        asked = self.inbox.describe(copy).instruction
        return bool(asked) and asked != self.inbox.describe(earlier).instruction

    def _batch(self, file: InboxFile) -> dict[str, str] | Waiting | None:
        try:
            batch = self.batches.batch(batch_id_for(idempotency_key_of(file)))
        except BatchNotFoundError:
            return None
        if batch.refused is not None and batch.refused.superseded:
            return None
        return {BATCH_ID: batch.batch_id} if batch.layout or batch.refused else _UNDECIDED

    def _video(self, file: InboxFile, marks: dict[str, str]) -> dict[str, str] | Waiting | None:
        made = self._made(video_id_for(idempotency_key_of(file)))
        made = made or self._made(self.tags.marks(file).get(VIDEO_ID, ""))
        if made is None or made.status is Status.SUPERSEDED:
            return None
        is_marked = marks.get(VIDEO_ID) == made.video_id  # by which the first step knows it, too
        if (
            made.running
            and made.version == 1
            and not is_marked
            and self.store.version(made.ref).send_lock is None
        ):
            return _UNDECIDED
        return {VIDEO_ID: made.video_id}

    def _is_of(self, video: Video, drop: Drop) -> bool:
        """Return whether a video was made of an earlier version of a file, or changed by one."""
        if video.status is Status.SUPERSEDED:
            return False
        keys = {folded(file.key) for file in video.dropped_files}
        key = folded(drop.file.key)
        if key in keys:
            return True
        asked = {version.idempotency_key for version in self.store.versions(video.video_id)}
        asked |= {change.idempotency_key for change in video.waiting}
        is_itself = idempotency_key_of(drop.file, drop.sequencer) in asked
        return key.endswith(EDIT_ENDING) and key[: -len(EDIT_ENDING)] in keys and not is_itself

    def _made(self, video_id: str) -> Video | None:
        try:
            return self.store.video(video_id) if video_id else None
        except VideoNotFoundError:
            return None


def _copy_of(made_of: dict[str, str]) -> Ignored:
    return Ignored(f"a copy of the file that {', '.join(made_of.values())} was made of")
