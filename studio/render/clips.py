"""Clips and animations: the frame that is seen at a moment, fitted to the canvas."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import av
import cv2
import numpy as np
from PIL import Image

from studio.draft import Fit, Ground, Shot
from studio.errors import UnsupportedFileError
from studio.probe import SHORTEST_FRAME_MS, demuxer, open_picture
from studio.render import pictures
from studio.render.planes import Planes, even, resized
from studio.render.sampling import warp
from studio.render.sources import Source
from studio.render.stills import camera_of

if TYPE_CHECKING:
    from studio.render.camera import Camera

# No frame is shown for less, so that damaged time stamps cannot hold up a loop.
_INSTANT = 1e-3
# A frame nearer than this is reached by decoding on, not by a jump.
_JUMP_S = 4.0


@dataclass(frozen=True)
class _Timed:
    """A decoded frame and the seconds of the clip between which it is seen."""

    start: float
    end: float
    frame: av.VideoFrame | Image.Image


class Clip:
    """A clip from the shot's beginning, again and again as long as it is shown. For one thread.

    It reads forwards; going back, and jumping ahead, cost a jump to the key frame before.
    """

    def __init__(self, source: Source, shot: Shot, seconds: float) -> None:
        self._source = source
        self._path = source.path
        self._shot = shot
        self._seconds = seconds
        self._begin = shot.trim / 1000
        self._loop: float | None = None
        """Seconds from the beginning to the clip's end, once it was reached."""
        self._frames: Iterator[_Timed] = iter(())
        self._current: _Timed | None = None
        self._planes: Planes | None = None
        self._camera: Camera | None = None

    def draw(self, target: Planes, moment: float) -> None:
        """Fill the target with what is seen `moment` seconds after the shot's start.

        Raises:
            UnsupportedFileError: the clip cannot be decoded, or is over before the shot begins.
        """
        with self._source.reading():
            timed = self._at(moment * self._shot.speed)
            if timed is not self._current or self._planes is None:
                self._current, self._planes = timed, _planes(timed.frame)
        self._fit(self._planes, target, moment)

    def _at(self, played: float) -> _Timed:
        wanted = self._begin + (played % self._loop if self._loop else played)
        current = self._current
        if current is None or wanted < current.start - _INSTANT or wanted > current.end + _JUMP_S:
            self._frames, current = _open(self._path, wanted), None
        while current is None or current.end - _INSTANT <= wanted:
            following = next(self._frames, None)
            if following is None:
                return self._again(current, played)
            current = following
        return current

    def _again(self, last: _Timed | None, played: float) -> _Timed:
        """The clip is over: it begins anew."""
        end = last.end if last else _length(self._path)
        if end <= self._begin + _INSTANT:
            length = f"{end:.1f} seconds long, and the shot begins after {self._begin:.1f}"
            raise UnsupportedFileError(f"it is {length}.")
        self._loop = end - self._begin
        self._current = None
        return self._at(played)

    def _fit(self, frame: Planes, target: Planes, moment: float) -> None:
        covers = self._shot.fit is Fit.COVER or (
            self._shot.fit is Fit.AUTO
            and pictures.alike((frame.width, frame.height), target.width / target.height)
        )
        if not covers:
            _contain(frame, target, self._shot)
            return
        if self._camera is None:
            size = frame.width, frame.height
            self._camera = camera_of(self._shot, size, (target.width, target.height), self._seconds)
        view = self._camera.at(moment)
        step = view.width / target.width
        x, y = view.x - view.width / 2, view.y - step * target.height / 2
        if self._camera.moves:
            warp(frame, target, step, x, y)
        else:
            width, height = max(even(view.width), 2), max(even(step * target.height), 2)
            target.put(resized(frame.window(even(x), even(y), width, height), target.width, target.height))


def _open(path: Path, moment: float) -> Iterator[_Timed]:
    """Frames in their order, from one at or before the moment."""
    return _clip(path, moment) if demuxer(path) else _animation(path)


def _length(path: Path) -> float:
    end = 0.0
    for timed in _open(path, 0):
        end = timed.end
    if not end:
        raise UnsupportedFileError("it holds no picture that can be decoded.")
    return end


def _clip(path: Path, moment: float) -> Iterator[_Timed]:
    with av.open(str(path), format=demuxer(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        # One thread: the others are busy encoding.
        stream.thread_count = 1
        tick = float(stream.time_base or 1)
        first = (stream.start_time or 0) * tick
        length = 1 / float(stream.average_rate or 25)
        if moment > _JUMP_S:
            container.seek(round((first + moment) / tick), stream=stream)
        before: tuple[float, av.VideoFrame] | None = None
        for frame in container.decode(stream):
            start = frame.time - first if frame.pts is not None else (before[0] + length if before else 0.0)
            if before is not None:
                yield _Timed(before[0], max(start, before[0] + _INSTANT), before[1])
                start = max(start, before[0] + _INSTANT)
            before = start, frame
        if before is not None:
            yield _Timed(before[0], before[0] + length, before[1])


def _animation(path: Path) -> Iterator[_Timed]:
    end = 0.0
    with open_picture(path) as picture:
        for number in range(getattr(picture, "n_frames", 1)):
            picture.seek(number)
            picture.load()
            start, end = end, end + max(float(picture.info.get("duration", 0)), SHORTEST_FRAME_MS) / 1000
            yield _Timed(start, end, picture)


def _planes(frame: av.VideoFrame | Image.Image) -> Planes:
    if isinstance(frame, Image.Image):
        return Planes.from_rgb(pictures.opaque(pictures.pixels(frame)))
    planes = Planes.from_frame(frame, max(even(frame.width), 2), max(even(frame.height), 2))
    turns = round(frame.rotation / 90) % 4
    return (
        Planes(*(np.ascontiguousarray(np.rot90(plane, turns)) for plane in planes.all)) if turns else planes
    )


def _contain(frame: Planes, target: Planes, shot: Shot) -> None:
    """The whole frame, on a blur of itself or on the shot's colours."""
    width, height = target.width, target.height
    if shot.ground is Ground.BLUR:
        small_width, small_height = 96, max(even(96 * height / width), 2)
        small = _filled(frame, small_width, small_height)
        blurred = Planes(*(np.asarray(cv2.GaussianBlur(p, (0, 0), 4), np.uint8) for p in small.all))
        soft = resized(blurred, width, height)
        dark = np.asarray(cv2.convertScaleAbs(soft.y, alpha=0.55, beta=16 * 0.45), np.uint8)
        target.put(Planes(dark, soft.u, soft.v))
    else:
        target.put(Planes.from_rgb(pictures.gradient(shot.colours, width, height)))
    scale = min(width / frame.width, height / frame.height)
    inner_width, inner_height = max(even(frame.width * scale), 2), max(even(frame.height * scale), 2)
    x, y = even((width - inner_width) / 2), even((height - inner_height) / 2)
    target.window(x, y, inner_width, inner_height).put(resized(frame, inner_width, inner_height))


def _filled(frame: Planes, width: int, height: int) -> Planes:
    scale = max(width / frame.width, height / frame.height)
    crop_width = min(max(even(width / scale), 2), frame.width)
    crop_height = min(max(even(height / scale), 2), frame.height)
    x, y = even((frame.width - crop_width) / 2), even((frame.height - crop_height) / 2)
    return resized(frame.window(x, y, crop_width, crop_height), width, height)
