# ruff: noqa: RUF001 - Chinese punctuation
"""An instruction taken apart: its clauses, what each is about and what is to be done to it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from studio.director.vocabulary import (
    ASPECTS,
    COLOURS,
    STYLES,
    Aspect,
    first,
    quotes,
    read_seconds,
    without_quotes,
)
from studio.draft import Place, Style


class Subject(Enum):
    TITLE = auto()
    LOWER_THIRD = auto()
    CLOSING = auto()
    CALL_TO_ACTION = auto()
    TEXT = auto()
    MUSIC = auto()
    VOICE = auto()
    SCENE = auto()
    ORDER = auto()
    TRANSITION = auto()
    GROUND = auto()
    VIDEO = auto()


class Act(Enum):
    KEEP = auto()
    REMOVE = auto()
    ADD = auto()
    ANOTHER = auto()
    BIGGER = auto()
    SMALLER = auto()
    LONGER = auto()
    SHORTER = auto()
    FASTER = auto()
    SLOWER = auto()
    LOUDER = auto()
    QUIETER = auto()
    BACKWARDS = auto()
    MOVE = auto()
    SWAP = auto()
    DOUBLE = auto()
    HALVE = auto()
    CHANGE = auto()


@dataclass(frozen=True)
class Clause:
    """One wish of an instruction. Empty and `None` where it says nothing."""

    words: str
    subjects: frozenset[Subject] = frozenset()
    acts: frozenset[Act] = frozenset()
    quotes: tuple[str, ...] = ()
    seconds: float | None = None
    by: bool = False
    """Whether the seconds are a difference."""
    percent: int | None = None
    degree: float = 1
    """Exponent of a factor: a little, by so much, a lot."""
    aspect: Aspect | None = None
    style: Style | None = None
    colour: str | None = None
    place: Place | None = None
    scenes: tuple[int, ...] = ()
    """Indexes of the scenes it names; negative ones count from the end."""

    @property
    def says_something(self) -> bool:
        """Whether anything in it could be acted on."""
        return self != Clause(self.words)


_SUBJECTS: Sequence[tuple[Subject, str]] = (
    (Subject.CALL_TO_ACTION, r"\bcall[- ]to[- ]action\b|\bcta\b|\bbutton\b|行动号召|按钮"),
    (
        Subject.CLOSING,
        r"\b(?:clos(?:ing|e)|end(?:ing)?|final|last) (?:texts?|lines?|titles?|words|slogan)\b|\bslogan\b|结尾文字|片尾文字|结束语|口号",
    ),
    (Subject.LOWER_THIRD, r"\bsub-?\s?titles?\b|\btag-?line|\blower[- ]third|副标题"),
    (Subject.TITLE, r"(?<!sub)(?<!sub-)\btitles?\b|\bheadlines?\b|\bheadings?\b|(?<!副)标题|题目"),
    (Subject.TEXT, r"\btexts?\b|\bwords?\b|\bwording\b|\bcaptions?\b|\bfonts?\b|\bletters\b|\btype\b|文字|字体|字幕|文本|字号|的字"),
    (Subject.MUSIC, r"\bmusic\b|\bbgm\b|\bsound\s?tracks?\b|\bsongs?\b|\btune\b|\bbeat\b|\bsounds?\b|\baudio\b|\bvolume\b|\bmute|\bsilent\b|音乐|配乐|静音|声音|音量|曲"),
    (Subject.VOICE, r"\bvoice|\bnarrat|\bspeech\b|旁白|配音|解说"),
    (Subject.TRANSITION, r"\btransitions?\b|\bcross-?\s?fades?\b|\bhard cuts?\b|\bfades?\b|转场|淡入|过渡|硬切"),
    (Subject.ORDER, r"\border\b|\bsequence\b|\bre-?order|\bre-?arrange|\bshuffle|\bswap\b|顺序|次序|排列|重排|打乱"),
    (
        Subject.SCENE,
        r"\b(?:shots?|scenes?|slides?|segments?|parts?|pictures?|photos?|images?|frames?|(?:closing|end|opening|title|last|first) cards?)\b|片尾|镜头|场景|片段|画面|照片|图片|那张|这张",
    ),
    (Subject.GROUND, r"\bback-?ground\b|\bcards?\b|\bcolou?r scheme\b|\bpalette\b|\bcolou?rs?\b|背景|底色|卡片|配色|颜色|色调"),
    (Subject.VIDEO, r"\bvideo\b|\bclip\b|\bfilm\b|\bit\b|\bwhole thing\b|\bduration\b|\blength\b|视频|短片|影片|整体|时长|长度|总长"),
)  # fmt: skip
_ACTS: Sequence[tuple[Act, str]] = (
    (Act.KEEP, r"\bkeep\b|\bleave\b|\b(?:do not|don't|dont|never) (?:change|touch|remove|move|alter)\b|\bas (?:it|they) (?:is|are)\b|保留|保持|别动|不要动|不要改|不变"),
    (Act.REMOVE, r"\bremove|\bdelete|\bdrop\b|\bwithout\b|\bno\b|\bget rid of\b|\btake (?:out|away|off)\b|\bhide\b|\bmute\b|\bsilent\b|\bkill\b|\blose\b|\bdon't (?:want|need)\b|\bcut (?:out )?(?:the|that|this)\b|去掉|删除|删掉|移除|去除|不要|不需要|没有|取消|关掉|静音|去了|拿掉|无"),
    (Act.ADD, r"\badd|\bwith\b|\bput\b|\binsert|\binclude|\bwant\b|\bneed\b|\bgive\b|\bend (?:it )?with\b|\bfinish (?:it )?with\b|\bclose (?:it )?with\b|添加|加上|加入|加个|加一|增加|配上|配个|来点|加"),
    (Act.ANOTHER, r"\banother\b|\bother\b|\bdifferent\b|\bchange up\b|\bswap\b|\bshuffle|\bre-?order|\bre-?arrange|\bnext\b|\bnew (?:music|song|colou?rs?|order|background)|换|另一|另外|别的|其他|不同|打乱|重排|重新排|调整"),
    (Act.BIGGER, r"\bbigger|\blarger|\benlarge|\bincrease|\bhuge|(?<!too )\bbig\b|(?<!too )\blarge\b|\btoo small\b|\bgrow|\bscale up\b|大一点|大一些|大点|大些|更大|放大|变大|加大|调大|太小|再大"),
    (Act.SMALLER, r"\bsmaller|\bdecrease|\bshrink|\btiny\b|(?<!too )\bsmall\b|\btoo (?:big|large)\b|\breduce|\bscale down\b|小一点|小一些|小点|小些|更小|缩小|变小|调小|减小|太大|再小"),
    (Act.LONGER, r"\blonger|\blengthen|\bextend|\bprolong|\btoo short\b|长一点|长一些|长点|长些|更长|延长|加长|变长|太短|再长"),
    (Act.SHORTER, r"\bshorter|\bshorten|\btrim\b|\bcut (?:it )?(?:down|to|by)?\b|\btoo long\b|\btighten|\bquicker\b|\bcondense|短一点|短一些|短点|短些|更短|缩短|剪短|变短|太长|再短"),
    (Act.FASTER, r"\bfaster|\bspeed (?:it |this |everything |the \w+ )?up\b|\btoo slow\b|\bquicken|\bsnappier|\baccelerate|快一点|快一些|快点|快些|更快|加快|加速|太慢|再快"),
    (Act.SLOWER, r"\bslower|\bslow (?:it |this |everything |the \w+ )?down\b|\btoo fast\b|\bslow motion\b|慢一点|慢一些|慢点|慢些|更慢|放慢|减速|减慢|太快|再慢|慢动作"),
    (Act.LOUDER, r"\blouder|\bturn (?:it |the \w+ )?up\b|\bvolume up\b|\braise|\btoo quiet\b|大声|响一点|响一些|响点|调高|提高|太轻"),
    (Act.QUIETER, r"\bquieter|\bsofter|\bturn (?:it |the \w+ )?down\b|\bvolume down\b|\blower(?![- ]third)|\btoo loud\b|小声|轻一点|轻一些|轻点|调低|降低|太响|太吵|安静一点"),
    (Act.BACKWARDS, r"\brevers|\bbackwards?\b|\bback to front\b|倒序|反过来|颠倒|倒过来|反向|逆序"),
    (Act.MOVE, r"\bmove|\bput\b|\bplace\b|\bbring\b|\bshift\b|移到|放到|放在|移动|挪|调到"),
    (Act.SWAP, r"\bswap\b|\bexchange\b|对调|交换|互换"),
    (Act.DOUBLE, r"\bdouble|\btwice\b|\b2\s?x\b|两倍|一倍|翻倍|加倍"),
    (Act.HALVE, r"\bhalf\b|\bhalve|一半|减半"),
    (Act.CHANGE, r"\bchange|\bset\b|\bmake\b|\breplace|\buse\b|\bturn\b|\bswitch|\bshould (?:be|say|read)\b|\bsay|\bread\b|\bcall|\brename|改|换|设|变|写|用|叫"),
)  # fmt: skip
_PLACES: Sequence[tuple[Place, str]] = (
    (Place.TOP, r"\btop\b|\bupper\b|\bhigher\b|上方|顶部|上面|上边"),
    (Place.BOTTOM, r"\bbottom\b|\bbelow\b|\bunder(?:neath)?\b|下方|底部|下面|下边"),
    (Place.MIDDLE, r"\bmiddle\b|\bcent(?:er|re)(?:ed)?\b|中间|居中|中央"),
)
_ORDINALS = {
    "first": 0, "1st": 0, "opening": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4, "5th": 4,
    "last": -1, "final": -1, "closing": -1, "end card": -1, "title card": 0, "片尾": -1, "second to last": -2, "penultimate": -2,
    "第一": 0, "第二": 1, "第三": 2, "第四": 3, "第五": 4, "第六": 5, "最后": -1, "倒数第二": -2, "末尾": -1, "首个": 0,
}  # fmt: skip
_ORDINAL = re.compile(
    "|".join(
        rf"\b{word}\b(?! (?:for )?\d)" if word.isascii() else word
        for word in sorted(_ORDINALS, key=len, reverse=True)
    )
    + r"|\b(?:shot|scene|slide|picture|photo|image|part) (?:number |no\. ?|#)?(\d{1,2})\b|第\s?(\d{1,2})"
)
_PERCENT = re.compile(r"(\d{1,3})\s*(?:%|percent\b|per cent\b|％)|百分之(\d{1,3})")
_BY = re.compile(
    r"\bby\b|\boff\b|\badd(?:ing)? \S+[\s-]*s|\b(?:remove|cut|trim|take) (?:\w+ )?\S+[\s-]*s(?:ec|$)|\bmore\b"
    r"|(?:s|secs?|seconds?) (?:shorter|longer|more|less)|(?:延长|缩短|加长|剪短|加|减|长|短|多|少)了?\s?[\d一二两三四五六七八九十]+(?:\.\d+)?\s?秒"
)
_STRONG = re.compile(
    r"\b(?:much|a lot|lots|way|far|significantly|very|really|double)\b|很多|大幅|得多|非常|许多"
)
_WEAK = re.compile(
    r"\b(?:slightly|a (?:little|bit|touch|tad)|somewhat|a little bit)\b|稍微|略微|稍|略|一点点"
)
_BREAKS = re.compile(
    r"[,;!?，。；！？、\n]+|\.(?!\d)|\b(?:and|then|also|but|plus|as well as|while)\b|(?:并且|并|然后|同时|再把|另外|以及|和|而且|但是|但|还有)"
)
_MARK = re.compile("\0(\\d+)\0")


def clauses(instruction: str) -> list[Clause]:
    """The wishes of an instruction, in order.

    What one leaves out it has from its neighbour: "remove the title and the music", "the title bigger and yellow".
    """
    said = quotes(instruction)
    read = [_read(part, said) for part in _BREAKS.split(_marked(instruction)) if part.strip()]
    return _completed([clause for clause in read if clause.words])


def _marked(instruction: str) -> str:
    """The instruction in lower case, with the number of a quotation in its place: its words command nothing."""
    pieces = without_quotes(instruction, "\1").lower().split("\1")
    marked = pieces[0]
    for number, piece in enumerate(pieces[1:]):
        marked += f" \0{number}\0 {piece}"
    return marked


def _read(part: str, said: Sequence[str]) -> Clause:
    quoted = tuple(said[int(match[1])] for match in _MARK.finditer(part) if int(match[1]) < len(said))
    plain = " ".join(_MARK.sub(" ", part).split())
    subjects = {subject for subject, pattern in _SUBJECTS if re.search(pattern, plain)}
    if len(subjects) > 1:
        subjects.discard(Subject.VIDEO)
    acts = frozenset(act for act, pattern in _ACTS if re.search(pattern, plain))
    strong, weak = _STRONG.search(plain), _WEAK.search(plain)
    percent = _PERCENT.search(plain)
    return Clause(
        words=plain or " ".join(f"“{quote}”" for quote in quoted),
        subjects=frozenset(subjects),
        acts=acts,
        quotes=quoted,
        seconds=read_seconds(plain),
        by=_BY.search(plain) is not None and _to_a_length(plain) is None,
        percent=int(percent[1] or percent[2]) if percent else None,
        degree=2 if strong else 0.5 if weak else 1,
        aspect=first(ASPECTS, plain),
        style=first(STYLES, plain),
        colour=first(COLOURS, plain),
        place=first(_PLACES, plain),
        scenes=_scenes(plain),
    )


def _to_a_length(plain: str) -> re.Match[str] | None:
    return re.search(
        r"\bto (?:about |around |only |just )?\d|(?:到|成|为)\s?[\d一二两三四五六七八九十]", plain
    )


def _scenes(plain: str) -> tuple[int, ...]:
    if re.search(r"\bfirst (?:two|2)\b|前(?:两|二|2)", plain):
        return (0, 1)
    if re.search(r"\blast (?:two|2)\b|最后(?:两|二|2)|后(?:两|二|2)", plain):
        return (-2, -1)
    found = []
    for match in _ORDINAL.finditer(plain):
        number = match[1] or match[2]
        found.append(int(number) - 1 if number else _ORDINALS[match[0]])
    return tuple(found)


def _completed(read: Sequence[Clause]) -> list[Clause]:
    whole: list[Clause] = []
    for index, clause in enumerate(read):
        before = whole[-1] if whole else Clause("")
        following = read[index + 1] if index + 1 < len(read) else Clause("")
        filled = clause
        if (
            before.scenes
            and Subject.SCENE not in before.subjects
            and clause.scenes
            and Subject.SCENE in clause.subjects
        ):
            # "the first and the third picture"
            whole.pop()
            filled = replace(filled, scenes=before.scenes + clause.scenes, acts=before.acts | clause.acts)
        elif (
            clause.says_something
            and not clause.subjects
            and not (clause.aspect or clause.style or clause.scenes)
        ):
            # "a new title, and a bit shorter": what is said of time is said of the video, or of a scene.
            inherits = Subject.SCENE in before.subjects or not _is_about_time(clause)
            filled = replace(filled, subjects=before.subjects, scenes=before.scenes) if inherits else clause
        if filled.subjects and not _has_predicate(filled):
            giver = before if before.acts else following
            filled = replace(filled, acts=giver.acts)
            if giver is following:
                filled = replace(
                    filled,
                    colour=giver.colour,
                    percent=giver.percent,
                    seconds=giver.seconds,
                    degree=giver.degree,
                )
        whole.append(filled)
    return whole


def _is_about_time(clause: Clause) -> bool:
    return clause.seconds is not None or bool(clause.acts & {Act.LONGER, Act.SHORTER, Act.FASTER, Act.SLOWER})


def _has_predicate(clause: Clause) -> bool:
    return bool(
        clause.acts
        or clause.quotes
        or clause.colour
        or clause.style
        or clause.aspect
        or clause.place
        or clause.seconds is not None
        or clause.percent is not None
    )
