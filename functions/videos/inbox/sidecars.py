"""Who says what a dropped file is to become, where it does not say so itself.

its object metadata    the instruction
else its sidecar       `photo.png.json` or `photo.json`: all that a request may say;
                       `photo.png.txt` or `photo.txt`: the instruction
where these are silent `_defaults.json`, the nearest one up the path
where all are silent   the stack's default instruction

Of a `brand`, each field counts by itself. A logo lies in the folder of the file that names it, or below it.
"""

import posixpath
from collections.abc import Iterator

from pydantic import JsonValue

from videos.model.errors import UnreadableFileError
from videos.model.media import LONGEST_KEY, InboxFile
from videos.model.ports import Inbox
from videos.model.texts import decoded, is_plain, visible
from videos.requests.brand import LOGO_FIELD
from videos.requests.folders import beside, is_address, is_named_by_stem, named
from videos.requests.json_reader import json_object
from videos.requests.link_files import begins_with_address
from videos.requests.options import FieldError, RequestOptions, read_request
from videos.requests.ownership import INBOX

DEFAULTS_FILE = "_defaults.json"
LARGEST_BYTES = 64 * 1024


class UnreadableSidecarError(ValueError):
    """A file that says what to do makes no sense. The message names the file, and says why."""


class EmptySidecarError(UnreadableSidecarError):
    """It is empty. Programs that write into a mounted bucket create a file first: its content may follow."""


def sidecar_of(file: InboxFile, inbox: Inbox) -> RequestOptions | None:
    """Return what the files beside it say, if there are any; the JSON's instruction counts before the text's.

    The sidecars of `photo.png` are `photo.png.json`, `photo.json`, `photo.png.txt` and `photo.txt`; of each
    ending the first that exists counts. A text that holds an address is a link, not a sidecar.

    Raises:
        UnreadableSidecarError: They make no sense.
    """
    texts, options = [], None
    for found in beside(file, (".json", ".txt"), inbox):
        if found.name.lower().endswith(".txt"):
            texts.append(found)
        elif options is None:
            options = options_in(found, inbox)
    if options is not None and options.instruction:
        return options
    for found in texts:
        text = _plain_text(found, inbox)
        if text and not (is_named_by_stem(found, file) and begins_with_address(text)):
            given = options.model_dump(exclude_unset=True, exclude_none=True) if options else {}
            return text_options(found.name, text).model_copy(update=given)
    return options


def defaults_of(file: InboxFile, inbox: Inbox) -> tuple[InboxFile, RequestOptions] | None:
    """Return the nearest `_defaults.json` up the path, and what it says.

    Raises:
        UnreadableSidecarError: It makes no sense.
    """
    for folder in folders_of(file.key):
        for found in named(file, DEFAULTS_FILE, folder=folder, listing=inbox):
            options = options_in(found, inbox)
            if options is not None:
                return found, options
    return None


def logo_name(options: RequestOptions) -> str | None:
    """Return what the logo of a brand is named by."""
    return options.brand.logo if options.brand is not None else None


def key_below(field: str, name: str, holder: InboxFile) -> str | None:
    """Return the key of a file that another one names, in the same folder or below; None for an address.

    Raises:
        FieldError: It is outside of the folder.
    """
    if is_address(name):
        return None
    folder = holder.key.rpartition("/")[0] + "/"
    key = posixpath.normpath(folder + name)
    if not key.startswith(folder) or name.startswith("/"):
        raise FieldError(field, f"“{name}” is not in the folder of “{holder.name}”. Put it there.")
    return key


def folders_of(key: str) -> Iterator[str]:
    """The folders that an object lies in, as prefixes, the nearest first."""
    folder = key.rpartition("/")[0] + "/"
    while folder.startswith(INBOX):
        yield folder
        folder = folder[:-1].rpartition("/")[0] + "/"


def small_file(file: InboxFile, inbox: Inbox) -> bytes | None:
    """The whole of a file that people write; None where there is none.

    Raises:
        UnreadableSidecarError: It is too large to be one.
        UnreadableFileError: S3 does not give it.
    """
    if len(file.key.encode()) > LONGEST_KEY:
        return None
    try:
        with inbox.open(file) as content:
            body = content.read(LARGEST_BYTES + 1)
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise UnreadableFileError.named(file.name) from error
    if len(body) > LARGEST_BYTES:
        raise UnreadableSidecarError(f"“{file.name}” is larger than {LARGEST_BYTES // 1024} KB.")
    return body


def _plain_text(file: InboxFile, inbox: Inbox) -> str:
    text = visible(decoded(small_file(file, inbox) or b""))
    if not is_plain(text):
        raise UnreadableSidecarError(f"“{file.name}” is not plain text. Save it as plain text (UTF-8).")
    if _is_json(text):
        named_json = f"{file.name.rpartition('.')[0]}.json"
        raise UnreadableSidecarError(f"“{file.name}” holds JSON. Name it “{named_json}”.")
    return text


def _is_json(text: str) -> bool:
    try:
        return text.startswith("{") and bool(json_object(text.encode()))
    except ValueError:
        return False


def text_options(name: str, text: str) -> RequestOptions:
    """What a file says whose whole text is the instruction.

    Raises:
        UnreadableSidecarError: It is too long for one.
    """
    return _read(name, {"instruction": text.strip()})


def options_in(file: InboxFile, inbox: Inbox) -> RequestOptions | None:
    """Return what a JSON file says; None if it does not exist.

    Raises:
        UnreadableSidecarError: It makes no sense.
    """
    body = small_file(file, inbox)
    if body is None:
        return None
    if not body:
        raise EmptySidecarError(f"“{file.name}” is empty.")
    try:
        given = json_object(body)
    except ValueError as error:
        raise UnreadableSidecarError(f"“{file.name}” cannot be read: {error}.") from error
    return _read(file.name, given, file)


def _read(name: str, given: dict[str, JsonValue], holder: InboxFile | None = None) -> RequestOptions:
    try:
        options = read_request(RequestOptions, given)
        if holder is not None and (logo := logo_name(options)) is not None:
            key_below(LOGO_FIELD, logo, holder)
    except FieldError as error:
        raise UnreadableSidecarError(f"“{name}” has an invalid field “{error.field}”: {error}") from error
    return options
