"""Each operation changes what it names and nothing else, whatever draft it is applied to."""

import contextlib
import copy
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.director.operation import NotPossibleError, Operation
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
from studio.director.vocabulary import Aspect
from studio.draft import Draft, Place, Role, Style, parse_draft

# What each operation may touch: fields of the canvas ("m"), the length ("d"), and of segments by track type.
TOUCHES: dict[type[Operation], set[str]] = {
    SetFormat: {"m.width", "m.height", "m.aspect"},
    SetLength: {"d", "0.s", "0.d", "1.s", "1.d", "7.s", "7.d"},
    SetPace: {"d", "0.s", "0.d", "1.s", "1.d", "7.s", "7.d", "0.m.speed"},
    StretchShot: {"d", "0.s", "0.d", "1.d", "7.s", "7.d"},
    ColourGround: {"0.m.colours"},
    CutScenes: {"0.m.fade", "0.m.transition"},
    WriteText: {"7.m.text"},
    ReplaceWords: {"7.m.text"},
    ResizeTexts: {"7.m.size"},
    ColourTexts: {"7.m.colour"},
    TimeTexts: {"7.d"},
    PlaceTexts: {"7.m.place"},
    PlayMusic: {"1.m.style", "1.m.name"},
    SetVolume: {"1.m.volume", "m.volume"},
    Speak: {"1.m.speech"},
}
# These add, remove or move segments; what is left of them must be as it was.
ARRANGES: dict[type[Operation], set[str]] = {
    Reorder: {"0", "7"},
    MoveShot: {"0", "7"},
    SwapShots: {"0", "7"},
    RemoveShots: {"d", "0", "1", "7"},
    RemoveTexts: {"7"},
    RemoveSounds: {"1"},
}

factors = st.floats(0.3, 3)
texts = st.builds(Texts, st.sampled_from([None, Role.TITLE, Role.CLOSING]))
indexes = st.integers(-3, 5)
touching: st.SearchStrategy[Operation] = st.one_of(
    st.builds(SetFormat, st.sampled_from(Aspect)),
    st.builds(SetLength, st.floats(1, 90)),
    st.builds(SetLength, factor=factors),
    st.builds(SetPace, factors),
    st.builds(StretchShot, indexes, factor=factors),
    st.builds(ColourGround),
    st.builds(CutScenes, st.sampled_from([0, 500])),
    st.builds(WriteText, st.sampled_from([Role.TITLE, Role.CLOSING]), st.just("Other words")),
    st.just(ReplaceWords("words", "letters")),
    st.builds(ResizeTexts, texts, factors),
    st.builds(ColourTexts, texts, st.sampled_from([None, "#ff5a52"])),
    st.builds(TimeTexts, texts, st.floats(0.5, 9)),
    st.builds(PlaceTexts, texts, st.sampled_from(Place)),
    st.builds(PlayMusic, st.sampled_from([None, *Style])),
    st.builds(SetVolume, st.floats(0, 1)),
    st.just(Speak("Hello there")),
)
arranging: st.SearchStrategy[Operation] = st.one_of(
    st.builds(Reorder, st.booleans()),
    st.builds(MoveShot, indexes, indexes),
    st.builds(SwapShots, indexes, indexes),
    st.builds(RemoveShots, st.tuples(indexes)),
    st.builds(RemoveTexts, texts),
    st.builds(RemoveSounds, st.booleans()),
)


