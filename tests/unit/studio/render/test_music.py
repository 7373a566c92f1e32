"""Music is as loud, as even and as balanced as popular music, and does not repeat itself."""

from collections import Counter

import av
import numpy as np
import pytest
from av.filter import Graph

from studio.director.language import read_instruction
from studio.draft import Style, parse_draft
from studio.render.arrangement import Note, arrange
from studio.render.filtering import pulled
from studio.render.music import BALANCE_DB, OCTAVES, RATE, Samples, compose
from studio.render.sound import soundtrack

LOUDNESS, MOST_RANGE, MOST_UNBALANCED = -14, 6, 3
SECONDS = 12


@pytest.fixture(scope="module", params=Style)
def heard(request: pytest.FixtureRequest) -> Samples:
    """A style's music as a video has it, mastered and faded out."""
    music = {"d": 1000 * SECONDS, "m": {"style": request.param}}
    draft = parse_draft({"t": [{"tt": 0, "sg": [{"d": 1000 * SECONDS}]}, {"tt": 1, "sg": [music]}]})
    return soundtrack(draft, {}, SECONDS)


def metered(samples: Samples) -> tuple[float, list[float]]:
    """Integrated loudness, and that of every 3 seconds."""
    graph = Graph()
    source = graph.add_abuffer(sample_rate=RATE, format="fltp", layout="stereo")
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout="stereo")
    frame.sample_rate, frame.pts = RATE, 0
    graph.push(frame)
    graph.push(None)
    told = [metered.metadata for metered in pulled(graph)]
    whole = [float(one["lavfi.r128.S"]) for one in told[30:]]
    return float(told[-1]["lavfi.r128.I"]), whole


def octaves(samples: Samples) -> np.ndarray:
    """Levels of octave bands, in dB."""
    power = np.square(np.abs(np.fft.rfft(samples, axis=1))).sum(axis=0)
    frequencies = np.fft.rfftfreq(samples.shape[1], 1 / RATE)
    octave = np.log2(np.maximum(frequencies, 1))
    return np.array(
        [10 * np.log10(power[np.abs(octave - np.log2(middle)) < 0.5].sum()) for middle in OCTAVES]
    )


def test_it_is_as_loud_as_online_video_and_even(heard: Samples) -> None:
    integrated, short_term = metered(heard)
    assert integrated == pytest.approx(LOUDNESS, abs=1)
    assert max(short_term) - min(short_term) < MOST_RANGE


def test_no_half_second_before_the_end_stands_out(heard: Samples) -> None:
    half = RATE // 2
    parts = (heard[:, at : at + half] for at in range(half, (SECONDS - 3) * RATE, half))
    levels = [10 * np.log10(np.square(part).mean()) for part in parts]
    assert max(levels) - min(levels) < 8


def test_its_octaves_are_balanced_as_those_of_popular_music(heard: Samples) -> None:
    apart = octaves(heard) - np.array(BALANCE_DB)
    assert np.abs(apart - np.median(apart)).max() < MOST_UNBALANCED


@pytest.mark.parametrize("seconds", [6, 15, 30, 60, 180])
@pytest.mark.parametrize("style", Style)
def test_no_two_bars_are_heard_more_than_twice(style: Style, seconds: float) -> None:
    def score(notes: tuple[Note, ...]) -> tuple[tuple[object, ...], ...]:
        # What keeps the time does not make a loop another one.
        told = (note for note in notes if note.instrument not in {"hat", "shaker"})
        return tuple((note.instrument, round(note.start, 2), note.pitch) for note in told)

    bars = arrange(style, seconds).bars[:-1]
    loops = Counter((score(bars[at]), score(bars[at + 1])) for at in range(0, len(bars) - 1, 2))
    assert not loops or max(loops.values()) <= 2


@pytest.mark.parametrize("seconds", [0.5, 3, 7.3, 15, 61])
@pytest.mark.parametrize("style", Style)
def test_the_last_chord_ends_with_the_picture(style: Style, seconds: float) -> None:
    piece = arrange(style, seconds)
    last = max(note.start + note.length for note in piece.bars[-1] if note.instrument == "bass")
    end = (len(piece.bars) - 1 + last / 4) * piece.bar_seconds
    assert end == pytest.approx(seconds, abs=0.01)


def test_a_long_piece_has_an_intro_a_break_fills_and_two_parts() -> None:
    bars = arrange(Style.UPBEAT, 60).bars
    kicks = [sum(note.instrument == "kick" for note in bar) for bar in bars]
    assert kicks[:2] == [0, 0]
    assert 0 in kicks[4:-1]
    assert any(note.instrument == "tom" for note in bars[3])
    chords = {tuple(note.pitch for note in bar if note.instrument == "pad") for bar in bars[:-1:4]}
    assert len(chords) == 2


@pytest.mark.parametrize("seconds", [0, 0.01, 0.3, 1])
def test_any_length_can_be_played(seconds: float) -> None:
    for style in Style:
        piece = compose(style, seconds)
        assert piece.shape == (2, round(seconds * RATE))
        assert np.isfinite(piece).all()


@pytest.mark.parametrize(
    ("words", "style"),
    [
        ("epic music", Style.CINEMATIC),
        ("a cinematic video", Style.CINEMATIC),
        ("with techno", Style.ELECTRONIC),
        ("uplifting corporate music", Style.INSPIRING),
        ("电子音乐", Style.ELECTRONIC),
        ("励志的音乐", Style.INSPIRING),
        ("corporate colours", None),
    ],
)
def test_the_mood_is_read_from_words(words: str, style: Style | None) -> None:
    assert read_instruction(words).style is style
