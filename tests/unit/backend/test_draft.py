import copy
import json
import random
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.draft import (
    LISTED_CLIPS,
    describe_changes,
    duration_ms,
    fingerprint,
    is_raw,
    is_ready,
    title_of,
    track_summary,
)

Json = dict[str, object]


def segment(start: float | None, length: float | None, **metadata: object) -> Json:
    times = {"s": start, "d": length}
    return {name: value for name, value in times.items() if value is not None} | {"m": metadata}


def track(track_type: object, *segments: object, **metadata: object) -> Json:
    return {"tt": track_type, "sg": list(segments), "m": metadata}


def draft(*tracks: object, **fields: object) -> Json:
    return {"t": list(tracks), **fields}


def video(length: float = 10000) -> Json:
    return track(0, segment(0, length, name="city timelapse"), name="Video")


def music(volume: float | None = 0.35, name: str = "Lo-fi") -> Json:
    return track(1, segment(0, 10000, name=name, volume=volume), name="BGM")


def title(text: str = "Urban Dreams", start: float = 0) -> Json:
    return track(7, segment(start, 3000, text=text))


FULL = draft(video(), music(), title(), d=10000)

ODD: list[Json] = [
    {},
    {"t": None},
    {"t": 3},
    {"t": "tracks"},
    {"t": {"tt": 0}},
    {"t": [None, 3, "x", []]},
    {"t": [{"tt": 0}]},
    {"t": [{"tt": 0, "sg": None}]},
    {"t": [{"tt": 0, "sg": "x"}]},
    {"t": [{"tt": 0, "sg": [None, 1, "x", []]}]},
    {"d": "ten"},
    {"d": -1},
    {"d": float("nan")},
    {"d": float("inf")},
    {"m": "x", "t": [{"sg": [], "m": 5}]},
]


@pytest.mark.parametrize("odd", [None, *ODD])
def test_nothing_to_see_in_an_odd_draft(odd: Mapping[str, object] | None) -> None:
    assert not is_ready(odd)
    assert not is_raw(odd)
    assert duration_ms(odd) == 0
    assert track_summary(odd) == "Timeline (0 tracks)"
    assert describe_changes(odd, {}) == []
    assert len(fingerprint(odd)) == 64


@pytest.mark.parametrize("strange", [{"s": "x", "d": []}, {"m": 3}, {"d": -5}, {"m": {"name": ["x"]}}])
def test_strange_values_of_a_segment_are_unknown(strange: Json) -> None:
    odd = draft(track("x", strange), track(0, segment(0, 2000, name="a"), unknown={"deep": [1]}))
    assert is_ready(odd)
    assert duration_ms(odd) == 2000
    assert track_summary(odd) == "Timeline (2 tracks): 1. Track: unnamed 2. Video: a (0-2s)"


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["t", "tt", "sg", "d", "s", "st", "m", "name", "text", "volume", "color", "clips"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)
_SEGMENTS = st.lists(_JSON | st.fixed_dictionaries({"s": _JSON, "d": _JSON, "m": _JSON}), max_size=4)
_TRACKS = st.lists(
    _JSON
    | st.fixed_dictionaries({"tt": st.sampled_from([0, 1, 7, 9, "7", None]), "sg": _SEGMENTS, "m": _JSON}),
    max_size=4,
)
_DRAFTS = st.fixed_dictionaries({"t": _TRACKS}, optional={"d": _JSON, "m": _JSON})


@given(_DRAFTS, _DRAFTS)
def test_any_draft_can_be_read(before: Json, after: Json) -> None:
    assert duration_ms(before) >= 0
    assert "\n" not in track_summary(before)
    assert is_ready(before) == (track_summary(before) != "Timeline (0 tracks)")
    assert not is_raw(before) or is_ready(before)
    assert describe_changes(before, before) == []
    assert all(line.strip() for line in describe_changes(before, after))


def test_ready_once_a_track_has_a_segment() -> None:
    assert not is_ready(draft(track(0), track(1)))
    assert is_ready(draft(track(0), track(1, segment(0, 1))))


@pytest.mark.parametrize(
    ("tracks", "raw"),
    [
        ([video()], True),
        ([video(), track(1), track(7)], True),
        ([video(), track(3, segment(0, 1))], True),
        ([video(), music()], False),
        ([video(), title()], False),
        ([music()], False),
        ([], False),
    ],
)
def test_raw_is_video_without_music_and_titles(tracks: list[Json], *, raw: bool) -> None:
    assert is_raw(draft(*tracks)) is raw


def test_fingerprint_sees_values_not_key_order() -> None:
    assert fingerprint({"a": 1, "t": [{"x": 1, "y": 2}]}) == fingerprint({"t": [{"y": 2, "x": 1}], "a": 1})
    assert fingerprint(FULL) == fingerprint(json.loads(json.dumps(FULL)))
    assert fingerprint(FULL) != fingerprint(draft(video(), music(0.36), title(), d=10000))
    assert fingerprint({"t": [1, 2]}) != fingerprint({"t": [2, 1]})


