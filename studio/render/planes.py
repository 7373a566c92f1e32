"""Pictures as they are encoded: planar YUV 4:2:0, BT.709, limited range."""

from dataclasses import dataclass

import av
import cv2
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace

_BLACK = (16, 128, 128)
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

    @classmethod
    def of_mask(cls, mask: Plane) -> "Planes":
        """Shares of each plane, 0 to 255. Width and height are even."""
        half = np.asarray(cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)
        return cls(mask, half, half)

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

    def cover(self, over: "Planes", rest: "Planes") -> None:
        """Put something over this picture that lies on black, where `rest` of this one is seen."""
        for below, above, share, black in zip(self.all, over.all, rest.all, _BLACK, strict=True):
            kept = cv2.multiply(
                below.astype(np.int16) - np.int16(black), share, scale=1 / 255, dtype=cv2.CV_16S
            )
            cv2.add(kept, above, dst=below, dtype=cv2.CV_8U)

    def put_shifted(self, other: "Planes", x: int, y: int) -> None:
        """Put as much of another picture of this size as is seen when it is moved by `x` and `y`."""
        wide, high = self.width - abs(x), self.height - abs(y)
        if wide > 0 and high > 0:
            shown = other.window(max(-x, 0), max(-y, 0), wide, high)
            self.window(max(x, 0), max(y, 0), wide, high).put(shown)


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
