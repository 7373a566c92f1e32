"""The soundtrack: uploaded sounds and music, mixed to exactly the video's length."""

from collections.abc import Sequence
from pathlib import Path

import av
import numpy as np

from studio.draft import SoundSegment
from studio.probe import demuxer
from studio.render.music import RATE, Samples, compose

FADE_IN_S, FADE_OUT_S = 0.05, 1.5
CEILING = 0.97


def soundtrack(draft, sources, seconds: float) -> Samples:
    sounds = draft.sounds
    files = {k: v.path for k, v in sources.items()}
    """Two channels x samples at 48 kHz. Silence where the draft has no sound."""
    mixed = np.zeros((2, round(seconds * RATE)), np.float32)
    for segment in sounds:
        start = round(segment.start * RATE / 1000)
        room = mixed.shape[1] - start
        wanted = min(round(segment.duration * RATE / 1000), room)
        if wanted <= 0:
            continue
        if segment.meta.src is None:
            sound = compose(segment.meta.style, wanted / RATE)[:, :wanted]
        else:
            sound = decode(files[segment.meta.src], wanted)
        faded = sound * _fades(sound.shape[1], ends=wanted == sound.shape[1])
        mixed[:, start : start + faded.shape[1]] += faded * segment.meta.volume
    peak = float(np.abs(mixed).max(initial=0))
    return mixed * (CEILING / peak) if peak > CEILING else mixed


def decode(path: Path, most: int) -> Samples:
    """The first `most` samples of a file's sound, fewer when it is shorter."""
    parts: list[Samples] = []
    count = 0
    with av.open(str(path), format=demuxer(path)) as container:
        if not container.streams.audio:
            raise ValueError("a medium used as sound has none")
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
        for frame in container.decode(audio=0):
            # A damaged time stamp must not decide where a sound stands.
            frame.pts = None
            for converted in resampler.resample(frame):
                parts.append(converted.to_ndarray().astype(np.float32, copy=False))
                count += parts[-1].shape[1]
            if count >= most:
                break
    return np.concatenate(parts, axis=1)[:, :most] if parts else np.zeros((2, 0), np.float32)


def _fades(length: int, *, ends: bool) -> Samples:
    """Up at the start; down at the end where the sound was cut there."""
    envelope = np.ones(length, np.float32)
    up, down = min(round(FADE_IN_S * RATE), length), min(round(FADE_OUT_S * RATE), length // 2)
    envelope[:up] *= np.linspace(0, 1, up, dtype=np.float32)
    if ends and down:
        envelope[-down:] *= np.linspace(1, 0, down, dtype=np.float32) ** 2
    return envelope[None, :]
