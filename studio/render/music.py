"""Music, synthesised: an arrangement played, with the balance of popular music, as long as it is wanted."""

import numpy as np
import numpy.typing as npt

from studio.draft import Style
from studio.render.arrangement import Arrangement, arrange
from studio.render.instruments import RATE, Wave, note

__all__ = ["FULL_RMS", "RATE", "Samples", "compose"]

# Loud enough that the usual volume of 35 % comes out as a bed of about -18 dBFS.
FULL_RMS = 0.35

Samples = npt.NDArray[np.float32]
"""Two channels x samples, -1 to 1."""

OCTAVES = (63, 125, 250, 500, 1000, 2000, 4000, 8000)
BALANCE_DB = (-1, 0, -2, -4, -6, -8, -10, -15)
"""Levels of octave bands against 125 Hz.

They follow Pestana et al., "Spectral Characteristics of Popular Commercial Recordings 1950-2010" (AES 135,
2013): the average spectrum falls by about 5 dB an octave from 100 Hz to 4 kHz, is steeper above, and is cut
below 60 Hz. Each octave band is twice as wide as the one below, which adds 3 dB.
"""
_MOST_EQ_DB = 24
_EQ_ROUNDS = 4
_LOWEST = 32
"""Hz; nothing below is heard from a telephone or a television."""
_HIGHEST, _ROLL_OFF_DB = 11_000, 24
_HALL_S, _HALL = 1.1, 0.22
_WINDOW_S, _HOP_S = 0.8, 0.1
_EVENNESS = 0.75
"""How much of a difference in level is taken away."""
_KNEE = 0.8


def compose(style: Style, seconds: float) -> Samples:
    """A piece of exactly `seconds`, without fades."""
    length = round(seconds * RATE)
    if not length:
        return np.zeros((2, 0), np.float32)
    arrangement = arrange(style, seconds)
    dry = _played(arrangement, length)
    _level(dry, len(arrangement.bars) - 1, arrangement.bar_seconds)
    both = _balanced(dry)
    loudness = float(np.sqrt(np.mean(np.square(both)))) or 1
    return np.asarray(np.tanh(both * np.float32(_KNEE * FULL_RMS / loudness)) / np.float32(_KNEE), np.float32)


def _played(arrangement: Arrangement, length: int) -> Samples:
    both = np.zeros((2, length), np.float32)
    beat = arrangement.bar_seconds / 4
    for number, bar in enumerate(arrangement.bars):
        for one in bar:
            # To 20 ms: a piece has few lengths of notes then, and each is drawn once.
            sound = note(one.instrument, one.pitch, max(round(one.length * beat * 50), 2) * 20)
            start = round((number * arrangement.bar_seconds + one.start * beat) * RATE)
            for channel, side in zip(both, (-1, 1), strict=True):
                _add(channel, sound, start, one.loudness * (1 + side * one.side) / 2)
    return both


def _add(track: Wave, sound: Wave, start: int, loudness: float) -> None:
    part = sound[: max(track.size - start, 0)]
    track[start : start + part.size] += np.float32(loudness) * part


def _level(both: Samples, bars: int, bar_seconds: float) -> None:
    """Bring quiet and loud parts nearer to one another, in place; the last chord rings out as it does."""
    hop = round(_HOP_S * RATE)
    played = both[:, : max(round(bars * bar_seconds * RATE), hop)]
    count = played.shape[1] // hop
    if count < 2:  # noqa: PLR2004 - nothing to compare
        return
    power = np.square(played[:, : count * hop]).reshape(2, count, hop).mean(axis=(0, 2))
    width = min(round(_WINDOW_S / _HOP_S), count)
    smooth = np.convolve(np.pad(power, width, mode="edge"), np.ones(width) / width, "same")[width:-width]
    gain = (np.maximum(smooth, 1e-9) / smooth.mean()) ** (-_EVENNESS / 2)
    moments = (np.arange(count) + 0.5) * hop
    both *= np.interp(np.arange(both.shape[1]), moments, np.clip(gain, 0.4, 2.5)).astype(np.float32)


def _balanced(both: Samples) -> Samples:
    """Play in a hall, and bring every octave to its level."""
    size = _quick(both.shape[1] + round(_HALL_S * RATE))
    spectra = np.fft.rfft(both, size, axis=1)
    spectra *= 1 + _HALL * np.fft.rfft(_hall(), size, axis=1)
    frequencies = np.fft.rfftfreq(size, 1 / RATE)
    power = np.square(np.abs(spectra)).sum(axis=0)
    octave = np.log2(np.maximum(frequencies, 1) / OCTAVES[0])
    edges = np.searchsorted(octave, np.arange(len(OCTAVES) + 1) - 0.5)
    wanted, gains = np.array(BALANCE_DB, np.float64), np.zeros(len(OCTAVES))
    curve = np.zeros_like(octave)
    for _ in range(_EQ_ROUNDS):
        weighted = power * 10 ** (curve / 10)
        found = 10 * np.log10(np.maximum(np.add.reduceat(weighted, edges)[: len(OCTAVES)], 1e-12))
        missing = wanted - found
        gains = np.clip(gains + missing - np.median(missing), -_MOST_EQ_DB, _MOST_EQ_DB)
        curve = np.interp(octave, np.arange(len(OCTAVES)), gains)
    curve -= _ROLL_OFF_DB * np.maximum(np.log2(_LOWEST / np.maximum(frequencies, 1)), 0)
    curve -= _ROLL_OFF_DB / 2 * np.maximum(np.log2(np.maximum(frequencies, 1) / _HIGHEST), 0)
    spectra *= (10 ** (curve / 20)).astype(np.float32)
    return np.asarray(np.fft.irfft(spectra, size, axis=1)[:, : both.shape[1]], np.float32)


def _hall() -> Samples:
    time = np.arange(round(_HALL_S * RATE), dtype=np.float32) / np.float32(RATE)
    noise = np.random.default_rng(11).standard_normal((2, time.size)).astype(np.float32)
    decaying = noise * np.exp(-time * 5.5) * np.minimum(time / 0.02, 1)
    return np.asarray(decaying / np.sqrt(np.square(decaying).sum(axis=1, keepdims=True)), np.float32)


def _quick(length: int) -> int:
    """Return a length, not shorter, of which a spectrum is quickly made."""
    power = 1 << max(length - 1, 1).bit_length()
    sizes = (power * part // 32 for part in (20, 24, 27, 30, 32))
    return next(size for size in sizes if size >= length)
