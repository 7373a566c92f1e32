"""Pictures in their files: opened, turned upright, and in the colours that a browser shows."""

import io
import struct
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from studio.errors import UnsupportedFileError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from PIL import Image

LIBRARIES = (
    *("PIL.Image", "PIL.ImageChops", "PIL.ImageCms", "PIL.ImageOps", "PIL.ImageSequence"),
    *(f"PIL.{name}ImagePlugin" for name in ("Bmp", "Gif", "Jpeg", "Mpo", "Png", "Ppm", "WebP")),
)
"""What opening a picture imports."""
MOST_PIXELS = 64_000_000
# A phone's second picture, for depth or for the other eye, comes after the first and is not shown.
TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
}
_ORIENTATION = 0x0112
_LYING = frozenset({5, 6, 7, 8})
_JPEG_START, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
# Two ways in which a scan could go on. The second holds no marker.
_ENDINGS = (_JPEG_END, b"\x5a" * 4096 + _JPEG_END)
# The gamma of sRGB, and how far from it a file's own is still the same.
_GAMMA, _SAME_GAMMA = 1 / 2.2, 0.02


@contextmanager
def open_picture(path: Path) -> "Iterator[Image.Image]":
    """Open a picture. Its pixels are not decoded yet.

    Raises:
        UnsupportedFileError: it has more pixels than may be decoded, or ends too early.
        OSError: it is not an accepted picture, or damaged. So are SyntaxError and ValueError.
    """
    from PIL import Image  # noqa: PLC0415 - the studio starts without its heavy libraries

    # The size is checked before anything is decoded; Pillow's own check would come as a warning.
    Image.MAX_IMAGE_PIXELS = None
    formats = tuple(kind for kind in TYPES if kind != "MPO")
    with path.open("rb") as file:
        with Image.open(file, formats=formats) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise UnsupportedFileError(
                    f"{picture.width}x{picture.height} pixels are too many"
                    f" ({MOST_PIXELS // 1_000_000} million at most)."
                )
            if not _lacks_its_end(file):
                yield picture
                return
        with Image.open(io.BytesIO(_completed(path)), formats=formats) as picture:
            yield picture


def _lacks_its_end(file: BinaryIO) -> bool:
    """Whether a JPEG does not end as one. Something else may come after its end, so this is a suspicion."""
    place = file.tell()
    file.seek(0)
    is_jpeg = file.read(3) == _JPEG_START
    file.seek(-2, io.SEEK_END)
    lacks = is_jpeg and file.read(2) != _JPEG_END
    file.seek(place)
    return lacks


def _completed(path: Path) -> bytes:
    """Return a JPEG with the marker that ends it, unless a part of the picture is missing, too.

    A part is missing if what follows the file's last byte changes the picture.
    """
    from PIL import Image  # noqa: PLC0415 - see above

    content = path.read_bytes()
    shown = []
    for ending in _ENDINGS:
        with Image.open(io.BytesIO(content + ending), formats=("JPEG",)) as picture:
            shown.append(picture.convert("RGB").tobytes())
    if shown[0] != shown[1]:
        raise UnsupportedFileError("it is incomplete: a part of the picture is missing. Upload it again.")
    return content + _JPEG_END


def is_animated(picture: "Image.Image") -> bool:
    """Whether a picture plays. The second picture of an MPO is not an animation's."""
    return picture.format in {"GIF", "WEBP", "PNG"} and getattr(picture, "n_frames", 1) > 1


def _orientation(picture: "Image.Image") -> int:
    """Return the EXIF orientation, 1 where it is missing or invalid."""
    with suppress(SyntaxError, ValueError, TypeError, OSError, struct.error, KeyError, IndexError):
        found = picture.getexif().get(_ORIENTATION, 1)
        return found if isinstance(found, int) and 1 <= found <= max(_LYING) else 1
    return 1


def upright_size(picture: "Image.Image") -> tuple[int, int]:
    """Return width and height as shown."""
    width, height = picture.size
    return (height, width) if _orientation(picture) in _LYING else (width, height)


def upright(picture: "Image.Image") -> "Image.Image":
    """Turn a picture as its EXIF orientation says."""
    from PIL.Image import Transpose  # noqa: PLC0415 - see above

    turns = {
        2: Transpose.FLIP_LEFT_RIGHT,
        3: Transpose.ROTATE_180,
        4: Transpose.FLIP_TOP_BOTTOM,
        5: Transpose.TRANSPOSE,
        6: Transpose.ROTATE_270,
        7: Transpose.TRANSVERSE,
        8: Transpose.ROTATE_90,
    }
    turn = turns.get(_orientation(picture))
    return picture if turn is None else picture.transpose(turn)


def shown(picture: "Image.Image") -> "Image.Image":
    """Return a picture as RGB or RGBA of eight bits in sRGB, as a browser shows it.

    Its ICC profile counts; without one a PNG's gamma does.
    """
    profile, info = picture.info.get("icc_profile"), picture.info
    picture = _eight_bits(picture)
    has_alpha = picture.has_transparency_data
    if profile and (managed := _managed(picture, profile)) is not None:
        return managed
    gamma = info.get("gamma")
    picture = picture.convert("RGBA" if has_alpha else "RGB")
    if profile or "srgb" in info or not gamma or abs(gamma - _GAMMA) < _SAME_GAMMA:
        return picture
    return _with_gamma(picture, gamma)


def _eight_bits(picture: "Image.Image") -> "Image.Image":
    """Reduce grey of sixteen bits, which Pillow would cut off at 255 instead."""
    if not picture.mode.startswith("I"):
        return picture
    import numpy as np  # noqa: PLC0415 - see above
    from PIL import Image  # noqa: PLC0415

    return Image.fromarray((np.asarray(picture).astype(np.int64).clip(0, 0xFFFF) // 257).astype(np.uint8))


def _managed(picture: "Image.Image", profile: bytes) -> "Image.Image | None":
    """Convert to sRGB by a profile; `None` where the profile is damaged or made for other pixels."""
    from PIL import Image, ImageCms  # noqa: PLC0415 - see above

    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        space = source.profile.xcolor_space.strip()
        mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space)
        if mode is None or (mode == "CMYK") != (picture.mode == "CMYK"):
            return None
        if mode == "L" and picture.mode not in {"1", "L", "LA"}:
            return None
        pixels = picture if picture.mode == mode else picture.convert(mode)
        managed = ImageCms.profileToProfile(
            pixels,
            source,
            ImageCms.createProfile("sRGB"),
            renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
            outputMode="RGB",
            flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None
    if managed is not None and picture.has_transparency_data:
        managed.putalpha(picture.convert("RGBA").getchannel("A"))
    return managed if isinstance(managed, Image.Image) else None


def _with_gamma(picture: "Image.Image", gamma: float) -> "Image.Image":
    """Convert to sRGB from a gamma of the file's own."""
    if not 0.05 <= gamma <= 5:  # noqa: PLR2004 - outside, it is damage
        return picture
    curve = []
    for sample in range(256):
        light = (sample / 255) ** (1 / gamma)
        encoded = 12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055  # noqa: PLR2004 - sRGB
        curve.append(round(255 * encoded))
    bands = [*curve * 3, *range(256)] if picture.mode == "RGBA" else curve * 3
    return picture.point(bands)
