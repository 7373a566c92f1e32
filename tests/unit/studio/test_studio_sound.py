import wave
from pathlib import Path

import numpy as np
import pytest

from studio.draft import Sound, SoundSegment, Style
from studio.render.music import FULL_RMS, RATE, compose
from studio.render.sound import CEILING, soundtrack


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    path = tmp_path / "tone.wav"
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(44_100)
        one_side = (8000 * np.sin(np.arange(44_100) * 2 * np.pi * 440 / 44_100)).astype("<i2")
        file.writeframes(np.repeat(one_side, 2).tobytes())
    return path


@pytest.mark.parametrize("style", Style)
def test_music_has_the_length_and_loudness_wanted(style: Style) -> None:
    piece = compose(style, 5.5)
    assert piece.shape == (2, round(5.5 * RATE))
    assert loudness(piece) == pytest.approx(FULL_RMS, rel=0.25)
    # It goes on to the end, and its two sides differ.
    assert loudness(piece[:, -RATE:]) > 0.2 * FULL_RMS
    assert loudness(piece[0] - piece[1]) > 0.02


def test_music_is_the_same_every_time() -> None:
    assert np.array_equal(compose(Style.LOFI, 2), compose(Style.LOFI, 2))


def test_the_soundtrack_is_exact_and_fades_out() -> None:
    music = SoundSegment(start=0, duration=4000, meta=Sound(volume=0.35))
    mixed = soundtrack([music], {}, 4.1)
    assert mixed.shape == (2, round(4.1 * RATE))
    assert loudness(mixed[:, RATE : 2 * RATE]) > 5 * loudness(mixed[:, round(3.9 * RATE) :])
    assert not mixed[:, 4 * RATE :].any()


def test_an_uploaded_sound_stands_where_the_draft_puts_it(tone: Path) -> None:
    segment = SoundSegment(start=1000, duration=3000, meta=Sound(src="tone", volume=0.5))
    mixed = soundtrack([segment], {"tone": tone}, 4)
    assert not mixed[:, :RATE].any()
    played = mixed[:, RATE + RATE // 4 : 2 * RATE - RATE // 4]
    assert loudness(played) == pytest.approx(0.5 * 8000 / 32768 / 2**0.5, rel=0.05)
    assert not mixed[:, 2 * RATE + RATE // 50 :].any()


def test_the_mix_does_not_clip(tone: Path) -> None:
    segments = [SoundSegment(start=0, duration=1000, meta=Sound(src="tone", volume=1)) for _ in range(8)]
    assert np.abs(soundtrack(segments, {"tone": tone}, 1)).max() == pytest.approx(CEILING)


def test_silence_is_silent() -> None:
    assert not soundtrack([], {}, 1).any()
