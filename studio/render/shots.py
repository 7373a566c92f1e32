"""Shots: what a video segment shows at a moment of its life."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import av
import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageSequence

from studio.draft import Move
from studio.probe import SHORTEST_FRAME_MS, demuxer
from studio.render import pictures
from studio.render.planes import Planes, Rgb

SCROLL_HOLD = 0.14
FASTEST_SCROLL = 0.9
"""Window heights per second, on average."""


class Drawing(Protocol):
    def draw(self, target: Planes, moment: float) -> None:
        """Fill the target with the picture at `moment` seconds after the shot's start."""


def ease(share: float) -> float:
    """Slow at both ends; 0 to 1."""
    share = min(max(share, 0.0), 1.0)
    return (1 - math.cos(math.pi * share)) / 2


def sample(source: Planes, target: Planes, step: float, centre: tuple[float, float]) -> None:
    """Fill the target from the source: `step` source pixels per target pixel, around a centre in the source.

    Positions are not rounded, so that slow moves do not tremble.
    """
    for size, plane, out in zip((1, 2, 2), source.all, target.all, strict=True):
        height, width = out.shape
        # Pixel centres lie at half a pixel: the mapping is made on edges, then moved by half.
        x = centre[0] / size - step * width / 2 + (step - 1) / 2
        y = centre[1] / size - step * height / 2 + (step - 1) / 2
        matrix = np.array([[step, 0, x], [0, step, y]])
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        np.copyto(
            out, cv2.warpAffine(plane, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        )


class Plate:
    """A still picture under a slowly moving camera.

    The picture is larger than the canvas by the nearest zoom, so that it is never enlarged.
    """

    def __init__(self, plate: Rgb, move: Move, seconds: float, *, drifts: bool) -> None:
        self._planes = Planes.from_rgb(plate)
        self._move = move
        self._seconds = seconds
        self._drift = 0.35 if drifts else 0

    def draw(self, target: Planes, moment: float) -> None:
        nearness = ease(moment / self._seconds)
        nearness = {Move.ZOOM_IN: nearness, Move.ZOOM_OUT: 1 - nearness}.get(self._move, 0)
        widest = self._planes.width / target.width
        step = widest / (1 + (widest - 1) * nearness)
        # The camera drifts as it nears, within what lies outside its view.
        drift = self._drift * (widest - step) / 2
        centre = (
            self._planes.width / 2 + drift * target.width,
            self._planes.height / 2 - drift * target.height,
        )
        sample(self._planes, target, step, centre)


class Scroll:
    """A page, scrolled in a browser's window on a coloured ground."""

    def __init__(self, page: Rgb, colours: tuple[str, str], size: tuple[int, int], seconds: float) -> None:
        width, height = size
        window_width = _even((0.74 if width > height else 0.88) * width)
        top, bottom = _even(0.09 * height), _even(0.92 * height)
        if height > width:
            top, bottom = _even(0.14 * height), _even(0.86 * height)
        bar = _even(0.042 * min(size))
        self._x, self._y = _even((width - window_width) / 2), top + bar
        hold = SCROLL_HOLD * seconds
        self._hold, self._rolling = hold, max(seconds - 2 * hold, 0.1)
        # Only what is ever seen is scaled, however long the page is.
        window_height = bottom - self._y
        seen = window_height * (1 + FASTEST_SCROLL * self._rolling)
        scale = window_width / page.shape[1]
        page = page[: math.ceil(seen / scale)]
        page_height = _even(min(page.shape[0] * scale, seen))
        self._page = Planes.from_rgb(pictures.resize(page, window_width, max(page_height, 2)))
        self._height = min(window_height, self._page.height)
        ground = Image.fromarray(pictures.gradient(colours, width, height))
        frame = Image.new("RGB", (window_width, self._height + bar), (255, 255, 255))
        _draw_bar(frame, bar)
        pictures.paste_lifted(ground, frame, (self._x, top))
        self._ground = Planes.from_rgb(np.asarray(ground))
        self._corner = _even(0.018 * min(size))
        corners = pictures.rounded((window_width, self._height), self._corner)
        strip = np.asarray(corners, np.float32)[-self._corner :] / 255
        self._strip = strip, np.asarray(cv2.resize(strip, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))

    def draw(self, target: Planes, moment: float) -> None:
        target.put(self._ground)
        window = target.window(self._x, self._y, self._page.width, self._height)
        way = self._page.height - self._height
        offset = way * ease((moment - self._hold) / self._rolling)
        below = self._ground.window(
            self._x, self._y + self._height - self._corner, self._page.width, self._corner
        )
        sample(self._page, window, 1, (self._page.width / 2, offset + self._height / 2))
        strip = window.window(0, self._height - self._corner, self._page.width, self._corner)
        for out, ground, mask in zip(
            strip.all, below.all, (self._strip[0], self._strip[1], self._strip[1]), strict=True
        ):
            np.copyto(out, cv2.blendLinear(out, ground, mask, 1 - mask))


def _draw_bar(frame: Image.Image, bar: int) -> None:
    pencil = ImageDraw.Draw(frame)
    pencil.rectangle((0, 0, frame.width, bar - 1), fill=(236, 237, 241))
    radius = bar * 0.15
    for index, colour in enumerate(((255, 95, 87), (254, 188, 46), (40, 200, 64))):
        x, y = bar * (0.62 + 0.52 * index), bar / 2
        pencil.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)


