"""Find what is drawn on a page: things that are whole, grounds they stand on, and the seams between parts.

A thing is a connected drawing: a button, an avatar, a picture, a logo. A card is a flat ground that holds
others. Boxes are left, top, right and bottom, as shares of the picture's width and height.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from studio.director.boxes import area_of, common_area, meets
from studio.director.text_lines import Box

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Rgb = npt.NDArray[np.uint8]
    Mask = npt.NDArray[np.uint8]

WHOLE: Box = (0, 0, 1, 1)
_STEP = 20
"""Of 255: neighbours that differ more have an edge between them."""
_LEAST_WIDE, _LEAST_HIGH = 0.025, 0.018
"""Of the picture's width."""
_PALE, _PALE_WIDTHS, _SAME_BOX = 4, (0.12, 0.97), 0.9
"""Of 255, what differs from a plain ground; the width of a card on it, of the picture's; what two boxes of
one thing have in common."""
_FULL_WIDTH = 0.9
"""A thing as wide is a part of the page itself."""
_FLAT_AROUND, _FLAT_WITHIN, _CARD = 0.7, 0.85, 0.45
"""Of a ring around a box, of one within it, and of the box: the share that has one colour."""
_SAME = 14
_DRAWN_SAME, _BEHIND, _DRAWN_GROUND, _OFTEN_EVEN = 3, 0.5, 0.99, 0.9
"""Ground that was drawn differs by no more. Of a ring around a thing: with less of it, or where texts lie on
a picture, with less than nearly all, the thing belongs to a photo behind the page."""
_CROSSED = 0.1, 0.9
"""Of a line of text: with a part of it on a thing, the thing lies behind the text."""
_SEAM = 0.12
"""The least length of a seam, as a share of the picture's width."""
_TEXT_HEIGHT = 0.05
"""Of the picture's width: what is cut at an edge and higher is a picture."""
_FEWEST_LETTERS, _FLAT_BESIDE = 6, 0.95
"""So many small shapes on an even ground that an edge cuts are text."""
_LONG_LINE = 5
"""Times its height: a line found by mistake is seldom as long."""
_LEAST_LETTER = 2
"""Pixels."""
_MOST_TRIMMED = 0.2
_STRIP, _STRIP_KEPT = 0.07, 0.04
"""Of a side: an empty end as long is trimmed, to so much."""
_MOST_THINGS = 400
_BUTTON_REACH, _WIDEST_BUTTON, _HIGHEST_BUTTON, _FILLED_BUTTON, _LEAST_SAME = 0.06, 0.42, 0.1, 0.85, 0.3
"""Of the picture's width: what a button has around its text, and its sides; how much of its box it fills; and
what it shares with a thing that is the same."""
_LEAST_TILE, _MOST_TILE, _FEWEST_TILES = 0.08, 0.9, 2
"""The sides of a tile, as shares of the picture's width; and how many are in a row."""
_ALONG_TILE, _NEAR_SEAM, _MOST_GROUND = 0.6, 0.006, 0.6
"""How much of a tile's side is an edge, how far apart pieces of one are, and what has one colour at most."""


@dataclass(frozen=True)
class Shapes:
    """What was found."""

    things: tuple[Box, ...] = ()
    cards: tuple[Box, ...] = ()
    grounds: tuple[str, ...] = ()
    """The colours of the cards, as `#rrggbb`."""
    seams: tuple[Box, ...] = ()
    """Straight edges, as boxes without height, or without width."""
    tiles: tuple[Box, ...] = ()
    """Pictures that stand side by side without gaps, so that nothing but edges is between them."""


