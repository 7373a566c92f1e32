"""Pictures as they are encoded: planar YUV 4:2:0, BT.709, limited range."""

from dataclasses import dataclass

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace

_SHADOW, _NOISE = 0.06, 3
"""How far shadows reach, as a share of the shorter side, and what differs on any ground, in levels."""
_HIDES = 14
"""Levels by which a picture differs from its ground."""
Plane = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.float32]
Rgb = npt.NDArray[np.uint8]
"""Height x width x 3."""


@dataclass(frozen=True)
class Planes:
    """Luma at full size, both chroma planes at half of it. Width and height are even."""

    y: Plane
    u: Plane
    v: Plane

    @classmethod
    def empty(cls, width: int, height: int) -> "Planes":
        half = (height // 2, width // 2)
        return cls(np.empty((height, width), np.uint8), np.empty(half, np.uint8), np.empty(half, np.uint8))

    @classmethod
    def from_rgb(cls, rgb: Rgb) -> "Planes":
        """A picture of odd size gets its last column or row twice."""
        high, wide = rgb.shape[:2]
        if high % 2 or wide % 2:
            rgb = np.asarray(
                cv2.copyMakeBorder(rgb, 0, high % 2, 0, wide % 2, cv2.BORDER_REPLICATE), np.uint8
            )
        return cls.from_frame(av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24"))

    @classmethod
    def from_frame(
        cls, frame: av.VideoFrame, width: int = 0, height: int = 0, matrix: Colorspace | None = None
    ) -> "Planes":
        """Any decoded frame, scaled when a size is given.

        `matrix` overrides what the frame says of its own.
        """
        converted = frame.reformat(
            width=width or frame.width,
            height=height or frame.height,
            format="yuv420p",
            src_colorspace=matrix,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        y, u, v = (plane.copy() for plane in views(converted))
        return cls(y, u, v)

    @property
    def width(self) -> int:
        return int(self.y.shape[1])

    @property
    def height(self) -> int:
        return int(self.y.shape[0])

    def window(self, x: int, y: int, width: int, height: int) -> "Planes":
        """A view of a part; all four numbers are even."""
        half = (slice(y // 2, (y + height) // 2), slice(x // 2, (x + width) // 2))
        return Planes(self.y[y : y + height, x : x + width], self.u[half], self.v[half])

    def put(self, other: "Planes") -> None:
        for target, source in zip(self.all, other.all, strict=True):
            np.copyto(target, source)

    @property
    def all(self) -> tuple[Plane, Plane, Plane]:
        return self.y, self.u, self.v

    def mix(self, over: "Planes", share: float) -> None:
        """Crossfade: `share` of the other picture, the rest of this one."""
        for below, above in zip(self.all, over.all, strict=True):
            cv2.addWeighted(below, 1 - share, above, share, 0, dst=below)

    def push(self, other: "Planes", share: float, *, upwards: bool) -> None:
        """Let this picture push the other one out: `share` of the other's way is done."""
        if upwards:
            moved = even(self.height * share)
            for size, out, gone in zip((1, 2, 2), self.all, other.all, strict=True):
                rows = moved // size
                out[len(out) - rows :] = out[:rows].copy()
                out[: len(out) - rows] = gone[rows:]
            return
        moved = even(self.width * share)
        for size, out, gone in zip((1, 2, 2), self.all, other.all, strict=True):
            columns, wide = moved // size, out.shape[1]
            out[:, wide - columns :] = out[:, :columns].copy()
            out[:, : wide - columns] = gone[:, columns:]

    def push_over(self, other: "Planes", ground: "Planes", share: float, *, upwards: bool) -> None:
        """As `push` where both pictures stand on one ground: what stands on it moves, the ground rests."""
        side = self.height if upwards else self.width
        moved = even(side * share)
        layers = [_Layer.of(picture, ground) for picture in (self, other)]
        self.put(ground)
        for layer, shift in zip(layers, (side - moved, -moved), strict=True):
            layer.paste(self, (0, shift) if upwards else (shift, 0))


@dataclass(frozen=True)
class _Layer:
    """What stands on a ground, with the shadows around it."""

    x: int
    y: int
    picture: Planes
    shadow: Plane
    masks: tuple[Plane, Plane, Plane]

    @classmethod
    def of(cls, picture: Planes, ground: Planes) -> "_Layer":
        mask = _solid(picture, ground)
        left, top, wide, high = cv2.boundingRect(mask)
        reach = even(_SHADOW * min(picture.width, picture.height)) // 2
        right, bottom = min(left + wide + reach, mask.shape[1]), min(top + high + reach, mask.shape[0])
        left, top = max(left - reach, 0), max(top - reach, 0)
        place = 2 * left, 2 * top, 2 * (right - left), 2 * (bottom - top)
        seen, below = picture.window(*place), ground.window(*place)
        dark = cv2.threshold(cv2.subtract(below.y, seen.y), _NOISE, 255, cv2.THRESH_TOZERO)[1]
        half = np.ascontiguousarray(mask[top:bottom, left:right])
        whole = np.asarray(cv2.resize(half, place[2:], interpolation=cv2.INTER_NEAREST), np.uint8)
        copied = Planes(*(plane.copy() for plane in seen.all))
        return cls(place[0], place[1], copied, np.asarray(dark, np.uint8), (whole, half, half))

    def paste(self, target: Planes, shift: tuple[int, int]) -> None:
        x, y = self.x + shift[0], self.y + shift[1]
        left, top = max(-x, 0), max(-y, 0)
        wide = min(self.picture.width, target.width - x) - left
        high = min(self.picture.height, target.height - y) - top
        if wide <= 0 or high <= 0:
            return
        out, seen = target.window(x + left, y + top, wide, high), self.picture.window(left, top, wide, high)
        cv2.subtract(out.y, self.shadow[top : top + high, left : left + wide], dst=out.y)
        for size, plane, own, mask in zip((1, 2, 2), out.all, seen.all, self.masks, strict=True):
            rows, columns = (
                slice(top // size, (top + high) // size),
                slice(left // size, (left + wide) // size),
            )
            np.copyto(plane, own, where=mask[rows, columns] > 0)


def _solid(picture: Planes, ground: Planes) -> npt.NDArray[np.uint8]:
    """1 where a picture hides its ground, at half size.

    The rectangle around what differs is solid: a page may have parts of the ground's own colour.
    """
    differs = np.zeros(picture.u.shape, np.uint8)
    size = differs.shape[::-1]
    for plane, still in zip(picture.all, ground.all, strict=True):
        difference = cv2.absdiff(plane, still)
        if difference.shape != differs.shape:
            difference = cv2.resize(difference, size, interpolation=cv2.INTER_AREA)
        differs |= (np.asarray(difference) > _HIDES).astype(np.uint8)
    opened = np.asarray(cv2.morphologyEx(differs, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), np.uint8)
    left, top, wide, high = cv2.boundingRect(opened)
    opened[top : top + high, left : left + wide] = 1
    return opened


def views(frame: av.VideoFrame) -> tuple[Plane, Plane, Plane]:
    """The planes of a yuv420p frame, without copying."""
    y, u, v = (
        np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        for plane in frame.planes
    )
    return y, u, v


def resized(frame: Planes, width: int, height: int) -> Planes:
    how = cv2.INTER_AREA if width < frame.width else cv2.INTER_CUBIC
    return Planes(
        *(
            np.asarray(cv2.resize(plane, (width // size, height // size), interpolation=how), np.uint8)
            for size, plane in zip((1, 2, 2), frame.all, strict=True)
        )
    )


def even(size: float) -> int:
    """Rounded down to an even number, as half-size chroma wants it."""
    return int(size) // 2 * 2


def rgb_of(code: str) -> tuple[int, int, int]:
    red, green, blue = (int(code[i : i + 2], 16) for i in (1, 3, 5))
    return red, green, blue
