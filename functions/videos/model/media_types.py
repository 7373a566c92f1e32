"""What may be dropped, known by its bytes and not by its name."""

import re

import filetype

from backend.formats import (
    AAC,
    AVIF,
    ENDINGS,
    FORMATS,
    HEIC,
    M4A,
    MAX_UPLOAD,
    MAX_UPLOAD_BYTES,
    MKV,
    MOV,
    MP3,
    MP4,
    PNG,
    WAV,
    WEBM,
    Format,
)
from videos.model.errors import EmptyFileError, OversizedFileError, UnusableFileError

HEAD_BYTES = 8192
ACCEPTED_NAMES = ", ".join(format_.endings[0] for format_ in FORMATS)

_BY_MIME = {
    **{format_.mime: format_ for format_ in FORMATS},
    "audio/x-wav": WAV,
    "image/apng": PNG,
}
# Bytes that fit several formats: there the name decides.
_MOVIES = (MOV, MP4, M4A)
_MATROSKA = (MKV, WEBM)
_TAGGED = (MP3, AAC)
# Boxes that a file of QuickTime's family may begin with that names no brand.
_BOXES = frozenset({b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})
# Brands of files in ISO's container. A brand that is missing here is a video's.
_BRANDS = {
    b"qt  ": (MOV,),
    **dict.fromkeys((b"M4A ", b"M4B ", b"M4P "), (M4A,)),
    **dict.fromkeys((b"avif", b"avis"), (AVIF,)),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"), (HEIC,)),
    b"crx ": (),  # raw pictures of cameras
}
_PICTURES = frozenset({b"mif1", b"mif2", b"msf1", b"miaf", b"1pic"})
"""Brands that say picture, and leave it to the other brands what kind of."""

# What `filetype` does not know: WAV of more than 4 GB, and every form of the headers of ADTS and MPEG audio.
_BEYOND = (
    (re.compile(rb"(?:RF64|BW64)....WAVE", re.DOTALL), "audio/wav"),
    (re.compile(rb"\xff[\xf0\xf1\xf8\xf9]"), "audio/aac"),
    (re.compile(rb"\xff[\xe2-\xe7\xf2-\xf7\xfa-\xff]"), "audio/mpeg"),
)
_ADVICE = f"Drop one of these instead: {ACCEPTED_NAMES}, at most {MAX_UPLOAD}."


def has_accepted_ending(name: str) -> bool:
    """Return whether a file of this name may be accepted, before its content is known."""
    return _ending(name) in ENDINGS


def format_of(name: str, size: int, head: bytes) -> Format:
    """Return the format of a file: what its content is, whatever its name says.

    Args:
        name: The file's name. Its ending has to belong to an accepted format.
        size: Bytes in all.
        head: The first `HEAD_BYTES` bytes.

    Raises:
        RefusedError: It is empty, too large, or of no accepted format.
    """
    if size == 0:
        raise EmptyFileError(f"“{name}” is empty.", advice="Upload it again, with content.")
    if size > MAX_UPLOAD_BYTES:
        raise OversizedFileError(
            f"“{name}” has {size / 1024 / 1024:.0f} MB. The limit is {MAX_UPLOAD}.",
            advice="Compress or trim it, then drop it again.",
        )
    if not has_accepted_ending(name):
        raise UnusableFileError(f"“{name}” does not have an accepted file type.", advice=_ADVICE)
    found = sniffed(head)
    if not found:
        mime: str | None = filetype.guess_mime(head)
        what = f"its content is {mime}" if mime else "the type of its content is unknown"
        raise UnusableFileError(f"“{name}” does not contain what its name says: {what}.", advice=_ADVICE)
    return next((format_ for format_ in found if _ending(name) in format_.endings), found[0])


def sniffed(head: bytes) -> tuple[Format, ...]:
    """Return the accepted formats that fit the beginning of a file, the likeliest first."""
    if head[4:8] == b"ftyp":
        return _of_brand(head)
    if head[4:8] in _BOXES:
        return _MOVIES
    if head.startswith(b"ID3"):
        return _TAGGED
    guess: str | None = filetype.guess_mime(head)
    if guess is None:
        if head.startswith(b"\x1a\x45\xdf\xa3"):  # the kind is named late
            return _MATROSKA
        guess = next((kind for pattern, kind in _BEYOND if pattern.match(head)), "")
    found = _BY_MIME.get(guess)
    return () if found is None else (found,)


def _of_brand(head: bytes) -> tuple[Format, ...]:
    major, end = head[8:12], int.from_bytes(head[:4], "big")
    if major in _PICTURES:
        brands = [head[at : at + 4] for at in range(16, min(end, len(head)), 4)]
        return next((_BRANDS[brand] for brand in brands if brand in _BRANDS), (HEIC,))
    return _BRANDS.get(major, (MP4, M4A))


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""