class Clip:
    """A clip from its beginning, again and again as long as it is shown."""

    def __init__(self, path: Path) -> None:
        self._open = _video if demuxer(path) else _animation
        self._path = path
        self._frames: Iterator[_Timed] = iter(())
        self._loop_start = self._until = 0.0
        self._frame: Planes | None = None
        self._fitted: Planes | None = None

    def draw(self, target: Planes, moment: float) -> None:
        while self._frame is None or moment > self._until - _INSTANT:
            self._advance()
        if self._fitted is None:
            self._fitted = fit(self._frame, target.width, target.height)
        target.put(self._fitted)

    def _advance(self) -> None:
        timed = next(self._frames, None)
        if timed is None:
            self._frames, self._loop_start = self._open(self._path), self._until
            timed = next(self._frames, None)
        if timed is None:
            raise ValueError("a clip holds no picture that can be decoded")
        end, self._frame = timed
        self._until = max(self._loop_start + end, self._until + _INSTANT)
        self._fitted = None


# No frame is shown for less, so that damaged time stamps cannot hold up a loop.
_INSTANT = 1e-3
_Timed = tuple[float, Planes]
"""The second at which a frame's time is over, and the frame."""


def _video(path: Path) -> Iterator[_Timed]:
    with av.open(str(path), format=demuxer(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        length = 1 / float(stream.average_rate or 25)
        first = before = None
        for frame in container.decode(stream):
            time = frame.time
            if before is not None and first is not None:
                yield time - first, _upright(before)
            first, before = time if first is None else first, frame
        if before is not None and first is not None:
            yield before.time - first + length, _upright(before)


def _animation(path: Path) -> Iterator[_Timed]:
    end = 0.0
    with Image.open(path) as picture:
        for frame in ImageSequence.Iterator(picture):
            rgb = pictures.opaque(frame)
            even = pictures.resize(rgb, max(_even(rgb.shape[1]), 2), max(_even(rgb.shape[0]), 2))
            end += max(float(frame.info.get("duration", 0)), SHORTEST_FRAME_MS) / 1000
            yield end, Planes.from_rgb(even)


def _upright(frame: av.VideoFrame) -> Planes:
    planes = Planes.from_frame(frame, _even(frame.width), _even(frame.height))
    turns = round(frame.rotation / 90) % 4
    return (
        Planes(*(np.ascontiguousarray(np.rot90(plane, turns)) for plane in planes.all)) if turns else planes
    )


def fit(frame: Planes, width: int, height: int) -> Planes:
    """A frame on the canvas: filling it when the shapes are alike, else whole over a blur of itself."""
    shape, canvas = frame.width / frame.height, width / height
    if 1 - min(shape, canvas) / max(shape, canvas) <= pictures.MOST_CROPPED:
        return _filled(frame, width, height)
    small_width, small_height = 96, max(_even(96 * height / width), 2)
    small = _filled(frame, small_width, small_height)
    soft = resized(
        Planes(*(np.asarray(cv2.GaussianBlur(p, (0, 0), 4), np.uint8) for p in small.all)), width, height
    )
    ground = Planes(
        np.asarray(cv2.convertScaleAbs(soft.y, alpha=0.55, beta=16 * 0.45), np.uint8), soft.u, soft.v
    )
    scale = min(width / frame.width, height / frame.height)
    inner_width, inner_height = max(_even(frame.width * scale), 2), max(_even(frame.height * scale), 2)
    inner = resized(frame, inner_width, inner_height)
    x, y = _even((width - inner_width) / 2), _even((height - inner_height) / 2)
    ground.window(x, y, inner_width, inner_height).put(inner)
    return ground


def _filled(frame: Planes, width: int, height: int) -> Planes:
    scale = max(width / frame.width, height / frame.height)
    crop_width = min(max(_even(width / scale), 2), frame.width)
    crop_height = min(max(_even(height / scale), 2), frame.height)
    x, y = _even((frame.width - crop_width) / 2), _even((frame.height - crop_height) / 2)
    return resized(frame.window(x, y, crop_width, crop_height), width, height)


def resized(frame: Planes, width: int, height: int) -> Planes:
    how = cv2.INTER_AREA if width < frame.width else cv2.INTER_CUBIC
    return Planes(
        *(
            np.asarray(cv2.resize(plane, (width // size, height // size), interpolation=how), np.uint8)
            for size, plane in zip((1, 2, 2), frame.all, strict=True)
        )
    )


def _even(size: float) -> int:
    """Rounded down."""
    return int(size) // 2 * 2
