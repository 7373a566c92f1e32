"""Looking at pictures: what they are, and what in them matters; for one picture one answer."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.director.shapes import WHOLE, Shapes, between_tiles, clean_part, find_shapes
from studio.director.text_lines import Box, text_lines
from studio.media import containers, picture_files
from studio.media.items import Part, Spot

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Rgb = npt.NDArray[np.uint8]
    Grey = npt.NDArray[np.float32]

# Pictures are looked at this wide (pages) or this large along their longer side (all others).
_PAGE_WIDTH, _LONG_SIDE = 360, 320
# Shapes are looked for in a page this wide.
_SHAPES_WIDTH = 480
# Letters are looked for in a larger picture.
_READING_WIDTH, _READING_PIXELS = 960, 2_600_000
_TALLEST = 12_000
_MOST_BLOCKS = 12
_BUTTON_SATURATION = 70
_FEW_COLOURS = 24
_GROUND_SHARE = 0.04
_GRID = 24
_SALIENT_SHARE = 0.12
_DETAIL_EDGE, _DETAIL_SHARE = 24, 0.08
"""Of at most 1020, what counts as an edge; and the share of a cell that edges take where there is detail."""
_MOST_SALIENT = 2
_CLIP_SAMPLES = 24
_LONG_LINE = 5
"""Times its height, a line of a few words is wide."""
_SCREEN_LINES, _SCREEN_COVERED, _SCREEN_FLAT = 3, 0.02, 0.08
"""Long lines, their share of the picture, and that of even ground, which only what was drawn has."""
_MANY_LINES = 5
"""This many of them mean a screen without even ground."""
_CELL, _EVEN = 8, 4
_LEAST_SPREAD, _DARK, _MOST_DARK, _LEAST_DETAILED = 64, 32, 0.8, 0.04
"""Of a picture with something to see, in levels of brightness: the least difference of its darkest to its
lightest parts, and what is dark; and the shares of it that are dark at most, and have edges at least."""
_DRAWN_FLAT, _DRAWN_COVERED = 0.6, 0.004
"""Even ground, and the share of long lines on it, that a chart has: few words."""
_HEADLINE, _SMALLEST_HEADLINE, _NEARLY = 1.3, 0.018, 0.6
"""A headline's height: against that of small lines, the picture's width, and the largest headline."""
_SMALLEST_WRITING = 0.012
"""The least height of a line that counts in a photo, as a share of its longer side."""
_WIDE_HEADLINE = 2.8
"""Times its height."""
_ALIGNED = 0.012
"""Of the picture's width: edges and centres of lines that are no further apart belong together."""
_MISSING = 1.1
"""Times its length: a line that is longer than it was found has letters that were not."""
_HIDDEN = 1.5
"""Times its height: how much further down a line with such letters may go."""
_MOST_TEXT = 0.5
_SAME_GROUND, _PLAIN_RIM, _MOST_SUBJECT = 10, 0.97, 0.75


class Sight(Enum):
    """What a picture is, by what is seen in it."""

    SCREEN = auto()
    """Drawn rather than taken: a screenshot, a slide, a chart. It has text that is not to be cut."""
    PHOTO = auto()
    PRODUCT = auto()
    """One thing on a plain ground."""