def find_shapes(picture: "Rgb", lines: Sequence[Box]) -> Shapes:
    """Find things, cards and seams.

    Args:
        picture: Red, green and blue; some hundred pixels wide.
        lines: Where text is: letters are no things.
    """
    import cv2  # noqa: PLC0415 - the studio starts without its heavy libraries
    import numpy as np  # noqa: PLC0415

    height, width = picture.shape[:2]
    across, down = _edges(picture)
    seams = (*_seams(down, level=True), *_seams(across, level=False))
    strokes = across | down
    # A seam through the whole page joins what lies on both of its sides.
    long = np.ones((1, max(round(_FULL_WIDTH * width), 2)), np.uint8)
    through = cv2.dilate(cv2.morphologyEx(strokes, cv2.MORPH_OPEN, long), np.ones((3, 3), np.uint8))
    strokes[through > 0] = 0
    for left, top, right, bottom in lines:
        rows = slice(max(int(top * height) - 1, 0), int(bottom * height) + 2)
        strokes[rows, max(int(left * width) - 1, 0) : int(right * width) + 2] = 0
    joined = cv2.morphologyEx(strokes, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    large = [
        box
        for box in stats[1:count].tolist()
        if _LEAST_WIDE * width <= box[2] < _FULL_WIDTH * width and box[3] >= _LEAST_HIGH * width
    ]
    found: list[_Found] = []
    for x, y, wide, high, _ in sorted(large, key=lambda box: -box[2] * box[3])[:_MOST_THINGS]:
        inner, outer = (_ring(picture, (x, y, x + wide, y + high), distance) for distance in (-2, 2))
        around, within, drawn = _evenness(outer), _evenness(inner), _evenness(outer, _DRAWN_SAME)
        if around < _FLAT_AROUND and within < _FLAT_WITHIN:
            continue
        if within < _FLAT_WITHIN and around < _OFTEN_EVEN and drawn < _BEHIND:
            continue
        flat = within >= _FLAT_WITHIN and _share_of(picture[y : y + high, x : x + wide], inner) >= _CARD
        box = x / width, y / height, (x + wide) / width, (y + high) / height
        may_be_behind = within < _FLAT_WITHIN and drawn < _DRAWN_GROUND
        ground = _colour_of(inner) if flat and high > _TEXT_HEIGHT * width else None
        found.append(_Found(box, ground, may_be_behind))
    if any(one.may_be_behind and _is_crossed(one.box, lines) for one in found):
        found = [one for one in found if not one.may_be_behind]
    held = [*lines, *(one.box for one in found)]
    grounds = {
        one.box: one.ground for one in found if one.ground and any(_lies_in(box, one.box) for box in held)
    }
    known = [one.box for one in found]
    for box in _buttons(picture, lines):
        if not any(common_area(box, other) > _LEAST_SAME * area_of(box) for other in known):
            found.append(_Found(box, None, may_be_behind=False))
    tiles = tuple(_tiles(picture, seams))
    # A thing around tiles is their grid, and one in a tile belongs to it.
    things = tuple(
        one.box
        for one in found
        if one.box not in grounds
        and not any(_lies_in(tile, one.box) or _lies_in(one.box, tile) for tile in tiles)
    )
    return Shapes(things, tuple(grounds), tuple(grounds.values()), seams, tiles)


def with_pale_cards(shapes: Shapes, picture: "Rgb", ground: str, lines: Sequence[Box]) -> Shapes:
    """Return shapes with the cards that hardly differ from the plain ground of a drawn picture.

    Args:
        shapes: What was found by its edges.
        picture: Red, green and blue; some hundred pixels wide.
        ground: The picture's ground, as `#rrggbb`.
        lines: Where text is: a card holds some.
    """
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    height, width = picture.shape[:2]
    colour = np.array([int(ground[place : place + 2], 16) for place in (1, 3, 5)])
    differs = (np.abs(picture.astype(np.int16) - colour).max(axis=2) > _PALE).astype(np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(differs, connectivity=4)
    cards, grounds = list(shapes.cards), list(shapes.grounds)
    for x, y, wide, high, area in stats[1:count].tolist():
        box = x / width, y / height, (x + wide) / width, (y + high) / height
        is_large = _PALE_WIDTHS[0] * width < wide < _PALE_WIDTHS[1] * width and high > _TEXT_HEIGHT * width
        if (
            not is_large
            or area < _FILLED_BUTTON * wide * high
            or not any(_lies_in(line, box) for line in lines)
        ):
            continue
        if any(common_area(box, other) > _LEAST_SAME * area_of(box) for other in cards):
            continue
        inner = _ring(picture, (x, y, x + wide, y + high), -3)
        if _evenness(inner) >= _FLAT_WITHIN:
            cards.append(box)
            grounds.append(_colour_of(inner))
    things = tuple(
        thing
        for thing in shapes.things
        if not any(
            common_area(thing, card) > _SAME_BOX * max(area_of(thing), area_of(card)) for card in cards
        )
    )
    return replace(shapes, things=things, cards=tuple(cards), grounds=tuple(grounds))


def _buttons(picture: "Rgb", lines: Sequence[Box]) -> Iterator[Box]:
    """Small grounds that a line of text has for itself, also where a photo behind them hides their edges."""
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    height, width = picture.shape[:2]
    reach, most = (
        round(_BUTTON_REACH * width),
        (round(_WIDEST_BUTTON * width), round(_HIGHEST_BUTTON * width)),
    )
    for left, top, right, bottom in lines:
        x, y = max(round(left * width) - reach, 0), max(round(top * height) - reach, 0)
        end, low = min(round(right * width) + reach, width), min(round(bottom * height) + reach, height)
        if end - x > most[0] + 2 * reach or low - y > most[1] + 2 * reach:
            continue
        part = np.ascontiguousarray(picture[y:low, x:end])
        line = (
            round(left * width) - x,
            round(top * height) - y,
            round(right * width) - x,
            round(bottom * height) - y,
        )
        ground = np.median(_ring(part, line, 1).astype(int), axis=0)
        alike = (np.abs(part.astype(int) - ground).max(axis=2) <= _SAME).astype(np.uint8)
        alike[max(line[1], 0) : line[3], max(line[0], 0) : line[2]] = 1
        _, labels, stats, _ = cv2.connectedComponentsWithStats(alike, connectivity=4)
        row = min((line[1] + line[3]) // 2, labels.shape[0] - 1)
        label = labels[row, min((line[0] + line[2]) // 2, labels.shape[1] - 1)]
        start, begin, wide, high, area = (int(value) for value in stats[label])
        inside = start > 0 and begin > 0 and start + wide < end - x and begin + high < low - y
        is_small = wide <= most[0] and line[3] - line[1] < high <= most[1]
        if inside and is_small and area > _FILLED_BUTTON * wide * high:
            yield (
                (x + start) / width,
                (y + begin) / height,
                (x + start + wide) / width,
                (y + begin + high) / height,
            )


def _tiles(picture: "Rgb", seams: Sequence[Box]) -> Iterator[Box]:
    """Cells between straight edges, where several pictures are in a row."""
    height, width = picture.shape[:2]
    shape = width / height
    levels = _in_lines([seam for seam in seams if _is_level(seam, shape)], 1, shape)
    upright = [seam for seam in seams if not _is_level(seam, shape)]
    for (top, left, right), (bottom, begin, end) in pairwise(levels):
        if not _LEAST_TILE * shape <= bottom - top <= _MOST_TILE * shape:
            continue
        first, last = max(left, begin), min(right, end)
        across = [
            place
            for place, start, stop in _in_lines(upright, 0, shape)
            if first - _NEAR_SEAM <= place <= last + _NEAR_SEAM
            and min(stop, bottom) - max(start, top) > _ALONG_TILE * (bottom - top)
        ]
        places = _apart([first, *across, last])
        cells = [(one, top, other, bottom) for one, other in pairwise(places) if other - one >= _LEAST_TILE]
        seen = [box for box in cells if _is_picture(picture, box)]
        if len(seen) >= _FEWEST_TILES:
            yield from seen


def between_tiles(line: Box, tiles: Sequence[Box]) -> bool:
    """Whether a line goes on from one tile to another, as no text does: it was found by mistake."""
    high = line[3] - line[1]
    inner = line[0], line[1] + 0.2 * high, line[2], line[3] - 0.2 * high
    return sum(meets(inner, tile) for tile in tiles) > 1


def _is_level(seam: Box, shape: float) -> bool:
    return seam[2] - seam[0] > (seam[3] - seam[1]) / shape


def _in_lines(seams: Sequence[Box], axis: int, shape: float) -> list[tuple[float, float, float]]:
    """Seams as lines: where they are, and from where to where; pieces of one line are joined."""
    near = _NEAR_SEAM * (shape if axis else 1)
    other = 1 - axis
    found: list[tuple[float, float, float]] = []
    for seam in sorted(seams, key=lambda seam: seam[axis]):
        if found and seam[axis] - found[-1][0] < near:
            place, start, stop = found[-1]
            found[-1] = place, min(start, seam[other]), max(stop, seam[other + 2])
        else:
            found.append((seam[axis], seam[other], seam[other + 2]))
    return found


def _apart(places: Sequence[float]) -> list[float]:
    kept: list[float] = []
    for place in sorted(places):
        if not kept or place - kept[-1] > 2 * _NEAR_SEAM:
            kept.append(place)
    return kept


def _is_picture(picture: "Rgb", box: Box) -> bool:
    """Whether a cell has no ground: most of a table's cell, or of a column of text, has one colour."""
    height, width = picture.shape[:2]
    rows = slice(round(box[1] * height) + 2, round(box[3] * height) - 2)
    part = picture[rows, round(box[0] * width) + 2 : round(box[2] * width) - 2]
    return bool(part.size) and _evenness(part.reshape(-1, 3)) < _MOST_GROUND


@dataclass(frozen=True)
class _Found:
    """A connected drawing."""

    box: Box
    ground: str | None
    """Its colour, if it may be a card."""
    may_be_behind: bool
    """Whether it may belong to a photo that the page's text lies on."""


def _is_crossed(box: Box, lines: Sequence[Box]) -> bool:
    """Whether a line of text lies on a thing in part: of things on the page, it is in one or beside it."""
    for line in lines:
        middle = (line[1] + line[3]) / 2
        across = (min(box[2], line[2]) - max(box[0], line[0])) / max(line[2] - line[0], 1e-9)
        if box[1] < middle < box[3] and _CROSSED[0] < across < _CROSSED[1]:
            return True
    return False


def _colour_of(pixels: "npt.NDArray[Any]") -> str:
    import numpy as np  # noqa: PLC0415 - see above

    red, green, blue = (int(value) for value in np.median(pixels.astype(int), axis=0))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _lies_in(one: Box, other: Box) -> bool:
    return one != other and (
        other[0] <= one[0] and other[1] <= one[1] and other[2] >= one[2] and other[3] >= one[3]
    )


def clean_part(picture: "Rgb", lines: Sequence[Box]) -> Box:
    """Return the part of a screenshot that cuts no text, without an empty strip at its lower end."""
    import numpy as np  # noqa: PLC0415 - see above

    turned = np.ascontiguousarray(picture.transpose(1, 0, 2))
    bottom = _clean_end(picture, lines)
    top = 1 - _clean_end(picture[::-1], [(box[0], 1 - box[3], box[2], 1 - box[1]) for box in lines])
    right = _clean_end(turned, [(top, left, end, right) for left, top, right, end in lines])
    height = picture.shape[0]
    bottom *= _without_strip(picture[: max(round(bottom * height), 1)])
    return 0, top, right, bottom


def _clean_end(picture: "Rgb", lines: Sequence[Box]) -> float:
    """Where a picture ends if the text that its lower edge cuts is left out, as a share of its height."""
    import cv2  # noqa: PLC0415 - see above

    height, width = picture.shape[:2]
    high = round(_TEXT_HEIGHT * min(picture.shape[:2]))
    first = max(height - 3 * high, 0)
    part = picture[first:]
    across, down = _edges(part)
    count, _, stats, _ = cv2.connectedComponentsWithStats(across | down, connectivity=8)
    tops = []
    for x, y, wide, tall, _ in stats[1:count].tolist():
        if y + tall < len(part) - 1 or not _LEAST_LETTER <= tall <= high or wide > 3 * high:
            continue
        around = _ring(part, (x, y, x + wide, y + tall), 2, below=False)
        if _evenness(around) >= _FLAT_BESIDE:
            tops.append(first + y)
    ends = [height, *([min(tops) - 2] if len(tops) >= _FEWEST_LETTERS else [])]
    ends += [
        int(box[1] * height) - 2
        for box in lines
        if box[3] * height >= height - 2
        and (box[2] - box[0]) * width > _LONG_LINE * (box[3] - box[1]) * height
    ]
    end = max(min(ends), 0)
    while cut := [box for box in lines if box[1] * height < end < box[3] * height]:
        end = int(min(box[1] for box in cut) * height) - 2
    return end / height if end >= (1 - _MOST_TRIMMED) * height else 1.0


def _without_strip(picture: "Rgb") -> float:
    """Where a picture ends, as a share of its height, if most of an empty strip at its end is left out."""
    height = len(picture)
    strip, is_seam = _strip(picture)
    if strip < _STRIP * height:
        return 1.0
    # Where another ground ends there, nothing of the strip belongs to it; else what is free above is fair.
    kept = 0 if is_seam else max(round(_STRIP_KEPT * height), _strip(picture[::-1])[0])
    return (height - strip + min(kept, strip)) / height


def _strip(picture: "Rgb") -> tuple[int, bool]:
    """How many rows at the lower end have one colour, and whether what is above has another all along."""
    import numpy as np  # noqa: PLC0415 - see above

    differs = np.abs(picture.astype(np.int16) - picture[-1, 0].astype(np.int16)).max(axis=2) > _SAME
    rows = np.flatnonzero(differs.any(axis=1))
    if not len(rows):
        return 0, False
    return len(picture) - 1 - int(rows[-1]), bool(differs[rows[-1]].mean() > _FULL_WIDTH)


def _edges(picture: "Rgb") -> "tuple[Mask, Mask]":
    """1 where a pixel differs from its left neighbour, and from the one above it."""
    import numpy as np  # noqa: PLC0415 - see above

    levels = picture.astype(np.int16)
    across, down = np.zeros(picture.shape[:2], np.uint8), np.zeros(picture.shape[:2], np.uint8)
    across[:, 1:] = np.abs(levels[:, 1:] - levels[:, :-1]).max(axis=2) > _STEP
    down[1:] = np.abs(levels[1:] - levels[:-1]).max(axis=2) > _STEP
    return across, down


def _seams(edges: "Mask", *, level: bool) -> Iterator[Box]:
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    height, width = edges.shape
    long = max(round(_SEAM * width), 2)
    kernel = np.ones((1, long) if level else (long, 1), np.uint8)
    count, _, stats, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(edges, cv2.MORPH_OPEN, kernel))
    for x, y, wide, high, _ in stats[1:count].tolist()[:_MOST_THINGS]:
        yield x / width, y / height, (x + wide) / width, (y + high) / height


def _ring(
    picture: "Rgb", box: tuple[int, int, int, int], distance: int, *, below: bool = True
) -> "npt.NDArray[Any]":
    """The pixels at a distance outside a box, or within it; sides beyond the picture are left out."""
    import numpy as np  # noqa: PLC0415 - see above

    height, width = picture.shape[:2]
    left, top, right, bottom = box[0] - distance, box[1] - distance, box[2] + distance, box[3] + distance
    columns, rows = slice(max(left, 0), min(right, width)), slice(max(top, 0), min(bottom, height))
    sides = []
    if top >= 0:
        sides.append(picture[top, columns])
    if bottom <= height and below:
        sides.append(picture[bottom - 1, columns])
    if left >= 0:
        sides.append(picture[rows, left])
    if right <= width:
        sides.append(picture[rows, right - 1])
    return np.concatenate(sides) if sides else np.zeros((0, 3), np.uint8)


def _evenness(pixels: "npt.NDArray[Any]", same: int = _SAME) -> float:
    """The share of pixels that have nearly the median colour."""
    import numpy as np  # noqa: PLC0415 - see above

    if not len(pixels):
        return 0.0
    levels = pixels.astype(int)
    return float((np.abs(levels - np.median(levels, axis=0)).max(axis=1) <= same).mean())


def _share_of(picture: "Rgb", pixels: "npt.NDArray[Any]") -> float:
    """How much of a picture has the median colour of some pixels."""
    import numpy as np  # noqa: PLC0415 - see above

    median = np.median(pixels.astype(int), axis=0)
    return float((np.abs(picture.astype(int) - median).max(axis=2) <= _SAME).mean())
