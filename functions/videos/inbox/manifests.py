"""`job.json`: one video of several files of its folder, or a sequence of versions, one of each.

A file that a manifest names is no video of its own, unless it brings an instruction of its own. Both
may be dropped in any order, within the time that a file waits for such an instruction.
"""

from videos.inbox.drop import DropKind, kind_of
from videos.inbox.logos import is_logo_of
from videos.inbox.sidecars import (
    UnreadableSidecarError,
    folders_of,
    key_below,
    logo_name,
    small_file,
)
from videos.model.errors import UnreadableFileError
from videos.model.media import InboxFile, Media, WebAddress
from videos.model.ports import Inbox
from videos.requests.brand import LOGO_FIELD
from videos.requests.folders import is_meant, named
from videos.requests.json_reader import json_object
from videos.requests.link_files import NoAddressError, address_in, with_scheme
from videos.requests.options import FieldError, ManifestRequest, read_request
from videos.requests.ownership import OWNER, Ownership, pinned

MANIFEST_FILE = "job.json"
FILES_FIELD = "files"


class MissingError(LookupError):
    """A file that the manifest names is not there. `name` is as the manifest has it."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def read_manifest(file: InboxFile, body: bytes) -> ManifestRequest:
    """What a `job.json` says.

    Raises:
        UnreadableSidecarError: It makes no sense.
    """
    try:
        content = read_request(ManifestRequest, json_object(body))
        for entry in content.files:
            key_below(FILES_FIELD, entry.file, file)
        if (logo := logo_name(content)) is not None:
            key_below(LOGO_FIELD, logo, file)
    except FieldError as error:
        raise UnreadableSidecarError(
            f"“{file.name}” has an invalid field “{error.field}”: {error}"
        ) from error
    except ValueError as error:
        raise UnreadableSidecarError(f"“{file.name}” cannot be read: {error}.") from error
    return content


def media_named(name: str, manifest: InboxFile, inbox: Inbox) -> Media:
    """What an entry of a manifest stands for: an address, a file as it is now, or what a link file leads to.

    So does the logo that any other file of options names.

    Raises:
        MissingError: There is no such file (yet).
        UnreadableSidecarError: It is a link without an address.
    """
    key = key_below(FILES_FIELD, name, manifest)
    if key is None:
        return WebAddress(url=with_scheme(name))
    if not Ownership().may_name(OWNER, key):
        raise MissingError(name)
    try:
        file = pinned(InboxFile(bucket=manifest.bucket, key=key), inbox)
    except FileNotFoundError as error:
        raise MissingError(name) from error
    if kind_of(key) is not DropKind.LINK:
        return file
    try:
        return WebAddress(url=address_in(file.name, small_file(file, inbox) or b""))
    except NoAddressError as error:
        raise UnreadableSidecarError(f"“{name}” is not a valid link: {error}") from error


def manifest_that_names(file: InboxFile, inbox: Inbox) -> str | None:
    """The key of the manifest that the file is a part of.

    One that makes no sense may mean any file beside it: these wait until it does.
    """
    for folder in folders_of(file.key):
        for manifest in named(file, MANIFEST_FILE, folder=folder, listing=inbox):
            if _names(manifest, file, folder, inbox):
                return manifest.key
    return None


def _names(manifest: InboxFile, file: InboxFile, folder: str, inbox: Inbox) -> bool:
    try:
        body = small_file(manifest, inbox)
        content = read_manifest(manifest, body) if body is not None else None
    except (UnreadableSidecarError, UnreadableFileError):
        return file.key == f"{folder}{file.name}"
    if content is None:
        return False
    keys = (key_below(FILES_FIELD, entry.file, manifest) for entry in content.files)
    is_part = any(key is not None and is_meant(file, key, inbox) for key in keys)
    return is_part or is_logo_of(content, file, manifest, inbox)
