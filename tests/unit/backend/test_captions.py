"""The words of a draft as WebVTT: what is said when, in a form that every player reads."""

import html
import io
from collections.abc import Sequence

import av
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from backend.captions import LINES, LONGEST_LINE, MOST_BYTES, MOST_CUES, Cue, cues, webvtt

VIDEO = {"tt": 0, "sg": [{"s": 0, "d": 10_000}]}


def _draft(*tracks: object) -> dict[str, object]:
    return {"t": [VIDEO, *tracks]}


def _texts(*segments: tuple[int, int, str], kind: int = 7, name: str = "text") -> dict[str, object]:
    return {
        "tt": kind,
        "sg": [{"s": start, "d": lasts, "m": {name: text}} for start, lasts, text in segments],
    }


def _told(draft: dict[str, object]) -> list[tuple[int, int, str]]:
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in cues(draft)]


def _read(file: str) -> list[tuple[int, int, str]]:
    """What another program reads: FFmpeg's."""
    with av.open(io.BytesIO(file.encode()), "r", format="webvtt") as container:
        found = []
        for packet in container.demux(container.streams[0]):
            if packet.pts is not None and packet.duration is not None:
                start = round(1000 * packet.pts * packet.time_base)
                lasts = round(1000 * packet.duration * packet.time_base)
                found.append((start, start + lasts, html.unescape(bytes(packet).decode())))
        return found


def test_the_texts_of_a_draft_are_cues_in_the_order_in_which_they_begin() -> None:
    draft = _draft(_texts((6000, 2000, "Slow mornings"), (0, 3000, "Tidewater")), _texts((1000, 2000, "$40")))
    assert webvtt(cues(draft), 10_000) == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:03.000\nTidewater\n\n"
        "00:00:01.000 --> 00:00:03.000\n$40\n\n"
        "00:00:06.000 --> 00:00:08.000\nSlow mornings\n"
    )


@pytest.mark.parametrize(
    "draft",
    [
        None,
        {},
        _draft(),
        _draft(_texts((0, 1000, " \n\u2028\t"))),
        _draft(_texts((0, 1000, "Lo-fi"), kind=1)),
        {"t": [_texts((0, 3, "in seconds"))]},
    ],
    ids=["none", "empty", "no text", "an empty text", "music", "times of an unknown unit"],
)
def test_a_draft_without_words_makes_no_file(draft: dict[str, object] | None) -> None:
    assert webvtt(cues(draft), 10_000) == ""


def test_the_same_text_is_one_cue_as_long_as_it_stays() -> None:
    shadow = _texts((0, 2000, "Tidewater"))
    again = _texts((1500, 1500, "Tidewater"), (5000, 1000, "Tidewater"))
    assert _told(_draft(shadow, shadow, again)) == [(0, 3000, "Tidewater"), (5000, 6000, "Tidewater")]


def test_a_text_without_a_start_follows_and_one_without_a_length_lasts_until_the_next() -> None:
    track = {"tt": 7, "sg": [{"d": 2000, "m": {"text": "a"}}, {"text": "b"}, {"s": 4000, "text": "c"}]}
    assert _told(_draft(track)) == [(0, 2000, "a"), (2000, 4000, "b"), (4000, 10_000, "c")]


def test_what_is_spoken_is_cut_into_lines_that_can_be_read() -> None:
    speech = "Halden. It follows the sun through your day, from the first light to the last. 你好" + "世" * 50
    told = cues(_draft(_texts((500, 8000, speech), kind=1, name="speech")))
    assert (told[0].start_ms, told[-1].end_ms) == (500, 10_000)
    assert [one.end_ms for one in told[:-1]] == [one.start_ms for one in told[1:]]
    for cue in told:
        lines = cue.text.split("\n")
        assert len(lines) <= LINES
        assert all(len(line) + sum(letter > "\u2e80" for letter in line) <= LONGEST_LINE for line in lines)
    assert "".join("".join(cue.text for cue in told).split()) == "".join(speech.split())


SPEECH = st.lists(
    st.lists(st.sampled_from(["I", "am", "on", "it", "lamps", "extraordinarily", "世界", "now,"]), min_size=1)
    .map(" ".join)
    .map("{}.".format),
    min_size=1,
    max_size=6,
).map(" ".join)


@given(speech=SPEECH, start=st.integers(0, 9000), lasts=st.integers(200, 9000))
@example(speech="Now. I am on it. Extraordinarily extraordinarily extraordinary.", start=0, lasts=6000)
def test_cues_of_a_voice_follow_one_another_within_the_film_and_can_be_read(
    speech: str, start: int, lasts: int
) -> None:
    lasts = min(lasts, 10_000 - start)
    told = cues(_draft(_texts((start, lasts, speech), kind=1, name="speech")))
    assert told[0].start_ms == start
    assert [one.end_ms for one in told[:-1]] == [one.start_ms for one in told[1:]]
    assert told[-1].end_ms <= 10_000
    words = len(speech.split()) + sum(letter > "\u2e80" for letter in speech)
    if start + 300 * words <= 10_000:
        assert all(cue.end_ms - cue.start_ms >= 300 * len(cue.text.split()) - 1 for cue in told)


