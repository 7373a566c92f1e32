"""Parts of a picture with text: blocks of lines, and where a picture behind text is free of it."""

from collections.abc import Iterator, Sequence

from studio.director.boxes import area_of, box_of
from studio.director.text_lines import Box
from studio.media.items import Part, Spot

_GAP, _PARAGRAPH_GAP = 1.6, 0.8
"""Lines further apart than this, times the height of most of them, belong to two blocks, or paragraphs."""
_FEWEST_LINES = 2
"""A paragraph that is shown by itself has so many."""
_SMALLEST, _LARGEST, _MOST = 0.015, 0.5, 4
_INSIDE = 0.02
"""How far into a picture a line has to reach, as a share of it."""
_CELLS = 24
_LEAST_WIDE, _LEAST_HIGH, _LEAST_FREE, _SHAPES = 0.2, 0.3, 0.16, (0.5, 2.4)


def blocks(lines: Sequence[Box], shape: float) -> list[Spot]:
    """Return blocks of text, the largest first; of all lines where they are one.

    Args:
        lines: Lines of text.
        shape: The picture's width divided by its height.
    """
    if not lines:
        return []
    parts = _joined(lines, shape, _GAP)
    everything = parts[0]
    for box in parts[1:]:
        everything = _around(everything, box)
    paragraphs = [
        box
        for box in _joined(lines, shape, _PARAGRAPH_GAP)
        if sum(_near(box, line, 0, 0) for line in lines) >= _FEWEST_LINES
    ]
    found = [*_fitting([*parts, everything])[:_MOST], *_fitting(paragraphs)[:_MOST]]
    return [_spot(Part.TEXT, box) for box in dict.fromkeys(found)]


def _fitting(boxes: Sequence[Box]) -> list[Box]:
    """Those that are neither too small nor too large to be shown from near, the largest first."""
    return sorted((box for box in boxes if _SMALLEST < area_of(box) < _LARGEST), key=area_of, reverse=True)


def _joined(lines: Sequence[Box], shape: float, gap: float) -> list[Box]:
    """Boxes around lines that are no further apart than a gap, times the height of most of them."""
    heights = sorted(line[3] - line[1] for line in lines)
    down = gap * heights[len(heights) // 2]
    across = 2 * down / shape
    found: list[Box] = []
    for line in lines:
        whole = line
        for box in list(found):
            if _near(whole, box, across, down):
                found.remove(box)
                whole = _around(whole, box)
        found.append(whole)
    return found


def free_part(picture: Box, lines: Sequence[Box], shape: float) -> Spot | None:
    """Return the largest part of a picture that no line of text lies on; `None` where it is too small.

    Args:
        picture: Where the picture lies on its page.
        lines: Lines of the page.
        shape: The page's width divided by its height.
    """
    left, top, right, bottom = picture
    wide, high = (right - left) / _CELLS, (bottom - top) / _CELLS
    if wide <= 0 or high <= 0:
        return None
    taken = [
        [_is_taken((left + column * wide, top + row * high), wide, high, lines) for column in range(_CELLS)]
        for row in range(_CELLS)
    ]
    best: tuple[float, Box] | None = None
    for first, last, begin, end in _rectangles(taken):
        box = left + begin * wide, top + first * high, left + end * wide, top + last * high
        if end - begin < _LEAST_WIDE * _CELLS or last - first < _LEAST_HIGH * _CELLS:
            continue
        if area_of(box) < _LEAST_FREE * area_of(picture):
            continue
        if not _SHAPES[0] <= shape * (box[2] - box[0]) / (box[3] - box[1]) <= _SHAPES[1]:
            continue
        if best is None or area_of(box) > best[0]:
            best = area_of(box), box
    return _spot(Part.PICTURE, best[1]) if best else None


def _is_taken(corner: tuple[float, float], wide: float, high: float, lines: Sequence[Box]) -> bool:
    """Whether a line lies on a cell, or next to it."""
    x, y = corner
    cell = x - wide / 2, y - high / 2, x + 1.5 * wide, y + 1.5 * high
    return any(_near(cell, line, 0, 0) for line in lines)


def is_alone(spot: Spot, lines: Sequence[Box]) -> bool:
    """Whether no line of text lies on a picture."""
    across, down = _INSIDE * spot.width, _INSIDE * spot.height
    box = spot.x + across, spot.y + down, spot.x + spot.width - across, spot.y + spot.height - down
    return not any(_near(box, line, 0, 0) for line in lines)


def together(pictures: Sequence[Spot]) -> Spot | None:
    """Return the largest picture with those that it overlaps: a device and what stands behind it."""
    if not pictures:
        return None
    largest = max(pictures, key=lambda spot: spot.width * spot.height)
    whole = box_of(largest)
    for spot in pictures:
        if _near(whole, box_of(spot), 0, 0):
            whole = _around(whole, box_of(spot))
    return largest if whole == box_of(largest) else _spot(Part.PICTURE, whole)


def _rectangles(taken: Sequence[Sequence[bool]]) -> Iterator[tuple[int, int, int, int]]:
    """Free rectangles: first and last row, first and last column."""
    for first in range(_CELLS):
        free = [True] * _CELLS
        for last in range(first, _CELLS):
            free = [one and not cell for one, cell in zip(free, taken[last], strict=True)]
            begin = None
            for column, is_free in enumerate([*free, False]):
                if is_free and begin is None:
                    begin = column
                elif not is_free and begin is not None:
                    yield first, last + 1, begin, column
                    begin = None


def _near(one: Box, other: Box, across: float, down: float) -> bool:
    return (
        one[0] < other[2] + across
        and other[0] < one[2] + across
        and one[1] < other[3] + down
        and other[1] < one[3] + down
    )


def _around(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _spot(part: Part, box: Box) -> Spot:
    return Spot(part, box[0], box[1], box[2] - box[0], box[3] - box[1])