@dataclass(frozen=True)
class Look:
    """What was seen in a picture."""

    sight: Sight = Sight.PHOTO
    lines: tuple[Box, ...] = ()
    """Lines of text."""
    covered: float = 0
    """The share of the picture that long lines of text take."""
    letters: float = 0
    """The height of most lines, as a share of the picture's width: a phone's are large."""
    ground: str | None = None
    """The colour of a plain ground, as `#rrggbb`."""
    subject: Box | None = None
    """What stands on the plain ground."""

    spots: tuple[Spot, ...] = ()
    """Of a page from top to bottom; of another picture the most striking first."""
    salience: tuple[tuple[float, ...], ...] = ()
    """Of another picture: how much of what matters lies in each cell of a grid, all together 1."""
    detail: tuple[tuple[bool, ...], ...] = ()
    """Of another picture: which cells of that grid have something to see, rather than flat ground."""
    colour: str | None = None
    """The main colour, as `#rrggbb`; `None` where all is grey."""
    tone: str | None = None
    """The colour of most of it."""
    shapes: Shapes = field(default_factory=Shapes)
    """What is drawn on a page or a screen."""
    asides: tuple[Box, ...] = ()
    """Forms and footers of a page."""
    bare: frozenset[Box] = frozenset()
    """Pictures of a page in which there is nothing to see."""
    clean: Box = WHOLE
    """The part of a screenshot that cuts no text at the screenshot's own edges."""
    transparent: bool = False

    def is_bare(self, box: Box, least: float) -> bool:
        """Whether a part of a photo has less to see than the photo, for its size: less than a share of it."""
        cells = len(self.detail)
        inside = [
            is_seen
            for row, line in enumerate(self.detail)
            if box[1] <= (row + 0.5) / cells <= box[3]
            for column, is_seen in enumerate(line)
            if box[0] <= (column + 0.5) / cells <= box[2]
        ]
        everywhere = sum(map(sum, self.detail)) / max(cells * cells, 1)
        return bool(inside) and sum(inside) / len(inside) < least * everywhere


def look_at(path: Path) -> Look:
    """Return what a picture is, and what matters in it.

    Raises:
        OSError: the picture cannot be read.
    """
    picture, transparent = _read(path)
    lines = _lines(picture)
    sight = _sight(picture, lines)
    if sight is Sight.SCREEN:
        return _page_look(picture, lines, transparent=transparent)
    return _photo_look(picture, lines, transparent=transparent)


def look_at_page(path: Path) -> Look:
    """Find headlines, pictures and buttons in the picture of a page.

    Raises:
        OSError: the picture cannot be read.
    """
    picture, transparent = _read(path)
    return _page_look(picture, _lines(picture), transparent=transparent)


def look_at_capture(path: Path, lines: tuple[Box, ...], pictures: Iterable[Box] = ()) -> Look:
    """Look at a page whose text a browser has reported: its colours and shapes are needed.

    Args:
        path: The picture of the page.
        lines: Where its text is.
        pictures: Parts of it that may be shown by themselves.

    Raises:
        OSError: the picture cannot be read.
    """
    picture, transparent = _read(path, width=_SHAPES_WIDTH)
    return Look(
        Sight.SCREEN,
        lines,
        colour=_main_colour(picture),
        tone=_tone(picture),
        # The browser knows the pictures, tiles or not.
        shapes=replace(find_shapes(picture, lines), tiles=()),
        bare=frozenset(box for box in pictures if _is_empty(picture, box)),
        transparent=transparent,
    )


def _is_empty(picture: "Rgb", box: Box) -> bool:
    """Whether a part of a picture is nearly of one tone, or dark but for little, or has hardly an edge."""
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    height, width = picture.shape[:2]
    left, top = int(box[0] * width), int(box[1] * height)
    part = picture[top : max(round(box[3] * height), top + 1), left : max(round(box[2] * width), left + 1)]
    grey = cv2.cvtColor(np.ascontiguousarray(part), cv2.COLOR_RGB2GRAY).astype(np.int16)
    low, middle, high = np.percentile(grey, (2, 50, 98))
    if high - low < _LEAST_SPREAD:
        return True
    if middle < _DARK and float((grey < middle + _DARK).mean()) > _MOST_DARK:
        return True
    edges = np.abs(np.diff(grey, axis=1))[:-1] + np.abs(np.diff(grey, axis=0))[:, :-1] > _DETAIL_EDGE
    rows, columns = edges.shape[0] // _CELL, edges.shape[1] // _CELL
    if not rows or not columns:
        return True
    cells = edges[: rows * _CELL, : columns * _CELL].reshape(rows, _CELL, columns, _CELL).mean(axis=(1, 3))
    return float((cells > _DETAIL_SHARE).mean()) < _LEAST_DETAILED


def look_at_photo(path: Path) -> Look:
    """Find what catches the eye.

    Raises:
        OSError: the picture cannot be read.
    """
    picture, transparent = _read(path)
    return _photo_look(picture, _lines(picture), transparent=transparent)


