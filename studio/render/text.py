"""Text: set once, blended over every frame it is shown on."""

import math

import cv2
import numpy as np

from studio.draft import CaptionSegment
from studio.render.camera import ease
from studio.render.contrast import ground_for
from studio.render.lettering import is_boxed, letter
from studio.render.planes import Mask, Plane, Planes

RISE = 0.022
"""How far a text rises while it appears, as a share of the canvas' shorter side."""
_BLUR = 8
"""How much smaller the picture is in which a page behind a text is blurred."""
_DESATURATED = 0.9


class Title:
    """A caption, ready to be blended over frames of one size."""

    def __init__(
        self, segment: CaptionSegment, width: int, height: int, *, stays: bool, over_page: bool
    ) -> None:
        """`stays`: it does not fade out; `over_page`: what lies behind it has text of its own."""
        caption = segment.meta
        self._seconds = math.inf if stays else segment.duration / 1000
        self._fade = min(caption.fade, segment.duration / 4) / 1000
        self._rise = RISE * min(width, height)
        self._lettering = _Layer.of(segment, width, height)
        self._dims = caption.scrim and not is_boxed(caption.role)
        self._blurs = over_page
        self._luts = _dimming(caption.colour)

    def appearance(self, moment: float) -> tuple[float, float]:
        """Opacity, and by how many pixels it is lowered, `moment` seconds after its start."""
        if not self._fade:
            return 1.0, 0.0
        entering = ease(moment / self._fade)
        leaving = ease((self._seconds - moment) / self._fade)
        return entering * leaving, self._rise * (1 - entering)

    def draw(self, target: Planes, opacity: float, lowered: float) -> None:
        """Blend over a frame."""
        if opacity <= 0 or self._lettering is None:
            return
        if self._dims:
            for plane, lut in zip(target.all, self._luts, strict=True):
                _dim(plane, lut, opacity, blurs=self._blurs)
        self._lettering.blend(target, opacity, lowered)


class _Layer:
    """Lettering as planes, with the masks of each and what they leave."""

    def __init__(self, x: int, y: int, colours: Planes, mask: Mask) -> None:
        half = np.asarray(cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
        self._x, self._y = x, y
        self._colours = colours
        self._masks = mask, half, half
        self._rest = tuple(1 - each for each in self._masks)

    @classmethod
    def of(cls, segment: CaptionSegment, width: int, height: int) -> "_Layer | None":
        lettering = letter(segment.meta, width, height)
        if lettering is None:
            return None
        # Only what lies on the canvas.
        left, top = max(-lettering.x, 0), max(-lettering.y, 0)
        high, wide = lettering.mask.shape
        right, bottom = min(wide, width - lettering.x), min(high, height - lettering.y)
        inside = slice(top, bottom), slice(left, right)
        colours = Planes.from_rgb(lettering.colours[inside])
        mask = np.ascontiguousarray(lettering.mask[inside])
        return cls(lettering.x + left, lettering.y + top, colours, mask)

    def blend(self, target: Planes, opacity: float, lowered: float) -> None:
        window = target.window(self._x, self._y, self._colours.width, self._colours.height)
        planes = zip((1, 2, 2), window.all, self._colours.all, self._masks, self._rest, strict=True)
        for size, plane, colours, mask, rest in planes:
            if lowered or opacity < 1:
                fading = np.asarray(_lowered(mask, lowered / size), np.float32) * np.float32(opacity)
                moved = np.asarray(_lowered(colours, lowered / size), np.uint8)
                cv2.blendLinear(moved, plane, fading, 1 - fading, dst=plane)
            else:
                cv2.blendLinear(colours, plane, mask, rest, dst=plane)


def _lowered(plane: Plane | Mask, pixels: float) -> cv2.typing.MatLike:
    shift = np.array([[1, 0, 0], [0, 1, pixels]], np.float64)
    return cv2.warpAffine(plane, shift, plane.shape[::-1], borderMode=cv2.BORDER_REPLICATE)


def _dim(plane: Plane, lut: Plane, opacity: float, *, blurs: bool) -> None:
    if not blurs:
        identity = np.arange(256)
        mixed = np.rint(identity + (lut - identity) * opacity).astype(np.uint8)
        cv2.LUT(plane, mixed, dst=plane)
        return
    height, width = plane.shape
    small = cv2.resize(plane, (width // _BLUR, height // _BLUR), interpolation=cv2.INTER_AREA)
    soft = cv2.LUT(cv2.GaussianBlur(small, (0, 0), 2), lut)
    if opacity >= 1:
        cv2.resize(soft, (width, height), dst=plane, interpolation=cv2.INTER_LINEAR)
    else:
        large = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
        cv2.addWeighted(plane, 1 - opacity, large, opacity, 0, dst=plane)


def _dimming(colour: str) -> tuple[Plane, Plane, Plane]:
    """For luma and both chroma planes: what is too light for the text comes down to where it can be read.

    What is dark stays nearly as it is. For a dark text, light and dark are exchanged.
    """
    wants_dark, limit = ground_for(colour)
    limit = min(max(limit, 0.02), 0.98)
    room = limit if wants_dark else 1 - limit
    levels = np.arange(256, dtype=np.float64)
    grey = np.clip((levels - 16) / 219, 0, 1)
    distance = grey if wants_dark else 1 - grey
    dimmed = distance / (1 + distance * (1 / room - 1))
    luma = 16 + 219 * (dimmed if wants_dark else 1 - dimmed)
    chroma = 128 + (levels - 128) * _DESATURATED * room
    luma_lut, chroma_lut = (np.rint(lut).astype(np.uint8) for lut in (luma, chroma))
    return luma_lut, chroma_lut, chroma_lut
