"""Type: which font has which character, how long a line is, and how it is drawn."""

import functools
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from PIL import Image, ImageDraw, ImageFont

from studio.draft import Font
from studio.errors import UnusableDraftError

LEADING = 1.2
_FONTS = Path(__file__).resolve().parents[1] / "fonts"
_LATIN, _EMOJI = "Inter.ttf", "NotoColorEmoji-subset.ttf"
_OWN = {
    Font.LORA: ("Lora-Medium.ttf", "Lora-Bold.ttf"),
    Font.MONTSERRAT: ("Montserrat-Medium.ttf", "Montserrat-Bold.ttf"),
    Font.OSWALD: ("Oswald-Medium.ttf", "Oswald-Bold.ttf"),
    Font.JETBRAINS_MONO: ("JetBrainsMono-Medium.ttf", "JetBrainsMono-Bold.ttf"),
    Font.CAVEAT: ("Caveat-Bold.ttf", "Caveat-Bold.ttf"),
}
"""For weights below `_BOLD`, and from there on. Inter has them all in one file."""
_BOLD = 600
_SCALES = {"Caveat-Bold.ttf": 1.25}
"""Of letters that are small for their size."""
# The first that has a character sets it.
_FACES = (
    _LATIN,
    "NotoSansCJK-Bold-subset.otf",
    _EMOJI,
    "NotoSansArabic-Bold-subset.ttf",
    "NotoSansHebrew-Bold-subset.ttf",
    "NotoSansThai-Bold-subset.ttf",
    "NotoSansDevanagari-Bold-subset.ttf",
)
# Emoji are pictures of one size; they are drawn at it and scaled.
_EMOJI_SIZE, _EMOJI_BOX, _EMOJI_ASCENT, _EMOJI_SCALE = 109, (136, 128), 101, 0.95
_AS_EMOJI = "\ufe0f"
_REGION_A, _REGION_Z = 0x1F1E6, 0x1F1FF
_SKIN_TONES = range(0x1F3FB, 0x1F400)
_MOST_MARKS = 3
"""Combining marks on one letter."""
_RIGHT_TO_LEFT = {"R", "AL"}


@dataclass(frozen=True)
class Line:
    """A line as it is set; sizes are pixels."""

    text: str
    size: int
    weight: int
    width: float
    font: Font = Font.INTER

    @property
    def height(self) -> float:
        return LEADING * self.size


@dataclass(frozen=True)
class Run:
    """Characters set in one font."""

    face: str
    text: str


def clean(text: str) -> str:
    """What of a text can be seen: no control characters, single spaces, lines without empty ones between.

    Raises:
        UnusableDraftError: it has letters that no font here has.
    """
    kept: list[str] = []
    marks = 0
    for character in unicodedata.normalize("NFC", text):
        category = unicodedata.category(character)
        marks = marks + 1 if category == "Mn" else 0
        if character in {"\n", _AS_EMOJI}:
            kept.append(character)
        elif _REGION_A <= ord(character) <= _REGION_Z:
            kept.append(chr(ord("A") + ord(character) - _REGION_A))
        elif category == "Zs" or character == "\t":
            kept.append(" ")
        elif category[0] in "CZ" or ord(character) in _SKIN_TONES or marks > _MOST_MARKS:
            continue
        elif _face_of(character):
            kept.append(character)
        elif category[0] == "L":
            raise UnusableDraftError(
                f"The text “{text[:40]}” cannot be set: no font here has “{character}”"
                f" ({unicodedata.name(character, 'a letter without a name').lower()})."
            )
    return "\n".join(line for part in "".join(kept).split("\n") if (line := " ".join(part.split())))