def _page_look(picture: "Rgb", lines: Sequence[Box], *, transparent: bool) -> Look:
    page = _reduced(picture, width=_PAGE_WIDTH)
    height, width = picture.shape[:2]
    shapes = find_shapes(_reduced(picture, width=_SHAPES_WIDTH), lines)
    lines = [centred(line, lines) for line in lines if not between_tiles(line, shapes.tiles)]
    found = [(weight, spot) for weight, spot in _standing_out(page) if not _is_text(spot, lines)]
    spots = tuple(_chosen([*found, *_headlines(lines, width / height)]))
    heights = sorted(box[3] - box[1] for box in lines)
    letters = heights[len(heights) // 2] * height / width if heights else 0
    ground, subject = (None, None) if transparent else _plain_ground(page)
    return Look(
        Sight.SCREEN,
        tuple(lines),
        _covered(_long(lines, width / height)),
        letters,
        ground,
        subject,
        spots,
        colour=_main_colour(page),
        tone=_tone(page),
        shapes=shapes,
        clean=clean_part(picture, lines),
        transparent=transparent,
    )


def _photo_look(picture: "Rgb", lines: Sequence[Box], *, transparent: bool) -> Look:
    photo = _reduced(picture, long_side=_LONG_SIDE)
    salience = _salience(photo)
    height, width = picture.shape[:2]
    ground, subject = _plain_ground(photo)
    # What is smaller nobody reads in a photo, and it is seldom text.
    least = _SMALLEST_WRITING * max(width, height) / height
    written = [line for line in _long(lines, width / height) if line[3] - line[1] >= least]
    return Look(
        Sight.PRODUCT if subject and not transparent else Sight.PHOTO,
        tuple(written),
        ground=None if transparent else ground,
        subject=subject,
        spots=tuple(_striking(salience)),
        salience=_gridded(salience),
        detail=_detail(photo),
        colour=_main_colour(photo),
        tone=_tone(photo),
        transparent=transparent,
    )


def _sight(picture: "Rgb", lines: Sequence[Box]) -> Sight:
    """Screens have long lines of letters, and even ground; leaves and bookshelves have neither."""
    import numpy as np  # noqa: PLC0415 - see above

    height, width = picture.shape[:2]
    rows, columns = height // _CELL, width // _CELL
    if not rows or not columns or len(lines) < _SCREEN_LINES:
        return Sight.PHOTO
    cells = picture[: rows * _CELL, : columns * _CELL, 1].reshape(rows, _CELL, columns, _CELL)
    flat = float((np.ptp(cells, axis=(1, 3)) <= _EVEN).mean())
    long = _long(lines, width / height)
    covered = _covered(long)
    is_lined = len(long) >= _SCREEN_LINES and (flat >= _SCREEN_FLAT or len(long) >= _MANY_LINES)
    written = is_lined and covered >= _SCREEN_COVERED
    drawn = flat >= _DRAWN_FLAT and bool(long) and covered >= _DRAWN_COVERED
    return Sight.SCREEN if written or drawn else Sight.PHOTO


def _covered(lines: Sequence[Box]) -> float:
    return sum((box[2] - box[0]) * (box[3] - box[1]) for box in lines)


def _long(lines: Sequence[Box], shape: float) -> list[Box]:
    """Lines of a few words: a line found by mistake is seldom as long."""
    return [box for box in lines if (box[2] - box[0]) * shape > _LONG_LINE * (box[3] - box[1])]


def _lines(picture: "Rgb") -> list[Box]:
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    return text_lines(np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8))


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


def _plain_ground(picture: "Rgb") -> tuple[str | None, Box | None]:
    """The colour all around a picture, and the box of what stands on it; nothing where it is not plain."""
    import numpy as np  # noqa: PLC0415 - see above

    height, width = picture.shape[:2]
    rim = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]]).astype(int)
    colour = np.median(rim, axis=0)
    if float((np.abs(rim - colour).max(axis=1) <= _SAME_GROUND).mean()) < _PLAIN_RIM:
        return None, None
    red, green, blue = (int(value) for value in colour)
    code = f"#{red:02x}{green:02x}{blue:02x}"
    differs = np.abs(picture.astype(int) - colour).max(axis=2) > _SAME_GROUND
    rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
    if not len(rows) or differs.mean() > _MOST_SUBJECT:
        return code, None
    box = columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height
    return code, (float(box[0]), float(box[1]), float(box[2]), float(box[3]))