def test_no_draft_and_an_empty_one_are_the_same() -> None:
    assert fingerprint(None) == fingerprint({})
    assert fingerprint({}) != fingerprint({"t": []})


def test_fingerprint_is_stable_across_releases() -> None:
    assert fingerprint({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"


@pytest.mark.parametrize(
    ("tracks", "fields", "expected"),
    [
        ([video(8000), track(1, segment(0, 12000))], {"d": 20000}, 8000),
        ([track(0, segment(4000, 2000), segment(0, 4000))], {}, 6000),
        ([track(0, segment(0, 4000)), track(0, segment(0, 7000))], {}, 7000),
        ([track(0, segment(None, 4000), segment(None, 3000))], {}, 7000),
        ([track(0, {"st": 1000, "d": 500})], {}, 1500),
        ([track(0, {"m": {"start": "1000", "d": 500.4}})], {}, 1500),
        ([track(0, segment(0, None)), music()], {"d": 9000}, 10000),
        ([track(0, segment(0, None))], {"d": 9000}, 9000),
        ([track(0, segment(0, None))], {}, 0),
    ],
)
def test_duration(tracks: list[Json], fields: Json, expected: int) -> None:
    assert duration_ms(draft(*tracks, **fields)) == expected


@pytest.mark.parametrize(
    ("tracks", "expected"),
    [
        (
            [video(), music(), title()],
            (
                "Timeline (3 tracks): 1. Video: city timelapse (0-10s) 2. BGM: Lo-fi (0-10s, 35%) "
                '3. Title: "Urban Dreams" (0-3s)'
            ),
        ),
        ([video()], "Timeline (1 track): 1. Video: city timelapse (0-10s)"),
        ([title(start=500)], 'Timeline (1 track): 1. Title: "Urban Dreams" (0.5-3.5s)'),
        ([track(0, segment(0, 333.3, name="a"))], "Timeline (1 track): 1. Video: a (0-0.33s)"),
        ([track(3, segment(0, 1000, name="blur"))], "Timeline (1 track): 1. Track: blur (0-1s)"),
        ([track(0), title()], 'Timeline (1 track): 1. Title: "Urban Dreams" (0-3s)'),
        (
            [track(0, segment(4000, 6000, name="b.jpg"), segment(0, 4000, name="a.png"))],
            "Timeline (1 track): 1. Video: a.png (0-4s), b.jpg (4-10s)",
        ),
        ([track(0, segment(0, 1000), name="harbour")], "Timeline (1 track): 1. Video: harbour (0-1s)"),
        ([track(0, segment(0, 1000), name="Video")], "Timeline (1 track): 1. Video: unnamed (0-1s)"),
        (
            [track(1, segment(0, 1000, name="welcome"), name="Voice-over", volume=80)],
            "Timeline (1 track): 1. Voice-over: welcome (0-1s, 80%)",
        ),
        (
            [{"tt": "7", "sg": [{"content": "one\n two", "start": 0, "d": 1000}]}],
            'Timeline (1 track): 1. Title: "one two" (0-1s)',
        ),
        ([track(0, segment(0, None, name="a", volume=1.5))], "Timeline (1 track): 1. Video: a (150%)"),
    ],
)
def test_track_summary(tracks: list[Json], expected: str) -> None:
    assert track_summary(draft(*tracks)) == expected


def test_long_tracks_are_summed_up() -> None:
    lines = [segment(1000 * i, 1000, text=f"line {i}") for i in range(LISTED_CLIPS + 3)]
    summary = track_summary(draft(track(7, *lines)))
    assert summary.endswith(f'"line {LISTED_CLIPS - 1}" ({LISTED_CLIPS - 1}-{LISTED_CLIPS}s), and 3 more')


def clips(*names_and_lengths: tuple[str, int]) -> Json:
    return track(0, *(segment(None, length, name=name) for name, length in names_and_lengths))


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ([video()], [video(), title()], ["Title added: 'Urban Dreams' (0-3s)"]),
        ([video()], [video(), music()], ["BGM added: Lo-fi (0-10s, 35%)"]),
        ([video(), music()], [video()], ["BGM removed: Lo-fi"]),
        ([video(), title("A")], [video(), title("B")], ["Title changed: 'A' -> 'B' (0-3s)"]),
        ([music()], [music(name="Jazz")], ["BGM changed: Lo-fi -> Jazz (0-10s, 35%)"]),
        ([video(10000)], [video(8000)], ["Video shortened from 10s to 8s"]),
        ([video(8000)], [video(10000)], ["Video lengthened from 8s to 10s"]),
        ([music(0.35)], [music(0.2)], ["BGM volume 35% -> 20%"]),
        ([music(None)], [music(0.2)], ["BGM volume set to 20%"]),
        ([title()], [title(start=2000)], ["Title moved from 0s to 2s"]),
        (
            [title("A"), title("B", 5000)],
            [title("B", 5000), title("C", 9000)],
            ["Title added: 'C' (9-12s)", "Title removed: 'A'"],
        ),
        (
            [title("A"), title("B", 5000)],
            [title("A"), title("B", 6000)],
            ["Title 'B' moved from 5s to 6s"],
        ),
        ([title("A"), title("A", 5000)], [title("A", 5000)], ["Title removed: 'A'"]),
        (
            [clips(("a", 4000), ("b", 4000))],
            [clips(("b", 4000), ("a", 4000))],
            ["Video order changed: b, a"],
        ),
        (
            [clips(("a", 4000), ("b", 4000), ("c", 4000))],
            [clips(("a", 4000), ("c", 4000))],
            ["Video removed: b", "Video shortened from 12s to 8s"],
        ),
        (
            [clips(("a", 4000), ("b", 4000))],
            [clips(("a", 3000), ("b", 4000))],
            ["Video a shortened from 4s to 3s", "Video shortened from 8s to 7s"],
        ),
        (
            [track(0, segment(0, 2000, name="a"), segment(5000, 5000, name="b"))],
            [track(0, segment(1000, 2000, name="a"), segment(5000, 5000, name="b"))],
            ["Video a moved from 0s to 1s"],
        ),
        (
            [track(7, segment(0, 3000, text="A", color="white", style={"bold": False}))],
            [track(7, segment(0, 3000, text="A", color="red", style={"bold": True}))],
            ["Title color white -> red", "Title style changed"],
        ),
        (
            [video(), music(), title()],
            [video(8000), music(0.2)],
            ["Video shortened from 10s to 8s", "BGM volume 35% -> 20%", "Title removed: 'Urban Dreams'"],
        ),
        (
            [track(1, segment(0, 9000, name="hello"), name="Voice-over")],
            [track(1, segment(0, 9000, name="Lo-fi"), name="BGM")],
            ["BGM added: Lo-fi (0-9s)", "Voice-over removed: hello"],
        ),
    ],
)
def test_changes(before: list[Json], after: list[Json], lines: list[str]) -> None:
    assert describe_changes(draft(*before), draft(*after)) == lines


