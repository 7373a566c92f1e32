"""Files that a caller uploaded before naming them in a request."""

import hashlib

from videos.media import InboxFile
from videos.ports import Uploads


def prefix_of(owner: str, upload_id: str) -> str:
    """Where an upload lies: out of the inbox's sight, and only for its owner."""
    return f"uploads/{hashlib.sha256(owner.encode()).hexdigest()[:16]}/{upload_id}/"


def owns(owner: str, key: str) -> bool:
    """Whether an object was uploaded by this owner."""
    return key.startswith(prefix_of(owner, "").rstrip("/") + "/")


def uploaded_file(owner: str, upload_id: str, bucket: str, uploads: Uploads) -> InboxFile:
    """The file of an upload.

    Raises:
        FileNotFoundError: Nothing was uploaded under this id, or not by this owner.
    """
    keys = uploads.list(prefix_of(owner, upload_id))
    if not keys:
        raise FileNotFoundError(upload_id)
    return InboxFile(bucket=bucket, key=keys[0])
