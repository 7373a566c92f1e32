"""What an uploaded file really is: decided by its content, whatever its name says."""

import re
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from studio.errors import UnsupportedFileError
from studio.media import ACCEPTED, Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

MOST_PIXELS = 64_000_000
_HEAD = 16
_SIGNATURES = (
    (rb"....ftypqt  ", ("mov", "quicktime")),
    # The brands left out are still pictures in the same container.
    (rb"....ftyp(?!hei|mif1|msf1|avi)", ("mov", "mp4")),
    (rb"....(?:moov|mdat|wide|free|skip)", ("mov", "quicktime")),
    (rb"RIFF....AVI ", ("avi", "x-msvideo")),
    (rb"RIFF....WAVE", ("wav", "wav")),
    (rb"\x1a\x45\xdf\xa3", ("matroska", "x-matroska")),
    (rb"\xff[\xf0\xf1\xf8\xf9]", ("aac", "aac")),
    (rb"ID3|\xff[\xe2-\xef\xf2-\xf7\xfa-\xff]", ("mp3", "mpeg")),
)
_PICTURES = {"JPEG": "image/jpeg", "PNG": "image/png", "GIF": "image/gif", "WEBP": "image/webp"}
_MOST_FRAMES = 1000
# What browsers do with animations that ask for less.
SHORTEST_FRAME_MS = 20
_ORIENTATION, _FIRST_LYING_ORIENTATION = 0x0112, 5


@dataclass(frozen=True)
class Probe:
    """Lengths are milliseconds, sizes pixels as shown (after rotation); zero where they make no sense."""

    kind: Kind
    mime: str
    width: int = 0
    height: int = 0
    duration: int = 0
    fps: float = 0
    has_sound: bool = False


def probe(path: Path, name: str) -> Probe:
    """Look into a file.

    Raises:
        UnsupportedFileError: not one of the accepted formats, damaged, or too large to be decoded.
    """
    try:
        if found := _container(path):
            return _probe_av(path, *found)
        return _probe_picture(path)
    except UnsupportedFileError as error:
        raise UnsupportedFileError(
            f"“{name}” cannot be used: {error.message} Accepted: {ACCEPTED}."
        ) from error


def demuxer(path: Path) -> str | None:
    """The name of libavformat's reader for a clip or a sound.

    libavformat is never left to guess: it would also open playlists that name other files and addresses.
    """
    found = _container(path)
    return found[0] if found else None


def _container(path: Path) -> tuple[str, str] | None:
    """Demuxer and media type by the first bytes."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    return next((found for pattern, found in _SIGNATURES if re.match(pattern, head, re.DOTALL)), None)


def _probe_av(path: Path, container_format: str, subtype: str) -> Probe:
    import av  # noqa: PLC0415 - the studio starts without its heavy libraries
    import av.error  # noqa: PLC0415

    try:
        with av.open(str(path), format=container_format) as container:
            duration = round((container.duration or 0) / 1000)
            sound = next(iter(container.streams.audio), None)
            # The picture of an album cover is a video stream too, but not one to be played.
            video = next(
                (s for s in container.streams.video if not s.disposition & s.disposition.attached_pic), None
            )
            if video is None and sound is None:
                raise UnsupportedFileError("it holds neither pictures nor sound.")
            first = next(container.decode(video or sound), None)
            if first is None:
                raise UnsupportedFileError("nothing in it can be decoded.")
            if video is None:
                return Probe(Kind.AUDIO, f"audio/{subtype}", duration=duration, has_sound=True)
            width, height = video.width, video.height
            if isinstance(first, av.VideoFrame) and first.rotation % 180:
                width, height = height, width
            fps = float(video.average_rate or 0)
            return Probe(Kind.CLIP, f"video/{subtype}", width, height, duration, fps, sound is not None)
    except (av.error.FFmpegError, ValueError) as error:
        raise UnsupportedFileError("it is damaged or not what its first bytes say.") from error


@contextmanager
def open_picture(path: Path) -> "Iterator[Image.Image]":
    """A picture whose pixels are not decoded yet.

    Raises:
        UnsupportedFileError: it has more pixels than may be decoded.
        OSError: it is none of the accepted pictures, or damaged; so are SyntaxError and ValueError.
    """
    from PIL import Image  # noqa: PLC0415 - see above

    # The size is checked before anything is decoded; Pillow's own check would come as a warning.
    Image.MAX_IMAGE_PIXELS = None
    with Image.open(path, formats=tuple(_PICTURES)) as picture:
        if picture.width * picture.height > MOST_PIXELS:
            raise UnsupportedFileError(
                f"{picture.width}x{picture.height} pixels are too many"
                f" ({MOST_PIXELS // 1_000_000} million at most)."
            )
        yield picture


def _probe_picture(path: Path) -> Probe:
    try:
        with open_picture(path) as picture:
            return _describe(picture)
    except (OSError, SyntaxError, ValueError) as error:
        raise UnsupportedFileError(
            "its content is not a picture, a clip or a sound, or is damaged."
        ) from error


def _describe(picture: "Image.Image") -> Probe:
    mime = _PICTURES[picture.format or ""]
    frames = getattr(picture, "n_frames", 1)
    if frames > 1 and picture.format in {"GIF", "WEBP"}:
        measured = min(frames, _MOST_FRAMES)
        duration = 0
        for index in range(measured):
            picture.seek(index)
            picture.load()
            duration += max(round(picture.info.get("duration", 0)), SHORTEST_FRAME_MS)
        fps = round(1000 * measured / duration, 2)
        return Probe(Kind.CLIP, mime, picture.width, picture.height, round(1000 * frames / fps), fps)
    picture.load()
    width, height = picture.size
    if picture.getexif().get(_ORIENTATION, 1) >= _FIRST_LYING_ORIENTATION:
        width, height = height, width
    return Probe(Kind.IMAGE, mime, width, height)
