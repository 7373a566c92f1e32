"""Instruments: one note or one hit each, synthesised once and kept."""

import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

RATE = 48_000
Wave = npt.NDArray[np.float32]
"""One channel."""
_KEPT = 256
_FASTEST = 0.45
"""Of the sampling rate: the highest partial that is drawn."""


def pitch(semitones: int) -> float:
    """Return the frequency of a note, counted from A below middle C."""
    return float(220 * 2 ** (semitones / 12))


@functools.lru_cache(maxsize=_KEPT)
def note(instrument: str, semitones: int, milliseconds: int) -> Wave:
    """Return a note; drums have no pitch of their own and ignore both numbers."""
    sound = _INSTRUMENTS[instrument](pitch(semitones), milliseconds / 1000)
    sound.setflags(write=False)
    return sound


def _time(seconds: float) -> Wave:
    return np.arange(max(round(seconds * RATE), 1), dtype=np.float32) / np.float32(RATE)


def _edges(time: Wave, seconds: float, attack: float, release: float) -> Wave:
    return np.asarray(np.minimum(time / attack, 1) * np.clip((seconds - time) / release, 0, 1), np.float32)


def _partials(time: Wave, frequency: float, most: int, slope: float, decay: float) -> Wave:
    """Sum partials of which the higher ones are softer and die away sooner."""
    total = np.zeros_like(time)
    for number in range(1, most + 1):
        if number * frequency > _FASTEST * RATE:
            break
        wave = np.sin(np.float32(2 * np.pi * number * frequency) * time)
        total += np.float32(number**-slope) * wave * np.exp(np.float32(-decay * (1 + 0.6 * number)) * time)
    return total


def _pad(frequency: float, seconds: float) -> Wave:
    time = _time(seconds + 0.25)
    wave = _partials(time, frequency * 0.997, 9, 1.1, 0) + _partials(time, frequency * 1.003, 9, 1.1, 0)
    return wave * _edges(time, seconds + 0.25, 0.2, 0.3) * np.float32(0.4)


def _strings(frequency: float, seconds: float) -> Wave:
    time = _time(seconds + 0.3)
    vibrato = np.float32(0.004) * np.sin(np.float32(2 * np.pi * 5.2) * time)
    wave = np.zeros_like(time)
    for number in range(1, 13):
        if number * frequency < _FASTEST * RATE:
            phase = np.float32(2 * np.pi * number * frequency) * time + 6 * number * vibrato
            wave += np.sin(phase) / np.float32(number)
    return np.asarray(wave * _edges(time, seconds + 0.3, 0.12, 0.3) * np.float32(0.55), np.float32)


def _keys(frequency: float, seconds: float) -> Wave:
    """Play an electric piano: one sine bends another, less and less."""
    time = _time(seconds + 0.1)
    bend = np.float32(1.3) * np.exp(-time * 3) * np.sin(np.float32(2 * np.pi * frequency) * time)
    bell = np.float32(0.25) * np.exp(-time * 9) * np.sin(np.float32(2 * np.pi * 7 * frequency) * time)
    body = np.sin(np.float32(2 * np.pi * frequency) * time + bend) + bell
    return np.asarray(body * np.exp(-time * 1.1) * _edges(time, seconds + 0.1, 0.008, 0.1), np.float32)


def _piano(frequency: float, seconds: float) -> Wave:
    time = _time(seconds + 0.15)
    wave = _partials(time, frequency, 10, 1.3, 0.8) + _partials(time, frequency * 1.0012, 6, 1.3, 0.8)
    return wave * _edges(time, seconds + 0.15, 0.004, 0.15) * np.float32(0.6)


def _pluck(frequency: float, seconds: float) -> Wave:
    time = _time(min(seconds, 0.9) + 0.05)
    return (
        _partials(time, frequency, 14, 0.9, 4) * _edges(time, time.size / RATE, 0.002, 0.05) * np.float32(0.8)
    )


def _bass(frequency: float, seconds: float) -> Wave:
    time = _time(seconds)
    wave = np.tanh(np.float32(1.6) * _partials(time, frequency, 7, 1.3, 0.25))
    return np.asarray(wave * _edges(time, seconds, 0.008, 0.06), np.float32)


def _kick(_frequency: float, _seconds: float) -> Wave:
    time = _time(0.32)
    phase = np.float32(2 * np.pi) * (46 * time + np.float32(3.4) * (1 - np.exp(-time * 32)))
    click = np.float32(0.25) * _noise(time.size, 1) * np.exp(-time * 400)
    return np.asarray(
        (np.sin(phase) * np.exp(-time * 11) + click) * _edges(time, 0.32, 0.001, 0.03), np.float32
    )


def _tom(_frequency: float, _seconds: float) -> Wave:
    time = _time(0.3)
    phase = np.float32(2 * np.pi) * (95 * time + np.float32(2) * (1 - np.exp(-time * 18)))
    return np.asarray(np.sin(phase) * np.exp(-time * 10) * _edges(time, 0.3, 0.001, 0.03), np.float32)


def _snare(_frequency: float, _seconds: float) -> Wave:
    time = _time(0.22)
    body = np.sin(np.float32(2 * np.pi * 185) * time) * np.exp(-time * 26)
    return np.asarray(body + np.float32(0.7) * _noise(time.size, 2) * np.exp(-time * 17), np.float32)


def _clap(_frequency: float, _seconds: float) -> Wave:
    time = _time(0.2)
    bursts = sum((np.exp(-np.abs(time - at) * 260) for at in (0.0, 0.012, 0.025)), np.exp(-time * 24) * 0.6)
    hiss = _noise(time.size, 3)
    return np.asarray(np.convolve(hiss, [0.5, 0, -0.5], "same") * bursts, np.float32)


def _hat(_frequency: float, _seconds: float) -> Wave:
    time = _time(0.06)
    return np.asarray(np.diff(_noise(time.size + 1, 4)) * np.exp(-time * 80), np.float32)


def _shaker(_frequency: float, _seconds: float) -> Wave:
    time = _time(0.12)
    swell = np.exp(-((time - 0.04) ** 2) / 0.0008)
    return np.asarray(np.diff(_noise(time.size + 1, 5)) * swell * np.float32(0.6), np.float32)


def _crash(_frequency: float, _seconds: float) -> Wave:
    time = _time(1.6)
    return np.asarray(
        np.diff(_noise(time.size + 1, 6)) * np.exp(-time * 2.6) * _edges(time, 1.6, 0.002, 0.3), np.float32
    )


def _noise(length: int, seed: int) -> Wave:
    return np.random.default_rng(seed).standard_normal(length).astype(np.float32)


_INSTRUMENTS: dict[str, Callable[[float, float], Wave]] = {
    "pad": _pad, "strings": _strings, "keys": _keys, "piano": _piano, "pluck": _pluck, "bass": _bass,
    "kick": _kick, "tom": _tom, "snare": _snare, "clap": _clap, "hat": _hat, "shaker": _shaker,
    "crash": _crash,
}  # fmt: skip
