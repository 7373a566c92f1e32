"""The button of a screenshot that leads on: a filled rectangle around one line, below the headline.

Nothing here reads: a button is known by where it stands. One beside, or below, a field submits a form. One
that is not in line with a headline belongs to a menu or a notice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from studio.director.boxes import common_area
from studio.director.text_lines import Box

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Rgb = npt.NDArray[np.uint8]
    Edges = tuple[int, int, int, int]

_SAME, _FILLED, _EVEN = 14, 0.85, 0.97
"""What counts as one colour, of 255; how much of its box a button fills; and of what lies around it, how much
has one colour."""
_REACH, _AROUND = 1.6, 0.6
"""Times the height of its line: how far a button reaches beyond it, and what is free around the button."""
_HEIGHTS, _MOST_TEXT = (1.3, 5.0), 0.92
"""A button's height, times that of its line; and the most of its width that its words take."""
_WIDEST, _HIGHEST, _LEAST = 0.42, 0.1, 0.06
"""Of the picture's width, and of its width the least."""
_WIDEST_FIELD, _FIELD = 0.8, 0.3
"""Of the picture's width; and how much further, against its height, a field's words are from one end."""
_STANDS_OUT = 48
"""Of 255, between a button and what is around it."""
_HEADLINE, _ALIGNED, _FURTHEST = 1.5, 0.04, 0.4
"""A headline's height, against that of a button's words; how far the two are out of line, and how far apart
they are, as shares of the picture's width."""


@dataclass(frozen=True)
class Button:
    """Where a button is, with the even ground around it, and that ground's colour as `#rrggbb`."""

    box: Box
    ground: str


@dataclass(frozen=True)
class _Ground:
    """The even ground of a line, in pixels."""

    box: "Edges"
    line: "Edges"
    colour: "npt.NDArray[Any]"

    @property
    def is_centred(self) -> bool:
        left, right = self.line[0] - self.box[0], self.box[2] - self.line[2]
        return abs(left - right) < _FIELD * (self.box[3] - self.box[1])


def find_button(picture: "Rgb", lines: Sequence[Box]) -> Button | None:
    """Return the first filled button below the headline, in line with it; `None` where there is none.

    Args:
        picture: Red, green and blue; about a thousand pixels wide.
        lines: Where text is.
    """
    width = picture.shape[1]
    grounds = list(_grounds(picture, lines))
    fields = [ground.box for ground in grounds if not ground.is_centred]
    texts = [_pixels(line, picture) for line in lines]
    found = []
    for ground in grounds:
        left, top, right, bottom = ground.box
        tall = ground.line[3] - ground.line[1]
        is_small = _LEAST * width <= right - left <= _WIDEST * width and bottom - top <= _HIGHEST * width
        words = ground.line[2] - ground.line[0]
        is_full = words < _MOST_TEXT * (right - left)
        is_full = is_full and _HEIGHTS[0] * tall <= bottom - top <= _HEIGHTS[1] * tall
        headline = _headline_of(ground, texts, width)
        if not (ground.is_centred and is_small and is_full and headline):
            continue
        between = left, headline[3], right, bottom
        if any(common_area(between, field) or _is_beside(ground.box, field) for field in fields):
            continue
        if (button := _with_room(picture, ground)) is not None:
            found.append((top, button))
    return min(found, key=lambda one: one[0])[1] if found else None


def _headline_of(ground: _Ground, texts: Sequence["Edges"], width: int) -> "Edges | None":
    """The large line above a button that the button is in line with."""
    left, top, right, _ = ground.box
    tall = ground.line[3] - ground.line[1]
    near = _ALIGNED * width
    above = [
        text
        for text in texts
        if text[3] <= top and top - text[3] < _FURTHEST * width and text[3] - text[1] >= _HEADLINE * tall
    ]
    for text in sorted(above, key=lambda text: text[1] - text[3]):
        centres = abs(text[0] + text[2] - left - right) / 2
        if min(centres, abs(text[0] - left), abs(text[2] - right)) < near:
            return text
    return None


def _is_beside(button: "Edges", field: "Edges") -> bool:
    """Whether a field is on one level with a button, next to it."""
    high = button[3] - button[1]
    on_level = min(button[3], field[3]) - max(button[1], field[1]) > high / 2
    return on_level and max(field[0] - button[2], button[0] - field[2]) < 2 * high


def _grounds(picture: "Rgb", lines: Sequence[Box]) -> Iterator[_Ground]:
    """Filled rectangles, with round corners or without, each around one line."""
    import cv2  # noqa: PLC0415 - the studio starts without its heavy libraries
    import numpy as np  # noqa: PLC0415

    height, width = picture.shape[:2]
    for share in lines:
        line = _pixels(share, picture)
        tall = line[3] - line[1]
        down = round(_REACH * tall) + 2
        across = round(_WIDEST_FIELD * width)
        x, y = max(line[0] - across, 0), max(line[1] - down, 0)
        end, low = min(line[2] + across, width), min(line[3] + down, height)
        part = np.ascontiguousarray(picture[y:low, x:end]).astype(np.int16)
        inner = line[0] - x, line[1] - y, line[2] - x, line[3] - y
        rim = np.concatenate(
            [
                part[max(inner[1] - 2, 0), inner[0] : inner[2]],
                part[min(inner[3] + 1, len(part) - 1), inner[0] : inner[2]],
            ]
        )
        if not len(rim):
            continue
        colour = np.median(rim, axis=0)
        alike = (np.abs(part - colour).max(axis=2) <= _SAME).astype(np.uint8)
        alike[max(inner[1], 0) : inner[3], max(inner[0], 0) : inner[2]] = 1
        _, labels, stats, _ = cv2.connectedComponentsWithStats(alike, connectivity=4)
        label = labels[(inner[1] + inner[3]) // 2, (inner[0] + inner[2]) // 2]
        left, top, wide, high, area = (int(value) for value in stats[label])
        is_inside = left > 0 and top > 0 and left + wide < end - x and top + high < low - y
        if is_inside and area > _FILLED * wide * high and high > tall:
            yield _Ground((x + left, y + top, x + left + wide, y + top + high), line, colour)


def _with_room(picture: "Rgb", ground: _Ground) -> Button | None:
    """A button with some of what is around it; `None` where that is not even, or hardly differs from it."""
    import numpy as np  # noqa: PLC0415 - see above

    height, width = picture.shape[:2]
    room = round(_AROUND * (ground.line[3] - ground.line[1]))
    left, top, right, bottom = ground.box
    outer = left - room, top - room, right + room, bottom + room
    if outer[0] < 0 or outer[1] < 0 or outer[2] > width or outer[3] > height:
        return None
    part = picture[outer[1] : outer[3], outer[0] : outer[2]].astype(np.int16)
    rim = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    colour = np.median(rim, axis=0)
    if float((np.abs(rim - colour).max(axis=1) <= _SAME).mean()) < _EVEN:
        return None
    if float(np.abs(colour - ground.colour).max()) < _STANDS_OUT:
        return None
    red, green, blue = (int(value) for value in colour)
    box = outer[0] / width, outer[1] / height, outer[2] / width, outer[3] / height
    return Button(box, f"#{red:02x}{green:02x}{blue:02x}")


def _pixels(box: Box, picture: "Rgb") -> "Edges":
    height, width = picture.shape[:2]
    return round(box[0] * width), round(box[1] * height), round(box[2] * width), round(box[3] * height)
