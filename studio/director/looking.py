"""Looking at pictures: what they are, and what in them matters; for one picture one answer."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.director.boxes import area_of, box_of, common_area, meets
from studio.director.buttons import Button, find_button
from studio.director.notices import find_notice
from studio.director.page_parts import centred, page_parts
from studio.director.salience import DETAIL_EDGE, DETAIL_SHARE, detail_of, gridded, salience_of, striking
from studio.director.shapes import WHOLE, Shapes, between_tiles, clean_part, find_shapes, with_pale_cards
from studio.director.spelling import Written, written
from studio.director.text_lines import Box, text_lines
from studio.media import picture_files
from studio.media.items import Spot

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Rgb = npt.NDArray[np.uint8]

# Pictures are looked at this wide (pages) or this large along their longer side (all others).
_PAGE_WIDTH, _LONG_SIDE = 360, 320
# Shapes are looked for in a page this wide.
_SHAPES_WIDTH = 480
# Letters are looked for in a larger picture.
_READING_WIDTH, _READING_PIXELS = 960, 2_600_000
_TALLEST = 12_000
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
_SMALLEST_WRITING = 0.012
"""The least height of a line that counts in a photo, as a share of its longer side."""
_WITHIN, _MOST_OF_PICTURE = 0.9, 0.8
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
    """Forms and footers of a page; a notice on a screenshot."""
    bare: frozenset[Box] = frozenset()
    """Parts of a page in which there is nothing to see."""
    clean: Box = WHOLE
    """The part of a screenshot that cuts no text at the screenshot's own edges."""
    written: tuple[Written, ...] = ()
    """Of a screenshot: its largest lines, and what letters they may have."""
    button: Button | None = None
    """Of a screenshot: what leads on from it."""
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


def look_at_capture(
    path: Path, lines: tuple[Box, ...], pictures: Iterable[Box] = (), views: Iterable[Box] = ()
) -> Look:
    """Look at a page whose text a browser has reported: its colours and shapes are needed.

    Args:
        path: The picture of the page.
        lines: Where its text is.
        pictures: Parts of it that may be shown by themselves.
        views: Other parts, of which it is to be known whether there is something to see.

    Raises:
        OSError: the picture cannot be read.
    """
    picture, transparent = _read(path, width=_SHAPES_WIDTH)
    known = list(pictures)
    shapes = find_shapes(picture, lines)
    # What is drawn within a photo, without a word on it, is a part of the photo. What a photo is drawn within
    # is the photo's ground, or a grid of such.
    things = tuple(
        thing
        for thing in shapes.things
        if not any(_lies_on(box, thing) for box in known)
        and (not any(_lies_on(thing, box) for box in known) or any(meets(thing, line) for line in lines))
    )
    return Look(
        Sight.SCREEN,
        lines,
        colour=_main_colour(picture),
        tone=_tone(picture),
        # The browser knows the pictures, tiles or not.
        shapes=replace(shapes, things=things, tiles=()),
        bare=frozenset(box for box in (*known, *views) if _is_empty(picture, box)),
        transparent=transparent,
    )


def _lies_on(one: Box, other: Box) -> bool:
    """Whether one box lies within another, and is not that one itself."""
    shared = common_area(one, other)
    return shared > _WITHIN * area_of(one) and shared < _MOST_OF_PICTURE * area_of(other)


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
    edges = np.abs(np.diff(grey, axis=1))[:-1] + np.abs(np.diff(grey, axis=0))[:, :-1] > DETAIL_EDGE
    rows, columns = edges.shape[0] // _CELL, edges.shape[1] // _CELL
    if not rows or not columns:
        return True
    cells = edges[: rows * _CELL, : columns * _CELL].reshape(rows, _CELL, columns, _CELL).mean(axis=(1, 3))
    return float((cells > DETAIL_SHARE).mean()) < _LEAST_DETAILED


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
    small = _reduced(picture, width=_SHAPES_WIDTH)
    shapes = find_shapes(small, lines)
    notice = find_notice(small, lines, shapes)
    if notice:
        lines = _outside(lines, notice)
        shapes = replace(
            shapes, things=tuple(_outside(shapes.things, notice)), tiles=tuple(_outside(shapes.tiles, notice))
        )
    # A band along the lower edge is cut off. What lies in a corner is not shown from near.
    lowest = notice[1] if notice and notice[2] - notice[0] == 1 else 1.0
    button = find_button(picture, lines)
    lines = [centred(line, lines) for line in lines if not between_tiles(line, shapes.tiles)]
    ground, subject = (None, None) if transparent else _plain_ground(page)
    if ground:
        shapes = with_pale_cards(shapes, small, ground, lines)
    heights = sorted(box[3] - box[1] for box in lines)
    letters = heights[len(heights) // 2] * height / width if heights else 0
    return Look(
        Sight.SCREEN,
        tuple(lines),
        _covered(_long(lines, width / height)),
        letters,
        ground,
        subject,
        tuple(
            spot
            for spot in page_parts(page, lines, width / height)
            if not (notice and meets(box_of(spot), notice))
        ),
        colour=_main_colour(page),
        tone=_tone(page),
        shapes=shapes,
        asides=(notice,) if notice else (),
        written=written(_grey(picture), lines),
        clean=_clean_above(picture, lines, lowest),
        button=button,
        transparent=transparent,
    )


def _outside(boxes: Iterable[Box], notice: Box) -> list[Box]:
    return [box for box in boxes if not meets(box, notice)]


def _clean_above(picture: "Rgb", lines: Sequence[Box], lowest: float) -> Box:
    """The clean part of what is above a notice, which begins at `lowest`."""
    rows = max(round(lowest * picture.shape[0]), 1)
    above = [
        (left, top / lowest, right, bottom / lowest) for left, top, right, bottom in lines if bottom <= lowest
    ]
    left, top, right, bottom = clean_part(picture[:rows], above)
    return left, top * lowest, right, bottom * lowest


def _photo_look(picture: "Rgb", lines: Sequence[Box], *, transparent: bool) -> Look:
    photo = _reduced(picture, long_side=_LONG_SIDE)
    salience = salience_of(photo)
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
        spots=tuple(striking(salience)),
        salience=gridded(salience),
        detail=detail_of(photo),
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
    return text_lines(_grey(picture))


def _grey(picture: "Rgb") -> "npt.NDArray[np.uint8]":
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


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
