# ruff: noqa: RUF001 - Chinese punctuation
"""An instruction taken apart: its clauses, what each is about and what is to be done to it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from itertools import islice

from studio.director.quotations import quotations
from studio.director.vocabulary import (
    ASPECTS,
    COLOURS,
    STYLES,
    Aspect,
    first,
    read_seconds,
    words,
)
from studio.draft import Place, Style


class Subject(Enum):
    TITLE = auto()
    LOWER_THIRD = auto()
    CLOSING = auto()
    CALL_TO_ACTION = auto()
    CAPTIONS = auto()
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


_SUBJECTS = words("subjects", lambda name: Subject[name.upper()])
_ACTS = words("acts", lambda name: Act[name.upper()])
_PLACES = words("places", Place)
_ORDINALS = {
    "first": 0, "1st": 0, "opening": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2,
    "fourth": 3, "4th": 3, "fifth": 4, "5th": 4,
    "last": -1, "final": -1, "closing": -1, "end card": -1, "title card": 0,
    "second to last": -2, "penultimate": -2,
    "第一": 0, "第二": 1, "第三": 2, "第四": 3, "第五": 4, "第六": 5,
    "片尾": -1, "最后": -1, "倒数第二": -2, "末尾": -1, "首个": 0,
}  # fmt: skip
_ORDINAL = re.compile(
    "|".join(
        rf"\b{word}\b(?! (?:for )?\d)" if word.isascii() else word
        for word in sorted(_ORDINALS, key=len, reverse=True)
    )
    + r"|\b(?:shot|scene|slide|picture|photo|image|part) (?:number |no\. ?|#)?(\d{1,2})\b|第\s?(\d{1,2})"
)
_PERCENT = re.compile(r"(\d{1,3})\s?(?:%|percent\b|per cent\b|％)|百分之(\d{1,3})")
_BY = re.compile(
    r"\bby\b|\boff\b|\badd(?:ing)? \S{1,20}[\s-]?s"
    r"|\b(?:remove|cut|trim|take) (?:\w{1,20} )?\S{1,20}[\s-]?s(?:ec|$)|\bmore\b"
    r"|(?:s|secs?|seconds?) (?:shorter|longer|more|less)"
    r"|(?:延长|缩短|加长|剪短|加|减|长|短|多|少)了?\s?[\d一二两三四五六七八九十]{1,9}(?:\.\d{1,9})?\s?秒"
)
_STRONG = re.compile(
    r"\b(?:much|a lot|lots|way|far|significantly|very|really|double)\b|很多|大幅|得多|非常|许多"
)
_WEAK = re.compile(
    r"\b(?:slightly|a (?:little|bit|touch|tad)|somewhat|a little bit)\b|稍微|略微|稍|略|一点点"
)
_BREAKS = re.compile(
    r"[;!?，。；！？、\n]+|(?<!\d),|,(?!\d)|\.(?!\w)|\b(?:and|then|also|but|plus|as well as|while)\b"
    r"|(?:并且|并|然后|同时|再把|另外|以及|和|而且|但是|但|还有)"
)
_MARK = re.compile("\0(\\d+)\0")
MOST_CLAUSES = 200


def clauses(instruction: str) -> list[Clause]:
    """The wishes of an instruction, in order: the first `MOST_CLAUSES`.

    What one leaves out it has from its neighbour: "remove the title and the music".
    """
    marked, said = _marked(instruction.replace("\0", " "))
    parts = (part for part in _BREAKS.split(marked) if part.strip())
    read = [_read(part, said) for part in islice(parts, MOST_CLAUSES)]
    return _completed([clause for clause in read if clause.words])


def _marked(instruction: str) -> tuple[str, list[str]]:
    """In lower case, each quotation replaced by its number, for its words command nothing; the quotations."""
    pieces, said, position = [], [], 0
    for number, quotation in enumerate(quotations(instruction)):
        pieces += [instruction[position : quotation.start].lower(), f" \0{number}\0 "]
        said.append(quotation.words.strip())
        position = quotation.end
    return "".join([*pieces, instruction[position:].lower()]), said


def _read(part: str, said: Sequence[str]) -> Clause:
    quoted = tuple(quote for match in _MARK.finditer(part) if (quote := said[int(match[1])]))
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
