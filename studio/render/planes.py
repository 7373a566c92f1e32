"""Pictures as they are encoded: planar YUV 4:2:0, BT.709, limited range."""

from dataclasses import dataclass

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace

_HIDES, _MOSTLY = 14, 0.55
"""Levels by which a picture differs from its ground, and the share of a rectangle that does."""
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
        axis, side = (0, self.height) if upwards else (1, self.width)
        moved = even(side * share)
        solid = [_solid(picture, ground) for picture in (self, other)]
        for size, out, gone, still in zip((1, 2, 2), self.all, other.all, ground.all, strict=True):
            result = still.astype(np.int16)
            shifts = ((side - moved) // size, -moved // size)
            masks = [np.repeat(np.repeat(mask, 2 // size, 0), 2 // size, 1) for mask in solid]
            layers = [
                _shifted(np.dstack([picture, picture.astype(np.int16) - still, mask]), shift, axis)
                for picture, mask, shift in zip((out, gone), masks, shifts, strict=True)
            ]
            for layer in layers:
                # Soft shadows darken the ground below them.
                result += layer[..., 1]
            for layer in layers:
                np.copyto(result, layer[..., 0], where=layer[..., 2] > 0)
            np.copyto(out, np.clip(result, 0, 255).astype(np.uint8))


def _solid(picture: Planes, ground: Planes) -> npt.NDArray[np.uint8]:
    """1 where a picture hides its ground, at half size; a rectangle that is mostly solid is so wholly."""
    differs = np.zeros(picture.u.shape, np.uint8)
    size = differs.shape[::-1]
    for plane, still in zip(picture.all, ground.all, strict=True):
        difference = cv2.absdiff(plane, still)
        if difference.shape != differs.shape:
            difference = cv2.resize(difference, size, interpolation=cv2.INTER_AREA)
        differs |= (np.asarray(difference) > _HIDES).astype(np.uint8)
    opened = np.asarray(cv2.morphologyEx(differs, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8)), np.uint8)
    left, top, wide, high = cv2.boundingRect(opened)
    inside = opened[top : top + high, left : left + wide]
    if wide and inside.mean() > _MOSTLY:
        inside[:] = 1
    return opened


def _shifted(layers: npt.NDArray[np.int16], by: int, axis: int) -> npt.NDArray[np.int16]:
    """Moved along an axis; 0 where nothing comes after."""
    moved = np.zeros_like(layers)
    length = layers.shape[axis]
    to, of = (slice(max(by, 0), length + min(by, 0)), slice(max(-by, 0), length - max(by, 0)))
    if axis:
        moved[:, to] = layers[:, of]
    else:
        moved[to] = layers[of]
    return moved


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