def test_changes_from_and_to_nothing() -> None:
    assert describe_changes(None, draft(video())) == ["Video added: city timelapse (0-10s)"]
    assert describe_changes(draft(video()), None) == ["Video removed: city timelapse"]


def test_changed_format() -> None:
    wide, tall = {"width": 1920, "height": 1080}, {"width": 1080, "height": 1920}
    assert describe_changes(draft(m=wide), draft(m=tall)) == ["Format changed: 1920x1080 -> 1080x1920"]
    assert describe_changes(draft(m={"ratio": "16:9"}), draft(m={"ratio": "9:16"})) == [
        "Format changed: 16:9 -> 9:16"
    ]


def _renumber(full: Json) -> None:
    full["id"], full["m"] = "other", {"updated": 2}


def _add_empty_track(full: Json) -> None:
    full["t"] = [*_tracks(full), track(7)]


def _swap_tracks(full: Json) -> None:
    full["t"] = _tracks(full)[::-1]


def _split_hair(full: Json) -> None:
    full["t"] = [video(10000.4), *_tracks(full)[1:]]


def _tracks(full: Json) -> list[object]:
    tracks = full["t"]
    assert isinstance(tracks, list)
    return tracks


@pytest.mark.parametrize("change", [_renumber, _add_empty_track, _swap_tracks, _split_hair])
def test_what_nobody_notices_is_not_told(change: Callable[[Json], None]) -> None:
    after = copy.deepcopy(FULL)
    change(after)
    assert fingerprint(after) != fingerprint(FULL)
    assert describe_changes(FULL, after) == []


def test_changes_do_not_depend_on_the_order_of_segments_in_the_file() -> None:
    segments = [segment(1000 * i, 1000, text=f"line {i}") for i in range(8)]
    shuffled = segments.copy()
    random.Random(1).shuffle(shuffled)  # noqa: S311 - no secret
    assert describe_changes(draft(track(7, *segments)), draft(track(7, *shuffled))) == []


def _with_texts(*texts: tuple[int, str]) -> dict[str, object]:
    """A draft of eight seconds with texts that begin at these milliseconds."""
    shown = [{"start": start, "d": 1000, "m": {"text": text}} for start, text in texts]
    return {"t": [{"tt": 0, "sg": [{"d": 8000, "m": {"name": "kettle"}}]}, {"tt": 7, "sg": shown}]}


@pytest.mark.parametrize(
    ("draft", "title"),
    [
        (_with_texts((2000, "Second"), (0, "First\nline")), "First line"),
        (_with_texts((4000, "Half way")), "Half way"),
        (_with_texts((6000, "Buy now")), None),
        (_with_texts((0, ""), (1000, "Kettle")), "Kettle"),
        (_with_texts(), None),
        ({}, None),
        (None, None),
    ],
)
def test_the_title_is_the_text_that_is_read_first(draft: dict[str, object] | None, title: str | None) -> None:
    assert title_of(draft) == title
