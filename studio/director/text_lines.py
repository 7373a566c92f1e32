"""Find lines of text in a picture, by the shapes of letters; for one picture one answer.

Letters are spots of one colour on a quieter ground. Spots of about one height that stand side by side on one
baseline are a line.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Grey = npt.NDArray[np.uint8]

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, as shares of the picture's width and height."""

# Each pass sees letters of some heights; the picture is reduced for the larger ones.
_REDUCTIONS = (1, 2, 4, 8)
_HEIGHTS = ((5, 11), (7, 16), (11, 24), (16, 34))
"""Pixels, of the classes in which letters are joined to lines. A small letter and a capital are in one."""
_REDUCED_HEIGHTS = 2
"""How many classes, of the largest, are left for a reduced picture."""
_GROUND = 31
"""Pixels around a letter that are its ground."""
_CONTRAST = 16
"""Of 255, between a letter and its ground."""
_WIDEST_LETTER = 6
"""Times its height: letters of some fonts touch."""
_MOST_SPOTS = 60_000
_FEWEST_LETTERS = 3
_MOST_UNEVEN = 0.42
"""How much the letters of a line may differ in brightness, against their contrast to the ground."""
_TALLEST_LINE = 2.6
"""Times its letters' height."""
_NESTED, _LOWER, _FEWEST_HELD = 0.6, 0.5, 2
_MOST_LINES = 1500
_LARGEST_LETTER = 0.2
"""Of the picture's shorter side."""


def text_lines(picture: "Grey") -> list[Box]:
    """Return the boxes of lines, from top to bottom.

    Args:
        picture: Brightness, 0 to 255. The smallest letters that are found are 5 pixels high.
    """
    import cv2  # noqa: PLC0415 - the studio starts without its heavy libraries

    height, width = picture.shape
    found: list[Box] = []
    for reduction in _REDUCTIONS:
        wide, high = width // reduction, height // reduction
        if min(wide, high) < _GROUND:
            break
        small = picture if reduction == 1 else cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA)
        classes = _HEIGHTS if reduction == 1 else _HEIGHTS[-_REDUCED_HEIGHTS:]
        heights = tuple(each for each in classes if each[0] <= _LARGEST_LETTER * min(wide, high))
        for x, y, right, bottom in _lines(small, heights):  # type: ignore[arg-type]
            found.append((x / wide, y / high, right / wide, bottom / high))
    return _outermost(found)


def _lines(picture: "Grey", heights: tuple[tuple[int, int], ...]) -> Iterator[tuple[int, int, int, int]]:
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    around = cv2.blur(picture, (_GROUND, _GROUND), borderType=cv2.BORDER_REPLICATE)
    difference = picture.astype(np.int16) - around
    for spots in (difference > _CONTRAST, difference < -_CONTRAST):
        count, labels, stats, _ = cv2.connectedComponentsWithStats(spots.astype(np.uint8), connectivity=8)
        if not 1 < count <= _MOST_SPOTS:
            continue
        letters = _Letters(picture, np.abs(difference), labels, stats)
        for smallest, largest in heights:
            yield from letters.lines(smallest, largest)


class _Letters:
    """Spots of one polarity."""

    def __init__(self, picture: "Grey", contrast: Any, labels: Any, stats: Any) -> None:  # noqa: ANN401 - arrays
        import numpy as np  # noqa: PLC0415 - see above

        self._labels, self._stats = labels, stats
        flat, area = labels.ravel(), np.maximum(stats[:, 4], 1)
        self._brightness = np.bincount(flat, picture.ravel(), len(stats)) / area
        self._contrast = np.bincount(flat, contrast.ravel(), len(stats)) / area
        self._full = area / np.maximum(stats[:, 2] * stats[:, 3], 1)

    def lines(self, smallest: int, largest: int) -> Iterator[tuple[int, int, int, int]]:
        import cv2  # noqa: PLC0415 - see above
        import numpy as np  # noqa: PLC0415

        wide, high = self._stats[:, 2], self._stats[:, 3]
        kept = (high >= smallest) & (high <= largest) & (wide <= _WIDEST_LETTER * high) & (self._full > 0.14)  # noqa: PLR2004 - frames are emptier
        kept[0] = False
        if kept.sum() < _FEWEST_LETTERS:
            return
        mask = kept[self._labels].astype(np.uint8)
        # A word space is about half as wide as a letter is high.
        reach = round(0.9 * (smallest + largest) / 2) | 1
        joined = cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((1, 2 * reach + 1), np.uint8))
        count, lines = cv2.connectedComponents(joined, connectivity=8)
        spots = np.flatnonzero(kept)
        owner = self._owners(lines, spots)
        order = np.argsort(owner, kind="stable")
        bounds = np.searchsorted(owner[order], np.arange(1, count + 1))
        for first, last in pairwise(bounds):
            if last - first >= _FEWEST_LETTERS and (box := self._line(spots[order[first:last]])):
                yield box

    def _owners(self, lines: Any, spots: Any) -> Any:  # noqa: ANN401 - arrays
        """The line that each spot belongs to."""
        import numpy as np  # noqa: PLC0415 - see above

        owner = np.zeros(len(self._stats), np.int64)
        owner[self._labels.ravel()] = lines.ravel()
        return owner[spots]

    def _line(self, spots: Any) -> tuple[int, int, int, int] | None:  # noqa: ANN401 - an array
        import numpy as np  # noqa: PLC0415 - see above

        left, top, wide, high = (self._stats[spots, column] for column in range(4))
        middle = float(np.median(high))
        box = int(left.min()), int(top.min()), int((left + wide).max()), int((top + high).max())
        if box[3] - box[1] > _TALLEST_LINE * middle or box[2] - box[0] < 1.4 * middle:
            return None
        uneven = float(self._brightness[spots].std()) / max(float(np.median(self._contrast[spots])), 1)
        bottoms = float(np.median(np.abs(top + high - np.median(top + high)))) / middle
        if uneven > _MOST_UNEVEN or bottoms > 0.3:  # noqa: PLR2004 - not on one baseline
            return None
        return box


def _outermost(boxes: list[Box]) -> list[Box]:
    """Without those that lie in another: a line is found in more than one pass.

    What holds several lower ones is no line: things that lie side by side happened to look like one.
    """
    import numpy as np  # noqa: PLC0415 - see above

    boxes = sorted(set(boxes), key=lambda box: (box[0] - box[2]) * (box[3] - box[1]))[:_MOST_LINES]
    if not boxes:
        return []
    left, top, right, bottom = np.array(boxes).T
    wide = np.minimum(right[:, None], right) - np.maximum(left[:, None], left)
    high = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    shared = np.maximum(wide, 0) * np.maximum(high, 0)
    # Row by column: whether the one lies in the other.
    inside = shared >= _NESTED * ((right - left) * (bottom - top))[:, None]
    np.fill_diagonal(inside, val=False)
    lower = (bottom - top)[:, None] < _LOWER * (bottom - top)
    is_line = (inside & lower).sum(axis=0) < _FEWEST_HELD
    kept: list[int] = []
    for number in np.flatnonzero(is_line):
        if not inside[number, kept].any():
            kept.append(int(number))
    return sorted((boxes[number] for number in kept), key=lambda box: (box[1], box[0]))
