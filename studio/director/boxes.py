"""Boxes: left, top, right and bottom edge, in shares of a picture."""

from studio.director.text_lines import Box
from studio.media.items import Spot


def box_of(spot: Spot) -> Box:
    return spot.x, spot.y, spot.x + spot.width, spot.y + spot.height


def area_of(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def common_area(one: Box, other: Box) -> float:
    """Return the area that two boxes have in common."""
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    return max(wide, 0) * max(high, 0)


def meets(box: Box, other: Box) -> bool:
    """Whether two boxes have anything in common."""
    return box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]


def part_of(whole: Box, part: Box) -> Box:
    """Return a part of a box, which is given in shares of that box, in shares of the picture."""
    wide, high = whole[2] - whole[0], whole[3] - whole[1]
    return (
        whole[0] + part[0] * wide,
        whole[1] + part[1] * high,
        whole[0] + part[2] * wide,
        whole[1] + part[3] * high,
    )
