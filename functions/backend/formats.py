"""Formats of files: those that the backend takes, and those that are converted for it."""

from dataclasses import dataclass
from typing import Final

MAX_UPLOAD_BYTES: Final = 500 * 1024 * 1024
"""Largest file the backend takes (vendor skill document)."""

MAX_UPLOAD: Final = f"{MAX_UPLOAD_BYTES // 1024**2} MB"
"""The same, as people read it."""


@dataclass(frozen=True)
class Format:
    """A format that is accepted.

    Args:
        mime: The MIME type, under which it is uploaded.
        endings: The endings of file names that go with it, the usual one first.
        is_converted: Whether the backend does not take it, so that the pipeline converts it.
    """

    mime: str
    endings: tuple[str, ...]
    is_converted: bool = False

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture, and not a film or a sound."""
        return self.mime.startswith("image/")

    def name_for(self, name: str) -> str:
        """Return a file's name with an ending that goes with the format."""
        stem, dot, ending = name.rpartition(".")
        return name if ending.lower() in self.endings else f"{stem if dot else name}.{self.endings[0]}"


MP4: Final = Format("video/mp4", ("mp4", "m4v"))
MOV: Final = Format("video/quicktime", ("mov",))
AVI: Final = Format("video/x-msvideo", ("avi",))
WEBM: Final = Format("video/webm", ("webm",))
MKV: Final = Format("video/x-matroska", ("mkv",))
JPEG: Final = Format("image/jpeg", ("jpg", "jpeg", "jfif", "jpe"))
PNG: Final = Format("image/png", ("png",))
GIF: Final = Format("image/gif", ("gif",))
WEBP: Final = Format("image/webp", ("webp",))
HEIC: Final = Format("image/heic", ("heic", "heif", "hif", "heics", "heifs"), is_converted=True)
AVIF: Final = Format("image/avif", ("avif", "avifs"), is_converted=True)
MP3: Final = Format("audio/mpeg", ("mp3",))
WAV: Final = Format("audio/wav", ("wav",))
M4A: Final = Format("audio/mp4", ("m4a",))
AAC: Final = Format("audio/aac", ("aac",))

FORMATS: Final = (MP4, MOV, AVI, WEBM, MKV, JPEG, PNG, GIF, WEBP, HEIC, AVIF, MP3, WAV, M4A, AAC)
"""All that is accepted. Everything else about formats follows from this list.

A new one that the backend takes needs a line above and a name here. Where its bytes are not known yet,
`videos.model.media_types.sniffed` has to learn them. One that is converted needs a decoder in
`pictures.converting`.
"""

ACCEPTED_FORMATS: Final = tuple(format_.endings[0] for format_ in FORMATS if not format_.is_converted)
"""File name extensions the backend takes (vendor skill document)."""

ENDINGS: Final = frozenset(ending for format_ in FORMATS for ending in format_.endings)
"""File name extensions that are accepted."""
