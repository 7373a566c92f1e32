# ruff: noqa: RUF001 - Chinese punctuation
"""What an instruction asks for, read by rules in English and Chinese."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from studio.draft import Style

Choice = TypeVar("Choice")


class Aspect(StrEnum):
    WIDE = "16:9"
    TALL = "9:16"
    SQUARE = "1:1"

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return _SIZES[self]


_SIZES = {Aspect.WIDE: (1920, 1080), Aspect.TALL: (1080, 1920), Aspect.SQUARE: (1080, 1080)}

# A platform's name decides only where no format is named outright.
_ASPECTS = (
    (
        Aspect.TALL,
        r"\b9\s?[:x]\s?16\b|\b1080\s?x\s?1920\b|\bvertical|\bportrait (?:video|format|mode)|竖屏|竖版|竖向",
    ),
    (Aspect.SQUARE, r"\b1\s?[:x]\s?1\b|\b1080\s?x\s?1080\b|(?<!times )\bsquare\b|方形|方屏"),
    (
        Aspect.WIDE,
        r"\b16\s?[:x]\s?9\b|\b1920\s?x\s?1080\b|\blandscape\b|\bhorizontal|\bwide-?screen|横屏|横版",
    ),
    (
        Aspect.TALL,
        r"\bportrait\b|\btik\s?tok\b|\breels?\b|\bshorts\b|\bstories\b|\bphones?\b|抖音|快手|小红书",
    ),
    (Aspect.WIDE, r"\byoutube\b|\bvimeo\b|\bpresentation\b|西瓜视频|哔哩"),
)
_STYLES = (
    (Style.UPBEAT, r"\bupbeat\b|\benergetic\b|\bhappy\b|\bdance\b|\bparty\b|\bfast music\b|欢快|动感|活力"),
    (Style.CALM, r"\bcalm|\brelax|\bambient\b|\bsoft\b|\bpeaceful\b|\bdreamy\b|舒缓|安静|平静|轻柔"),
    (Style.LOFI, r"\blo-?\s?fi\b|\bchill"),
)
_QUOTED = re.compile(
    r"\"([^\"]+)\"|“([^”]+)”|「([^」]+)」|『([^』]+)』|《([^》]+)》|‘([^’]+)’(?!\w)|(?<!\w)'(.+?)'(?!\w)"
)
_NUMBER_WORDS = {
    "five": 5,
    "six": 6,
    "eight": 8,
    "ten": 10,
    "twelve": 12,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
}
_SECONDS = re.compile(r"(\d+(?:\.\d+)?)[\s-]*(?:s|secs?|seconds?)\b|(\d+(?:\.\d+)?)\s*秒")
_MINUTES = re.compile(r"(\d+(?:\.\d+)?)[\s-]*(?:m|mins?|minutes?)\b|(\d+(?:\.\d+)?)\s*分钟")
_SECOND_WORDS = re.compile(rf"\b({'|'.join(_NUMBER_WORDS)})[\s-]seconds?\b")
_NO_MUSIC = re.compile(
    r"\b(?:no|without|remove|mute|drop|delete) (?:\w+ )?(?:music|bgm|soundtrack)\b|\bsilent\b"
    r"|(?:不要|无|没有|去掉|删除|移除)(?:背景)?(?:音乐|配乐)"
)
_NO_TITLE = re.compile(
    r"\b(?:no|without|remove|drop|delete|hide) (?:\w+ )?(?:titles?|texts?|captions?|words)\b"
    r"|(?:不要|无|没有|去掉|删除|移除)(?:标题|文字|字幕)"
)
_ANEW = re.compile(
    r"\b(?:make|create|generate|produce|build|design|need|want)\s+(?:me\s+|us\s+)?(?:an?|another|one|new|\d\S*)\b.*"
    r"\b(?:videos?|clips?|teasers?|trailers?|ads?|adverts?|reels?|promos?|shorts?|films?|movies?|animations?"
    r"|slide ?shows?|tik\s?toks?)\b|\bfrom scratch\b|\bstart over\b"
    r"|重新(?:做|制作|生成)|(?:做|制作|生成|创建|来)(?:一|个).*(?:视频|短片|广告|宣传片|动画|影片)"
)
_TOPIC = re.compile(
    r"\b(?:about|for|of|on|introducing|announcing|promoting|showing|advertising)\s+([^,.;:!?\n]{3,70})|"
    r"(?:关于|介绍|宣传|为|给)(.{2,24}?)(?:的(?:视频|短片|广告)|做|制作|生成|，|。|$)"
)
_TOPIC_END = re.compile(
    r"\s+(?:with|in|using|that|which|and (?:add|use|make)|without|at|lasting|as an?|from|on|for|to)\s.*$",
    re.IGNORECASE,
)
_NOT_A_TOPIC = re.compile(
    r"^(?:me|us|it|this|that|these|those|them|product|我们?|它|这个.*|\d.*"
    r"|social(?: media)?|instagram|tik\s?tok|youtube|facebook|linkedin|reels?|stories|shorts"
    r"|.*\b(?:seconds?|secs?|page|file|picture|photo|image|screenshot|upload|website|link|url|footage|video"
    r"|clips?|audio))$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(r"^(?:our|my|your|the|an?|this|these|new)\s+", re.IGNORECASE)
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True)
class Wish:
    """An instruction, understood. `None` where it says nothing."""

    aspect: Aspect | None = None
    seconds: float | None = None
    quotes: tuple[str, ...] = ()
    topic: str | None = None
    style: Style | None = None
    without_music: bool = False
    without_title: bool = False
    anew: bool = False
    """Whether it asks for a video, rather than for a change of one."""
    chinese: bool = False


def read_instruction(text: str) -> Wish:
    plain = without_quotes(text).lower()
    return Wish(
        aspect=_first(_ASPECTS, plain),
        seconds=read_seconds(plain),
        quotes=quotes(text),
        topic=_topic(without_quotes(text)),
        style=_first(_STYLES, plain),
        without_music=_NO_MUSIC.search(plain) is not None,
        without_title=_NO_TITLE.search(plain) is not None,
        anew=_ANEW.search(plain) is not None,
        chinese=_HAN.search(without_quotes(text)) is not None,
    )


def quotes(text: str) -> tuple[str, ...]:
    """What stands in quotation marks, in order."""
    found = (next(group for group in match.groups() if group is not None) for match in _QUOTED.finditer(text))
    return tuple(quote.strip() for quote in found if quote.strip())


def without_quotes(text: str) -> str:
    return _QUOTED.sub(" ", text)


def read_seconds(text: str) -> float | None:
    """The first length named in lower-case text, in seconds."""
    if match := _SECONDS.search(text):
        return float(match[1] or match[2])
    if match := _SECOND_WORDS.search(text):
        return _NUMBER_WORDS[match[1]]
    if match := _MINUTES.search(text):
        return 60 * float(match[1] or match[2])
    if "half a minute" in text or "半分钟" in text:
        return 30
    return None


def _first(rules: tuple[tuple[Choice, str], ...], text: str) -> Choice | None:
    return next((choice for choice, pattern in rules if re.search(pattern, text)), None)


def _topic(text: str) -> str | None:
    """What the video is about: "a teaser for our spring sale" → "Spring Sale"."""
    for match in _TOPIC.finditer(text):
        words = (match[1] or match[2]).strip()
        words = _TOPIC_END.sub("", words)
        words = _ARTICLE.sub("", words).strip()
        if words and not _NOT_A_TOPIC.match(words):
            return " ".join(word[0].upper() + word[1:] for word in words.split())
    return None