@st.composite
def drafts(draw: st.DrawFn) -> Draft:
    """Scenes one after the other, with texts in them and sounds below them, as the director makes them."""
    lengths = draw(st.lists(st.integers(900, 8000), min_size=1, max_size=6))
    total = max(sum(lengths), 3000)
    lengths[-1] += total - sum(lengths)
    starts = [sum(lengths[:index]) for index in range(len(lengths))]
    shots, captions = [], []
    for index, (start, length) in enumerate(zip(starts, lengths, strict=True)):
        card = draw(st.booleans())
        meta = {"src": None if card else f"medium {index}", "fade": 300 if index else 0}
        shots.append({"s": start, "d": length, "m": meta})
        if draw(st.booleans()):
            role = "title" if index == 0 else draw(st.sampled_from(["body", "lower_third", "closing"]))
            shown = draw(st.integers(500, length)) if length > 500 else length
            captions.append({"s": start, "d": shown, "m": {"text": f"Some words {index}", "role": role}})
    tracks: list[dict[str, Any]] = [{"tt": 0, "sg": shots}]
    if draw(st.booleans()):
        tracks.append({"tt": 1, "sg": [{"s": 0, "d": total, "m": {"style": "Calm", "name": "Calm"}}]})
    if draw(st.booleans()):
        tracks.append({"tt": 1, "sg": [{"s": 400, "d": total // 2, "m": {"speech": "Good evening"}}]})
    if captions:
        tracks.append({"tt": 7, "sg": captions})
    return parse_draft({"t": tracks, "d": total})


def flat(value: object, name: str = "") -> dict[str, object]:
    """Every leaf of a segment by its path."""
    if isinstance(value, dict):
        return {
            k: v for key, part in value.items() for k, v in flat(part, f"{name}.{key}".strip(".")).items()
        }
    return {name: value}


def differences(before: Draft, after: Draft) -> set[str]:
    """Paths of what differs, segments matched one to one by track type."""
    old, new = before.to_wire(), after.to_wire()
    found = {f"m.{key}" for key in old["m"] if old["m"][key] != new["m"][key]}
    found |= {"d"} if old["d"] != new["d"] else set()
    for kind in (0, 1, 7):
        ours, theirs = ([s for t in wire["t"] if t["tt"] == kind for s in t["sg"]] for wire in (old, new))
        if len(ours) != len(theirs):
            found.add(str(kind))
            continue
        for one, other in zip(ours, theirs, strict=True):
            left, right = flat(one), flat(other)
            found |= {f"{kind}.{path}" for path in left if left[path] != right.get(path)}
    return found


def applied(operation: Operation, draft: Draft) -> Draft:
    after = copy.deepcopy(draft)
    operation.apply(after)
    return after


@given(drafts(), touching)
def test_nothing_but_what_is_named_changes(draft: Draft, operation: Operation) -> None:
    try:
        after = applied(operation, draft)
    except NotPossibleError:
        return
    added = {"1", "7"} if isinstance(operation, WriteText | PlayMusic | Speak) else set()
    assert differences(draft, after) <= TOUCHES[type(operation)] | added


@given(drafts(), arranging)
def test_segments_that_stay_keep_what_they_show(draft: Draft, operation: Operation) -> None:
    try:
        after = applied(operation, draft)
    except NotPossibleError:
        return
    touched = {difference.split(".")[0] for difference in differences(draft, after)}
    assert touched <= ARRANGES[type(operation)]
    known = [segment.meta.model_copy(update={"fade": 0}) for segment in draft.shots]
    assert all(shot.meta.model_copy(update={"fade": 0}) in known for shot in after.shots)
    assert all(caption.meta in [c.meta for c in draft.captions] for caption in after.captions)
    assert all(sound.meta in [s.meta for s in draft.sounds] for sound in after.sounds)


@given(drafts(), st.one_of(touching, arranging))
def test_what_is_left_is_a_draft_without_gaps(draft: Draft, operation: Operation) -> None:
    try:
        after = applied(operation, draft)
    except NotPossibleError:
        return
    shots = sorted(after.shots, key=lambda shot: shot.start)
    assert shots[0].start == 0
    assert all(one.end == other.start for one, other in pairwise(shots))
    assert shots[-1].end == after.duration
    assert all(s.start < after.duration for s in [*after.sounds, *after.captions])
    assert parse_draft(after.to_wire()) == after


@given(drafts(), st.one_of(touching, arranging))
def test_what_is_not_possible_leaves_the_draft_as_it_was(draft: Draft, operation: Operation) -> None:
    after = copy.deepcopy(draft)
    with contextlib.suppress(NotPossibleError):
        operation.apply(after)
        return
    assert after == draft


@given(drafts(), arranging)
def test_a_text_goes_with_its_scene(draft: Draft, operation: Operation) -> None:
    try:
        after = applied(operation, draft)
    except NotPossibleError:
        return

    def scene_of(edited: Draft, text: str) -> str | None:
        caption = next(c for c in edited.captions if c.meta.text == text)
        return max((s for s in edited.shots if s.start <= caption.start), key=lambda s: s.start).meta.src

    for caption in after.captions:
        if caption.meta.role is not Role.TITLE:
            assert scene_of(after, caption.meta.text) == scene_of(draft, caption.meta.text)


@pytest.mark.parametrize("operation", [Reorder(), Reorder(backwards=True)])
def test_opening_and_closing_cards_stay_where_they_are(operation: Operation) -> None:
    names = [None, "a", "b", "c", None]
    shots = [{"s": 1000 * i, "d": 1000, "m": {"src": name}} for i, name in enumerate(names)]
    after = applied(operation, parse_draft({"t": [{"tt": 0, "sg": shots}]}))
    order = [shot.meta.src for shot in sorted(after.shots, key=lambda shot: shot.start)]
    assert order == (
        [None, "c", "b", "a", None] if operation == Reorder(backwards=True) else [None, "b", "c", "a", None]
    )
