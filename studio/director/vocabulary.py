"""The words that instructions are made of, in English and Chinese."""

import re
import tomllib
from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from studio.director.quotations import quotations
from studio.draft import Style

Choice = TypeVar("Choice")
Words = Sequence[tuple[Choice, str]]
"""What is meant, and the pattern of the words that say so; the first that is found counts."""


class Aspect(StrEnum):
    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"
    PORTRAIT = "4:5"
    PANORAMA = "2:1"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return _SIZES[self]


_SIZES = {
    Aspect.WIDE: (1920, 1080),
    Aspect.TALL: (1080, 1920),
    Aspect.SQUARE: (1080, 1080),
    Aspect.PORTRAIT: (1080, 1350),
    Aspect.PANORAMA: (1920, 960),
}

_TABLES = tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))


def words(table: str, meaning: Callable[[str], Choice]) -> Words[Choice]:
    """A table of `words.toml`."""
    return tuple(
        (meaning(row["means"]), "|".join([*row.get("english", ()), *row.get("chinese", ())]))
        for row in _TABLES[table]
    )


# A platform's name decides only where no format is named outright.
ASPECTS = words("formats", Aspect)
STYLES = words("styles", Style)
COLOURS = words("colours", str)
COLOUR_NAMES = {
    "#ffffff": ("white", "白色"), "#ffd84d": ("yellow", "黄色"), "#ff5a52": ("red", "红色"),
    "#6db3ff": ("blue", "蓝色"), "#6fe08a": ("green", "绿色"), "#ffa24c": ("orange", "橙色"),
    "#ff8fc0": ("pink", "粉色"), "#f2c14e": ("gold", "金色"), "#b79bff": ("purple", "紫色"),
    "#5fd9d2": ("turquoise", "青色"), "#111318": ("black", "黑色"),
}  # fmt: skip
STYLE_NAMES = {
    Style.LOFI: ("lo-fi", "Lo-fi "),
    Style.UPBEAT: ("upbeat", "欢快的"),
    Style.CALM: ("calm", "舒缓的"),
    Style.CINEMATIC: ("cinematic", "电影感的"),
    Style.ELECTRONIC: ("electronic", "电子"),
    Style.INSPIRING: ("inspiring", "励志的"),
}

NO_MUSIC = (
    r"\b(?:no|without|remove|mute|drop|delete|lose|kill) (?:\w+ ){0,2}?(?:music|bgm|soundtrack|song|sound)\b"
    r"|\bsilent\b|\bmuted\b|(?:不要|不需要|不加|不带|无|没有|去掉|删除|移除|去除|关掉)(?:背景)?(?:音乐|配乐|声音)|静音"
)
NO_TEXT = (
    r"\b(?:no|without|remove|drop|delete|hide) (?:\w+ ){0,2}?(?:titles?|texts?|words)\b"
    r"|(?:不要|不需要|不加|无|没有|去掉|删除|移除|去除)(?:任何|所有)?(?:标题|文字)"
)

_NUMBERS = {
    "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10,
    "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30, "forty": 40, "sixty": 60,
    "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10,
    "十二": 12, "十五": 15,
    "二十": 20, "三十": 30, "四十": 40, "六十": 60,
}  # fmt: skip
_ENGLISH = "|".join(word for word in _NUMBERS if word.isascii())
_CHINESE = "|".join(sorted((word for word in _NUMBERS if not word.isascii()), key=len, reverse=True))
# Bounded, and begun at a number's first digit alone: else a long number is read again from each digit.
_NUMBER = r"(?<!\d)\d{1,9}(?:\.\d{1,9})?"
_SECONDS = re.compile(
    rf"({_NUMBER})[\s-]{{0,3}}(?:s|secs?|seconds?)\b|\b({_ENGLISH})[\s-](?:secs?|seconds?)\b"
    rf"|({_NUMBER}|{_CHINESE})\s?秒"
)
_MINUTES = re.compile(rf"({_NUMBER}|\b(?:a|one))[\s-]{{0,3}}(?:m|mins?|minutes?)\b|({_NUMBER}|一)\s?分钟")
_HALF_MINUTE = re.compile(r"\bhalf a minute\b|\bhalf-minute\b|半分钟")
_SPACES = re.compile(r"\s+")


def first(words: Words[Choice], text: str) -> Choice | None:
    return next((choice for choice, pattern in words if re.search(pattern, text)), None)


def after(value: Choice, values: Sequence[Choice]) -> Choice:
    """The next of the values; the first when the value is none of them."""
    position = values.index(value) if value in values else -1
    return values[(position + 1) % len(values)]


def without_quotes(text: str, instead: str = " ") -> str:
    """The text with each quotation replaced, and single spaces or line breaks where there were more."""
    kept, position = [], 0
    for quotation in quotations(text):
        kept += [text[position : quotation.start], instead]
        position = quotation.end
    return single_spaced("".join([*kept, text[position:]]))


def single_spaced(text: str) -> str:
    """What rules read: they would try every share of a run of spaces."""
    return _SPACES.sub(lambda spaces: "\n" if "\n" in spaces[0] else " ", text)


def read_seconds(text: str) -> float | None:
    """The first length named in lower-case text, in seconds."""
    if match := _SECONDS.search(text):
        said = match[1] or match[2] or match[3]
        return _NUMBERS.get(said) or float(said)
    if _HALF_MINUTE.search(text):
        return 30
    if match := _MINUTES.search(text):
        said = match[1] or match[2]
        return 60 * (float(said) if said[0].isdigit() else 1)
    return None
