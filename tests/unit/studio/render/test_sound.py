import sys
import wave
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import av
import numpy as np
import pytest

from studio.draft import Draft, Style, parse_draft
from studio.errors import UnsupportedFileError, UnusableDraftError
from studio.media.items import Kind
from studio.render import sound
from studio.render.encode import encode_sound
from studio.render.loudness import CEILING, TARGET_LUFS, limited, measure
from studio.render.music import FULL_RMS, RATE, Samples, compose
from studio.render.sound import decode, soundtrack
from studio.render.sources import Source

LOUDEST_TRUE_PEAK = 10 ** (-1 / 20)


def rms(samples: Samples) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def draft_of(*sounds: dict[str, Any], seconds: float = 6, **canvas: object) -> Draft:
    milliseconds = round(1000 * seconds)
    segments = [{"s": 0, "d": milliseconds, **sound} for sound in sounds]
    return parse_draft(
        {"t": [{"tt": 0, "sg": [{"d": milliseconds}]}, {"tt": 1, "sg": segments}], "m": canvas}
    )


def sources(path: Path) -> dict[str, Source]:
    return {path.stem: Source(path, Kind.AUDIO, path.name)}


def recorded(path: Path, samples: np.ndarray, rate: int = 44_100) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.repeat(np.rint(samples * 32767), 2).astype("<i2").tobytes())
    return path


@pytest.fixture
def tone(tmp_path: Path) -> Path:
    """Two seconds: 440 Hz, then 880 Hz."""
    time = np.arange(44_100) / 44_100
    both = np.concatenate([0.25 * np.sin(2 * np.pi * pitch * time) for pitch in (440, 880)])
    return recorded(tmp_path / "tone.wav", both)


def pitch(samples: Samples) -> float:
    spectrum = np.abs(np.fft.rfft(samples[0] * np.hanning(samples.shape[1])))
    return float(np.argmax(spectrum) * RATE / samples.shape[1])


@pytest.fixture
def _voice(monkeypatch: pytest.MonkeyPatch) -> None:
    """A voice that hums for a second, whatever the text."""

    def hum(_text: str, seed: int) -> np.ndarray:
        assert seed == 0
        return (0.3 * np.sin(2 * np.pi * 220 * np.arange(24_000) / 24_000)).astype(np.float32)

    monkeypatch.setitem(sys.modules, "hibari", SimpleNamespace(Hibari=lambda: hum, SAMPLE_RATE=24_000))


@pytest.mark.parametrize("style", Style)
def test_music_has_the_length_and_loudness_wanted(style: Style) -> None:
    piece = compose(style, 5.5)
    assert piece.shape == (2, round(5.5 * RATE))
    assert rms(piece) == pytest.approx(FULL_RMS, rel=0.25)
    # It goes on to the end, and its two sides differ.
    assert rms(piece[:, -RATE:]) > 0.2 * FULL_RMS
    assert rms(piece[0] - piece[1]) > 0.02


def test_music_is_the_same_every_time() -> None:
    assert np.array_equal(compose(Style.LOFI, 2), compose(Style.LOFI, 2))


@pytest.mark.parametrize("volume", [0.02, 0.35, 1])
@pytest.mark.parametrize("style", Style)
def test_what_comes_out_of_the_encoder_has_the_loudness_of_online_video(
    tmp_path: Path, style: Style, volume: float
) -> None:
    mixed = soundtrack(draft_of({"m": {"style": style, "volume": volume}}, seconds=8), {}, 8)
    assert mixed.shape == (2, 8 * RATE)
    encode_sound(tmp_path / "sound.mp4", mixed)
    heard = decode(tmp_path / "sound.mp4", 9 * RATE)
    assert abs(heard.shape[1] - 8 * RATE) <= 1024
    found = measure(heard)
    assert found.lufs == pytest.approx(TARGET_LUFS, abs=1)
    assert found.true_peak < LOUDEST_TRUE_PEAK


