"""Files of the inbox that are logos: they are no videos of their own, unless they bring an instruction.

A logo is marked, so that it stays one when the file that names it is deleted.
"""

from contextlib import suppress

from videos.events.tags import LOGO, VIDEO_ID, VIDEO_STATUS
from videos.inbox.sidecars import (
    DEFAULTS_FILE,
    UnreadableSidecarError,
    folders_of,
    key_below,
    logo_name,
    options_in,
)
from videos.model.errors import UnreadableFileError
from videos.model.media import InboxFile
from videos.model.ports import Inbox, Tags
from videos.requests.brand import LOGO_FIELD
from videos.requests.folders import is_meant, named
from videos.requests.options import RequestOptions


def why_logo(file: InboxFile, inbox: Inbox, tags: Tags) -> str | None:
    """Return why a file is a logo: it is marked, or a `_defaults.json` up the path names it. None if not."""
    if tags.marks(file).get(VIDEO_STATUS) == LOGO:
        return "the logo of other videos"
    defaults = _defaults_with(file, inbox)
    if defaults is None:
        return None
    mark_logo(file, tags)
    return f"the logo that {defaults} names"


def mark_logo(file: InboxFile, tags: Tags) -> None:
    """Let a file be a logo for good, unless it has become a video."""
    marks = tags.marks(file)
    if VIDEO_ID not in marks and marks.get(VIDEO_STATUS) != LOGO:
        tags.mark(file, {VIDEO_STATUS: LOGO})


def is_logo_of(options: RequestOptions, file: InboxFile, holder: InboxFile, inbox: Inbox) -> bool:
    """Return whether a file is the logo that these options name; the holder is the file that has them."""
    name = logo_name(options)
    key = key_below(LOGO_FIELD, name, holder) if name is not None else None
    return key is not None and is_meant(file, key, inbox)


def _defaults_with(logo: InboxFile, inbox: Inbox) -> str | None:
    """Return the key of the defaults that name a logo. Invalid ones name none: they fail every video."""
    for folder in folders_of(logo.key):
        for found in named(logo, DEFAULTS_FILE, folder=folder, listing=inbox):
            with suppress(UnreadableSidecarError, UnreadableFileError):
                options = options_in(found, inbox)
                if options is not None and is_logo_of(options, logo, found, inbox):
                    return found.key
    return None
