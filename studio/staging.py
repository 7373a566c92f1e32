"""Staging: which parts of a canvas a picture and a text take. Pure geometry, in pixels.

A scene of a picture and a text is laid out separately for each format: side by side on a wide canvas, one
above the other on an upright or a square one. On a captioned canvas, all of it is above the captions.
"""

import math
from dataclasses import dataclass

from studio.draft import Place, Role


@dataclass(frozen=True)
class Area:
    left: int
    top: int
    right: int
    bottom: int
    is_centred: bool = False
    """Whether a text stands in its middle, rather than at its left edge."""

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top


@dataclass(frozen=True)
class Stage:
    """Where a picture stands, and where the text beside it does."""

    picture: Area
    text: Area

    @property
    def is_stacked(self) -> bool:
        """Whether the text stands below the picture."""
        return self.text.top >= self.picture.bottom


# Left, top, right and bottom, as shares of the canvas.
_Shares = tuple[float, float, float, float]
_SAFE: _Shares = (0.06, 0.07, 0.94, 0.93)
_SAFE_UPRIGHT: _Shares = (0.07, 0.14, 0.93, 0.8)
"""Upright videos are shown with a name above and a description below."""
_FRAMED: _Shares = (0.06, 0.08, 0.94, 0.92)
_FRAMED_UPRIGHT: _Shares = (0.035, 0.08, 0.965, 0.92)
_BESIDE: tuple[_Shares, _Shares] = ((0.45, 0.08, 0.955, 0.92), (0.06, 0.1, 0.41, 0.9))
_BESIDE_BLEEDING: tuple[_Shares, _Shares] = ((0.46, 0, 1, 1), (0.06, 0.1, 0.42, 0.9))
_ABOVE_UPRIGHT: tuple[_Shares, _Shares] = ((0.035, 0.08, 0.965, 0.555), (0.07, 0.58, 0.93, 0.8))
_ABOVE_UPRIGHT_BLEEDING: tuple[_Shares, _Shares] = ((0, 0, 1, 0.58), (0.07, 0.605, 0.93, 0.8))
_ABOVE_SQUARE: tuple[_Shares, _Shares] = ((0.06, 0.06, 0.94, 0.6), (0.06, 0.64, 0.94, 0.94))
_ABOVE_SQUARE_BLEEDING: tuple[_Shares, _Shares] = ((0, 0, 1, 0.6), (0.06, 0.64, 0.94, 0.94))
_CARD_PICTURE, _CARD_LEAST, _CARD_PICTURE_WIDTH = 0.4, 0.12, 0.6
"""The small picture of a card: its height, the least of it, and its width, as shares of the canvas'."""
_CARD_GAP, _CARD_WORDS = 0.07, 0.6
_BUTTON_HEIGHT, _BUTTON_WIDTH, _BUTTON_ENLARGED = 0.2, 0.7, 2.2
"""The picture of a button, with what is free around it: its most height, against the shorter side; its most
width, as a share of the canvas'; and how much it is enlarged before softness shows."""
_NARROW = 0.8
"""A picture narrower than this, width to height, stands beside the text on a square canvas, too."""
_CAPTIONS, _CAPTIONS_UPRIGHT = 0.175, 0.19
"""The height of two lines of captions with what is left free above them, as a share of the shorter side."""


def safe_area(width: int, height: int, *, captioned: bool = False) -> Area:
    """Return where nothing is cut off by a screen's edge or covered by a player's buttons.

    Args:
        width: The canvas' width.
        height: Its height.
        captioned: Whether the room of captions, at the lower edge of the area, is left free.
    """
    shares = _SAFE_UPRIGHT if height > width else _SAFE
    return _area(_above_captions(shares, width, height) if captioned else shares, width, height)


def framed_area(width: int, height: int, *, captioned: bool = False) -> Area:
    """Return where a picture that is shown whole, without a text, stands."""
    shares = _FRAMED_UPRIGHT if height > width else _FRAMED
    return _area(_above_captions(shares, width, height) if captioned else shares, width, height)


def _above_captions(shares: _Shares, width: int, height: int) -> _Shares:
    """The same in the height that captions leave, but for what goes from edge to edge of the canvas."""
    left, top, right, bottom = shares
    if (top, bottom) == (0, 1):
        return shares
    lowest, band = (_SAFE_UPRIGHT[3], _CAPTIONS_UPRIGHT) if height > width else (_SAFE[3], _CAPTIONS)
    room = lowest - band * min(width, height) / height
    return left, top * room / lowest, right, min(bottom * room / lowest, room)


def shown_share(width: int, height: int, shape: float) -> float:
    """Return how much of a canvas a picture of a shape takes where it is framed whole, without a text."""
    area = framed_area(width, height)
    wide, high = min(area.width, area.height * shape), min(area.height, area.width / shape)
    return wide * high / (width * height)


_OVER = {Role.TITLE: (0.1, 0.94, 0.44), Role.LOWER_THIRD: (0.05, 0.8, 0.7)}
_OVER_ELSE = (0.06, 0.86, 1.0)
"""Size of a text over a picture, its most width, and the size of what is below its first line."""
_LETTER_WIDTH, _LINE_HEIGHT = 0.6, 1.3


