"""The soundtrack: uploaded sounds, music and speech, mixed to exactly the video's length."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.filter import Graph

from studio.draft import Draft, Sound, SoundSegment
from studio.errors import UnsupportedFileError
from studio.media import containers
from studio.media.items import Kind
from studio.render.filtering import pulled
from studio.render.loudness import levelled, mastered
from studio.render.music import RATE, Samples, compose
from studio.render.sources import Source
from studio.render.speech import speak

DUCK_DOWN_S, DUCK_UP_S = 0.25, 0.6
"""How long before words music goes down, and after them up again."""
_SLOWEST = 0.5
"""Of one tempo filter."""
_GAP_S = 0.1
"""A shorter gap between two frames of sound is a rounding of their time stamps."""


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
            sound = levelled(played(segment.meta, sources, wanted))
            sound = sound * _fades(segment.meta, sound.shape[1]) * _ducked(segment, words, sound.shape[1])
        mixed[:, start : start + sound.shape[1]] += sound * np.float32(segment.meta.volume)
    return mastered(mixed, draft.canvas.volume)


def played(sound: Sound, sources: Mapping[str, Source], wanted: int) -> Samples:
    """Return `wanted` samples of music, or of an upload.

    An upload that is too short is played again. A clip's sound is played again when its picture is: where it
    ends before the picture, silence follows.
    """
    if sound.src is None:
        return compose(sound.style, wanted / RATE)[:, :wanted]
    source = sources[sound.src]
    begin = sound.trim / 1000
    with source.reading():
        found = decode(source.path, wanted, begin, sound.speed)
        if source.kind is Kind.CLIP and found.shape[1] < wanted:
            period = round((source.end - begin) / sound.speed * RATE)
            if period > 0:
                found = np.pad(found, ((0, 0), (0, max(period - found.shape[1], 0))))[:, :period]
        if not found.shape[1]:
            raise UnsupportedFileError(f"it has no sound after {begin:g} seconds.")
    return np.tile(found, -(-wanted // found.shape[1]))[:, :wanted]


def decode(path: Path, most: int, begin: float = 0, speed: float = 1) -> Samples:
    """Return the first `most` samples from `begin` (seconds) on, fewer when the sound is shorter.

    Raises:
        UnsupportedFileError: the file has no sound.
        FFmpegError: it cannot be read.
    """
    parts: list[Samples] = []
    count = 0
    for part in _faster(_from(_decoded(path), round(begin * RATE)), speed):
        parts.append(part)
        count += part.shape[1]
        if count >= most:
            break
    return np.concatenate(parts, axis=1)[:, :most] if parts else np.zeros((2, 0), np.float32)


def _from(parts: Iterator[Samples], skipped: int) -> Iterator[Samples]:
    """Leave out the first samples."""
    for part in parts:
        left = part[:, skipped:]
        skipped = max(skipped - part.shape[1], 0)
        if left.shape[1]:
            yield left


def _decoded(path: Path) -> Iterator[Samples]:
    """A file's sound from where its picture or its sound begins, with silence where there is none.

    What comes too early, by damaged time stamps, follows what was there before.
    """
    with containers.opened(path) as file:
        stream = file.audio
        if stream is None:
            raise UnsupportedFileError("it is used as sound and has none.")
        resampler, shape = None, None
        count = 0
        for frame in containers.decoded(file, stream):
            # A recording may change any of these.
            found = frame.sample_rate, frame.layout.name, frame.format.name
            if resampler is None or found != shape:
                if resampler is not None:
                    for rest in map(_samples, resampler.resample(None)):
                        yield rest
                        count += rest.shape[1]
                resampler, shape = av.AudioResampler(format="fltp", layout="stereo", rate=RATE), found
            start = file.seconds(frame, stream)
            if start is not None and not file.is_bare:
                gap = round(start * RATE) - count
                if gap > _GAP_S * RATE:
                    yield from _silence(gap)
                    count += gap
            frame.pts = None
            for part in map(_samples, resampler.resample(frame)):
                yield part
                count += part.shape[1]
        if resampler is not None:
            yield from map(_samples, resampler.resample(None))


def _silence(length: int) -> Iterator[Samples]:
    """In parts, because damaged time stamps may ask for days of it."""
    for start in range(0, length, RATE):
        yield np.zeros((2, min(RATE, length - start)), np.float32)


def _faster(parts: Iterator[Samples], speed: float) -> Iterator[Samples]:
    """The same pitch at another speed."""
    if speed == 1:
        yield from parts
        return
    graph, position = _tempo(speed), 0
    for part in parts:
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(part), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts = RATE, position
        position += part.shape[1]
        graph.push(frame)
        yield from map(_samples, pulled(graph))
    graph.push(None)
    yield from map(_samples, pulled(graph))


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
