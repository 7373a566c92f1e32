"""Looking into a finished video with a real decoder (FFmpeg's, through PyAV)."""

import io
import statistics
from typing import BinaryIO

import av
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from videos.steps.store_result import UnplayableError, VideoFacts

POSTER_WIDTH = 1280
# A video says what it is about in its first seconds. Its poster is from there, unless nothing is seen there,
# or everything moves. Else it is from one of these shares of the length: before the closing fade.
_MESSAGE_MS, _SHORTEST_WITH_MESSAGE_MS = 1700, 4000
_POSTER_CANDIDATES = (0.35, 0.5, 0.2, 0.7)
_MESSAGE_WORTH, _MOST_MOTION = 1.6, 12
_SIDE = 64
"""Pixels of a thumbnail's side."""


def examine(file: BinaryIO) -> VideoFacts:
    """What the video is, having decoded some of it.

    Raises:
        UnplayableError: It is no video, or breaks off.
    """
    try:
        # The format is given: some that FFmpeg would recognize, such as SDP, open files and connections.
        with av.open(file, mode="r", format="mp4", metadata_errors="replace") as container:
            if not container.streams.video:
                raise UnplayableError("it holds no video")
            stream = container.streams.video[0]
            duration_ms = _duration_ms(container.duration)
            poster = _poster(container, stream, duration_ms)
            last, _ = _frame_at(container, stream, max(duration_ms - 1000, 0))
            if last.time * 1000 < duration_ms - 2000:
                raise UnplayableError("its end is missing")
            audio = container.streams.audio
            return VideoFacts(
                duration_ms=duration_ms,
                width=stream.codec_context.width,
                height=stream.codec_context.height,
                video_codec=stream.codec_context.name,
                audio_codec=audio[0].codec_context.name if audio else None,
                poster=_jpeg(poster),
            )
    except FFmpegError as error:
        raise UnplayableError(f"a player cannot open it ({error.strerror})") from error


def _duration_ms(duration: int | None) -> int:
    if duration is None:
        raise UnplayableError("its duration is missing")
    return round(duration * 1000 / av.time_base)


def _poster(container: av.container.InputContainer, stream: VideoStream, duration_ms: int) -> VideoFrame:
    """The frame that shows most, and rests; the one with the message before others."""
    moments = [duration_ms * share for share in _POSTER_CANDIDATES]
    worths = [1.0] * len(moments)
    if duration_ms >= _SHORTEST_WITH_MESSAGE_MS:
        moments, worths = [_MESSAGE_MS, *moments], [_MESSAGE_WORTH, *worths]
    best: tuple[float, VideoFrame] | None = None
    for moment, worth in zip(moments, worths, strict=True):
        frame, before = _frame_at(container, stream, moment)
        seen, seen_before = _thumbnail(frame), _thumbnail(before)
        moved = statistics.fmean(abs(one - other) for one, other in zip(seen, seen_before, strict=True))
        shown = worth * statistics.pstdev(seen) * (1 - min(moved / _MOST_MOTION, 1) / 2)
        if best is None or shown > best[0]:
            best = shown, frame
    if best is None:
        raise UnplayableError("it holds no video")
    return best[1]


def _frame_at(
    container: av.container.InputContainer, stream: VideoStream, at_ms: float
) -> tuple[VideoFrame, VideoFrame]:
    """The frame that is seen at a moment, and the one decoded before it."""
    container.seek(int(at_ms * av.time_base / 1000), backward=True)
    found = before = None
    for frame in container.decode(stream):
        found, before = frame, found
        if frame.time * 1000 >= at_ms:
            break
    if found is None:
        raise UnplayableError("its end is missing")
    return found, before or found


def _thumbnail(frame: VideoFrame) -> list[int]:
    """The brightness of the pixels of a small copy."""
    plane = frame.reformat(width=_SIDE, height=_SIDE, format="gray").planes[0]
    pixels = bytes(plane)
    return [pixels[row * plane.line_size + column] for row in range(_SIDE) for column in range(_SIDE)]


def _jpeg(frame: VideoFrame) -> bytes:
    width = min(POSTER_WIDTH, frame.width)
    height = round(frame.height * width / frame.width / 2) * 2
    picture = frame.reformat(width=width, height=height, format="yuvj420p")
    body = io.BytesIO()
    with av.open(body, mode="w", format="image2pipe") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        stream.options = {"qmin": "2", "qmax": "4"}
        picture.pts = 0
        container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    return body.getvalue()
