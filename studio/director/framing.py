"""Framing: which part of a picture is shown. A line of text is in it or out of it, never cut.

Pure geometry. Boxes are left, top, right and bottom, as shares of the picture's width and height.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from studio.director.text_lines import Box

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MARGIN = 0.03
"""What a frame leaves free around a line it shows, as a share of its own size."""
WHOLE: Box = (0, 0, 1, 1)
_NEAR = 0.004
"""What is left between a frame and a line outside it, as a share of the picture's size."""
_GROWTH = 1.09
_MOST_STEPS = 40
_OFFSETS = (0.0, -0.12, 0.12, -0.25, 0.25, -0.38, 0.38)
# What a share of the frame aside, a picture that is cut, and another shape cost, against a step of growth.
_ASIDE, _CUT_PICTURE, _MISSHAPEN = 4, 4, 1.2
_SLACK = 1e-9


@dataclass(frozen=True)
class Wanted:
    """What is to be seen of a picture.

    Attributes:
        target: What the frame is about. It is in the frame, wholly.
        shapes: Width to height, as pixels, of frames that will do; the best first.
        smallest: A frame's least width, as a share of the picture's.
    """

    target: Box
    shapes: Sequence[float]
    smallest: float = 0.05


@dataclass(frozen=True)
class Scenery:
    """What there is in a picture. `shape` is its width divided by its height, as pixels."""

    shape: float
    lines: Sequence[Box] = ()
    """Lines of text: none is cut."""
    pictures: Sequence[Box] = ()
    """What should better not be cut."""


def is_cut(frame: Box, box: Box, margin: float = MARGIN) -> bool:
    """Whether a frame shows a box partly, or too near to its edge.

    An edge of the frame that is the picture's own needs no margin: nothing of the picture is beyond it.
    """
    left, top, right, bottom = frame
    if box[2] <= left - _NEAR or box[0] >= right + _NEAR:
        return False
    if box[3] <= top - _NEAR or box[1] >= bottom + _NEAR:
        return False
    across, down = margin * (right - left), margin * (bottom - top)
    return (
        (left > 0 and box[0] < left + across)
        or (top > 0 and box[1] < top + down)
        or (right < 1 and box[2] > right - across)
        or (bottom < 1 and box[3] > bottom - down)
    )


def any_is_cut(frame: Box, boxes: "npt.NDArray[np.float64]") -> bool:
    """As `is_cut` for one of many boxes, which are rows."""
    left, top, right, bottom = frame
    x, y, x_end, y_end = boxes.T
    seen = (x_end > left - _NEAR) & (x < right + _NEAR) & (y_end > top - _NEAR) & (y < bottom + _NEAR)
    across, down = MARGIN * (right - left), MARGIN * (bottom - top)
    near = (x < left + across) & (left > 0) | (y < top + down) & (top > 0)
    near |= (x_end > right - across) & (right < 1) | (y_end > bottom - down) & (bottom < 1)
    return bool((seen & near).any())


def frame(wanted: Wanted, scenery: Scenery) -> Box | None:
    """Return the nearest frame that shows its target and cuts no line; `None` where there is none."""
    import numpy as np  # noqa: PLC0415 - the studio starts without its heavy libraries

    x, y = (wanted.target[0] + wanted.target[2]) / 2, (wanted.target[1] + wanted.target[3]) / 2
    lines = np.array(scenery.lines, np.float64).reshape(-1, 4)
    best: tuple[float, Box] | None = None
    for preference, wished in enumerate(wanted.shapes):
        for step, size in enumerate(_sizes(wanted, wished / scenery.shape)):
            cost = step + _MISSHAPEN * preference
            if best is not None and cost >= best[0]:
                break
            for across, down in product(_OFFSETS, _OFFSETS):
                aside = cost + _ASIDE * (abs(across) + abs(down))
                if best is not None and aside >= best[0]:
                    continue
                tried = _within(x + across * size[0], y + down * size[1], *size)
                if not holds(tried, wanted.target) or any_is_cut(tried, lines):
                    continue
                aside += _CUT_PICTURE * sum(is_cut(tried, picture, 0) for picture in scenery.pictures)
                if best is None or aside < best[0]:
                    best = aside, tried
    return best[1] if best else None


def _sizes(wanted: Wanted, aspect: float) -> list[tuple[float, float]]:
    """Frames of a shape, in shares, from the smallest that holds the target to the largest there is."""
    target, room = wanted.target, 1 - 2 * MARGIN
    wide, high = (target[2] - target[0]) / room, (target[3] - target[1]) / room
    least = max(min(wide, 1), min(high, 1) * aspect, wanted.smallest)
    largest = min(1, aspect)
    if least > largest:
        return []
    widths = [least * _GROWTH**step for step in range(_MOST_STEPS)]
    return [(width, width / aspect) for width in [*(w for w in widths if w < largest), largest]]


def _within(x: float, y: float, width: float, height: float) -> Box:
    left, top = min(max(x - width / 2, 0), 1 - width), min(max(y - height / 2, 0), 1 - height)
    return max(left, 0), max(top, 0), min(left + width, 1), min(top + height, 1)


def holds(frame: Box, box: Box) -> bool:
    """Whether a box lies in a frame wholly."""
    return (
        frame[0] <= box[0] + _SLACK
        and frame[1] <= box[1] + _SLACK
        and frame[2] >= box[2] - _SLACK
        and frame[3] >= box[3] - _SLACK
    )


def grown(target: Box, lines: Sequence[Box]) -> Box:
    """Return the target, grown until it cuts no line. At the end that is the whole picture."""
    box = target
    for _ in range(len(lines) + 1):
        cut = [line for line in lines if is_cut(box, line)]
        if not cut:
            return box
        across, down = 1.5 * MARGIN * (box[2] - box[0]) + _NEAR, 1.5 * MARGIN * (box[3] - box[1]) + _NEAR
        box = (
            max(min(box[0], *(line[0] - across for line in cut)), 0),
            max(min(box[1], *(line[1] - down for line in cut)), 0),
            min(max(box[2], *(line[2] + across for line in cut)), 1),
            min(max(box[3], *(line[3] + down for line in cut)), 1),
        )
    return WHOLE


def clean_rows(wished: float, height: float, lines: Sequence[Box], reach: float) -> float | None:
    """Return where a window over the whole width begins, near `wished`, so that it cuts no line.

    Args:
        wished: Where the window should begin, as a share of the picture's height.
        height: The window's height, as such a share.
        lines: Lines of text.
        reach: How far from `wished` it may begin; `None` is returned where no place there will do.
    """
    step = height / 120
    for count in range(int(reach / step) + 1):
        for top in (wished - count * step, wished + count * step):
            view = (0, top, 1, top + height)
            if -_SLACK <= top <= 1 - height + _SLACK and not any(is_cut(view, line, 0.004) for line in lines):
                return min(max(top, 0), max(1 - height, 0))
    return None


def clean_height(least: float, wished: float, most: float, lines: Sequence[Box]) -> float:
    """Return how much of a picture's top is shown so that no line is cut, as near to `wished` as can be."""
    step = (most - least) / 160 or 1
    heights = sorted((least + step * count for count in range(161)), key=lambda height: abs(height - wished))
    for height in heights:
        if height >= 1 or not any(is_cut((0, 0, 1, height), line, 0.01) for line in lines):
            return min(height, 1)
    return min(wished, 1)
