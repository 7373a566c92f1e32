"""What an uploaded file really is: decided by its content, whatever its name says."""

from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.errors import UnsupportedFileError
from studio.media import animations, containers, geometry, picture_files
from studio.media.items import ACCEPTED, Kind

if TYPE_CHECKING:
    from PIL import Image

_MOST_FRAMES = 1000
# A damaged packet or two at the end are no reason to refuse a clip.
_LAST_S = 0.5


@dataclass(frozen=True)
class Probe:
    """Lengths are milliseconds, sizes pixels as shown; zero where they make no sense.

    Pixels are shown turned, and square.
    """

    kind: Kind
    mime: str
    width: int = 0
    height: int = 0
    duration: int = 0
    fps: float = 0
    has_sound: bool = False


class _UnknownFormatError(UnsupportedFileError):
    """The content is not of an accepted format."""


def probe(path: Path, name: str) -> Probe:
    """Look into a file.

    Raises:
        UnsupportedFileError: its format is not accepted, it is damaged or incomplete, or too large to be
            decoded. The message ends with what to do.
    """
    try:
        if found := containers.container_of(path):
            return _probe_av(path, found[1])
        return _probe_picture(path)
    except _UnknownFormatError as error:
        raise UnsupportedFileError(
            f"“{name}” cannot be used: {error.message} Accepted: {ACCEPTED}."
        ) from error
    except UnsupportedFileError as error:
        raise UnsupportedFileError(f"“{name}” cannot be used: {error.message}") from error


def _probe_av(path: Path, subtype: str) -> Probe:
    import av.error  # noqa: PLC0415 - the studio starts without its heavy libraries

    try:
        video, fps, has_sound = _first_frames(path)
        ends = containers.ends_of(path)
        if video is not None:
            _check_end(path, ends.picture)
    except (av.error.FFmpegError, ValueError) as error:
        raise UnsupportedFileError(
            "it is damaged or incomplete, or not what its first bytes say. Upload it again."
        ) from error
    duration = round(1000 * ends.whole)
    if video is None:
        return Probe(Kind.AUDIO, f"audio/{subtype}", duration=duration, has_sound=True)
    return Probe(Kind.CLIP, f"video/{subtype}", *video, duration, fps, has_sound)


def _first_frames(path: Path) -> tuple[tuple[int, int] | None, float, bool]:
    """Decode the beginning of both tracks: the picture's size and rate, and whether there is sound."""
    with containers.opened(path) as file:
        if file.video is None and file.audio is None:
            raise _UnknownFormatError("it holds neither pictures nor sound that can be decoded.")
        has_sound = file.audio is not None and _first(file, file.audio) is not None
        if file.video is None:
            if not has_sound:
                raise UnsupportedFileError(f"{containers.DAMAGED}.")
            return None, 0, True
    with containers.opened(path) as file:
        if file.video is None or (frame := _first(file, file.video)) is None:
            raise UnsupportedFileError(f"{containers.DAMAGED}.")
        size = geometry.square_pixels(frame.width, frame.height, file.video.sample_aspect_ratio)
        width, height = (max(round(side), 1) for side in size)
        if geometry.orientation_of(frame).transposed:
            width, height = height, width
        return (width, height), float(file.video.average_rate or 0), has_sound


def _check_end(path: Path, end: float) -> None:
    """Refuse a clip that was not received whole: as large as it should be, but empty from some place on."""
    import av.error  # noqa: PLC0415 - see above

    with containers.opened(path) as file:
        if file.video is None:
            return
        try:
            moment = file.zero + max(end - _LAST_S, 0)
            file.container.seek(round(moment / (file.video.time_base or 1)), stream=file.video)
        except av.error.FFmpegError:
            return  # it cannot jump, and is read from its beginning
        if _first(file, file.video) is None:
            raise UnsupportedFileError(f"{containers.DAMAGED_END}.")


def _first(file: containers.Opened, stream: Any) -> Any:  # noqa: ANN401 - a stream's frame
    return next(containers.decoded(file, stream), None)


def _probe_picture(path: Path) -> Probe:
    try:
        with picture_files.open_picture(path) as picture:
            return _describe(picture)
    except (OSError, SyntaxError, ValueError) as error:
        if _is_picture(path):
            raise UnsupportedFileError(
                "it is incomplete or damaged: not all of the picture can be decoded. Upload it again."
            ) from error
        raise _UnknownFormatError("its content is not a picture, a clip or a sound.") from error


def _is_picture(path: Path) -> bool:
    try:
        with picture_files.open_picture(path):
            return True
    except (OSError, SyntaxError, ValueError, UnsupportedFileError):
        return False


def _describe(picture: "Image.Image") -> Probe:
    mime = picture_files.TYPES[picture.format or ""]
    width, height = picture_files.upright_size(picture)
    if picture_files.is_animated(picture):
        lengths = list(islice(animations.frames(picture), _MOST_FRAMES))
        if len(lengths) > 1:
            shown = getattr(picture, "n_frames", 1) - bool(getattr(picture, "default_image", False))
            fps = round(1000 * len(lengths) / sum(lengths), 2)
            whole = sum(lengths) if shown <= _MOST_FRAMES else 1000 * shown / fps
            return Probe(Kind.CLIP, mime, width, height, round(whole), fps)
    picture.load()
    return Probe(Kind.IMAGE, mime, width, height)
