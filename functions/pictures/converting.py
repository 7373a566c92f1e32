"""HEIC and AVIF become JPEG; with transparency PNG, with motion WebP.

The result is upright, in sRGB, with eight bits for each channel, and without metadata.
"""

import io
import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO

from backend.formats import JPEG, PNG, WEBP, Format
from videos.model.errors import OversizedFileError, RefusedError, UnusableFileError
from videos.model.ports import Picture

if TYPE_CHECKING:
    from PIL import Image

MAX_BYTES = 100 * 1024 * 1024
MOST_PIXELS = 64_000_000
MOST_PIXELS_IN_MOTION = 150_000_000
"""Of all frames, which are in memory at once. An animation of more becomes a still picture."""

_QUALITY = 95
_ANIMATION_QUALITY = 85
_OPAQUE = 255


def converted(name: str, content: BinaryIO) -> Picture:
    """Return a picture in a format that the backend takes.

    Args:
        name: The name of the file.
        content: HEIC or AVIF.

    Raises:
        RefusedError: It is too large, or damaged.
    """
    import pillow_heif  # noqa: PLC0415 - most uploads need no conversion
    from PIL import Image  # noqa: PLC0415

    # Previews inside a file could be taken for it.
    pillow_heif.register_heif_opener(thumbnails=False, depth_images=False, aux_images=False)
    Image.MAX_IMAGE_PIXELS = None  # the size is checked below, before anything is decoded
    body = content.read(MAX_BYTES + 1)
    if len(body) > MAX_BYTES:
        raise _too_large(name, f"more than {MAX_BYTES // 1024 // 1024} MB")
    try:
        with Image.open(io.BytesIO(body), formats=("HEIF", "AVIF")) as picture:
            if picture.width * picture.height > MOST_PIXELS:
                raise _too_large(name, f"{picture.width}x{picture.height} pixels")
            format_, converted_ = _moving(picture) if _is_moving(picture) else _still(picture)
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError) as error:
        raise UnusableFileError(
            f"“{name}” cannot be opened: it is damaged, or of an unknown type.",
            advice="Check that it opens on your device. Then export it as JPEG, and drop that.",
        ) from error
    return Picture(name=format_.name_for(name), mime=format_.mime, content=converted_)


def _too_large(name: str, size: str) -> RefusedError:
    return OversizedFileError(
        f"“{name}” is too large to convert: {size}.",
        advice="Make it smaller, or export it as JPEG, then drop it again.",
    )


def _is_moving(picture: "Image.Image") -> bool:
    """Return whether it plays. A HEIC with several pictures is an album, whose first one counts."""
    frames = getattr(picture, "n_frames", 1)
    if picture.format != "AVIF" or frames == 1:
        return False
    return frames * picture.width * picture.height <= MOST_PIXELS_IN_MOTION


def _still(picture: "Image.Image") -> tuple[Format, bytes]:
    shown, body = _shown(picture), io.BytesIO()
    if shown.mode == "RGBA":
        shown.save(body, "PNG")
        return PNG, body.getvalue()
    shown.save(body, "JPEG", quality=_QUALITY, subsampling=0)
    return JPEG, body.getvalue()


def _moving(picture: "Image.Image") -> tuple[Format, bytes]:
    durations: list[int] = []

    def frames() -> Iterator["Image.Image"]:
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            picture.load()
            durations.append(max(1, math.ceil(picture.info.get("duration", 100))))
            yield _shown(picture)

    (first, *others), body = list(frames()), io.BytesIO()
    first.save(
        body,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=durations,
        loop=0,
        quality=_ANIMATION_QUALITY,
    )
    return WEBP, body.getvalue()


def _shown(picture: "Image.Image") -> "Image.Image":
    """Return a picture as a phone shows it. Without transparency it is opaque, in RGB."""
    profile = picture.info.get("icc_profile")
    upright = _upright(picture)
    has_alpha = upright.has_transparency_data
    shown = _in_srgb(upright.convert("RGBA" if has_alpha else "RGB"), profile)
    if has_alpha and shown.getchannel("A").getextrema() == (_OPAQUE, _OPAQUE):
        shown = shown.convert("RGB")
    return shown


def _upright(picture: "Image.Image") -> "Image.Image":
    """Turn a picture as its metadata says; damaged metadata does not count."""
    from PIL import ImageOps  # noqa: PLC0415 - as above

    try:
        return ImageOps.exif_transpose(picture)
    except Exception:  # noqa: BLE001 - they can fail anywhere in their parser, and the picture is good
        return picture


def _in_srgb(picture: "Image.Image", profile: bytes | None) -> "Image.Image":
    """Convert to sRGB by a profile; a damaged one, or one of other channels, does not count."""
    from PIL import ImageCms  # noqa: PLC0415 - as above

    if not profile:
        return picture
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        if source.profile.xcolor_space.strip() != "RGB":
            return picture
        flags = ImageCms.Flags.BLACKPOINTCOMPENSATION
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        target = ImageCms.createProfile("sRGB")
        managed = ImageCms.profileToProfile(picture, source, target, renderingIntent=intent, flags=flags)
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return picture
    return picture if managed is None else managed
