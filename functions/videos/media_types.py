"""What may be dropped, known by its bytes and not by its name."""

import re

import filetype

from videos.errors import RefusedError

HEAD_BYTES = 8192
MAX_BYTES = 500 * 1024 * 1024  # vendor skill document: "At most 500 MB"

# Vendor skill document: the accepted formats. Values are the endings that go with each.
ACCEPTED: dict[str, tuple[str, ...]] = {
    "video/mp4": ("mp4", "m4v"),
    "video/quicktime": ("mov",),
    "video/x-msvideo": ("avi",),
    "video/webm": ("webm",),
    "video/x-matroska": ("mkv",),
    "image/jpeg": ("jpg", "jpeg"),
    "image/png": ("png",),
    "image/gif": ("gif",),
    "image/webp": ("webp",),
    "audio/mpeg": ("mp3",),
    "audio/wav": ("wav",),
    "audio/mp4": ("m4a",),
    "audio/aac": ("aac",),
}
ENDINGS = frozenset(ending for endings in ACCEPTED.values() for ending in endings)
ACCEPTED_NAMES = "mp4, mov, avi, webm, mkv, jpg, png, gif, webp, mp3, wav, m4a, aac"

# One format under several names, or names that the bytes alone cannot tell apart.
_SAME: dict[str, str] = {
    "video/x-m4v": "video/mp4",
    "audio/x-wav": "audio/wav",
    "image/apng": "image/png",
    "video/3gpp": "video/mp4",  # some phones' brand of MP4
}
_ALIKE: tuple[frozenset[str], ...] = (
    frozenset({"video/mp4", "video/quicktime", "audio/mp4"}),
    frozenset({"video/webm", "video/x-matroska"}),
    frozenset({"audio/mpeg", "audio/aac"}),
)
# What a file of QuickTime's family may begin with, beyond the brands that `filetype` knows.
_BOXES = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
# What `filetype` does not know: WAV of more than 4 GB, EBML that names its kind late, ADTS and MPEG audio
# frames in every form of their headers.
_BEYOND = (
    (re.compile(rb"(?:RF64|BW64)....WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"\x1a\x45\xdf\xa3"), "video/x-matroska"),
    (re.compile(rb"\xff[\xf0\xf1\xf8\xf9]"), "audio/aac"),
    (re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]"), "audio/mpeg"),
)
_ADVICE = f"Drop one of these instead: {ACCEPTED_NAMES}, at most 500 MB."


def media_type(name: str, size: int, head: bytes) -> str:
    """The MIME type of an accepted file.

    Args:
        name: The file's name; its ending must agree with the bytes.
        size: Bytes in all.
        head: The first `HEAD_BYTES` bytes.

    Raises:
        RefusedError: It is empty, too large, of no accepted type, or not what its name says.
    """
    if size == 0:
        raise RefusedError(
            f"“{name}” is empty.", code="empty_file", advice="Upload it again; it has no content."
        )
    if size > MAX_BYTES:
        raise RefusedError(
            f"“{name}” has {size / 1024 / 1024:.0f} MB; at most 500 MB are accepted.",
            code="file_too_large",
            advice="Compress or trim it, then drop it again.",
        )
    ending = name.rsplit(".", 1)[-1].lower() if "." in name else ""
    claimed = next((kind for kind, endings in ACCEPTED.items() if ending in endings), None)
    if claimed is None:
        raise RefusedError(
            f"“{name}” is of a type that cannot become a video.", code="unsupported_file", advice=_ADVICE
        )
    found = _sniff(head)
    if found == claimed or any(found in alike and claimed in alike for alike in _ALIKE):
        return claimed
    what = f"its content is {found}" if found else "its content is of no known media type"
    raise RefusedError(
        f"“{name}” is not what its name says: {what}.",
        code="unsupported_file",
        advice=f"Export it anew, or rename it to what it is. {_ADVICE}",
    )


def _sniff(head: bytes) -> str | None:
    guess: str | None = filetype.guess_mime(head)
    if guess:
        return _SAME.get(guess, guess)
    if head[4:8] in _BOXES:
        return "video/quicktime"
    return next((kind for pattern, kind in _BEYOND if pattern.match(head)), None)
