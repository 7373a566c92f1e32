"""Text: set once, blended over every frame it is shown on."""

import math

import cv2
import numpy as np

from studio.draft import CaptionSegment
from studio.render.camera import ease
from studio.render.contrast import ground_for
from studio.render.lettering import Lettering, is_boxed, letter
from studio.render.planes import Mask, Plane, Planes
from studio.staging import Area

RISE = 0.022
"""How far a text rises while it appears, as a share of the canvas' shorter side."""
_DRIFT = 0.016
"""How far a text on a card goes on rising until its end, as such a share: nothing else moves there."""
_BLUR = 8
"""How much smaller the picture is in which a page behind a text is blurred."""
_DESATURATED = 0.9
_FADE = 0.26
"""How far the shade behind a text reaches beyond it, as a share of the canvas' shorter side."""

_NEAR_EDGE = 0.25
"""Of the canvas' height: a shade that begins, or ends, so near to an edge goes on to it."""

Luts = tuple[Plane, Plane, Plane]
"""What becomes of each value of luma and of both chroma planes."""


class Title:
    """A caption, ready to be blended over frames of one size."""

    def __init__(  # noqa: PLR0913 - what a film knows of a text
        self,
        segment: CaptionSegment,
        width: int,
        height: int,
        *,
        stays: bool,
        over_page: bool,
        beside: Area | None = None,
        lettering: Lettering | None = None,
        arrives: bool = False,
        drifts: bool = False,
    ) -> None:
        """Set a caption.

        Args:
            segment: The caption.
            width: The canvas' width.
            height: Its height.
            stays: Whether it does not fade out.
            over_page: Whether what lies behind it has text of its own.
            beside: The text's own area, where it stands beside the picture.
            lettering: The caption as it is set; `None` sets it by itself.
            arrives: Whether it is there at once: it comes with its scene.
            drifts: Whether it moves as long as it is seen: it stands on a card, which rests.
        """
        caption = segment.meta
        self._seconds = math.inf if stays else segment.duration / 1000
        self._fade = min(caption.fade, segment.duration / 4) / 1000
        self._rise = RISE * min(width, height)
        self._drift = _DRIFT * min(width, height) / (segment.duration / 1000) if drifts else 0.0
        self._half = segment.duration / 2000
        self._arrives = arrives
        lettering = lettering or letter(caption, width, height, beside)
        self._lettering = Layer.of(lettering, width, height) if lettering else None
        self._shade: _Blur | _Shade | None = None
        if lettering and beside is None and caption.scrim and not is_boxed(caption.role):
            if over_page:
                self._shade = _Blur(_dimming(caption.colour, keeps_colour=False))
            else:
                luts = _dimming(caption.colour, keeps_colour=True)
                self._shade = _Shade.behind(lettering, luts, width, height)

    def appearance(self, moment: float) -> tuple[float, float]:
        """Opacity, and by how many pixels it is lowered, `moment` seconds after its start."""
        drifted = self._drift * (self._half - moment)
        if not self._fade:
            return 1.0, drifted
        entering = 1.0 if self._arrives else ease(moment / self._fade)
        leaving = ease((self._seconds - moment) / self._fade)
        return entering * leaving, self._rise * (1 - entering) + drifted

    def draw(self, target: Planes, opacity: float, lowered: float) -> None:
        """Blend over a frame."""
        if opacity <= 0 or self._lettering is None:
            return
        if self._shade:
            self._shade.draw(target, opacity)
        self._lettering.blend(target, opacity, lowered)


class Layer:
    """Lettering, or a logo, as planes, with the masks of each and what they leave."""

    def __init__(self, x: int, y: int, colours: Planes, mask: Mask) -> None:
        half = np.asarray(cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)
        self._x, self._y = x, y
        self._colours = colours
        self._masks = mask, half, half
        self._rest = tuple(1 - each for each in self._masks)

    @classmethod
    def of(cls, lettering: Lettering, width: int, height: int) -> "Layer":
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


