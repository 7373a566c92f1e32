"""Edits: an instruction becomes operations, and these a draft that differs in what they say."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from studio.director.captions import renew_captions
from studio.director.clauses import MOST_CLAUSES, Act, Clause, Subject, clauses
from studio.director.colours import palette
from studio.director.feature_operations import AddCode, operation_for
from studio.director.features import Feature, Kind, address_in, as_written, features_of_clause
from studio.director.language import role_of
from studio.director.not_done import has, name_of
from studio.director.operation import NotPossibleError, Operation, Said
from studio.director.scene_operations import (
    ColourGround,
    CutScenes,
    MoveShot,
    RemoveShots,
    Reorder,
    SetFormat,
    SetLength,
    SetPace,
    StretchShot,
    SwapShots,
)
from studio.director.sound_operations import PlayMusic, RemoveSounds, SetVolume, Speak
from studio.director.text_operations import (
    ColourTexts,
    PlaceTexts,
    RemoveTexts,
    ReplaceWords,
    ResizeTexts,
    Texts,
    TimeTexts,
    WriteText,
)
from studio.draft import Draft, Role

CROSSFADE_MS = 500
_LONGER, _SHORTER, _FASTER, _BIGGER, _LOUDER = 1.4, 0.7, 1.25, 1.3, 1.5
_LENGTHS = {Act.HALVE: 0.5, Act.DOUBLE: 2, Act.SHORTER: _SHORTER, Act.LONGER: _LONGER}
# Each word is taken once and for all: a text that could be cut in many ways is not cut in all of them.
_FILLER = re.compile(
    r"(?>please|thanks? you|thanks?|okay|ok|hi|hello|hey|now|just|great|nice|good|perfect|so|well"
    r"|too|instead|can you|could you|i|请|谢谢|好的|好|你好|吧|一下|麻烦)++"
)
_ROLE_OF = {
    Subject.TITLE: Role.TITLE,
    Subject.LOWER_THIRD: Role.LOWER_THIRD,
    Subject.CLOSING: Role.CLOSING,
    Subject.CAPTIONS: Role.CAPTION,
    Subject.CALL_TO_ACTION: Role.CALL_TO_ACTION,
}


@dataclass(frozen=True)
class Edited:
    draft: Draft
    changes: Sequence[Said]
    refusals: Sequence[Said] = ()
    """What was understood and could not be done to this draft."""
    unclear: Sequence[str] = ()
    """What was not understood, in the instruction's words."""


@dataclass(frozen=True)
class NotEdited:
    """Nothing was changed: nothing was understood, or, for these reasons, nothing could be done."""

    refusals: Sequence[Said] = ()


_TOO_MUCH = Said(
    f"only the first {MOST_CLAUSES} changes of a message are made", f"一条消息最多处理 {MOST_CLAUSES} 处修改"
)


def edit(draft: Draft, instruction: str) -> Edited | NotEdited:
    """The draft as the instruction wants it."""
    edited = draft.model_copy(deep=True)
    changes: list[Said] = []
    refusals: list[Said] = []
    unclear: list[str] = []
    asked_for = clauses(instruction)
    if len(asked_for) >= MOST_CLAUSES:
        refusals.append(_TOO_MUCH)
    for clause in asked_for:
        asked = operations(clause)
        lacking = [feature for feature in _lacking(clause, draft) if not (asked and feature.kind in _TEXTS)]
        lacking = [as_written(feature, instruction) for feature in lacking]
        asked = [
            *asked,
            *(added for one in lacking if (added := operation_for(one, address_in(instruction)))),
        ]
        refusals += (name_of(one) for one in lacking if operation_for(one) is None)
        if any(feature.kind in _INSTEAD for feature in lacking):
            asked = [operation for operation in asked if isinstance(operation, AddCode)]
        if not asked and not lacking and Act.KEEP not in clause.acts and not _FILLER.fullmatch(clause.words):
            unclear.append(clause.words)
        for operation in asked:
            try:
                changes.append(operation.apply(edited))
            except NotPossibleError as error:
                refusals.append(error.reason)
    renew_captions(edited, draft)
    return Edited(edited, changes, refusals, unclear) if changes else NotEdited(tuple(refusals))


# What music or texts would be changed for, if the rest of the clause were followed.
_INSTEAD = {Kind.SONG, Kind.GENRE, Kind.OWN_VOICE, Kind.LOGO, Kind.QR_CODE}
_TEXTS = {Kind.CAPTIONS, Kind.FONT}


