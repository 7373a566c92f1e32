"""Still pictures: loading them, and composing them for a canvas."""

import functools
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter, ImageOps

from studio.draft import Crop, Framing
from studio.media import picture_files
from studio.render.planes import Plane, Rgb, rgb_of
from studio.staging import CARD_LIGHT, Area

# Larger pictures are reduced as they are read.
MOST_PIXELS = 20_000_000
# How much larger than the canvas a picture is kept, so that it stays sharp between pixels.
SHARPNESS = 1.05
# A picture whose shape differs less than this from the canvas fills it; another is shown whole.
MOST_CROPPED = 0.28
MOST_ENLARGED = 4
_SOFT_EDGE = 0.03
_LIGHT, _OPAQUE = 170, 255
_DUSK, _PAPER = ("#1b2440", "#3d2a5c"), ("#ffffff", "#dfe4ec")

Pixels = npt.NDArray[np.uint8]
"""Height x width x 3, or 4 with alpha."""


def load(path: Path) -> Pixels:
    """Decode a picture upright, reduced to about `MOST_PIXELS` at most; with alpha only where it has any.

    Raises:
        UnsupportedFileError: it has more pixels than may be decoded.
    """
    with picture_files.open_picture(path) as picture:
        if getattr(picture, "default_image", False):
            picture.seek(1)
        factor = (MOST_PIXELS / (picture.width * picture.height)) ** 0.5
        if factor < 1:
            smaller = (max(round(picture.width * factor), 1), max(round(picture.height * factor), 1))
            picture.draft("RGB", smaller)
        upright = picture_files.upright(picture)
        if factor < 1:
            upright.thumbnail((max(smaller), max(smaller)), Image.Resampling.BOX, reducing_gap=2)
        return pixels(upright)


def cropped(picture: Pixels, crop: Crop) -> Pixels:
    """A part of a picture, at least a pixel of it."""
    high, wide = picture.shape[:2]
    left, top = min(round(crop.left * wide), wide - 1), min(round(crop.top * high), high - 1)
    right = max(min(round((crop.left + crop.width) * wide), wide), left + 1)
    bottom = max(min(round((crop.top + crop.height) * high), high), top + 1)
    return picture[top:bottom, left:right]


def pixels(picture: Image.Image) -> Pixels:
    """Return the pixels of a picture in sRGB; with alpha only where it is transparent."""
    layered = np.asarray(picture_files.shown(picture))
    if has_alpha(layered) and layered[..., 3].min() == _OPAQUE:
        return layered[..., :3]
    return layered


def opaque(picture: Pixels) -> Rgb:
    """What is transparent shows a ground that the rest stands out from."""
    if not has_alpha(picture):
        return picture
    return over(picture, np.full_like(picture[..., :3], ground_level(picture)))


def ground_level(picture: Pixels) -> int:
    """Return the grey of a plain ground that a picture stands out from."""
    return 24 if _is_light(picture) else 255


def has_alpha(picture: Pixels) -> bool:
    return bool(picture.shape[2] == 4)  # noqa: PLR2004 - red, green, blue and alpha


def over(picture: Pixels, ground: Rgb) -> Rgb:
    """A picture with alpha over a ground of its size."""
    alpha = picture[..., 3:].astype(np.float32) / _OPAQUE
    return np.rint(picture[..., :3] * alpha + ground * (1 - alpha)).astype(np.uint8)


