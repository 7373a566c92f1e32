"""Small real media files, made by real encoders."""

import io
import math
import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile

import av
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw

from studio.media.items import Spot

RATE = 44_100
FRAMES_PER_SECOND = 10
Shade = Callable[[float], int]


def grey(_second: float) -> int:
    """The brightness of a video in which nothing happens."""
    return 128


@dataclass(frozen=True)
class Film:
    """A video to be made. `shade` is the brightness at a second; the right half of the picture is dark.

    The sound goes on for `overhang` seconds after the last picture.
    """

    seconds: float = 4
    container: str = "mp4"
    video: str | None = "libx264"
    audio: str | None = "aac"
    width: int = 160
    height: int = 90
    shade: Shade = grey
    flags: str = ""
    overhang: float = 0

    def encoded(self) -> bytes:
        options = {"movflags": self.flags} if self.flags else {}
        with NamedTemporaryFile() as file:  # a real one, for flags that have the muxer read what it wrote
            self._encode(file.name, options)
            return Path(file.name).read_bytes()

    def _encode(self, path: str, options: dict[str, str]) -> None:
        with av.open(path, "w", format=self.container, options=options) as out:
            video = out.add_stream(self.video, rate=FRAMES_PER_SECOND) if self.video else None
            audio = out.add_stream(self.audio, rate=RATE) if self.audio else None
            if isinstance(video, av.VideoStream):
                video.width, video.height, video.pix_fmt = self.width, self.height, "yuv420p"
                for number in range(round(self.seconds * FRAMES_PER_SECOND)):
                    out.mux(video.encode(self._frame(number)))
                out.mux(video.encode(None))
            if isinstance(audio, av.AudioStream):
                for number in range(math.ceil((self.seconds + self.overhang) * RATE / 1024)):
                    out.mux(audio.encode(_silence(number)))
                out.mux(audio.encode(None))

    def _frame(self, number: int) -> VideoFrame:
        frame = VideoFrame(self.width, self.height, "gray")
        half = bytes([self.shade(number / FRAMES_PER_SECOND)]) * (self.width // 2)
        row = half.ljust(frame.planes[0].line_size, bytes([16]))
        frame.planes[0].update(row * self.height)
        frame.pts = number
        return frame


def picture(kind: str) -> bytes:
    """An image in one of Pillow's formats."""
    body = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(body, kind)
    return body.getvalue()


def animated_png() -> bytes:
    body = io.BytesIO()
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("teal", "plum")]
    frames[0].save(body, "PNG", save_all=True, append_images=frames[1:])
    return body.getvalue()


def wav() -> bytes:
    body = io.BytesIO()
    with wave.open(body, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(bytes(RATE))
    return body.getvalue()


def _silence(number: int) -> av.AudioFrame:
    frame = av.AudioFrame(format="s16", layout="stereo", samples=1024)
    frame.planes[0].update(bytes(frame.planes[0].buffer_size))
    frame.sample_rate = RATE
    frame.pts = number * 1024
    return frame


def draw_into(page: Image.Image, spot: Spot) -> None:
    """Draw something to see where a spot of a page is: circles on a dark ground."""
    left, top = round(spot.x * page.width), round(spot.y * page.height)
    right, bottom = round((spot.x + spot.width) * page.width), round((spot.y + spot.height) * page.height)
    pencil = ImageDraw.Draw(page)
    pencil.rectangle((left, top, right - 1, bottom - 1), "#204060")
    for x in range(left + 10, right - 60, 80):
        for y in range(top + 10, bottom - 60, 80):
            pencil.ellipse((x, y, x + 50, y + 50), "#e0c040")