def _lacking(clause: Clause, draft: Draft) -> list[Feature]:
    if clause.acts & {Act.KEEP, Act.REMOVE}:
        return []
    return [feature for feature in features_of_clause(clause.words) if not has(draft, feature)]


def operations(clause: Clause) -> list[Operation]:
    """What a clause asks to be done: nothing when it is not understood, or wants something left alone."""
    return list(_operations(clause)) if Act.KEEP not in clause.acts else []


def _operations(clause: Clause) -> Iterator[Operation]:
    if clause.aspect:
        yield SetFormat(clause.aspect)
    subjects = clause.subjects - ({Subject.SCENE} if Subject.ORDER in clause.subjects else set())
    if not subjects:
        yield from _of_unnamed(clause)
    for subject in sorted(subjects, key=lambda subject: subject.value):
        yield from _READERS[subject](clause)


def _of_text(role: Role | None, clause: Clause) -> Iterator[Operation]:
    acts, quotes = clause.acts, clause.quotes
    resized = acts & {Act.BIGGER, Act.SMALLER}
    texts = Texts(role, quotes[0]) if quotes and (resized or clause.colour) else Texts(role)
    if Act.REMOVE in acts:
        yield RemoveTexts(Texts(None, quotes[0]) if quotes else texts)
        return
    if len(quotes) > 1 and re.search(r"\bto\b|\bwith\b|\bby\b|改|换|为|成", clause.words):
        yield ReplaceWords(quotes[0], quotes[1])
        return
    if quotes and not resized and not clause.colour:
        yield WriteText(role or role_of(clause.words, "") or Role.TITLE, quotes[0])
    if resized:
        factor = 1 + clause.percent / 100 if clause.percent else _BIGGER**clause.degree
        yield ResizeTexts(texts, factor if Act.BIGGER in acts else 1 / factor)
    if clause.colour or (Act.ANOTHER in acts and Subject.GROUND in clause.subjects):
        yield ColourTexts(texts, clause.colour)
    if clause.seconds is not None and not clause.by:
        yield TimeTexts(texts, seconds=clause.seconds)
    elif acts & {Act.LONGER, Act.SHORTER}:
        yield TimeTexts(texts, factor=1.5 if Act.LONGER in acts else 1 / 1.5)
    if clause.place:
        yield PlaceTexts(texts, clause.place)


def _of_captions(clause: Clause) -> Iterator[Operation]:
    """Captions have their words from the film. A quotation is a text of its own."""
    yield from _of_text(None if clause.quotes else Role.CAPTION, clause)


def _of_music(clause: Clause) -> Iterator[Operation]:
    acts = clause.acts
    if Act.REMOVE in acts:
        yield RemoveSounds()
    elif clause.percent is not None:
        yield SetVolume(share=min(clause.percent, 100) / 100)
    elif acts & {Act.LOUDER, Act.BIGGER}:
        yield SetVolume(factor=_LOUDER**clause.degree)
    elif acts & {Act.QUIETER, Act.SMALLER}:
        yield SetVolume(factor=_LOUDER**-clause.degree)
    elif clause.style or acts & {Act.ADD, Act.ANOTHER, Act.CHANGE}:
        yield PlayMusic(clause.style)


def _of_voice(clause: Clause) -> Iterator[Operation]:
    acts = clause.acts
    if Act.REMOVE in acts:
        yield RemoveSounds(spoken=True)
    elif clause.quotes:
        yield Speak(clause.quotes[-1])
    elif acts & {Act.LOUDER, Act.BIGGER}:
        yield SetVolume(factor=_LOUDER**clause.degree, spoken=True)
    elif acts & {Act.QUIETER, Act.SMALLER}:
        yield SetVolume(factor=_LOUDER**-clause.degree, spoken=True)


def _of_scenes(clause: Clause) -> Iterator[Operation]:
    acts, scenes = clause.acts, clause.scenes
    if Act.SWAP in acts and len(scenes) > 1:
        yield SwapShots(scenes[0], scenes[1])
    elif Act.MOVE in acts and len(scenes) > 1:
        yield MoveShot(scenes[0], scenes[1])
    elif Act.MOVE in acts and scenes and (end := _end(clause.words)) is not None:
        yield MoveShot(scenes[0], end)
    elif clause.quotes and scenes:
        yield WriteText(Role.CLOSING if scenes[0] == -1 else Role.TITLE, clause.quotes[0])
    elif acts & {Act.ANOTHER, Act.BACKWARDS} and not scenes:
        yield Reorder(backwards=Act.BACKWARDS in acts)
    elif Act.REMOVE in acts and scenes:
        yield RemoveShots(scenes)
    elif scenes and clause.seconds is not None and not clause.by:
        yield from (StretchShot(scene, seconds=clause.seconds) for scene in scenes)
    elif scenes and acts & {Act.LONGER, Act.SLOWER, Act.SHORTER, Act.FASTER}:
        factor = _LONGER if acts & {Act.LONGER, Act.SLOWER} else _SHORTER
        yield from (StretchShot(scene, factor=factor) for scene in scenes)
    elif acts & {Act.FASTER, Act.SLOWER}:
        yield from _of_video(clause)


