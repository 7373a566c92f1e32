"""Whether a folder looks like that of a batch whose file is still to come.

People upload a folder in alphabetical order, and `batch.csv` may come long after `a.png`. So files that were
dropped into one folder together, and of which nobody says what to do with them, wait for it. A file that was
dropped alone waits for nothing, and so does a file in the inbox itself: a batch has a folder of its own.
"""

from collections.abc import Iterator
from datetime import timedelta

from videos.inbox.did_you_mean import NOT_MEDIA
from videos.inbox.drop import DropKind, kind_of
from videos.inbox.manifests import MANIFEST_FILE
from videos.inbox.sidecars import DEFAULTS_FILE, UnreadableSidecarError, folders_of, sidecar_of
from videos.model.errors import UnreadableFileError
from videos.model.media import Drop, InboxFile
from videos.model.ports import Inbox
from videos.requests.folders import named
from videos.requests.ownership import INBOX

_ASKED = 5
"""So many neighbors, the nearest in time, are asked whether they bring an instruction."""


def looks_like_a_batch(drop: Drop, inbox: Inbox, *, within: timedelta, ignored: tuple[str, ...]) -> bool:
    """Return whether another silent file was dropped into the folder within so much time of this one.

    A folder with `job.json`, and one for which `_defaults.json` says what to do, waits for nothing.
    """
    folder = drop.file.key.removesuffix(drop.file.name)
    if folder == INBOX or _is_said(drop.file, inbox):
        return False
    return any(_is_silent(file, inbox) for file in _dropped_with(drop, folder, inbox, within, ignored))


def _is_said(file: InboxFile, inbox: Inbox) -> bool:
    files = (
        found
        for folder in folders_of(file.key)
        for found in named(file, MANIFEST_FILE, DEFAULTS_FILE, folder=folder, listing=inbox)
    )
    return next(files, None) is not None


def _dropped_with(
    drop: Drop, folder: str, inbox: Inbox, within: timedelta, ignored: tuple[str, ...]
) -> Iterator[InboxFile]:
    together = sorted(
        (abs(neighbour.at - drop.at), neighbour.name)
        for neighbour in inbox.neighbours(drop.file)
        if neighbour.name != drop.file.name and _is_media(f"{folder}{neighbour.name}", ignored)
    )
    for apart, name in together[:_ASKED]:
        if apart <= within:
            yield InboxFile(bucket=drop.file.bucket, key=f"{folder}{name}")


def _is_media(key: str, ignored: tuple[str, ...]) -> bool:
    kind = kind_of(key, ignored)
    is_text = key.lower().endswith((".txt", *NOT_MEDIA))
    return kind in {DropKind.MEDIA, DropKind.LINK} and not is_text


def _is_silent(file: InboxFile, inbox: Inbox) -> bool:
    try:
        return not inbox.describe(file).instruction and sidecar_of(file, inbox) is None
    except (FileNotFoundError, PermissionError, UnreadableSidecarError, UnreadableFileError):
        return False
