# ruff: noqa: RUF001 - Chinese punctuation
"""What an instruction for a new video asks for, read by rules in English and Chinese."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from studio.director.features import Feature, Kind, features
from studio.director.fonts import is_name_of_a_font
from studio.director.quotations import quotations
from studio.director.steps import steps
from studio.director.vocabulary import (
    ASPECTS,
    NO_MUSIC,
    NO_TEXT,
    STYLES,
    Aspect,
    first,
    read_seconds,
    without_quotes,
    words,
)
from studio.draft import Role, Style


class Pace(Enum):
    SLOW = 1.4
    FAST = 0.65
    """How long a scene is shown, against the usual."""


@dataclass(frozen=True)
class Text:
    """Words to be shown as they stand; `role` where the instruction says what they are for."""

    words: str
    role: Role | None = None


@dataclass(frozen=True)
class Wish:
    """An instruction, understood. `None` and empty where it says nothing."""

    instruction: str = ""
    aspect: Aspect | None = None
    seconds: float | None = None
    texts: tuple[Text, ...] = ()
    statements: tuple[str, ...] = ()
    """Sentences that are no instruction to the studio: they are about the subject."""
    topic: str | None = None
    style: Style | None = None
    pace: Pace | None = None
    without_music: bool = False
    without_title: bool = False
    voice: bool = False
    speech: str | None = None
    """What the voice is to say, where the instruction has the words."""
    anew: bool = False
    """Whether it asks for a video, rather than for a change of one."""
    chinese: bool = False
    """Whether it is written in Chinese."""
    edits: tuple[str, ...] = ()
    """What is to be done to the video once it is made."""
    features: tuple[Feature, ...] = ()
    """What else it asks for."""

    @property
    def captions(self) -> bool:
        """Whether it asks for captions."""
        return any(feature.kind is Kind.CAPTIONS for feature in self.features)

    def text(self, role: Role) -> str | None:
        return next((text.words for text in self.texts if text.role is role), None)


_VIDEO = (
    r"(?:videos?|clips?|teasers?|trailers?|ads?|adverts?|reels?|promos?|shorts?|films?|movies?|animations?"
    r"|slide ?shows?|tik\s?toks?|stor(?:y|ies)|spots?|commercials?|montages?|intros?)"
)
_MAKE = r"(?:make|create|generate|produce|build|design|need|want|give|prepare|film|render)"
_FILM = re.compile(rf"\b{_VIDEO}\b")
# Of a line that asks for a video: where it begins to, and what it then has to name.
_ASKS = (
    (re.compile(rf"\b{_MAKE} (?:me |us )?(?:an?|another|one|new|\d\w*)\b"), _FILM),
    (
        re.compile("(?:做|制作|生成|创建|来|拍|剪)(?:一|个|条|段|支)"),
        re.compile("视频|短片|广告|宣传片|动画|影片|片子"),
    ),
)
_OPENING = re.compile(r"(?:please )?(?:an?|another|one)\s")
_ANEW = re.compile(
    r"\bfrom scratch\b|\bstart (?:over|again)\b|\bturn (?:this|these|it|them) into an?\b|重新(?:做|制作|生成)"
)
_ABOUT = re.compile(
    r"\b(?:about|introduc|announc|promot|show|advertis|showcas|present|featur)(?:ing|e|es)?(?:\soff)?\s([^,.;:!?\n]{3,70})",
    re.IGNORECASE,
)
_FILM_IN_ANY_CASE = re.compile(_FILM.pattern, re.IGNORECASE)
_FOR = re.compile(r"\b(?:for|of|on)\s([^,;:]{3,70})", re.IGNORECASE)
_CHINESE_ABOUT = re.compile(
    r"(?:关于|介绍|宣传|推广|为|给|以)(.{2,24}?)"
    r"(?:的(?:\S{0,4})?(?:视频|短片|广告|宣传片|影片)|为主题|做|制作|生成|拍|，|。|$)"
)
# What stands before the word for a film: "a 10-second coffee shop promo".
_KIND = re.compile(
    rf"\b{_MAKE}\s(?:me\s|us\s)?(?:an?|one|new|some)\s([^,.;:!?\n]{{3,60}}?)\s{_VIDEO}\b", re.IGNORECASE
)
_CHINESE_KIND = re.compile(
    r"(?:做|制作|生成|创建|来|拍)(?:一)?(?:个|条|段|支)(.{2,24}?)(?:的)?(?:视频|短片|广告|宣传片|动画|影片)"
)
_NOT_KIND = re.compile(
    r"\b(?:short|long|longer|quick|brief|little|small|big|nice|cool|great|good|better|best|beautiful|pretty|amazing|awesome"
    r"|stunning|modern|simple|clean|fun|funny|catchy|engaging|eye-catching|professional|cinematic"
    r"|high[- ]quality|hd|4k"
    r"|1080p|new|another|finished|complete|full|vertical|horizontal|landscape|portrait|square"
    r"|wide-?screen|social(?: media)?"
    r"|promo|promotional|marketing|advertising|product|teaser|explainer|introduction|intro|demo|instagram|tik\s?tok|youtube|facebook"
    r"|linkedin|upbeat|energetic|happy|calm|relaxing|chill|lo-?fi|fast-?paced|slow-?paced|silent|typographic|text|snappy|dynamic|unhurried|(?:half-)?minute|half"
    r"|\d+(?:\.\d+)?[\s-]*(?:s|secs?|seconds?|m|mins?|minutes?)|\w+-second|\d+\s?[:x]\s?\d+|ten|and|very|really|page|web|website)\b",
    re.IGNORECASE,
)
_CHINESE_NOT_KIND = re.compile(
    r"[\d.一二三四五六七八九十两半]+\s*(?:秒|分)钟?(?:左右)?|\d+[:：]\d+|竖屏|横屏|方形|竖版|横版|简短|短|长|精美|漂亮|好看|酷炫|酷"
    r"|宣传|推广|产品|的|个|欢快|动感|舒缓|安静|抖音|小红书|快节奏|慢节奏|新"
)
_TOPIC_END = re.compile(
    r"\s+(?:with|in|using|that|which|and (?:add|use|make|put|show)|without|at|lasting|as an?|from"
    r"|on|for|to|please)\b.*$"
    r"|\s*\d+\s?[:x]\s?\d+.*$",
    re.IGNORECASE,
)
_NOT_A_TOPIC = re.compile(
    r"^(?:me|us|it|(?:this|that|these|those)\b.*|them|him|her|product|everyone|people|my|your|我们?|它|这个.*|这.*|\d.*"
    r"|social(?: media)?|instagram.*|tik\s?tok|youtube|facebook|linkedin|whatsapp|twitter|reels?|stories"
    r"|shorts"
    r"|the (?:end|start|beginning)|top|bottom|left|right|one|phones?|mobile|desktop"
    r"|.*\b(?:seconds?|secs?|page|file|picture|photo|photos|pictures|image|images|screenshots?|uploads?|website|site|links?"
    r"|urls?|tracks?|tunes?|sounds?|melody|footage|video|videos|clips?|audio|music|song|recording|background|loop|voice-?over)"
    r"|.*(?:视频|网页|页面|网站|图片|照片|截图|链接|素材|文件|音频))$",
    re.IGNORECASE,
)
_ARTICLE = re.compile(
    r"^(?:our|my|your|their|his|her|the|an?|this|these|new|some|一个|一款|我们的|我的|这个|这款)\s*(?=\S)",
    re.IGNORECASE,
)
_WORDY_ARTICLE = re.compile(r"^(?:our|my|your|their|his|her|the|an?|this|these|new|some)$", re.IGNORECASE)
_KANA = re.compile(r"[\u3041-\u30ff]")
_HAN = re.compile(r"[\u4e00-\u9fff]")

# What words in quotation marks are for, by what stands around them.
_PURPOSES = words("roles", Role)
_SPOKEN = re.compile(r"\bvoice|\bnarrat|\bspoken\b|\bspeak|\bread(?:s|ing)? out|旁白|配音|解说|朗读|念")
_NO_VOICE = re.compile(
    r"\b(?:no|without|remove) (?:\w+ )?(?:voice|narrat)|(?:不要|无|没有|去掉)(?:旁白|配音|解说)"
)
_PACES = words("paces", lambda name: Pace[name.upper()])
_SENTENCE = re.compile(r"[^.!?。！？\n]+(?:\.\d[^.!?。！？\n]*)*")
_TELLS_THE_STUDIO = re.compile(
    rf"\b{_VIDEO}\b|\b(?:music|titles?|captions?|text|fonts?|format|seconds?|secs?|please|you|i|i'd|want|should|need|use|using"
    r"|add|show|put|make|create|generate|keep|end|start|begin|open|close|zoom|scroll|focus|highlight|include|voice|length|style"
    r"|schrift(?:art)?|polices?|fuente|tipograf[ií]a|untertiteln?|sous-titres|subt[ií]tulos|colou?rs?|picture|photo|image|page|upload|it|hello|hi|hey|thanks|thank|export|download|credits)\b"
    r"|视频|短片|音乐|标题|字幕|字体|フォント|文字|做|制作|生成|请|想要|需要|使用|用|添加|加|展示|秒|画面|图片|照片|页面|你好|谢谢|导出",
    re.IGNORECASE,
)
# "Present our backpack" tells the studio what to do. "Present company excepted" is a statement.
_PRESENTS = re.compile(
    r"(?:present|promote|introduce|announce|advertise|showcase|feature|sell|market|pitch|launch|celebrate)\s"
    r"(?:our|my|this|these|the|an?)\b",
    re.IGNORECASE,
)
_FEWEST_WORDS = 2
_FEWEST_HAN = 4


def read_instruction(instruction: str, selected: str = "") -> Wish:
    """Understand an instruction. What `selected`, a passage of a page, states is shown; it orders nothing."""
    text, *edits = steps(instruction)
    plain = without_quotes(text).lower()
    shown, spoken = _purposes(text)
    voice = _SPOKEN.search(plain) is not None and _NO_VOICE.search(plain) is None
    return Wish(
        instruction=text,
        aspect=first(ASPECTS, plain),
        seconds=read_seconds(plain),
        texts=shown,
        statements=_statements(without_quotes(f"{text}\n{selected}", "|")),
        topic=_topic(without_quotes(text, "|")),
        style=first(STYLES, plain),
        pace=first(_PACES, plain),
        without_music=re.search(NO_MUSIC, plain) is not None,
        without_title=re.search(NO_TEXT, plain) is not None,
        voice=voice,
        speech=spoken if voice else None,
        anew=_asks_for_a_video(plain),
        chinese=is_chinese(plain) and _KANA.search(plain) is None,
        edits=tuple(edits),
        features=features(text),
    )


def is_chinese(text: str) -> bool:
    return _HAN.search(text) is not None


def _asks_for_a_video(plain: str) -> bool:
    if _ANEW.search(plain):
        return True
    lines = plain.split("\n")
    if (opening := _OPENING.match(lines[0])) and _FILM.search(lines[0], opening.end()):
        return True
    # What the first place to begin does not lead to, no later one does.
    return any(
        (asks := begins.search(line)) and named.search(line, asks.end())
        for line in lines
        for begins, named in _ASKS
    )


def _purposes(text: str) -> tuple[tuple[Text, ...], str | None]:
    """The quotations to be shown, and the one to be spoken."""
    shown: list[Text] = []
    spoken: str | None = None
    found = list(quotations(text))
    ends = [0, *(quotation.end for quotation in found)]
    starts = [*(quotation.start for quotation in found), len(text)]
    around = [text[end:start].lower() for end, start in zip(ends, starts, strict=True)]
    for index, quotation in enumerate(found):
        words = quotation.words.strip()
        if not words or is_name_of_a_font(around[index], around[index + 1]):
            continue
        before = re.split(r"[,;.，。；、]", around[index])[-1]
        after = re.split(r"[,;.，。；、]|\band\b", around[index + 1])[0]
        if _SPOKEN.search(before) and spoken is None:
            spoken = words
        else:
            shown.append(Text(words, role_of(before, after)))
    return tuple(shown), spoken


def role_of(before: str, after: str) -> Role | None:
    """What a text is for, by the lower-case words next to it. The nearer word counts."""
    named = [(match.end(), role) for role, pattern in _PURPOSES for match in re.finditer(pattern, before)]
    return max(named)[1] if named else first(_PURPOSES, after)


def _topic(text: str) -> str | None:
    """What the video is about: "a teaser for our spring sale" → "Spring Sale"."""
    for found in _subjects(text):
        subject = _TOPIC_END.sub("", found.split("|")[0].strip())
        if subject and not _NOT_A_TOPIC.match(subject):
            return _capitals(subject)
    for pattern, not_kind in ((_KIND, _NOT_KIND), (_CHINESE_KIND, _CHINESE_NOT_KIND)):
        if (named := pattern.search(text)) is not None:
            subject = " ".join(not_kind.sub(" ", _FILM_IN_ANY_CASE.sub(" ", named[1])).split())
            subject = subject.strip("-–— |")
            if (
                len(subject) > 1
                and not _NOT_A_TOPIC.match(subject)
                and not re.search(r"\b(?:about|for|of|with|from)\b", subject)
            ):
                return _capitals(subject)
    return None


def _subjects(text: str) -> Iterator[str]:
    """What stands behind words that a subject follows."""
    yield from (match[1] for match in _ABOUT.finditer(text))
    for sentence in re.split(r"[.!?\n|]", text):
        position = 0
        while (film := _FILM_IN_ANY_CASE.search(sentence, position)) and (
            match := _FOR.search(sentence, film.end())
        ):
            yield match[1]
            position = match.end()
    yield from (match[1] for match in _CHINESE_ABOUT.finditer(text))


def _capitals(subject: str) -> str | None:
    subject = _ARTICLE.sub("", subject, count=1) if not _WORDY_ARTICLE.match(subject) else ""
    return " ".join(word[0].upper() + word[1:] for word in subject.split()) or None


def _statements(text: str) -> tuple[str, ...]:
    """Sentences that are about the subject: "Make a teaser. 20 % off everything." → "20 % off everything"."""
    sentences = (match[0].strip(" ，,") for match in _SENTENCE.finditer(text))
    return tuple(
        sentence
        for sentence in sentences
        if "|" not in sentence
        and not _TELLS_THE_STUDIO.search(sentence)
        and not _PRESENTS.match(sentence)
        and first(ASPECTS, sentence.lower()) is None
        and not any(feature.kind is Kind.CAPTIONS for feature in features(sentence))
        and (len(sentence.split()) >= _FEWEST_WORDS or len(_HAN.findall(sentence)) >= _FEWEST_HAN)
    )