class _Shade:
    """What is too light around a text comes down, and keeps its colour; the rest of the picture stays."""

    def __init__(self, luts: Luts, x: int, y: int, shares: Mask) -> None:
        """`shares`: how much of the shade each pixel gets, from an even place on the canvas."""
        self._luts = luts
        self._x, self._y = x, y
        self._size = shares.shape[1], shares.shape[0]
        half = np.ascontiguousarray(shares[::2, ::2])
        self._shares = [(each, 1 - each) for each in (shares, half, half)]

    @classmethod
    def behind(cls, lettering: Lettering, luts: Luts, width: int, height: int) -> "_Shade":
        high, wide = lettering.mask.shape
        reach = _FADE * min(width, height)
        # The lettering's own margin, which holds its shadow, is shaded wholly.
        first, last = lettering.y, lettering.y + high
        is_low, is_high = last > (1 - _NEAR_EDGE) * height, first < _NEAR_EDGE * height
        down = _outside(0 if is_high else first, height if is_low else last, height)
        # On to a near edge and side to side: with an end of its own, a shade is a smudge on the picture.
        across = (
            _outside(0, width, width)
            if is_low or is_high
            else _outside(lettering.x, lettering.x + wide, width)
        )
        distance = np.hypot(down[:, None], across[None, :]) / reach
        shares = ((1 + np.cos(np.pi * np.minimum(distance, 1))) / 2).astype(np.float32)
        (left, right), (top, bottom) = _even_bounds(shares.max(axis=0)), _even_bounds(shares.max(axis=1))
        return cls(luts, left, top, np.ascontiguousarray(shares[top:bottom, left:right]))

    def draw(self, target: Planes, opacity: float) -> None:
        identity = np.arange(256)
        window = target.window(self._x, self._y, *self._size)
        for plane, lut, (shares, rest) in zip(window.all, self._luts, self._shares, strict=True):
            mixed = np.rint(identity + (lut - identity) * opacity).astype(np.uint8)
            cv2.blendLinear(cv2.LUT(plane, mixed), plane, shares, rest, dst=plane)


class _Blur:
    """A page behind a text: its own letters are blurred, or both could not be read."""

    def __init__(self, luts: Luts) -> None:
        self._luts = luts

    def draw(self, target: Planes, opacity: float) -> None:
        for plane, lut in zip(target.all, self._luts, strict=True):
            height, width = plane.shape
            small = cv2.resize(plane, (width // _BLUR, height // _BLUR), interpolation=cv2.INTER_AREA)
            soft = cv2.LUT(cv2.GaussianBlur(small, (0, 0), 2), lut)
            if opacity >= 1:
                cv2.resize(soft, (width, height), dst=plane, interpolation=cv2.INTER_LINEAR)
            else:
                large = cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)
                cv2.addWeighted(plane, 1 - opacity, large, opacity, 0, dst=plane)


def _outside(first: int, last: int, side: int) -> Mask:
    """How many pixels each place is away from those between the first and the last."""
    places = np.arange(side)
    return np.maximum(np.maximum(first - places, places - last), 0).astype(np.float32)


def _even_bounds(shares: Mask) -> tuple[int, int]:
    """Even first and last places, around all that are not 0."""
    seen = np.flatnonzero(shares > 0)
    if not len(seen):
        return 0, 2
    return int(seen[0]) // 2 * 2, min((int(seen[-1]) + 2) // 2 * 2, len(shares))


def _dimming(colour: str, *, keeps_colour: bool) -> Luts:
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
    strength = np.abs(levels - 128) / 112
    # Usual colours stay nearly as they are; only the strongest would shine as light does.
    kept = 1 / (1 + strength * (1 / (_DESATURATED * room) - 1)) if keeps_colour else _DESATURATED * room
    chroma = 128 + (levels - 128) * kept
    luma_lut, chroma_lut = (np.rint(lut).astype(np.uint8) for lut in (luma, chroma))
    return luma_lut, chroma_lut, chroma_lut
