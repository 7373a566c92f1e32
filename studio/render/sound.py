"""The soundtrack: uploaded sounds, music and speech, mixed to exactly the video's length."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.filter import Graph

from studio.draft import Draft, Sound, SoundSegment
from studio.errors import UnsupportedFileError
from studio.probe import demuxer
from studio.render.filtering import pulled
from studio.render.loudness import levelled, mastered
from studio.render.music import RATE, Samples, compose
from studio.render.sources import Source
from studio.render.speech import speak

DUCK_DOWN_S, DUCK_UP_S = 0.25, 0.6
"""How long before words music goes down, and after them up again."""
_SLOWEST = 0.5
"""Of one tempo filter."""


def soundtrack(draft: Draft, sources: Mapping[str, Source], seconds: float) -> Samples:
    """Two channels x samples at 48 kHz. Silence where the draft has no sound.

    Raises:
        UnsupportedFileError: a medium's sound cannot be decoded, or it has none; the message names it.
        UnusableDraftError: words cannot be spoken.
    """
    length = round(seconds * RATE)
    heard = [segment for segment in draft.sounds if segment.start * RATE / 1000 < length]
    spoken = {id(segment): speak(segment.meta.speech) for segment in heard if segment.meta.speech}
    words = [
        (segment.start / 1000, segment.start / 1000 + spoken[id(segment)].shape[1] / RATE)
        for segment in heard
        if id(segment) in spoken
    ]
    mixed = np.zeros((2, length), np.float32)
    for segment in heard:
        start = round(segment.start * RATE / 1000)
        wanted = min(round(segment.duration * RATE / 1000), length - start)
        if id(segment) in spoken:
            sound = levelled(spoken[id(segment)])[:, : length - start]
        else:
            sound = levelled(_sound(segment.meta, sources, wanted))
            sound = sound * _fades(segment.meta, sound.shape[1]) * _ducked(segment, words, sound.shape[1])
        mixed[:, start : start + sound.shape[1]] += sound * np.float32(segment.meta.volume)
    return mastered(mixed, draft.canvas.volume)


def _sound(sound: Sound, sources: Mapping[str, Source], wanted: int) -> Samples:
    """`wanted` samples of music, or of an upload, which is played again where it is too short."""
    if sound.src is None:
        return compose(sound.style, wanted / RATE)[:, :wanted]
    source = sources[sound.src]
    with source.reading():
        decoded = decode(source.path, wanted, sound.trim / 1000, sound.speed)
        if not decoded.shape[1]:
            raise UnsupportedFileError(f"it has no sound after {sound.trim / 1000:g} seconds.")
    return np.tile(decoded, -(-wanted // decoded.shape[1]))[:, :wanted]


def decode(path: Path, most: int, begin: float = 0, speed: float = 1) -> Samples:
    """The first `most` samples from `begin` (seconds) on, fewer when the sound is shorter.

    Raises:
        UnsupportedFileError: the file has no sound.
        FFmpegError: it cannot be decoded.
    """
    parts: list[Samples] = []
    count = 0
    skipped = round(begin * RATE / speed)
    for part in _decoded(path, speed):
        # Counted, not looked up: damaged time stamps must not decide where a sound begins.
        left = part[:, max(skipped - count, 0) :]
        count += part.shape[1]
        if left.shape[1]:
            parts.append(left)
        if count >= skipped + most:
            break
    return np.concatenate(parts, axis=1)[:, :most] if parts else np.zeros((2, 0), np.float32)


def _decoded(path: Path, speed: float) -> Iterator[Samples]:
    with av.open(str(path), format=demuxer(path)) as container:
        if not container.streams.audio:
            raise UnsupportedFileError("it is used as sound and has none.")
        resampler = av.AudioResampler(format="fltp", layout="stereo", rate=RATE)
        tempo = None if speed == 1 else _tempo(speed)
        position = 0
        for frame in container.decode(audio=0):
            frame.pts = None
            for converted in resampler.resample(frame):
                if tempo is None:
                    yield _samples(converted)
                    continue
                converted.pts = position
                position += converted.samples
                tempo.push(converted)
                yield from map(_samples, pulled(tempo))
        if tempo is not None:
            tempo.push(None)
            yield from map(_samples, pulled(tempo))


def _samples(frame: av.AudioFrame) -> Samples:
    return frame.to_ndarray().astype(np.float32, copy=False)


def _tempo(speed: float) -> Graph:
    """A filter that changes the speed and keeps the pitch."""
    graph = Graph()
    last = graph.add_abuffer(sample_rate=RATE, format="fltp", layout="stereo")
    while True:
        step = max(speed, _SLOWEST)
        following = graph.add("atempo", f"{step}")
        last.link_to(following)
        last, speed = following, speed / step
        if speed == 1:
            break
    planar = graph.add("aformat", "sample_fmts=fltp")
    last.link_to(planar)
    planar.link_to(graph.add("abuffersink"))
    graph.configure()
    return graph


def _fades(sound: Sound, length: int) -> npt.NDArray[np.float32]:
    envelope = np.ones(length, np.float32)
    up, down = (min(round(fade * RATE / 1000), length // 2) for fade in (sound.fade_in, sound.fade_out))
    if up:
        envelope[:up] = np.linspace(0, 1, up, dtype=np.float32)
    if down:
        envelope[-down:] *= np.linspace(1, 0, down, dtype=np.float32) ** 2
    return envelope


def _ducked(
    segment: SoundSegment, words: Sequence[tuple[float, float]], length: int
) -> npt.NDArray[np.float32]:
    """How much of a sound is left while words are spoken; words are seconds of the video."""
    envelope = np.ones(length, np.float32)
    moments = segment.start / 1000 + np.arange(length) / RATE
    low = segment.meta.duck
    for begin, end in words:
        knots = [begin - DUCK_DOWN_S, begin, end, end + DUCK_UP_S]
        np.minimum(envelope, np.interp(moments, knots, [1, low, low, 1]), out=envelope, casting="same_kind")
    return envelope
