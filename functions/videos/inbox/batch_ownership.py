"""Which batch owns a file. Such a file does not become a separate video, unless it has an instruction.

A batch owns its folder and all folders below. It is not read for this: it may have 100,000 rows. A batch in
the inbox itself would own everything. So it owns only the files that its rows name, if it is small enough
to be read for each file.
"""

import io

from videos.batches.batch import BATCH_FILES
from videos.batches.rows_file import WORKBOOK, Rows, encodings_of
from videos.inbox.sidecars import UnreadableSidecarError, folders_of, small_file
from videos.model.errors import UnreadableFileError
from videos.model.media import InboxFile
from videos.model.ports import Inbox
from videos.model.texts import decoded
from videos.requests.folders import is_meant, named
from videos.requests.ownership import INBOX


def batch_around(file: InboxFile, inbox: Inbox) -> InboxFile | None:
    """Return the batch file that owns a file."""
    for folder in folders_of(file.key):
        for batch in named(file, *BATCH_FILES, folder=folder, listing=inbox):
            if folder != INBOX or any(is_meant(file, key, inbox) for key in _named_in(batch, inbox)):
                return batch
    return None


def is_owned_by(file: InboxFile, batch: InboxFile, inbox: Inbox) -> bool:
    """Return whether a batch still owns a file that was marked with it.

    A batch that cannot be read any more owns the file: nothing is paid that nobody asked for.
    """
    folder = batch.key.removesuffix(batch.name)
    if folder != INBOX:
        return file.key.startswith(folder)
    try:
        is_gone = small_file(batch, inbox) is None
    except (UnreadableSidecarError, UnreadableFileError):
        is_gone = True
    return is_gone or any(is_meant(file, key, inbox) for key in _named_in(batch, inbox))


def _named_in(batch: InboxFile, inbox: Inbox) -> set[str]:
    """The keys that the rows of a batch in the inbox itself may mean."""
    named: set[str] = set()
    try:
        body = small_file(batch, inbox) or b""
        is_text = encodings_of(body) != WORKBOOK
        text = io.BytesIO(decoded(body).encode() if is_text else body)
        for row in Rows(batch.name, text, "utf-8" if is_text else None):
            keys = row.given.get("s3_keys")
            several = keys if isinstance(keys, list) else []
            brand = row.given.get("brand")
            logo = brand.get("logo") if isinstance(brand, dict) else None
            given = [row.given.get("file"), row.given.get("s3_key"), logo, *several]
            named |= {key for name in given if name for key in (str(name), f"{INBOX}{name}")}
    except ValueError:
        pass  # only the rows before the invalid one count; the batch reports the error
    return named
