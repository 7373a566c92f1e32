"""Framing: which part of a picture is shown. Text and things are in it or out of it, never cut.

Pure geometry. Boxes are left, top, right and bottom, as shares of the picture's width and height.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from studio.director.shapes import WHOLE
from studio.director.text_lines import Box

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

MARGIN = 0.05
"""What a frame leaves free around a line it shows, as a share of its own size."""
_NEAR = 0.004
"""What is left between a frame and a line outside it, as a share of the picture's size."""
_AROUND_THINGS, _AROUND_CARDS = 0.01, 0.02
"""What a frame leaves free around a thing, or a card, that it shows."""
_BETWEEN = 0.008
"""What is taken from a picture that touches another, as a share of the whole: an edge has room there."""
_GROWTH = 1.09
_MOST_STEPS = 34
_OFFSETS = (0.0, -0.12, 0.12, -0.25, 0.25, -0.38, 0.38)
# What a share of the frame aside, a thing that is cut, and another shape cost, against a step of growth.
_ASIDE, _CUT_THING, _MISSHAPEN = 4, 4, 1.2
# The margin around lines, whether no thing may be cut, and what that costs.
_WAYS = ((MARGIN, True, 0), (0.015, True, 4), (MARGIN, False, 5), (0.015, False, 9), (0.0, False, 12))
_SLIVER, _ALONG = 0.08, 0.5
"""A band at a frame's edge that is not larger belongs to a neighbour, if a seam divides it so far along."""
_PAST_SEAM = 0.0015
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
    things: Sequence[Box] = ()
    """Buttons, faces, pictures, drawings: none is cut, if there is a way."""
    cards: Sequence[Box] = ()
    """Grounds of things: a frame may also lie within one."""
    seams: Sequence[Box] = ()
    """Straight edges between parts of the picture."""
    unwanted: Sequence[Box] = ()
    """What no frame shows: a notice, or the line that the text beside the picture repeats."""

    @property
    def whole(self) -> Sequence[Box]:
        """What is in or out."""
        return [*self.lines, *self.things]


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


def cuts(
    frames: "npt.NDArray[np.float64]", boxes: "npt.NDArray[np.float64]", margin: float = MARGIN
) -> "npt.NDArray[np.bool_]":
    """As `is_cut` for many frames, which are rows, and many boxes, which become columns."""
    left, top, right, bottom = (frames[:, [side]] for side in range(4))
    x, y, x_end, y_end = boxes.T
    seen = (x_end > left - _NEAR) & (x < right + _NEAR) & (y_end > top - _NEAR) & (y < bottom + _NEAR)
    across, down = margin * (right - left), margin * (bottom - top)
    near = (x < left + across) & (left > 0) | (y < top + down) & (top > 0)
    near |= (x_end > right - across) & (right < 1) | (y_end > bottom - down) & (bottom < 1)
    cut: npt.NDArray[np.bool_] = seen & near
    return cut


def frame(wanted: Wanted, scenery: Scenery) -> Box | None:
    """Return the nearest frame that shows its target and cuts neither a line nor a thing.

    A margin may be narrower, or a thing be cut, where the frame would be far larger; a line never is. `None`
    where there is no frame.
    """
    best: tuple[float, Box] | None = None
    for margin, strict, surcharge in _WAYS:
        most = best[0] if best else _MOST_STEPS
        best = _nearest(wanted, scenery, _Way(margin, surcharge, strict=strict), most) or best
    return trimmed(best[1], wanted.target, scenery) if best else None


@dataclass(frozen=True)
class _Way:
    """How a frame is looked for."""

    margin: float
    surcharge: float
    strict: bool


def _nearest(wanted: Wanted, scenery: Scenery, way: _Way, most: float) -> tuple[float, Box] | None:
    """A frame that costs less than `most`, and what it costs."""
    import numpy as np  # noqa: PLC0415 - the studio starts without its heavy libraries

    target = wanted.target
    x, y = (target[0] + target[2]) / 2, (target[1] + target[3]) / 2
    # What the target lies in is its ground.
    things = [box for box in scenery.things if box == target or not holds(box, target)]
    cards = [*scenery.cards, *(box for box in scenery.things if box != target and holds(box, target))]
    lines, whole, grounds, unwanted = (
        np.array(boxes, np.float64).reshape(-1, 4)
        for boxes in (scenery.lines, things, cards, scenery.unwanted)
    )
    offsets = np.array(list(product(_OFFSETS, _OFFSETS)))
    aside = _ASIDE * np.abs(offsets).sum(axis=1)
    best: tuple[float, Box] | None = None
    for preference, wished in enumerate(wanted.shapes):
        for step, size in enumerate(_sizes(wanted, wished / scenery.shape, way.margin)):
            cost = way.surcharge + step + _MISSHAPEN * preference
            if cost >= most:
                break
            frames = _within(x + offsets[:, 0] * size[0], y + offsets[:, 1] * size[1], *size)
            will_do = _hold(frames, target) & ~cuts(frames, lines, way.margin).any(axis=1)
            will_do &= ~_meet(frames, unwanted).any(axis=1)
            if not will_do.any():
                continue
            cut = cuts(frames, whole, _AROUND_THINGS).sum(axis=1) + _cut_cards(frames, grounds)
            if way.strict:
                will_do &= cut == 0
            costs = np.where(will_do, cost + aside + _CUT_THING * cut, np.inf)
            least = int(costs.argmin())
            if costs[least] < most:
                most = float(costs[least])
                left, top, right, bottom = (float(edge) for edge in frames[least])
                best = most, (left, top, right, bottom)
    return best


