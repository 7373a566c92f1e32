"""Clips and animations: the frame that is seen at a moment, fitted to the canvas."""

from typing import TYPE_CHECKING

import cv2
import numpy as np

from studio.draft import Fit, Ground, Shot
from studio.errors import UnsupportedFileError
from studio.render import pictures
from studio.render.footage import Footage, Timed, rendition, telling_layers
from studio.render.frames import Look, Rendition
from studio.render.planes import Planes, even, resized
from studio.render.sampling import warp
from studio.render.sources import Source
from studio.render.stills import camera_of

if TYPE_CHECKING:
    from studio.render.camera import Camera

# What is left of a clip where a shot begins must be longer than this.
_SHORTEST_S = 1e-3


class Clip:
    """A clip from the shot's beginning, again and again as long as it is shown. For one thread."""

    def __init__(self, source: Source, shot: Shot, seconds: float) -> None:
        self._source = source
        self._shot = shot
        self._seconds = seconds
        self._begin = shot.trim / 1000
        self._footage = Footage(source.path)
        self._rendition: Rendition | None = None
        self._current: Timed | None = None
        self._planes: Planes | None = None
        self._cameras: dict[tuple[int, int], Camera] = {}

    def draw(self, target: Planes, moment: float) -> None:
        """Fill the target with what is seen `moment` seconds after the shot's start.

        Raises:
            UnsupportedFileError: the clip cannot be decoded, or is over before the shot begins.
        """
        with self._source.reading():
            timed = self.frame_at(moment * self._shot.speed)
            # The frame shown last goes on being shown while only its times change.
            if self._planes is None or self._current is None or timed.start != self._current.start:
                self._planes = self._picture(timed)
            self._current = timed
        self._fit(self._planes, target, moment)

    def frame_at(self, played: float) -> Timed:
        """Return the frame seen after so many seconds of the clip were played.

        The file is played from the shot's beginning to its end, and then again. Where the sound is longer
        than the picture, the last frame stays until the sound has ended.
        """
        wanted = self._begin + played
        timed = self._footage.at(wanted)
        if not timed.is_last or wanted < timed.end:
            return timed
        period = self._source.end - self._begin
        if period <= _SHORTEST_S:
            length = f"{self._source.end:.1f} seconds long, and the shot begins after {self._begin:.1f}"
            raise UnsupportedFileError(f"it is {length}.")
        return self._footage.at(self._begin + played % period)

    def _picture(self, timed: Timed) -> Planes:
        if self._rendition is None:
            colours = self._shot.colours if self._shot.ground is Ground.COLOURS else None
            self._rendition = rendition(self._source.path, Look(colours))
        if self._rendition.needs_ground(timed.frame):
            telling = telling_layers(self._source.path)
            if telling is not None:
                self._rendition.set_ground(telling)
        return self._rendition.planes(timed.frame)

    def _fit(self, frame: Planes, target: Planes, moment: float) -> None:
        size = frame.width, frame.height
        covers = self._shot.fit is Fit.COVER or (
            self._shot.fit is Fit.AUTO and pictures.alike(size, target.width / target.height)
        )
        if not covers:
            _contain(frame, target, self._shot)
            return
        # A recording may change its size.
        camera = self._cameras.get(size)
        if camera is None:
            camera = camera_of(self._shot, size, (target.width, target.height), self._seconds)
            self._cameras[size] = camera
        view = camera.at(moment)
        step = view.width / target.width
        x, y = view.x - view.width / 2, view.y - step * target.height / 2
        if camera.moves:
            warp(frame, target, step, x, y)
        else:
            width, height = max(even(view.width), 2), max(even(step * target.height), 2)
            target.put(resized(frame.window(even(x), even(y), width, height), target.width, target.height))


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
