"""What people call a video, on a page and on their disk."""

import re
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import unquote, urlsplit

from videos.model.media import InboxFile, WebAddress
from videos.model.redaction import without_secrets
from videos.model.video import Video
from videos.requests.folders import nfc

FILE_NAME_LENGTH = 80


def title_of(video: Video) -> str:
    """The title that was wished for; else the name of what it is made from, without its ending."""
    if video.options.title:
        return without_secrets(video.options.title)
    match video.media:
        case (InboxFile(), *_):
            return nfc(unquote(PurePosixPath(video.name).stem))
        case (WebAddress(), *_):
            address = urlsplit(video.name)
            return PurePosixPath(unquote(address.path)).stem or address.hostname or video.name
        case _:
            return video.name


def file_name_of(video: Video) -> str:
    """The title as a file name that any header and any disk takes."""
    plain = unicodedata.normalize("NFKD", title_of(video)).encode("ascii", "ignore").decode()
    words = re.sub(r"[^A-Za-z0-9._-]+", " ", plain)[:FILE_NAME_LENGTH].strip(" ._-")
    return f"{words or 'video'}.mp4"
