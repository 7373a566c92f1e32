"""Whether a line of a picture spells a given text. The shapes of its letters are compared with fonts.

This is no reading of unknown text: some letters are taken for others, and that is enough to recognise a text
that is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from studio.director.text_lines import Box

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Grey = npt.NDArray[np.uint8]
    Floats = npt.NDArray[np.float32]

_FONTS = Path(__file__).resolve().parents[1] / "fonts"
_FACES = (
    "Montserrat-Medium.ttf",
    "Montserrat-Bold.ttf",
    "Lora-Medium.ttf",
    "Lora-Bold.ttf",
    "Oswald-Bold.ttf",
    "Inter.ttf",
)
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
_CELL = 14
"""Pixels, the side of a letter that is compared."""
_SHAPE_WEIGHT, _HEIGHT_WEIGHT = 1.0, 2.0
"""How much a letter's width to height, and its height to that of the line, count beside its ink."""
_SIZE = 48
_LEAST_HIGH, _LEAST_INK = 9, 4
"""Pixels: smaller lines have too few, and smaller spots are dust."""
_MOST_LINES = 12
_EVEN, _UNCLEAR = 40, 0.3
"""Levels of brightness along an even ground; and how far the number of letters may be off where it is not."""
_CANDIDATES = 4
"""How many letters a shape may be taken for."""
_SPELLED, _FEWEST = 0.72, 8
"""The share of a text's letters that have to be recognised; a text with fewer letters is not looked for."""


@dataclass(frozen=True)
class Written:
    """A line of a picture, and for each of its letters those that it may be, from left to right."""

    box: Box
    letters: tuple[str, ...]
    is_clear: bool = True
    """Whether they stand on even ground. On a photo, some are not found, and others are not known."""


def written(picture: "Grey", lines: Sequence[Box]) -> tuple[Written, ...]:
    """Return the letters of the largest lines, in the order of the lines.

    Args:
        picture: Brightness, 0 to 255.
        lines: Where the lines are, in reading order.
    """
    largest = sorted(lines, key=lambda line: line[1] - line[3])[:_MOST_LINES]
    return tuple(
        Written(line, letters, _is_even(picture, line))
        for line in lines
        if line in largest and (letters := _letters(picture, line))
    )


def spells(lines: Sequence[Written], text: str) -> bool:
    """Return whether lines, read one after the other, have a text in them; on a photo, whether they may have.

    Args:
        lines: As `written` returns them.
        text: Of Latin letters and digits; of another text, `False` is returned.
    """
    return _spells(tuple(lines), text.lower())


@lru_cache(maxsize=1000)
def _spells(lines: tuple[Written, ...], text: str) -> bool:
    wanted = [letter for letter in text if letter.isalnum()]
    if len(wanted) < _FEWEST or not all(letter in _LETTERS for letter in wanted):
        return False
    seen = [letters for line in lines for letters in line.letters]
    if not all(line.is_clear for line in lines):
        return abs(len(seen) - len(wanted)) <= _UNCLEAR * len(wanted)
    return _best_match(seen, wanted) >= _SPELLED * len(wanted)


def _best_match(seen: Sequence[str], wanted: Sequence[str]) -> float:
    """How many letters of a text are found in their order, less those that lie between them or are missing.

    As the alignment of two strings, of which the longer one may begin and end with anything.
    """
    before = [0.0] + [-0.5 * (index + 1) for index in range(len(wanted))]
    best = before[-1]
    for candidates in seen:
        row = [0.0]
        for index, letter in enumerate(wanted):
            same = before[index] + (1.0 if letter in candidates else -0.25)
            row.append(max(same, before[index + 1] - 0.5, row[index] - 0.5))
        before = row
        best = max(best, row[-1])
    return best


