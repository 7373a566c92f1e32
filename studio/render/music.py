"""Music, synthesised: chords, bass and drums of a few styles, as long as it is wanted."""

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from studio.draft import Style

RATE = 48_000
# Loud enough that the usual volume of 35 % comes out as a bed of about -18 dBFS.
FULL_RMS = 0.35

Samples = npt.NDArray[np.float32]
"""Two channels x samples, -1 to 1."""
_Mono = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Score:
    """Chords are semitones from A below middle C, one bar of four beats each."""

    beats_per_minute: float
    chords: tuple[tuple[int, ...], ...]
    swing: float
    kicks: tuple[float, ...]
    snares: tuple[float, ...]
    hats: tuple[float, ...]
    brightness: float


_SCORES = {
    Style.LOFI: Score(
        78, ((0, 3, 7, 10, 14), (-4, 0, 3, 7, 10), (3, 7, 10, 14), (-2, 2, 5, 9)), 0.12,
        (0, 2.5), (1, 3), (0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5), 0.35,
    ),
    Style.UPBEAT: Score(
        116, ((3, 7, 10, 15), (-2, 2, 5, 10), (0, 3, 7, 12), (-4, 0, 3, 8)), 0,
        (0, 1, 2, 3), (1, 3), (0.5, 1.5, 2.5, 3.5), 0.7,
    ),
    Style.CALM: Score(
        66, ((3, 10, 14, 19), (0, 7, 10, 15), (-4, 3, 7, 12), (-2, 5, 9, 14)), 0, (), (), (), 0.22,
    ),
}  # fmt: skip


def compose(style: Style, seconds: float) -> Samples:
    """A piece of exactly `seconds`, without fades."""
    score = _SCORES[style]
    length = round(seconds * RATE)
    beat = 60 / score.beats_per_minute
    bar = 4 * beat
    left, right = np.zeros(length), np.zeros(length)
    noise = np.random.default_rng(7)
    for number in range(int(seconds / bar) + 1):
        start = number * bar
        chord = score.chords[number % len(score.chords)]
        for index, note in enumerate(chord):
            tone = 0.16 * _key(_pitch(note), bar * 1.05, score.brightness)
            side = 0.5 + 0.35 * (index / max(len(chord) - 1, 1) - 0.5)
            strum = start + 0.018 * index
            _add(left, tone * (1 - side), strum)
            _add(right, tone * side, strum)
        drums = [
            (score.kicks, 0.55 * _kick()),
            (score.snares, 0.16 * _noise_hit(noise, 0.16)),
            (score.hats, 0.05 * _noise_hit(noise, 0.04)),
        ]
        basses = [(0.0, 1.6), (2.5, 1.2)] if score.kicks else [(0.0, 3.8)]
        hits = [
            (start + place * beat, 0.3 * _bass(_pitch(chord[0] - 12), long * beat)) for place, long in basses
        ]
        for places, sound in drums:
            hits += [(start + (place + score.swing * (place % 1 > 0)) * beat, sound) for place in places]
        for moment, sound in hits:
            _add(left, sound, moment)
            _add(right, sound, moment)
    both = np.stack([_echo(left, 0.31 * beat * 2), _echo(right, 0.37 * beat * 2)])
    loudness = float(np.sqrt(np.mean(both**2))) or 1
    return np.tanh(both * (FULL_RMS / loudness)).astype(np.float32)


def _pitch(semitones: int) -> float:
    return 220 * 2 ** (semitones / 12)


def _time(seconds: float) -> _Mono:
    return np.arange(round(seconds * RATE)) / RATE


@functools.lru_cache(maxsize=32)
def _key(frequency: float, seconds: float, brightness: float) -> _Mono:
    """An electric piano: one sine bends another, less and less."""
    time = _time(seconds)
    bend = 2.2 * brightness * np.exp(-time * 3.5) * np.sin(2 * np.pi * frequency * time)
    body = np.sin(2 * np.pi * frequency * time + bend) + 0.25 * np.sin(2 * np.pi * 1.003 * frequency * time)
    attack = np.minimum(time / 0.012, 1)
    release = np.minimum((seconds - time) / 0.12, 1)
    return np.asarray(body * attack * release * np.exp(-time * 0.7))


def _bass(frequency: float, seconds: float) -> _Mono:
    time = _time(seconds)
    edges = np.minimum(time / 0.01, 1) * np.minimum((seconds - time) / 0.08, 1)
    wave = np.sin(2 * np.pi * frequency * time) + 0.2 * np.sin(4 * np.pi * frequency * time)
    return np.asarray(wave * edges * np.exp(-time * 0.9))


def _kick() -> _Mono:
    time = _time(0.28)
    phase = 2 * np.pi * (48 * time + 3.2 * (1 - np.exp(-time * 34)))
    return np.asarray(np.sin(phase) * np.exp(-time * 13) * np.minimum((0.28 - time) / 0.02, 1))


def _noise_hit(noise: np.random.Generator, seconds: float) -> _Mono:
    time = _time(seconds)
    hiss = np.diff(noise.standard_normal(len(time) + 1))
    return np.asarray(hiss * np.exp(-time * 5 / seconds))


def _add(track: _Mono, sound: _Mono, moment: float) -> None:
    start = round(moment * RATE)
    part = sound[: max(len(track) - start, 0)]
    track[start : start + len(part)] += part


def _echo(track: _Mono, delay: float) -> _Mono:
    shift = round(delay * RATE)
    wet = track.copy()
    for strength in (1, 2):
        offset = strength * shift
        if offset < len(track):
            wet[offset:] += 0.16 / strength * track[:-offset]
    return wet