def over(
    caption: tuple[Role, str], place: Place, width: int, height: int, *, captioned: bool = False
) -> tuple[float, float, float, float]:
    """Return about where a text stands over a picture: edges, in shares of the canvas.

    Args:
        caption: The text's role, and the text.
        place: In which part of the safe area it stands.
        width: The canvas' width.
        height: Its height.
        captioned: As for `safe_area`.
    """
    role, text = caption
    size, most, below = _OVER.get(role, _OVER_ELSE)
    safe, unit = safe_area(width, height, captioned=captioned), min(width, height)
    room = most * safe.width
    wide, high = 0.0, 0.02 * unit
    for number, part in enumerate(text.split("\n")):
        large = size * unit * (below if number else 1)
        length = sum(2 if letter > "\u2e80" else 1 for letter in part) * _LETTER_WIDTH * large
        high += max(math.ceil(length / (0.9 * room)), 1) * _LINE_HEIGHT * large
        wide = max(wide, min(length, room))
    left = safe.left if role is Role.LOWER_THIRD else (width - wide) / 2
    top = {
        Place.TOP: safe.top,
        Place.MIDDLE: (safe.top + safe.bottom - high) / 2,
        Place.BOTTOM: safe.bottom - high,
    }[place]
    return left / width, top / height, (left + wide) / width, (top + high) / height


@dataclass(frozen=True)
class Window:
    """Where on the canvas a page is seen through a browser's window; all even."""

    x: int
    y: int
    width: int
    height: int
    bar: int
    """The height of the bar above it."""


CARD_LIGHT = 14
"""How much lighter, of 255, a card is where a soft light falls on it."""
BAR = 0.042
"""The bar of a browser's window, as a share of the canvas' shorter side."""


def window(width: int, height: int, shape: float, *, captioned: bool = False) -> Window:
    """Return a window as wide as it looks well, and no higher than the page.

    Args:
        width: The canvas' width.
        height: Its height.
        shape: The page's width divided by its height.
        captioned: As for `safe_area`.
    """
    inner = _even((0.74 if width > height else 0.88) * width)
    top, bottom = (0.09, 0.92) if width >= height else (0.14, 0.86)
    if captioned:
        _, top, _, bottom = _above_captions((0, top, 1, bottom), width, height)
    bar = _even(BAR * min(width, height))
    y = _even(top * height) + bar
    room = _even(bottom * height) - y
    high = max(min(room, _even(inner / shape)), 2)
    return Window(_even((width - inner) / 2), y + _even((room - high) / 2), inner, high, bar)


def _even(size: float) -> int:
    return int(size) // 2 * 2


def split(width: int, height: int, shape: float, *, bleeds: bool, captioned: bool = False) -> Stage:
    """Return the stage of a picture and a text.

    Args:
        width: The canvas' width.
        height: Its height.
        shape: The picture's width divided by its height.
        bleeds: Whether the picture reaches to the canvas' edges.
        captioned: As for `safe_area`.
    """
    if height > width:
        shares = _ABOVE_UPRIGHT_BLEEDING if bleeds else _ABOVE_UPRIGHT
    elif width > height or (shape < _NARROW and not bleeds):
        shares = _BESIDE_BLEEDING if bleeds else _BESIDE
    else:
        shares = _ABOVE_SQUARE_BLEEDING if bleeds else _ABOVE_SQUARE
    picture, text = (_above_captions(part, width, height) if captioned else part for part in shares)
    return Stage(_area(picture, width, height), _area(text, width, height))


def card(width: int, height: int, shape: float, words: int, *, captioned: bool = False) -> Stage:
    """Return the stage of a card's small picture and of the words below it, together in the middle.

    Args:
        width: The canvas' width.
        height: Its height.
        shape: The picture's width divided by its height.
        words: The height of the words.
        captioned: As for `safe_area`.
    """
    safe = safe_area(width, height, captioned=captioned)
    gap = round(_CARD_GAP * min(width, height))
    room = max(safe.height - gap - words, _CARD_LEAST * height)
    high = min(room, _CARD_PICTURE * height, _CARD_PICTURE_WIDTH * width / shape)
    top = round(safe.top + max(safe.height - high - gap - words, 0) / 2)
    left, below = round((width - high * shape) / 2), round(top + high) + gap
    picture = Area(left, top, width - left, round(top + high))
    return Stage(picture, Area(safe.left, below, safe.right, below + words, is_centred=True))


def with_button(
    width: int, height: int, button: tuple[int, int], words: int, *, captioned: bool = False
) -> Stage:
    """Return the stage of a card's words and of the picture of a button below them, together in the middle.

    Args:
        width: The canvas' width.
        height: Its height.
        button: The width and the height of the button's picture.
        words: The height of the words.
        captioned: As for `safe_area`.
    """
    safe = safe_area(width, height, captioned=captioned)
    unit = min(width, height)
    gap = round(_CARD_GAP * unit / 2)
    scale = min(_BUTTON_HEIGHT * unit / button[1], _BUTTON_WIDTH * width / button[0], _BUTTON_ENLARGED)
    wide, high = round(scale * button[0]), round(scale * button[1])
    top = round(safe.top + max(safe.height - words - gap - high, 0) / 2)
    left, below = round((width - wide) / 2), top + words + gap
    return Stage(
        Area(left, below, width - left, below + high),
        Area(safe.left, top, safe.right, top + words, is_centred=True),
    )


def card_words(width: int, height: int, *, captioned: bool = False) -> Area:
    """Return the largest area that the words below a card's picture may take."""
    safe = safe_area(width, height, captioned=captioned)
    return Area(safe.left, safe.top, safe.right, safe.top + round(_CARD_WORDS * safe.height), is_centred=True)


def _area(shares: _Shares, width: int, height: int) -> Area:
    left, top, right, bottom = (
        round(share * side / 2) * 2
        for share, side in zip(shares, (width, height, width, height), strict=True)
    )
    return Area(left, top, right, bottom)
