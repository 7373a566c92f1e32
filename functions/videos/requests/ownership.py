"""Who may name which object of the inbox bucket: one rule, which every door asks.

A request, a row, a manifest or a note may name
    objects under `inbox/`    where its owner is the inbox, or one of the stack's `InboxReaders`
    its owner's own uploads   and nobody else's
and nothing else. An object that an owner may not name is answered like one that does not exist.
"""

import hashlib
import unicodedata
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from videos.model.media import LONGEST_KEY, InboxFile
from videos.model.ports import Inbox, Uploads, VideoLibrary
from videos.model.video import Video
from videos.requests.folders import as_stored, nfc
from videos.requests.options import FieldError, shortened

OWNER = "inbox"
"""Of what is dropped."""
INBOX = "inbox/"
EVERYONE = "*"


@dataclass(frozen=True)
class Ownership:
    """The rule. `inbox_readers` may name objects under `inbox/`, as the owner `inbox` may."""

    inbox_readers: frozenset[str] = frozenset()

    @classmethod
    def of(cls, names: str) -> "Ownership":
        """Read the stack's parameter: names of owners, separated by commas, or “*” for every owner."""
        return cls(frozenset(filter(None, (name.strip() for name in names.split(",")))))

    def may_name(self, owner: str, key: str) -> bool:
        """Return whether an owner may name an object, whether or not it exists."""
        if len(key.encode()) > LONGEST_KEY or {".", ".."} & set(key.split("/")):
            return False  # S3 takes dots as they are, but programs in between may not
        if key.startswith(INBOX):
            return owner == OWNER or not self.inbox_readers.isdisjoint({owner, EVERYONE})
        return owns_upload(owner, key)


@dataclass(frozen=True)
class NamedObjects:
    """Objects of the inbox bucket, found for those who may name them."""

    bucket: str
    inbox: "InboxWithUploads"
    ownership: Ownership

    def named(self, field: str, key: str, owner: str) -> InboxFile:
        """Return an object in its current version, so that a later one does not change the job.

        Raises:
            FieldError: The owner may not name it, or it does not exist: the answer is the same.
        """
        file = InboxFile(bucket=self.bucket, key=key)
        if self.ownership.may_name(owner, key):
            with suppress(FileNotFoundError):
                return pinned(file, self.inbox)
        raise FieldError(field, f"there is no “{shortened(key)}” that you may use. Upload it first.")

    def uploaded(self, field: str, upload_id: str, owner: str) -> InboxFile:
        """Return the file of an upload.

        Raises:
            FieldError: Nothing was uploaded under this id, or not by this owner: the answer is the same.
        """
        prefix = prefix_of(owner, upload_id)
        found = self.inbox.list(prefix) if self.ownership.may_name(owner, prefix) else []
        keys = [key for key in found if self.ownership.may_name(owner, key)]
        if not keys:
            said = f"there is no upload “{shortened(upload_id)}”. Upload it first, with POST /v1/uploads."
            raise FieldError(field, said)
        return InboxFile(bucket=self.bucket, key=keys[0])


def pinned(file: InboxFile, inbox: Inbox) -> InboxFile:
    """Return an object in its current version, however its name is written: see `videos.requests.folders`.

    Raises:
        FileNotFoundError: It does not exist.
    """
    with suppress(FileNotFoundError, PermissionError):
        return _in_current_version(file, inbox)
    try:
        return _in_current_version(as_stored(file, inbox), inbox)
    except PermissionError as error:
        raise FileNotFoundError(file.key) from error


def _in_current_version(file: InboxFile, inbox: Inbox) -> InboxFile:
    return file.model_copy(update={"version_id": inbox.describe(file).version_id})


def made_of(key: str, videos: VideoLibrary, inbox: Inbox, bucket: str) -> Video | None:
    """Return the newest video made of an object of the inbox, however its name is written."""
    for form in dict.fromkeys((key, nfc(key), unicodedata.normalize("NFD", key))):
        if video := videos.made_of(form):
            return video
    stored = as_stored(InboxFile(bucket=bucket, key=key), inbox) if key.startswith(INBOX) else None
    return videos.made_of(stored.key) if stored is not None and stored.key != key else None


class InboxWithUploads(Inbox, Uploads, Protocol):
    """Where dropped and uploaded files are."""


def prefix_of(owner: str, upload_id: str) -> str:
    """Where an upload is stored: outside of `inbox/`, and only for its owner. Its id is random."""
    return f"{_uploads_of(owner)}{upload_id}/"


def owns_upload(owner: str, key: str) -> bool:
    """Return whether an object was uploaded by this owner."""
    return key.startswith(_uploads_of(owner))


def owns(owner: str, key: str) -> bool:
    """Return whether an object is the owner's own: what the pipeline writes for them may be beside it."""
    return owns_upload(owner, key) or (owner == OWNER and key.startswith(INBOX))


def _uploads_of(owner: str) -> str:
    return f"uploads/{hashlib.sha256(owner.encode()).hexdigest()[:16]}/"
