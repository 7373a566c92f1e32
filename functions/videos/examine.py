"""Looking into a finished video with a real decoder (FFmpeg's, through PyAV)."""

import io
import statistics
from typing import BinaryIO

import av
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from videos.deliver import UnplayableError, VideoFacts

POSTER_WIDTH = 1280
# Where to look for a telling frame, as shares of the length: past the opening, before the closing fade.
_POSTER_CANDIDATES = (0.35, 0.5, 0.2, 0.7)


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
            frames = [_frame_at(container, stream, duration_ms * share) for share in _POSTER_CANDIDATES]
            last = _frame_at(container, stream, max(duration_ms - 1000, 0))
            if last.time * 1000 < duration_ms - 2000:
                raise UnplayableError("it breaks off before its end")
            audio = container.streams.audio
            return VideoFacts(
                duration_ms=duration_ms,
                width=stream.codec_context.width,
                height=stream.codec_context.height,
                video_codec=stream.codec_context.name,
                audio_codec=audio[0].codec_context.name if audio else None,
                poster=_jpeg(max(frames, key=_contrast)),
            )
    except FFmpegError as error:
        raise UnplayableError(f"a player cannot open it ({error.strerror})") from error


def _duration_ms(duration: int | None) -> int:
    if duration is None:
        raise UnplayableError("it does not say how long it is")
    return round(duration * 1000 / av.time_base)


def _frame_at(container: av.container.InputContainer, stream: VideoStream, at_ms: float) -> VideoFrame:
    container.seek(int(at_ms * av.time_base / 1000), backward=True)
    found: VideoFrame | None = None
    for frame in container.decode(stream):
        found = frame
        if frame.time * 1000 >= at_ms:
            break
    if found is None:
        raise UnplayableError("it breaks off before its end")
    return found


def _contrast(frame: VideoFrame) -> float:
    """How much there is to see: the spread of the brightness in a thumbnail."""
    small = frame.reformat(width=64, height=64, format="gray")
    plane = small.planes[0]
    pixels = bytes(plane)
    return statistics.pstdev(
        pixels[row * plane.line_size + column] for row in range(64) for column in range(64)
    )


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