def best_start(path: Path, duration: int, length: int) -> int:
    """Where in a clip the best `length` milliseconds begin: sharp, light and in motion rather than not.

    Raises:
        OSError: the clip cannot be read.
    """
    if duration <= length:
        return 0
    scores = _scores_along(path, duration)
    if not scores:
        return 0
    import numpy as np  # noqa: PLC0415 - the studio starts without its heavy libraries

    moments = [moment for moment, _ in scores]
    values = np.array([score for _, score in scores])
    best, found = 0, -1.0
    for start in [moment for moment in moments if moment <= duration - length]:
        inside = [start <= moment <= start + length for moment in moments]
        worth = float(values[inside].mean() + 0.5 * values[inside].min())
        # Later must be clearly better: people put what matters early.
        if worth > found * 1.08:
            best, found = start, worth
    return best


def _read(path: Path, *, width: int = _READING_WIDTH) -> tuple["Rgb", bool]:
    """The picture, reduced, and whether it is transparent."""
    import numpy as np  # noqa: PLC0415 - see above
    from PIL import Image  # noqa: PLC0415

    with picture_files.open_picture(path) as opened:
        wide, high = picture_files.upright_size(opened)
        scale = min(width / wide, (_READING_PIXELS / (wide * high)) ** 0.5, 1)
        size = max(round(wide * scale), 1), max(round(high * scale), 1)
        opened.draft("RGB", size if opened.size == (wide, high) else size[::-1])
        picture: Any = picture_files.shown(picture_files.upright(opened))
        transparent = picture.has_transparency_data and _see_through(picture)
        if transparent:
            ground = Image.new("RGBA", picture.size, (128, 128, 128, 255))
            picture = Image.alpha_composite(ground, picture)
        small = picture.convert("RGB").resize((size[0], min(size[1], _TALLEST)), Image.Resampling.BOX)
        return np.asarray(small), transparent


def _reduced(picture: "Rgb", *, width: int | None = None, long_side: int = _LONG_SIDE) -> "Rgb":
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    high, wide = picture.shape[:2]
    scale = min(width / wide if width else long_side / max(wide, high), 1)
    size = max(round(wide * scale), 1), max(round(high * scale), 1)
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def _see_through(picture: Any) -> bool:  # noqa: ANN401 - a Pillow picture; Pillow is imported lazily
    low, _ = picture.convert("RGBA").getchannel("A").getextrema()
    return bool(low < 250)  # noqa: PLR2004 - of 255


def _strokes(page: "Rgb") -> "npt.NDArray[np.uint8]":
    """1 where something is drawn, 0 on even ground."""
    import cv2  # noqa: PLC0415 - see above
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


def _salience(photo: "Rgb") -> "Grey":
    """What differs in colour and detail from its surroundings, nearer the middle rather than at the edge."""
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    height, width = photo.shape[:2]
    lab = cv2.cvtColor(photo, cv2.COLOR_RGB2LAB).astype(np.float32)
    spread = max(height, width)
    near = cv2.GaussianBlur(lab, (0, 0), max(spread / 40, 1))
    far = cv2.GaussianBlur(lab, (0, 0), max(spread / 5, 2))
    colour = np.linalg.norm(near - far, axis=2)
    grey = lab[..., 0]
    detail = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
    detail = cv2.GaussianBlur(detail, (0, 0), max(spread / 30, 1))
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    middle = np.exp(-(((x / width - 0.5) / 0.42) ** 2 + ((y / height - 0.48) / 0.42) ** 2))
    salience = (_scaled(colour) + 0.7 * _scaled(detail)) * (0.25 + 0.75 * middle)
    return np.asarray(cv2.GaussianBlur(salience, (0, 0), max(spread / 45, 1)), np.float32)