def _letters(picture: "Grey", line: Box) -> tuple[str, ...]:
    """What each shape of a line may be, from left to right."""
    import numpy as np  # noqa: PLC0415 - the studio starts without its heavy libraries

    height, width = picture.shape
    left, top = max(round(line[0] * width) - 2, 0), max(round(line[1] * height) - 2, 0)
    part = picture[top : round(line[3] * height) + 2, left : round(line[2] * width) + 2]
    if min(part.shape) < _LEAST_HIGH:
        return ()
    shapes = _shapes(_ink(part))
    if not shapes:
        return ()
    names, known = _known()
    found = np.stack([_described(shape, high) for shape, high in shapes])
    distances = (known**2).sum(axis=1) - 2 * found @ known.T
    nearest = np.argsort(distances, axis=1)[:, : 4 * _CANDIDATES]
    return tuple("".join(list(dict.fromkeys(names[index] for index in row))[:_CANDIDATES]) for row in nearest)


def _is_even(picture: "Grey", line: Box) -> bool:
    """Whether what is above and below a line has one brightness."""
    import numpy as np  # noqa: PLC0415 - see above

    height, width = picture.shape
    across = slice(round(line[0] * width), round(line[2] * width))
    above, below = max(round(line[1] * height) - 2, 0), min(round(line[3] * height) + 1, height - 1)
    rows = np.percentile(picture[[above, below], across], (5, 95), axis=1)
    return bool((rows[1] - rows[0]).max() < _EVEN)


def _ink(part: "Grey") -> "Grey":
    """1 where letters are: what differs from the ground, which the rim of a line shows."""
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    rim = np.concatenate([part[0], part[-1]])
    difference = np.abs(part.astype(np.int16) - int(np.median(rim))).clip(0, 255).astype(np.uint8)
    _, ink = cv2.threshold(difference, 0, 1, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return np.asarray(ink, np.uint8)


def _shapes(ink: "Grey") -> list[tuple["Grey", float]]:
    """Letters, each with its height as a share of the highest; dots belong to what is below them."""
    import cv2  # noqa: PLC0415 - see above

    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    boxes = sorted(
        (x, y, x + wide, y + high) for x, y, wide, high, area in stats[1:count].tolist() if area >= _LEAST_INK
    )
    joined: list[tuple[int, int, int, int]] = []
    for box in boxes:
        if joined and min(box[2], joined[-1][2]) - max(box[0], joined[-1][0]) > 0.5 * min(
            box[2] - box[0], joined[-1][2] - joined[-1][0]
        ):
            last = joined.pop()
            box = min(last[0], box[0]), min(last[1], box[1]), max(last[2], box[2]), max(last[3], box[3])  # noqa: PLW2901 - both
        joined.append(box)
    highest = max((box[3] - box[1] for box in joined), default=0)
    return [
        (ink[y:end, x:right], (end - y) / highest) for x, y, right, end in joined if end - y > 0.3 * highest
    ]


def _described(shape: "Grey", high: float) -> "npt.NDArray[Any]":
    """A letter as numbers: its ink in a square, its width to its height, and its height."""
    import cv2  # noqa: PLC0415 - see above
    import numpy as np  # noqa: PLC0415

    cell = cv2.resize(shape.astype(np.float32), (_CELL, _CELL), interpolation=cv2.INTER_AREA)
    ratio = min(shape.shape[1] / shape.shape[0], 2.0)
    weights = _SHAPE_WEIGHT * _CELL * ratio, _HEIGHT_WEIGHT * _CELL * high / 2
    return np.append(cell.ravel(), weights).astype(np.float32)


@cache
def _known() -> "tuple[tuple[str, ...], Floats]":
    """Letters of fonts, in lower case, and their numbers."""
    import numpy as np  # noqa: PLC0415 - see above
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415

    names, rows = [], []
    for face in _FACES:
        font = ImageFont.truetype(_FONTS / face, _SIZE)
        highest = max(
            font.getbbox("d")[3] - font.getbbox("d")[1], font.getbbox("H")[3] - font.getbbox("H")[1]
        )
        for letter in _LETTERS:
            sheet = Image.new("L", (2 * _SIZE, 2 * _SIZE))
            ImageDraw.Draw(sheet).text((_SIZE // 2, _SIZE // 4), letter, 255, font)
            box = sheet.getbbox()
            if box is None:
                continue
            shape = (np.asarray(sheet.crop(box)) > 127).astype(np.uint8)  # noqa: PLR2004 - half of 255
            names.append(letter.lower())
            rows.append(_described(shape, (box[3] - box[1]) / highest))
    return tuple(names), np.stack(rows)
