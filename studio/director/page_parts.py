"""Parts of a page's or a screen's picture: headlines, pictures and buttons, told by their looks."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from studio.director.text_lines import Box
from studio.media.items import Part, Spot

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Rgb = npt.NDArray[np.uint8]

_MOST_BLOCKS = 12
_BUTTON_SATURATION = 70
_FEW_COLOURS = 24
_GROUND_SHARE = 0.04
_HEADLINE, _SMALLEST_HEADLINE, _NEARLY = 1.3, 0.018, 0.6
"""A headline's height: against that of small lines, the picture's width, and the largest headline."""
_WIDE_HEADLINE = 2.8
"""Times its height."""
_ALIGNED = 0.012
"""Of the picture's width: edges and centres of lines that are no further apart belong together."""
_MISSING = 1.1
"""Times its length: a line that is longer than it was found has letters that were not."""
_HIDDEN = 1.5
"""Times its height: how much further down a line with such letters may go."""
_MOST_TEXT = 0.5


def page_parts(page: "Rgb", lines: Sequence[Box], shape: float) -> list[Spot]:
    """Return the weightiest parts, in reading order.

    Args:
        page: The picture, some hundred pixels wide.
        lines: Its lines of text.
        shape: The width of the picture as it was, divided by its height.
    """
    found = [(weight, spot) for weight, spot in _standing_out(page) if not _is_text(spot, lines)]
    return _chosen([*found, *_headlines(lines, shape)])


def centred(line: Box, lines: Sequence[Box]) -> Box:
    """Return a line of a centred text as far to one side as to the other: some letters are not found.

    What hides letters hides their feet, too: the line goes further down, but not into the next one.
    """
    others = [other for other in lines if other != line]
    if any(min(abs(line[0] - other[0]), abs(line[2] - other[2])) < _ALIGNED for other in others):
        return line
    centres = sorted((other[0] + other[2]) / 2 for other in others)
    for one, next_one in pairwise(centres):
        middle = (one + next_one) / 2
        if next_one - one < _ALIGNED and line[0] < middle < line[2]:
            reach = max(middle - line[0], line[2] - middle)
            if 2 * reach < _MISSING * (line[2] - line[0]):
                return line
            below = [other[1] for other in others if other[1] >= line[3]]
            foot = min([line[3] + _HIDDEN * (line[3] - line[1]), *below])
            return max(middle - reach, 0), line[1], min(middle + reach, 1), foot
    return line


def _headlines(lines: Sequence[Box], shape: float) -> Iterator[tuple[float, Spot]]:
    """Large lines, with those that go on below them. `shape` is the picture's width to its height."""
    heights = sorted(box[3] - box[1] for box in lines)
    if not heights:
        return
    if heights[-1] < _HEADLINE * heights[len(heights) // 4]:
        return  # all lines are of one size
    least = max(_NEARLY * heights[-1], _SMALLEST_HEADLINE * shape)
    large = sorted(
        (
            box
            for box in lines
            if box[3] - box[1] >= least and (box[2] - box[0]) * shape > _WIDE_HEADLINE * (box[3] - box[1])
        ),
        key=lambda box: box[1],
    )
    while large:
        whole = large.pop(0)
        high = whole[3] - whole[1]
        for box in list(large):
            alike = 0.55 < (box[3] - box[1]) / high < 1.8  # noqa: PLR2004 - of one size, with or without tails
            if alike and box[1] - whole[3] < 1.3 * high and box[0] < whole[2] and box[2] > whole[0]:
                large.remove(box)
                whole = min(whole[0], box[0]), whole[1], max(whole[2], box[2]), max(whole[3], box[3])
        # Heights, too, are measured in the page's width: how long it is says nothing of what stands on it.
        yield 1 + 6 * high / shape, Spot(Part.HEADLINE, *whole[:2], whole[2] - whole[0], whole[3] - whole[1])


def _is_text(spot: Spot, lines: Sequence[Box]) -> bool:
    """Whether what stands out as a picture is lines of text."""
    if spot.part is not Part.PICTURE:
        return False
    box = (spot.x, spot.y, spot.x + spot.width, spot.y + spot.height)
    covered = sum(
        max(min(line[2], box[2]) - max(line[0], box[0]), 0)
        * max(min(line[3], box[3]) - max(line[1], box[1]), 0)
        for line in lines
    )
    return covered > _MOST_TEXT * spot.width * spot.height


def _strokes(page: "Rgb") -> "npt.NDArray[np.uint8]":
    """1 where something is drawn, 0 on even ground."""
    import cv2  # noqa: PLC0415 - the studio starts without its heavy libraries
    import numpy as np  # noqa: PLC0415

    grey = cv2.cvtColor(page, cv2.COLOR_RGB2GRAY)
    edges = np.maximum(np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)), np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1)))
    return (edges > 90).astype(np.uint8)  # noqa: PLR2004 - of at most 1020