def _gridded(salience: "Grey") -> tuple[tuple[float, ...], ...]:
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    # What is a little striking everywhere is ground.
    standing_out = np.maximum(salience - np.quantile(salience, 0.6), 0)
    grid = cv2.resize(standing_out, (_GRID, _GRID), interpolation=cv2.INTER_AREA)
    whole = float(grid.sum())
    if not whole:
        return ()
    return tuple(tuple(float(cell) for cell in row) for row in grid / whole)


def _detail(photo: "Rgb") -> tuple[tuple[bool, ...], ...]:
    """Cells with edges. Sky, fog and walls differ from their surroundings, but have none."""
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY)
    edges = np.maximum(np.abs(cv2.Sobel(grey, cv2.CV_32F, 1, 0)), np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1)))
    shares = cv2.resize(
        (edges > _DETAIL_EDGE).astype(np.float32), (_GRID, _GRID), interpolation=cv2.INTER_AREA
    )
    return tuple(tuple(bool(cell > _DETAIL_SHARE) for cell in row) for row in shares)


def _striking(salience: "Grey") -> Iterator[Spot]:
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    height, width = salience.shape
    mask = (salience >= np.quantile(salience, 1 - _SALIENT_SHARE)).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask)
    weights = [float(salience[labels == label].sum()) for label in range(1, count)]
    order = sorted(range(1, count), key=lambda label: -weights[label - 1])
    for label in order[:_MOST_SALIENT]:
        left, top, wide, high, area = stats[label].tolist()
        if area < 0.01 * height * width:
            continue
        yield Spot(Part.PICTURE, left / width, top / height, wide / width, high / height)


def _scaled(values: "npt.NDArray[Any]") -> "npt.NDArray[Any]":
    most = float(values.max())
    return values / most if most else values


def _main_colour(picture: "Rgb") -> str | None:
    """The hue that saturated pixels agree on."""
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    hsv = cv2.cvtColor(picture, cv2.COLOR_RGB2HSV)
    vivid = (hsv[..., 1] > 60) & (hsv[..., 2] > 50)  # noqa: PLR2004 - neither grey nor black
    if vivid.mean() < 0.01:  # noqa: PLR2004 - hardly any
        return None
    hues = hsv[..., 0][vivid]
    hue = int(np.bincount(hues // 10, minlength=18).argmax())
    agreeing = picture[vivid][hues // 10 == hue]
    red, green, blue = (int(value) for value in np.median(agreeing, axis=0))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _tone(picture: "Rgb") -> str:
    """The median of each of red, green and blue."""
    import numpy as np  # noqa: PLC0415 - see above

    red, green, blue = (int(value) for value in np.median(picture.reshape(-1, 3), axis=0))
    return f"#{red:02x}{green:02x}{blue:02x}"


def _scores_along(path: Path, duration: int) -> list[tuple[int, float]]:
    """Moments of a clip, in milliseconds, and how good its picture is there."""
    import av  # noqa: PLC0415 - see above
    import av.error  # noqa: PLC0415
    import cv2  # noqa: PLC0415
    import numpy as np  # noqa: PLC0415

    if containers.demuxer(path) is None:
        return []  # an animated picture is short: it is shown from its beginning
    found: list[tuple[int, float]] = []
    before: Grey | None = None
    try:
        with containers.opened(path) as file:
            if file.video is None:
                return []
            for index in range(_CLIP_SAMPLES):
                moment = round(duration * index / _CLIP_SAMPLES)
                file.container.seek(round((file.zero + moment / 1000) * 1_000_000), backward=True)
                frame = next(containers.decoded(file, file.video), None)
                if frame is None:
                    break
                small = frame.reformat(width=160, height=90, format="gray").to_ndarray().astype(np.float32)
                sharp = float(cv2.Laplacian(small, cv2.CV_32F).std())
                light = 1 - abs(float(small.mean()) - 118) / 118
                motion = float(np.abs(small - before).mean()) if before is not None else 0.0
                found.append((moment, max(light, 0) * (min(sharp, 60) / 60 + 0.5 * min(motion, 30) / 30)))
                before = small
    except (av.error.FFmpegError, ValueError) as error:
        raise OSError("the clip cannot be decoded") from error
    return found