def runs(line: str, weight: int = _BOLD, font: Font = Font.INTER) -> list[Run]:
    """Cut a cleaned line where the face changes, in the order in which it is drawn."""
    found: list[Run] = []
    for index, character in enumerate(line):
        if character == _AS_EMOJI:
            continue
        face = _own_face_of(character, weight, font) or _face_of(character) or _LATIN
        if line[index + 1 : index + 2] == _AS_EMOJI and ord(character) in _coverage(_EMOJI):
            face = _EMOJI
        # Spaces and marks stay with what they follow.
        follows = found and (character == " " or unicodedata.combining(character))
        if found and (found[-1].face == face or (follows and found[-1].face != _EMOJI)):
            found[-1] = Run(found[-1].face, found[-1].text + character)
        else:
            found.append(Run(face, character))
    first = next(
        (kind for kind in map(unicodedata.bidirectional, line) if kind in {"L", *_RIGHT_TO_LEFT}), "L"
    )
    return found[::-1] if first in _RIGHT_TO_LEFT else found


@functools.lru_cache(maxsize=8192)
def length(line: str, size: int, weight: int, font: Font = Font.INTER) -> float:
    """Pixels a cleaned line takes."""
    return sum(_run_length(run, size, weight) for run in runs(line, weight, font))


def draw(line: Line, colours: Image.Image, mask: Image.Image, x: float, y: float) -> None:
    """Draw a line from `x`, its baseline on `y`: letters into the mask, emoji into the colours, too."""
    pencil = ImageDraw.Draw(mask)
    for run in runs(line.text, line.weight, line.font):
        if run.face == _EMOJI:
            _draw_emoji(run, line.size, colours, mask, (x, y))
        else:
            font = _font(run.face, line.size, line.weight)
            pencil.text((x, y), run.text, fill=255, font=font, anchor="ls")
        x += _run_length(run, line.size, line.weight)


def _run_length(run: Run, size: int, weight: int) -> float:
    if run.face == _EMOJI:
        spaces = run.text.count(" ")
        return (len(run.text) - spaces) * _emoji_advance(size) + spaces * size * 0.28
    return _font(run.face, size, weight).getlength(run.text)


def _emoji_advance(size: int) -> float:
    return _EMOJI_SCALE * size * _EMOJI_BOX[0] / _EMOJI_SIZE


def _draw_emoji(
    run: Run, size: int, colours: Image.Image, mask: Image.Image, start: tuple[float, float]
) -> None:
    x, y = start
    font = _font(_EMOJI, _EMOJI_SIZE, 0)
    scale = _EMOJI_SCALE * size / _EMOJI_SIZE
    for emoji in run.text:
        tile = Image.new("RGBA", _EMOJI_BOX)
        ImageDraw.Draw(tile).text((0, _EMOJI_ASCENT), emoji, font=font, embedded_color=True, anchor="ls")
        # Colours are multiplied by their alpha while they are scaled: no dark edges.
        small = tile.convert("RGBa").resize(
            (max(round(_EMOJI_BOX[0] * scale), 1), max(round(_EMOJI_BOX[1] * scale), 1)),
            Image.Resampling.LANCZOS,
        )
        small = small.convert("RGBA")
        place = round(x), round(y - _EMOJI_ASCENT * scale)
        solid = small.getchannel("A").point(lambda alpha: 255 if alpha else 0)
        colours.paste(small.convert("RGB"), place, solid)
        mask.paste(small.getchannel("A"), place, solid)
        x += _emoji_advance(size)


@functools.lru_cache(maxsize=8192)
def _face_of(character: str) -> str | None:
    return next((face for face in _FACES if ord(character) in _coverage(face)), None)


def _own_face_of(character: str, weight: int, font: Font) -> str | None:
    if font not in _OWN:
        return None
    face = _OWN[font][weight >= _BOLD]
    return face if ord(character) in _coverage(face) else None


@functools.cache
def _coverage(face: str) -> frozenset[int]:
    with TTFont(_FONTS / face, lazy=True) as font:
        return frozenset(font.getBestCmap())


@functools.lru_cache(maxsize=64)
def _font(face: str, size: int, weight: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.truetype(_FONTS / face, size * _SCALES.get(face, 1))
    if face == _LATIN:
        optical_size = min(max(size, 14), 32)
        font.set_variation_by_axes([optical_size, weight])
    return font