def _is_light(picture: Pixels) -> bool:
    """Whether what can be seen of a picture is light, as a logo for a dark ground is."""
    shown = picture[..., :3][picture[..., 3] > _OPAQUE // 2] if has_alpha(picture) else picture
    return bool(shown.size and shown.mean() > _LIGHT)


def resize(picture: Pixels, width: int, height: int) -> Pixels:
    shrinks = width < picture.shape[1]
    if has_alpha(picture):
        # Colours count by their alpha, or what is transparent would shine through at the edges.
        alpha = picture[..., 3:].astype(np.float32) / _OPAQUE
        weighted = np.dstack([picture[..., :3] * alpha, alpha])
        scaled = cv2.resize(
            weighted, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        )
        colours = scaled[..., :3] / np.maximum(scaled[..., 3:], 1e-4)
        return np.rint(np.dstack([np.clip(colours, 0, _OPAQUE), scaled[..., 3] * _OPAQUE])).astype(np.uint8)
    resized = cv2.resize(
        picture, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    )
    return np.asarray(resized, np.uint8)


def cover(picture: Rgb, width: int, height: int) -> Rgb:
    """Scaled to fill the canvas, cropped evenly."""
    high, wide = picture.shape[:2]
    scale = max(width / wide, height / high)
    crop_wide = max(min(round(width / scale), wide), 1)
    crop_high = max(min(round(height / scale), high), 1)
    x, y = (wide - crop_wide) // 2, (high - crop_high) // 2
    return resize(picture[y : y + crop_high, x : x + crop_wide], width, height)


def alike(size: tuple[int, int], canvas: float) -> bool:
    """Whether little of a picture is lost when it covers a canvas of another shape (width to height)."""
    shape = size[0] / size[1]
    return 1 - min(shape, canvas) / max(shape, canvas) <= MOST_CROPPED


def fills(size: tuple[int, int], width: int, height: int) -> bool:
    """Whether a picture may fill the canvas: little of it is lost, and it is not enlarged much."""
    return alike(size, width / height) and max(width / size[0], height / size[1]) <= MOST_ENLARGED


@dataclass(frozen=True)
class Plate:
    """A picture standing on a canvas, its ground apart. The rectangle is the picture's, in shares.

    Attributes:
        ground: What the picture stands on, as large as the canvas.
        over: The picture with its shadow on black, larger, so that it can be zoomed into.
        rest: How much of the ground is seen, 0 to 255.
    """

    ground: Rgb
    over: Rgb
    rest: Plane
    left: float
    top: float
    width: float
    height: float

    def place(self, framing: Framing) -> Framing:
        """A framing of the picture as one of the whole plate."""
        x, y = self.left + framing.x * self.width, self.top + framing.y * self.height
        return framing.model_copy(update={"x": x, "y": y})


@dataclass(frozen=True)
class Mount:
    """How a whole picture stands on a canvas. Sizes are pixels of the canvas.

    Attributes:
        area: Where there is room for it.
        colours: Of the ground; `None` is a blur of the picture.
        plain: Whether the ground is the first colour alone, as the picture's own is: no edge is seen.
        bar: The height of a browser window's bar above the picture; 0 where there is none.
    """

    area: Area
    colours: tuple[str, str] | None
    plain: bool = False
    bar: int = 0
    is_low: bool = False
    """Whether the picture stands at the area's lower edge, rather than in its middle."""


def framed(picture: Pixels, size: tuple[int, int], zoom: float, mount: Mount) -> Plate:
    """The whole picture and its ground, large enough to be zoomed into."""
    larger = min(zoom * SHARPNESS, (MOST_PIXELS / (size[0] * size[1])) ** 0.5)
    width, height = (round(side * larger / 2) * 2 for side in size)
    left, top, right, bottom = (
        round(side * larger)
        for side in (mount.area.left, mount.area.top, mount.area.right, mount.area.bottom)
    )
    bar = round(mount.bar * larger)
    high, wide = picture.shape[:2]
    scale = min((right - left) / wide, (bottom - top - bar) / high, MOST_ENLARGED * larger)
    inner = resize(picture, max(round(wide * scale), 1), max(round(high * scale), 1))
    x, y = (left + right - inner.shape[1]) // 2, (top + bar + bottom - inner.shape[0]) // 2
    if mount.is_low:
        y = bottom - inner.shape[0]
    on_black, on_white = (
        _pasted(inner, Image.new("RGB", (width, height), level), (x, y), bar, plain=mount.plain)
        for level in ("#000000", "#ffffff")
    )
    rest = np.asarray(cv2.subtract(on_white[..., 1], on_black[..., 1]), np.uint8)
    shares = x / width, y / height, inner.shape[1] / width, inner.shape[0] / height
    return Plate(_ground(picture, size, mount), on_black, rest, *shares)


def _ground(picture: Pixels, size: tuple[int, int], mount: Mount) -> Rgb:
    if mount.plain:
        return np.full((size[1], size[0], 3), rgb_of((mount.colours or _PAPER)[0]), np.uint8)
    if mount.colours:
        return gradient(mount.colours, *size)
    if has_alpha(picture):
        return gradient(_DUSK if _is_light(picture) else _PAPER, *size)
    return blurred_cover(picture, *size)


def _pasted(inner: Pixels, plate: Image.Image, position: tuple[int, int], bar: int, *, plain: bool) -> Rgb:
    """A plate with a picture, its shadow, and the bar of a window above it."""
    image = Image.fromarray(inner)
    if has_alpha(inner):
        _paste_cut_out(plate, image, position)
    elif plain:
        plate.paste(image, position, _soft_edged(image.size))
    elif bar:
        window = Image.new("RGB", (image.width, image.height + bar), (255, 255, 255))
        draw_bar(window, bar)
        window.paste(image, (0, bar))
        paste_lifted(plate, window, (position[0], position[1] - bar))
    else:
        paste_lifted(plate, image, position)
    return np.asarray(plate)


def _soft_edged(size: tuple[int, int]) -> Image.Image:
    """A mask that fades at the edges: a camera's white is never quite even."""
    fades = []
    for side in size:
        reach = max(round(_SOFT_EDGE * side), 1)
        distance = np.minimum(np.arange(side), np.arange(side)[::-1])
        fades.append(np.minimum(distance / reach, 1))
    return Image.fromarray(np.rint(_OPAQUE * np.outer(fades[1], fades[0])).astype(np.uint8))


def draw_bar(frame: Image.Image, bar: int) -> None:
    """Draw the bar of a browser's window along the upper edge."""
    pencil = ImageDraw.Draw(frame)
    pencil.rectangle((0, 0, frame.width, bar - 1), fill=(236, 237, 241))
    radius = bar * 0.15
    for index, colour in enumerate(((255, 95, 87), (254, 188, 46), (40, 200, 64))):
        x, y = bar * (0.62 + 0.52 * index), bar / 2
        pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


def _paste_cut_out(plate: Image.Image, inner: Image.Image, position: tuple[int, int]) -> None:
    """Paste what is not transparent, with a soft shadow of its own shape."""
    unit = min(plate.size)
    shadow = Image.new("L", plate.size, 0)
    shadow.paste(
        inner.getchannel("A").point(lambda alpha: alpha * 2 // 5), (position[0], position[1] + unit // 90)
    )
    plate.paste((0, 0, 0), mask=shadow.filter(ImageFilter.BoxBlur(round(0.015 * unit))))
    plate.paste(inner, position, inner)


def blurred_cover(picture: Rgb, width: int, height: int) -> Rgb:
    """The picture as a soft ground for itself: darker, or a light one a little."""
    small_width = 96
    small_height = max(round(small_width * height / width), 1)
    small = cv2.GaussianBlur(cover(picture, small_width, small_height), (0, 0), 4)
    large = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return dithered(large.astype(np.float32) * (0.86 if _is_light(picture) else 0.55))


# The scenes of a film mostly stand on one ground, and its dither takes a third of a second.
@functools.lru_cache(maxsize=2)
def gradient(colours: tuple[str, str], width: int, height: int) -> Rgb:
    """A diagonal from the first colour to the second, with a soft light in the upper half."""
    first, second = (np.array(rgb_of(colour), np.float32) for colour in colours)
    x = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    along = np.clip(0.35 * x + 0.65 * y, 0, 1)
    along = along * along * (3 - 2 * along)
    light = np.exp(-((x - 0.78) ** 2 / 0.12 + (y - 0.18) ** 2 / 0.1))
    mixed = first + (second - first) * along[..., None]
    ground = dithered(mixed + (second - mixed) * 0.55 * light[..., None] + CARD_LIGHT * light[..., None])
    ground.setflags(write=False)
    return ground


def dithered(picture: npt.NDArray[np.float32]) -> Rgb:
    """Rounded with noise, so that soft gradients do not show bands.

    A step either way, for each colour its own: the encoder's limited range has fewer levels, and would
    swallow half a step.
    """
    noise = 2 * np.random.default_rng(1).random(picture.shape, np.float32) - 0.5
    return np.asarray(np.clip(np.floor(picture + noise), 0, 255), np.uint8)


def paste_lifted(
    plate: Image.Image, inner: Image.Image, position: tuple[int, int], *, round_bottom: bool = True
) -> None:
    """Paste with rounded corners and a soft shadow."""
    x, y = position
    unit = min(plate.size)
    radius, blur = round(0.018 * unit), round(0.03 * unit)
    shadow = Image.new("L", plate.size, 0)
    drop = round(0.012 * unit)
    ImageDraw.Draw(shadow).rounded_rectangle(
        (x, y + drop, x + inner.width, y + inner.height + drop), radius, fill=130
    )
    plate.paste((0, 0, 0), mask=shadow.filter(ImageFilter.BoxBlur(blur)))
    plate.paste(inner, position, rounded(inner.size, radius, round_bottom=round_bottom))


def rounded(size: tuple[int, int], radius: int, *, round_bottom: bool = True) -> Image.Image:
    """A mask with smooth round corners, drawn at four times the size of the corners it needs."""
    width, height = size
    mask = Image.new("L", size, 255)
    corner = Image.new("L", (4 * radius, 4 * radius), 0)
    ImageDraw.Draw(corner).ellipse((0, 0, 8 * radius, 8 * radius), fill=255)
    corner = corner.resize((radius, radius), Image.Resampling.BOX)
    mask.paste(corner, (0, 0))
    mask.paste(ImageOps.mirror(corner), (width - radius, 0))
    if round_bottom:
        mask.paste(ImageOps.flip(corner), (0, height - radius))
        mask.paste(ImageOps.flip(ImageOps.mirror(corner)), (width - radius, height - radius))
    return mask