def test_a_mix_of_shouts_and_whispers_keeps_below_the_ceiling(tmp_path: Path) -> None:
    clicks = np.zeros(8 * 44_100)
    clicks[:: 44_100 // 3] = 0.99
    clicks += 0.01 * np.sin(np.arange(len(clicks)))
    path = recorded(tmp_path / "clicks.wav", clicks)
    mixed = soundtrack(draft_of({"m": {"src": "clicks"}}, seconds=8), sources(path), 8)
    assert np.abs(mixed).max() <= CEILING + 1e-4
    assert measure(mixed).true_peak < LOUDEST_TRUE_PEAK
    assert measure(mixed).lufs > -24


def test_the_videos_volume_turns_everything_down() -> None:
    mixed = soundtrack(draft_of({"m": {}}, volume=0.5), {}, 6)
    assert measure(mixed).lufs == pytest.approx(TARGET_LUFS - 6, abs=1)


def test_limiting_lowers_the_peaks_and_leaves_the_rest() -> None:
    quiet = np.full((2, RATE), 0.1, np.float32)
    loud = quiet.copy()
    loud[:, RATE // 2] = 2
    held = limited(loud)
    assert np.abs(held).max() <= CEILING + 1e-5
    assert np.array_equal(held[:, : RATE // 2 - 1000], quiet[:, : RATE // 2 - 1000])
    assert np.abs(np.diff(held[0] / loud[0])).max() < 0.01


def test_an_uploaded_sound_stands_where_the_draft_puts_it_and_goes_on_to_its_end(tone: Path) -> None:
    segment = {"s": 1000, "d": 4000, "m": {"src": "tone", "fade_out": 1000}}
    mixed = soundtrack(draft_of(segment), sources(tone), 6)
    assert not mixed[:, :RATE].any()
    assert [round(pitch(mixed[:, second * RATE : (second + 1) * RATE]), -1) for second in (1, 2, 3)] == [
        440,
        880,
        440,
    ]
    windows = [rms(mixed[:, start : start + RATE // 10]) for start in range(RATE, 4 * RATE, RATE // 10)]
    assert min(windows) > 0.5 * max(windows)
    assert rms(mixed[:, round(4.9 * RATE) : 5 * RATE]) < 0.05 * max(windows)
    assert not mixed[:, 5 * RATE :].any()


def test_a_sound_is_trimmed_and_played_faster_at_its_own_pitch(tone: Path) -> None:
    trimmed = soundtrack(draft_of({"m": {"src": "tone", "in": 1000}}, seconds=1), sources(tone), 1)
    assert pitch(trimmed) == pytest.approx(880, abs=3)
    for speed in (0.25, 0.5, 2, 3.3):
        assert decode(tone, 100 * RATE, speed=speed).shape[1] == pytest.approx(2 * RATE / speed, rel=0.05)
    faster = decode(tone, 100 * RATE, speed=2)
    assert pitch(faster[:, : round(0.45 * RATE)]) == pytest.approx(440, abs=5)


@pytest.mark.usefixtures("_voice")
def test_music_goes_down_for_words_and_comes_back(tone: Path) -> None:
    music = {"m": {"src": "tone", "fade_in": 0, "fade_out": 0, "duck": 0.25}}
    words = {"s": 2000, "d": 1000, "m": {"speech": "Good morning", "volume": 0}}
    mixed = soundtrack(draft_of(music, words), sources(tone), 6)
    before, under, after = (
        rms(mixed[:, round(at * RATE) : round((at + 0.5) * RATE)]) for at in (1.2, 2.2, 4.2)
    )
    assert under == pytest.approx(0.25 * before, rel=0.05)
    assert after == pytest.approx(before, rel=0.05)


@pytest.mark.usefixtures("_voice")
def test_words_are_spoken_to_their_end() -> None:
    mixed = soundtrack(draft_of({"s": 1000, "d": 100, "m": {"speech": "Good morning"}}, seconds=3), {}, 3)
    assert not mixed[:, :RATE].any()
    assert rms(mixed[:, round(1.8 * RATE) : round(1.95 * RATE)]) > 0.05
    assert not mixed[:, round(2.1 * RATE) :].any()


def test_a_missing_voice_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "hibari", None)
    with pytest.raises(UnusableDraftError, match=r"no voice is installed.*`make voice`"):
        soundtrack(draft_of({"m": {"speech": "Good morning"}}), {}, 6)


def test_words_the_voice_cannot_speak_are_told() -> None:
    with pytest.raises(UnusableDraftError, match="speaks English only"):
        soundtrack(draft_of({"m": {"speech": "早上好"}}), {}, 6)


def test_the_installed_voice_speaks() -> None:
    pytest.importorskip("hibari")
    mixed = soundtrack(draft_of({"m": {"speech": "Good morning, and welcome."}}, seconds=4), {}, 4)
    assert measure(mixed).lufs == pytest.approx(TARGET_LUFS, abs=1.5)


def test_silence_is_silent() -> None:
    assert not soundtrack(draft_of(), {}, 6).any()


def test_a_sound_without_end_is_read_only_as_far_as_it_is_heard(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ten hours.wav"
    header = recorded(tmp_path / "short.wav", np.zeros(10), 22_050).read_bytes()[:44]
    length = 10 * 3600 * 22_050 * 4
    with path.open("wb") as file:
        file.write(
            header[:4] + (length + 36).to_bytes(4, "little") + header[8:40] + length.to_bytes(4, "little")
        )
        file.truncate(length)  # The disk holds no block of it.
    decoded = 0
    samples = sound._samples  # noqa: SLF001 - where decoded sound comes by

    def counted(frame: av.AudioFrame) -> Samples:
        nonlocal decoded
        decoded += frame.samples
        return samples(frame)

    monkeypatch.setattr(sound, "_samples", counted)
    assert decode(path, 2 * RATE).shape == (2, 2 * RATE)
    assert decoded < 3 * RATE


def test_a_medium_without_sound_is_named(tmp_path: Path) -> None:
    clip = tmp_path / "silent.mp4"
    with av.open(str(clip), "w") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    draft = draft_of({"m": {"src": "silent"}})
    with pytest.raises(UnsupportedFileError, match=r"“silent\.mp4” cannot be used: it is used as sound"):
        soundtrack(draft, sources(clip), 6)
    short = recorded(tmp_path / "short.wav", np.zeros(4410))
    with pytest.raises(UnsupportedFileError, match=r"“short\.wav” cannot be used: it has no sound after 2 s"):
        soundtrack(draft_of({"m": {"src": "short", "in": 2000}}), sources(short), 6)