def _standing_out(page: "Rgb") -> Iterator[tuple[float, Spot]]:
    """Pictures and buttons, each with its weight."""
    yield from _pictures(page)
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    height, width = page.shape[:2]
    hsv = cv2.cvtColor(page, cv2.COLOR_RGB2HSV)
    strokes = _strokes(page)
    joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((7, 11), np.uint8))
    joined = cv2.morphologyEx(joined, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined)
    for x, y, wide, high, _ in stats[1:count].tolist():
        box = (slice(y, y + high), slice(x, x + wide))
        # Heights, too, are measured in the page's width: how long it is says nothing of what stands on it.
        share_x, share_y = wide / width, high / width
        if share_x < 0.05 or share_y < 0.012 or share_y > 1.4:  # noqa: PLR2004 - specks and columns
            continue
        spot = (x / width, y / height, wide / width, high / height)
        colours = _variety(page[box])
        saturation = float(np.median(hsv[box][..., 1]))
        if _is_button(share_x, share_y, saturation, colours):
            yield 0.5 + share_x, Spot(Part.ACTION, *spot)


def _pictures(page: "Rgb") -> Iterator[tuple[float, Spot]]:
    """Large areas of many colours that are none of the page's grounds."""
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    height, width = page.shape[:2]
    codes = _coarse(page, bits=4)
    shares = np.bincount(codes.ravel(), minlength=1 << 12) / codes.size
    drawn = (shares[codes] < _GROUND_SHARE).astype(np.uint8)
    closed = cv2.morphologyEx(drawn, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    large_parts = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((15, 15), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(large_parts)
    for x, y, wide, high, area in stats[1:count].tolist():
        share_x, share_y = wide / width, high / width
        large = share_x > 0.16 and 0.12 < share_y < 1.4 and area > 0.6 * wide * high  # noqa: PLR2004 - of the page
        if large and _variety(page[y : y + high, x : x + wide]) > _FEW_COLOURS:
            spot = Spot(Part.PICTURE, x / width, y / height, wide / width, high / height)
            yield 4 * share_x * share_y + 0.3, spot


def _is_button(share_x: float, share_y: float, saturation: float, colours: int) -> bool:
    return (
        0.07 < share_x < 0.42  # noqa: PLR2004 - as wide as a few words
        and 0.02 < share_y < 0.09  # noqa: PLR2004 - one line high
        and saturation > _BUTTON_SATURATION
        and colours <= _FEW_COLOURS
    )


def _variety(picture: "Rgb") -> int:
    """How many colours there are, coarsely, that take up more than specks."""
    import numpy as np  # noqa: PLC0415 - see above

    codes = _coarse(picture, bits=4)
    return int((np.bincount(codes.ravel()) > max(2, codes.size * 0.002)).sum())


def _coarse(picture: "Rgb", *, bits: int) -> "npt.NDArray[np.int32]":
    """Each colour as one number, of so many bits for red, green and blue each."""
    import numpy as np  # noqa: PLC0415 - see above

    red, green, blue = (np.asarray(picture[..., part] >> (8 - bits), np.int32) for part in range(3))
    return red << 2 * bits | green << bits | blue


def _chosen(blocks: list[tuple[float, Spot]]) -> list[Spot]:
    """The weightiest, each well apart from the others, in reading order. A headline may lie on a picture."""
    kept: list[Spot] = []
    for _, spot in sorted(blocks, key=lambda block: -block[0]):
        is_headline = spot.part is Part.HEADLINE
        others = [other for other in kept if (other.part is Part.HEADLINE) is is_headline]
        if len(kept) < _MOST_BLOCKS and not any(_overlap(spot, other) > 0.5 for other in others):  # noqa: PLR2004
            kept.append(spot)
    return sorted(kept, key=lambda spot: (spot.y, spot.x))


def _overlap(one: Spot, other: Spot) -> float:
    wide = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    high = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    if wide <= 0 or high <= 0:
        return 0
    return wide * high / min(one.width * one.height, other.width * other.height)
