"""Who says what a dropped file is to become, where it does not say so itself.

its object metadata    the instruction
else its sidecar       `photo.png.json`, `photo.png.txt`: all that a request may say, or the instruction
where these are silent `_defaults.json`, the nearest one up the path
where all are silent   the stack's default instruction
"""

from collections.abc import Iterator

from videos.drop import INBOX
from videos.media import InboxFile
from videos.ports import Inbox
from videos.requests import Brief, FieldError, read_request
from videos.texts import decoded, json_object

LARGEST_BYTES = 64 * 1024
_LONGEST_KEY = 1024  # bytes, says S3


class UnreadableError(ValueError):
    """A file that says what to do makes no sense. The message names the file, and says why."""


def sidecar_of(file: InboxFile, inbox: Inbox) -> Brief | None:
    """What the files beside it say, if there are any; the JSON's instruction counts before the text's.

    Raises:
        UnreadableError: They make no sense.
    """
    beside = InboxFile(bucket=file.bucket, key=f"{file.key}.json")
    brief = _brief_in(beside, inbox)
    if brief is not None and brief.instruction:
        return brief
    text = small_file(InboxFile(bucket=file.bucket, key=f"{file.key}.txt"), inbox)
    if text is None or not decoded(text).strip():
        return brief
    return text_brief(f"{file.name}.txt", decoded(text)).model_copy(
        update=brief.model_dump(exclude_unset=True, exclude_none=True) if brief else {}
    )


def defaults_of(file: InboxFile, inbox: Inbox) -> Brief | None:
    """What the nearest `_defaults.json` up the path says.

    Raises:
        UnreadableError: It makes no sense.
    """
    for folder in folders_of(file.key):
        brief = _brief_in(InboxFile(bucket=file.bucket, key=f"{folder}_defaults.json"), inbox)
        if brief is not None:
            return brief
    return None


def folders_of(key: str) -> Iterator[str]:
    """The folders that an object lies in, as prefixes, the nearest first."""
    folder = key.rpartition("/")[0] + "/"
    while folder.startswith(INBOX):
        yield folder
        folder = folder[:-1].rpartition("/")[0] + "/"


def small_file(file: InboxFile, inbox: Inbox) -> bytes | None:
    """The whole of a file that people write; None where there is none.

    Raises:
        UnreadableError: It is too large to be one.
    """
    if len(file.key.encode()) > _LONGEST_KEY:
        return None
    try:
        with inbox.open(file) as content:
            body = content.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None
    if len(body) > LARGEST_BYTES:
        raise UnreadableError(f"“{file.name}” is larger than {LARGEST_BYTES // 1024} KB.")
    return body


def text_brief(name: str, text: str) -> Brief:
    """What a file says whose whole text is the instruction.

    Raises:
        UnreadableError: It is too long for one.
    """
    return _read(name, {"instruction": text.strip()})


def _brief_in(file: InboxFile, inbox: Inbox) -> Brief | None:
    body = small_file(file, inbox)
    if body is None:
        return None
    try:
        given = json_object(body)
    except ValueError as error:
        raise UnreadableError(f"“{file.name}” cannot be read: {error}.") from error
    return _read(file.name, given)


def _read(name: str, given: dict[str, object]) -> Brief:
    try:
        return read_request(Brief, given)
    except FieldError as error:
        raise UnreadableError(f"“{name}” makes no sense in “{error.field}”: {error}") from error
