"""Find what lies over the lower edge of a screenshot: a cookie notice in a band, or in a card in a corner.

Nothing here reads. A notice has a ground of its own, a long line of small letters, and a button.
"""

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from studio.director.framing import holds
from studio.director.shapes import Shapes
from studio.director.text_lines import Box

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Rgb = npt.NDArray[np.uint8]

_SAME, _EVEN = 14, 0.94
"""What counts as one colour, of 255; and how much of the band's sides and its last row has that colour."""
_HEIGHTS = 0.03, 0.4
"""Of a band, as shares of the picture's height."""
_SIDE = 0.012
"""Of the picture's width: at its sides a band has nothing but its ground."""
_SENTENCE, _SMALL = 12, 1.6
"""Times its height, the least length of a line of a notice; and its height at most, against most lines."""
_BUTTON_HEIGHTS, _WIDEST_BUTTON = (1.2, 6.0), 0.6
"""Times the height of its words; and of the notice's width."""
_CORNER, _EQUAL = 0.05, 0.008
"""Of the picture's width: how far a card is from a corner at most, and how much both distances differ."""
_WIDEST_CARD = 0.62


def find_notice(picture: "Rgb", lines: Sequence[Box], shapes: Shapes) -> Box | None:
    """Return where a notice lies; `None` where there is none.

    Args:
        picture: Red, green and blue; some hundred pixels wide.
        lines: Where text is.
        shapes: What is drawn on the picture.
    """
    height, width = picture.shape[:2]
    candidates = [*_bands(picture), *_cards(picture, shapes)]
    return next((box for box in candidates if _is_notice(box, lines, shapes, width / height)), None)


def _bands(picture: "Rgb") -> Iterator[Box]:
    """A ground of one colour along the lower edge, from side to side."""
    import numpy as np  # noqa: PLC0415 - the studio starts without its heavy libraries

    height, width = picture.shape[:2]
    reach = max(round(_SIDE * width), 2)
    sides = np.concatenate([picture[:, :reach], picture[:, -reach:]], axis=1).astype(np.int16)
    colour = np.median(sides[-2:].reshape(-1, 3), axis=0)
    if float((np.abs(picture[-2:].astype(np.int16) - colour).max(axis=2) <= _SAME).mean()) < _EVEN:
        return
    rows = (np.abs(sides - colour).max(axis=2) <= _SAME).mean(axis=1) >= _EVEN
    others = np.flatnonzero(~rows)
    # The row above its first one has the colours of both.
    top = int(others[-1]) if len(others) else 0
    if _HEIGHTS[0] * height <= height - top <= _HEIGHTS[1] * height:
        yield 0.0, top / height, 1.0, 1.0


def _cards(picture: "Rgb", shapes: Shapes) -> Iterator[Box]:
    """Cards that are as far from the lower edge as from a side."""
    height, width = picture.shape[:2]
    for box in shapes.cards:
        below = (1 - box[3]) * height / width
        for aside in (box[0], 1 - box[2]):
            if below < _CORNER and abs(aside - below) < _EQUAL and box[2] - box[0] < _WIDEST_CARD:
                yield box


def _is_notice(box: Box, lines: Sequence[Box], shapes: Shapes, shape: float) -> bool:
    """`shape`: the picture's width to its height."""
    heights = sorted(line[3] - line[1] for line in lines)
    within = [line for line in lines if holds(box, line)]
    if not within:
        return False
    middle = heights[len(heights) // 2]
    sentences = [
        line
        for line in within
        if (line[2] - line[0]) * shape >= _SENTENCE * (line[3] - line[1])
        and line[3] - line[1] < _SMALL * middle
    ]
    buttons = [
        thing
        for thing in shapes.things
        if holds(box, thing) and thing[2] - thing[0] < _WIDEST_BUTTON * (box[2] - box[0])
        for line in within
        if holds(thing, line)
        and _BUTTON_HEIGHTS[0] <= (thing[3] - thing[1]) / (line[3] - line[1]) <= _BUTTON_HEIGHTS[1]
    ]
    return bool(sentences and buttons)
