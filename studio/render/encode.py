"""Encoding: frames and samples into an H.264/AAC MP4."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Full, Queue
from threading import Event, Thread
from typing import Protocol

import av
import av.container
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from studio.render.music import RATE, Samples
from studio.render.planes import Planes, views

PRESET, CRF = "veryfast", "21"
AUDIO_BIT_RATE = 160_000
_WAITING_FRAMES = 6


class Film(Protocol):
    """What is to be encoded: `frames` pictures of `size` (width, height; both even), `fps` a second."""

    size: tuple[int, int]
    fps: int
    frames: int

    def draw(self, number: int, target: Planes) -> None:
        """Fill the target with frame `number`. Called in order, from a thread of its own."""


def encode(path: Path, film: Film, sound: Samples, progress: Callable[[float], None]) -> None:
    """Write an MP4 of exactly the film's frames, with `sound` (two channels, 48 kHz).

    `progress` is told the percentage that is done.
    """
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=film.fps, options={"preset": PRESET, "crf": CRF})
        video.width, video.height = film.size
        video.pix_fmt = "yuv420p"
        context = video.codec_context
        # PyAV's own choice, slices, is slower and compresses worse.
        context.thread_type = "FRAME"
        context.color_range = ColorRange.MPEG
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        audio = container.add_stream("aac", rate=RATE, layout="stereo", bit_rate=AUDIO_BIT_RATE)
        for number, frame in enumerate(_drawn(film)):
            if number % film.fps == 0:
                # A second of sound goes before its second of pictures: players find them side by side.
                _encode_sound(container, audio, sound, number // film.fps)
            frame.pts = number
            container.mux(video.encode(frame))
            progress(100 * (number + 1) / film.frames)
        container.mux(video.encode(None))
        container.mux(audio.encode(None))


def _encode_sound(
    container: av.container.OutputContainer, audio: av.AudioStream, sound: Samples, second: int
) -> None:
    part = np.ascontiguousarray(sound[:, second * RATE : (second + 1) * RATE])
    if part.shape[1]:
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
        frame.sample_rate = RATE
        frame.pts = second * RATE
        container.mux(audio.encode(frame))


def _drawn(film: Film) -> Iterator[av.VideoFrame]:
    """The frames in order, drawn a little ahead of the encoder by a thread of their own."""
    ready: Queue[av.VideoFrame | BaseException] = Queue(_WAITING_FRAMES)
    stopped = Event()

    def put(item: av.VideoFrame | BaseException) -> None:
        while not stopped.is_set():
            with suppress(Full):
                ready.put(item, timeout=0.2)
                return

    def work() -> None:
        try:
            for number in range(film.frames):
                if stopped.is_set():
                    return
                frame = av.VideoFrame(*film.size, "yuv420p")
                frame.color_range = ColorRange.MPEG
                frame.colorspace = Colorspace.ITU709
                film.draw(number, Planes(*views(frame)))
                put(frame)
        except BaseException as error:  # noqa: BLE001 - raised again where the frames are read
            put(error)

    worker = Thread(target=work, name="frames", daemon=True)
    worker.start()
    try:
        for _ in range(film.frames):
            item = ready.get()
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
        worker.join()
