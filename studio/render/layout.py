"""Layout: a text broken into lines, at a size at which it fits its box."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from studio.draft import Font
from studio.line_breaks import NO_LINE_STARTS
from studio.render import typeface
from studio.render.typeface import Line

LONGEST = 1200
"""Characters; nobody reads more in a video."""
_CJK = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef"
_KATAKANA = r"\u30a1-\u30fa\u30fc-\u30ff"
# Lines are broken between these; a word longer than any language's is broken too, but not before a mark.
# Katakana write words of other languages, which are not broken.
_UNITS = re.compile(rf"[{_KATAKANA}]{{1,12}}|[{_CJK}]|[^\s{_CJK}]{{1,40}}[\u0300-\u036f\ufe0f]*|\s+")
_WORDS = re.compile(rf"[^\s{_CJK}]+")
# An address, or a word of any language: letters are made smaller before it is broken.
_LONGEST_WORD = 40
# Above and below, letters are seen as lying in the middle of their line.
BASELINE = 0.36
_SHRINK = 0.94


@dataclass(frozen=True)
class Style:
    """Sizes are pixels."""

    size: float
    weight: int
    lines: int
    smallest: float
    font: Font = Font.INTER


def fit(text: str, style: Style, width: float, height: float) -> list[Line]:
    """Break and, where it must be, shrink a cleaned text until it fits the box."""
    if len(text) > LONGEST:
        text = text[: LONGEST - 1].rstrip() + "…"
    size = style.size
    words = [word for word in _WORDS.findall(text) if len(word) <= _LONGEST_WORD]
    while True:
        lines = _set(text, round(size), style, width)
        high = sum(line.height for line in lines)
        wide = max(line.width for line in lines)
        whole = all(_length(word, round(size), style) <= width for word in words)
        fits = len(lines) <= style.lines and high <= height and wide <= width and whole
        if fits or size <= style.smallest:
            break
        size = max(size * _SHRINK, style.smallest)
    most = max(int(height // lines[0].height), 1)
    if len(lines) > most:
        last = lines[most - 1].text
        while last and _length(last + "…", lines[0].size, style) > width:
            last = last[:-1]
        lines = [*lines[: most - 1], _line(last.rstrip() + "…", lines[0].size, style)]
    return lines


def _length(text: str, size: int, style: Style) -> float:
    return typeface.length(text, size, style.weight, style.font)


def _set(text: str, size: int, style: Style, width: float) -> list[Line]:
    lines = []
    for paragraph in text.split("\n"):
        units = [(unit, _length(unit, size, style)) for unit in _units(paragraph, size, style, width)]
        lines += [_line(line, size, style) for line in _balanced(units, width)]
    return lines


def _line(text: str, size: int, style: Style) -> Line:
    return Line(text, size, style.weight, _length(text, size, style), style.font)


def _units(paragraph: str, size: int, style: Style, width: float) -> list[str]:
    """What is not broken; a unit wider than a line is taken letter by letter."""
    units = []
    for unit in _UNITS.findall(paragraph):
        units += [unit] if _length(unit, size, style) <= width else list(unit)
    return units


def _broken(units: Sequence[tuple[str, float]], width: float) -> list[str]:
    """Greedy: as much as a line takes, at spaces and between Chinese or Japanese characters."""
    lines, line, reached = [], "", 0.0
    for unit, long in units:
        if line and reached + long > width and not unit.isspace() and unit[0] not in NO_LINE_STARTS:
            lines.append(line.rstrip())
            line, reached = "", 0.0
        if line or not unit.isspace():
            line, reached = line + unit, reached + long
    return [*lines, line.rstrip()]


def _balanced(units: Sequence[tuple[str, float]], width: float) -> list[str]:
    """As few lines as possible, as even as they can be."""
    lines = _broken(units, width)
    narrow, wide = max((long for _, long in units), default=0.0), width
    for _ in range(10):
        middle = (narrow + wide) / 2
        tried = _broken(units, middle)
        if len(tried) == len(lines):
            wide, lines = middle, tried
        else:
            narrow = middle
    return lines