def _hold(frames: "npt.NDArray[np.float64]", box: Box) -> "npt.NDArray[np.bool_]":
    held: npt.NDArray[np.bool_] = (
        (frames[:, 0] <= box[0] + _SLACK)
        & (frames[:, 1] <= box[1] + _SLACK)
        & (frames[:, 2] >= box[2] - _SLACK)
        & (frames[:, 3] >= box[3] - _SLACK)
    )
    return held


def _meet(frames: "npt.NDArray[np.float64]", boxes: "npt.NDArray[np.float64]") -> "npt.NDArray[np.bool_]":
    """Return whether each frame, a row, shows anything of each box, a column."""
    met: npt.NDArray[np.bool_] = (
        (frames[:, [0]] < boxes[:, 2])
        & (frames[:, [2]] > boxes[:, 0])
        & (frames[:, [1]] < boxes[:, 3])
        & (frames[:, [3]] > boxes[:, 1])
    )
    return met


def _cut_cards(frames: "npt.NDArray[np.float64]", cards: "npt.NDArray[np.float64]") -> "npt.NDArray[np.int_]":
    """How many cards each frame cuts, and does not lie within."""
    within = (
        (cards[:, 0] <= frames[:, [0]] + _SLACK)
        & (cards[:, 1] <= frames[:, [1]] + _SLACK)
        & (cards[:, 2] >= frames[:, [2]] - _SLACK)
        & (cards[:, 3] >= frames[:, [3]] - _SLACK)
    )
    number: npt.NDArray[np.int_] = (cuts(frames, cards, _AROUND_CARDS) & ~within).sum(axis=1)
    return number


def trimmed(frame: Box, target: Box, scenery: Scenery) -> Box:
    """Return a frame without the bands at its edges that belong to a neighbour."""
    for side in range(4):
        frame = _trimmed_at(side, frame, target, scenery)
    return frame


def _trimmed_at(side: int, frame: Box, target: Box, scenery: Scenery) -> Box:
    axis, sign = side % 2, 1 if side < 2 else -1  # noqa: PLR2004 - left and top grow inwards
    other = 1 - axis
    reach = _SLIVER * (frame[axis + 2] - frame[axis])
    length = frame[other + 2] - frame[other]
    for seam in sorted(scenery.seams, key=lambda seam: -sign * seam[axis]):
        is_straight = seam[other + 2] - seam[other] > seam[axis + 2] - seam[axis]
        along = min(seam[other + 2], frame[other + 2]) - max(seam[other], frame[other])
        place = (seam[axis + 2] if sign > 0 else seam[axis]) + sign * _PAST_SEAM
        if not is_straight or along < _ALONG * length or not 0 < sign * (place - frame[side]) < reach:
            continue
        tried = list(frame)
        tried[side] = place
        without = tried[0], tried[1], tried[2], tried[3]
        kept = holds(without, target) and not any(is_cut(without, line, 0.01) for line in scenery.lines)
        if kept and not any(
            is_cut(without, thing, 0) and not is_cut(frame, thing, 0) for thing in scenery.things
        ):
            return without
    return frame


def _sizes(wanted: Wanted, aspect: float, margin: float) -> list[tuple[float, float]]:
    """Frames of a shape, in shares, from the smallest that holds the target to the largest there is."""
    target, room = wanted.target, 1 - 2 * margin
    wide, high = (target[2] - target[0]) / room, (target[3] - target[1]) / room
    least = max(min(wide, 1), min(high, 1) * aspect, wanted.smallest)
    largest = min(1, aspect)
    if least > largest:
        return []
    widths = [least * _GROWTH**step for step in range(_MOST_STEPS)]
    return [(width, width / aspect) for width in [*(w for w in widths if w < largest), largest]]


def _within(
    x: "npt.NDArray[np.float64]", y: "npt.NDArray[np.float64]", width: float, height: float
) -> "npt.NDArray[np.float64]":
    """Frames of a size around centres, moved into the picture."""
    import numpy as np  # noqa: PLC0415 - see above

    left, top = np.clip(x - width / 2, 0, 1 - width), np.clip(y - height / 2, 0, 1 - height)
    frames = np.stack([left, top, np.minimum(left + width, 1), np.minimum(top + height, 1)], axis=1)
    return np.asarray(np.clip(frames, 0, 1), np.float64)


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


def parted(boxes: Sequence[Box]) -> list[Box]:
    """Return boxes with a little less of each where it touches another: a frame ends between them."""
    return [_parted(box, boxes) for box in boxes]


def _parted(box: Box, boxes: Sequence[Box]) -> Box:
    edges = list(box)
    for other in boxes:
        for axis in (0, 1):
            along = min(box[3 - axis], other[3 - axis]) - max(box[1 - axis], other[1 - axis])
            if other == box or along <= 0:
                continue
            if abs(other[axis + 2] - box[axis]) < 2 * _NEAR:
                edges[axis] = box[axis] + _BETWEEN
            if abs(other[axis] - box[axis + 2]) < 2 * _NEAR:
                edges[axis + 2] = box[axis + 2] - _BETWEEN
    return edges[0], edges[1], edges[2], edges[3]


def clean_rows(wished: float, height: float, lines: Sequence[Box], reach: float) -> float | None:
    """Return where a window over the whole width begins, near `wished`, so that it cuts nothing of these.

    Args:
        wished: Where the window should begin, as a share of the picture's height.
        height: The window's height, as such a share.
        lines: Lines of text, and things.
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
