"""How pixels as they are stored become a picture as it is shown: turned, mirrored, and with square pixels."""

import struct
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import av

# Stranger pixels are damage: no camera and no disc has them.
_WIDEST_PIXEL = 8


@dataclass(frozen=True)
class Orientation:
    """The steps from stored to shown pixels, in this order."""

    transposed: bool = False
    """Rows become columns."""
    mirrored: bool = False
    """Left becomes right."""
    flipped: bool = False
    """Top becomes bottom."""


UPRIGHT = Orientation()


def orientation_of(frame: "av.VideoFrame") -> Orientation:
    """Return the orientation that a frame's display matrix asks for, to the nearest quarter turn."""
    matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    # Rows of (a, b, u), (c, d, v), (x, y, w): a pixel at (x, y) is shown at (ax + cy, bx + dy).
    return _of_matrix(*struct.unpack("=9i", bytes(matrix))) if matrix else UPRIGHT


def _of_matrix(a: int, b: int, _u: int, c: int, d: int, *_: int) -> Orientation:
    if abs(b) + abs(c) > abs(a) + abs(d):
        return Orientation(transposed=True, mirrored=c < 0, flipped=b < 0)
    return Orientation(mirrored=a < 0, flipped=d < 0)


def square_pixels(width: int, height: int, pixel: Fraction | None) -> tuple[float, float]:
    """Return the size of a picture once its pixels are square: larger in one direction, never smaller.

    Args:
        width: Pixels of a row.
        height: Rows.
        pixel: A pixel's width divided by its height; 0 or `None` where it is unknown.
    """
    if not pixel or not Fraction(1, _WIDEST_PIXEL) <= pixel <= _WIDEST_PIXEL:
        return width, height
    return (float(width * pixel), height) if pixel > 1 else (width, float(height / pixel))
