"""Encoding: a chunk of a film as H.264, the soundtrack as AAC, and both joined into one MP4."""

import heapq
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc

from studio.render.chunks import Chunk
from studio.render.film import Film, Reel
from studio.render.music import RATE, Samples
from studio.render.planes import Planes, views

PRESET, CRF = "veryfast", "21"
AUDIO_BIT_RATE = 160_000
X264 = {
    "preset": PRESET,
    "crf": CRF,
    "profile": "high",
    # Chunks are encoded side by side instead: that costs less, and the bytes do not depend on the cores.
    "threads": "1",
}
# Equal headers in every chunk; each ends in itself.
_PARAMETERS = {"stitchable": "1", "open-gop": "0"}
# OpenCV's number of the feature, and the pixels of a row that its registers of macroblocks hold.
_AVX_512, _AVX_512_ROW = 13, 128
_WITHOUT_AVX_512 = {"asm": "SSE2,SSE3,SSSE3,SSE4.1,SSE4.2,AVX,FMA3,BMI1,BMI2,AVX2"}


def encode_chunk(path: Path, film: Film, chunk: Chunk, done: Callable[[], None]) -> None:
    """Write an MP4 of a chunk's frames. `done` is called after each; what it raises ends the work."""
    reel = Reel(film)
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=film.fps, options=_options(film.size[0]))
        video.width, video.height = film.size
        video.pix_fmt = "yuv420p"
        context = video.codec_context
        context.color_range = ColorRange.MPEG
        context.colorspace = Colorspace.ITU709
        context.color_primaries = ColorPrimaries.BT709
        context.color_trc = ColorTrc.BT709
        # One frame for all: x264 has taken a copy when it returns.
        frame = av.VideoFrame(*film.size, "yuv420p")
        frame.color_range = ColorRange.MPEG
        frame.colorspace = Colorspace.ITU709
        target = Planes(*views(frame))
        for number in range(chunk.first, chunk.end):
            reel.draw(number, target)
            frame.pts = number - chunk.first
            container.mux(video.encode(frame))
            done()
        container.mux(video.encode(None))


def _options(width: int) -> dict[str, str]:
    parameters = dict(_PARAMETERS)
    if width % _AVX_512_ROW and cv2.checkHardwareSupport(_AVX_512):
        # With AVX-512, x264's macroblock tree then reads what nobody wrote, and the bytes depend on what the
        # memory held before.
        parameters |= _WITHOUT_AVX_512
    return {**X264, "x264-params": ":".join(f"{name}={value}" for name, value in parameters.items())}


def encode_sound(path: Path, sound: Samples) -> None:
    """Write an MP4 of the samples (two channels, 48 kHz)."""
    with av.open(str(path), "w", format="mp4") as container:
        audio = container.add_stream("aac", rate=RATE, layout="stereo", bit_rate=AUDIO_BIT_RATE)
        for start in range(0, sound.shape[1], RATE):
            part = np.ascontiguousarray(sound[:, start : start + RATE])
            frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="stereo")
            frame.sample_rate = RATE
            frame.pts = start
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))


def join(output: Path, chunks: Sequence[tuple[Path, Chunk]], sound: Path, fps: int) -> None:
    """Put encoded chunks one after another, with the soundtrack, without encoding again."""
    with ExitStack() as stack:
        target = stack.enter_context(
            av.open(str(output), "w", format="mp4", options={"movflags": "+faststart"})
        )
        heard = stack.enter_context(av.open(str(sound), format="mp4"))
        with av.open(str(chunks[0][0]), format="mp4") as first:
            video = target.add_stream_from_template(first.streams.video[0])
        audio = target.add_stream_from_template(heard.streams.audio[0])
        packets = heapq.merge(
            _pictures(chunks, video, fps),
            _packets(heard, audio),
            key=_moment,
        )
        for packet in packets:
            target.mux(packet)


def _pictures(
    chunks: Sequence[tuple[Path, Chunk]], stream: av.VideoStream, fps: int
) -> Iterator["av.Packet[Any]"]:
    for path, chunk in chunks:
        with av.open(str(path), format="mp4") as container:
            for packet in _packets(container, stream):
                offset = round(Fraction(chunk.first, fps) / (packet.time_base or 1))
                # Packets of an MP4 have both.
                packet.pts = (packet.pts or 0) + offset
                packet.dts = (packet.dts or 0) + offset
                yield packet


def _moment(packet: "av.Packet[Any]") -> Fraction:
    return (packet.dts or 0) * (packet.time_base or Fraction(1))


def _packets(
    container: av.container.InputContainer, stream: av.VideoStream | av.AudioStream
) -> Iterator["av.Packet[Any]"]:
    for packet in container.demux():
        # The last packet of all is an empty one that marks the end.
        if packet.dts is not None:
            packet.stream = stream
            yield packet
