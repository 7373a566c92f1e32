"""What may be dropped in the inbox, and what each drop is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from backend.formats import ENDINGS
from videos.batches.batch import BATCH_FILES
from videos.inbox.ignored import is_ignored
from videos.model.batch import Batch
from videos.model.media import InboxFile
from videos.model.video import Video
from videos.requests.link_files import LINK_ENDINGS
from videos.requests.ownership import INBOX


def idempotency_key_of(file: InboxFile, sequencer: str = "") -> str:
    """The same version of the same key is the same video, however often S3 sends its event.

    Where the bucket keeps no versions, S3's `sequencer` identifies the write.
    """
    return f"s3://{file.bucket}/{file.key}?{file.version_id or sequencer}"


class DropKind(StrEnum):
    """What a dropped object is, by its key alone."""

    MEDIA = "media"
    LINK = "link"
    """A file that holds an address: `.url`, `.webloc`, `.desktop`; a `.txt` may."""
    MANIFEST = "manifest"
    """`job.json`: one video, or a sequence, from files of its folder."""
    BATCH = "batch"
    """`batch.csv`, `batch.xlsx` and others: each row a video."""
    SIDECAR = "sidecar"
    """`photo.png.txt`, `photo.png.json`: what to do with `photo.png`."""
    DEFAULTS = "defaults"
    """`_defaults.json`: what is asked for in this folder where nobody says."""
    EDIT = "edit"
    """`photo.png.edit.txt`: what to change in the video made from `photo.png`."""
    NOTHING = "nothing"
    """Not meant as input: see `videos.inbox.ignored`."""


_NAMED = {
    "job.json": DropKind.MANIFEST,
    **dict.fromkeys(BATCH_FILES, DropKind.BATCH),
    "_defaults.json": DropKind.DEFAULTS,
}
_ENDING = (
    (re.compile(r"\.edit\.txt$"), DropKind.EDIT),
    (
        re.compile(rf"\.(({'|'.join(sorted(ENDINGS | LINK_ENDINGS))})\.(txt|json)|txt\.json)$"),
        DropKind.SIDECAR,
    ),
    (re.compile(rf"\.({'|'.join(sorted(LINK_ENDINGS))}|txt)$"), DropKind.LINK),
)


def kind_of(key: str, ignored: Iterable[str] = ()) -> DropKind:
    """Return what an object of the inbox is; `ignored` are patterns that the stack's owner ignores, too."""
    if is_ignored(key.removeprefix(INBOX), ignored):
        return DropKind.NOTHING
    name = key.rsplit("/", 1)[-1].lower()
    ending = next((kind for pattern, kind in _ENDING if pattern.search(name)), DropKind.MEDIA)
    return _NAMED.get(name, ending)


@dataclass(frozen=True)
class Accepted:
    """The drop is a video, or asks for a version of one."""

    video: Video


@dataclass(frozen=True)
class AcceptedBatch:
    """Each row of the drop becomes a video, or asks for a version of one."""

    batch: Batch


@dataclass(frozen=True)
class Waiting:
    """It is not known yet what the drop is to become, for this reason. Look again after so many seconds."""

    seconds: int
    reason: str = "may still belong to another file"


@dataclass(frozen=True)
class Ignored:
    """The drop starts nothing, for this reason."""

    reason: str


Taken = Accepted | AcceptedBatch | Waiting | Ignored