def test_what_is_spoken_is_left_out_where_captions_show_it() -> None:
    voice = _texts((500, 8000, "Halden. It follows the sun."), kind=1, name="speech")
    shown = _texts((500, 2000, "Halden."), (2500, 6000, "It follows\nthe sun."))
    assert _told(_draft(voice, shown)) == [(500, 2500, "Halden."), (2500, 8500, "It follows\nthe sun.")]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a --> b", "a --&gt; b"),
        ("<b>Q&A</b>", "&lt;b&gt;Q&amp;A&lt;/b&gt;"),
        ("one\r\n\r\n\ntwo\u2028three\rfour", "one\ntwo\nthree\nfour"),
        ("a\x00b\x1b[31m\tc", "ab[31m c"),
        ("NOTE this", "NOTE this"),
        ("half \ud83d", "half \ufffd"),
    ],
)
def test_a_text_cannot_end_its_cue_or_become_markup(text: str, written: str) -> None:
    file = webvtt(cues(_draft(_texts((0, 1000, text)))), 10_000)
    assert file == f"WEBVTT\n\n00:00:00.000 --> 00:00:01.000\n{written}\n"


def test_no_cue_is_longer_than_the_film() -> None:
    found = cues(_draft(_texts((0, 9000, "long"), (4000, 1000, "late"), (3999, 9000, "cut"))))
    assert _read(webvtt(found, 4000)) == [(0, 4000, "long"), (3999, 4000, "cut")]


def test_what_is_kept_with_a_version_is_bounded() -> None:
    many = _texts(*((number, 1, f"text {number}") for number in range(2 * MOST_CUES)))
    assert len(cues(_draft(many))) == MOST_CUES
    large = _texts(*((number, 1, f"{number}{'字' * 5000}") for number in range(20)))
    assert 0 < sum(len(cue.text.encode()) for cue in cues(_draft(large))) <= MOST_BYTES


def test_an_hour_has_its_own_digits() -> None:
    cue = Cue(start_ms=3_723_004, end_ms=3_800_000, text="late")
    assert "01:02:03.004 --> 01:03:20.000" in webvtt([cue], 4_000_000)


NUMBERS = st.integers(-5, 20_000) | st.floats() | st.just(10**400)
ANYTHING = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(st.characters(codec=None), max_size=60),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(["s", "d", "m", "text", "x"]), inner)
    ),
    max_leaves=8,
)
WORDS = st.sampled_from(["a --> b", "<i>", "&lt;", "\n\n", "\r", "NOTE", "WEBVTT", "字幕", "\x00"]) | st.text(
    max_size=20
)
SEGMENT = st.fixed_dictionaries(
    {},
    optional={
        "s": NUMBERS | ANYTHING,
        "d": NUMBERS | ANYTHING,
        "m": st.fixed_dictionaries(
            {},
            optional={
                "text": st.lists(WORDS, max_size=5).map("".join) | ANYTHING,
                "speech": WORDS | ANYTHING,
            },
        )
        | ANYTHING,
    },
)
TRACK = st.fixed_dictionaries(
    {"tt": st.sampled_from([0, 1, 7, "7", 7.0, None]) | ANYTHING, "sg": st.lists(SEGMENT)}
)


def _blocks(file: str) -> Sequence[str]:
    return file.removesuffix("\n").split("\n\n")[1:]


@given(tracks=st.lists(TRACK | ANYTHING, max_size=4), milliseconds=st.integers(1, 15_000))
@example(tracks=[_texts((0, 1000, "\u0085 \u00a0"))], milliseconds=500)
def test_whatever_is_in_a_draft_the_file_can_be_read(tracks: list[object], milliseconds: int) -> None:
    found = cues(_draft(*tracks))
    file = webvtt(found, milliseconds)
    if not file:
        assert all(cue.start_ms >= milliseconds for cue in found)
        return
    seen = [cue for cue in found if cue.start_ms < milliseconds]
    assert [cue.start_ms for cue in seen] == sorted(cue.start_ms for cue in seen)
    assert _read(file) == [(cue.start_ms, min(cue.end_ms, milliseconds), cue.text) for cue in seen]
    for block in _blocks(file):
        timing, *lines = block.split("\n")
        assert timing.count("-->") == 1
        assert lines
        assert not any("-->" in line or "<" in line or not line.strip() for line in lines)