def _end(words: str) -> int | None:
    if re.search(r"\b(?:end|last)\b|最后|末尾|结尾", re.sub(r"^.*?\b(?:to|at)\b|^.*?(?:到|在)", "", words)):
        return -1
    return 0 if re.search(r"\b(?:start|beginning|front|first)\b|最前|开头|第一", words) else None


def _of_order(clause: Clause) -> Iterator[Operation]:
    if clause.scenes:
        yield from _of_scenes(clause)
    else:
        yield Reorder(backwards=Act.BACKWARDS in clause.acts)


def _of_transitions(clause: Clause) -> Iterator[Operation]:
    hard = Act.REMOVE in clause.acts or re.search(r"\bhard\b|硬", clause.words) is not None
    yield CutScenes(0 if hard else CROSSFADE_MS)


def _of_ground(clause: Clause) -> Iterator[Operation]:
    if clause.subjects & _ROLE_OF.keys() or Subject.TEXT in clause.subjects:
        return
    if clause.colour:
        yield ColourGround(palette("", clause.colour))
    elif clause.acts & {Act.ANOTHER, Act.CHANGE}:
        yield ColourGround()


def _of_video(clause: Clause) -> Iterator[Operation]:
    acts, seconds = clause.acts, clause.seconds
    shorter = Act.SHORTER in acts or (Act.REMOVE in acts and seconds is not None)
    longer = Act.LONGER in acts or Act.ADD in acts
    if Act.FASTER in acts or Act.SLOWER in acts:
        factor = 2 if Act.DOUBLE in acts else _FASTER**clause.degree
        yield SetPace(factor if Act.FASTER in acts else 1 / factor)
    elif seconds is not None and clause.by and (shorter or longer):
        yield SetLength(more=-seconds if shorter else seconds)
    elif seconds is not None:
        yield SetLength(seconds)
    elif factors := [factor for act, factor in _LENGTHS.items() if act in acts]:
        yield SetLength(factor=factors[0] if factors[0] in {0.5, 2} else factors[0] ** clause.degree)
    elif Act.BACKWARDS in acts:
        yield Reorder(backwards=True)
    elif clause.style:
        yield PlayMusic(clause.style)
    elif acts & {Act.LOUDER, Act.QUIETER}:
        yield from _of_music(clause)
    elif clause.quotes:
        yield from _of_text(None, clause)


def _of_unnamed(clause: Clause) -> Iterator[Operation]:
    """A clause that names nothing: its words have to say enough."""
    if clause.quotes or clause.seconds is not None or clause.style or clause.acts & _WITHOUT_SUBJECT:
        yield from _of_video(clause)


_WITHOUT_SUBJECT = {
    Act.SHORTER, Act.LONGER, Act.FASTER, Act.SLOWER, Act.LOUDER, Act.QUIETER, Act.BACKWARDS, Act.HALVE,
    Act.DOUBLE,
}  # fmt: skip
_READERS: dict[Subject, Callable[[Clause], Iterator[Operation]]] = {
    Subject.TITLE: lambda clause: _of_text(Role.TITLE, clause),
    Subject.LOWER_THIRD: lambda clause: _of_text(Role.LOWER_THIRD, clause),
    Subject.CLOSING: lambda clause: _of_text(Role.CLOSING, clause),
    Subject.CALL_TO_ACTION: lambda clause: _of_text(Role.CALL_TO_ACTION, clause),
    Subject.CAPTIONS: _of_captions,
    Subject.TEXT: lambda clause: _of_text(None, clause),
    Subject.MUSIC: _of_music,
    Subject.VOICE: _of_voice,
    Subject.SCENE: _of_scenes,
    Subject.ORDER: _of_order,
    Subject.TRANSITION: _of_transitions,
    Subject.GROUND: _of_ground,
    Subject.VIDEO: _of_video,
}
