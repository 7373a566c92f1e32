"""Still pictures under a moving camera, and pages in a browser's window."""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import cv2
import numpy as np
from PIL import Image

from studio.draft import Framing, Move, Shot
from studio.render import pictures
from studio.render.camera import Camera, View, view_of
from studio.render.planes import Plane, Planes, even, resized
from studio.render.sampling import LARGEST_STEP, SMALLEST_STEP, Banks
from studio.staging import Area, Window

ZOOM = 1.12
PAGE_RATIO = 2.0
"""A picture this much taller than wide is a screenshot of a page."""
SCROLL_REST = 0.14
FASTEST_SCROLL = 0.9
"""Window heights per second, on average."""
_BAND = LARGEST_STEP / SMALLEST_STEP
_CORNER = 0.018
_AROUND = 4
"""Pixels that are left around what stands on a ground."""
_CORNERS, _LEAST_HIDDEN = 0.022, 64
"""Of the shorter side, what round corners take; and the least pixels of a part that hides its ground."""
_SCROLL_PHASES, _ZOOM_PHASES = 4, 2


class Still(Protocol):
    """A picture that does not move by itself. May be drawn by several threads at once."""

    camera: Camera
    is_page: bool
    """Whether it shows a page, full of text of its own."""
    beside: Area | None
    """Where a text stands beside it; `None` where texts stand over it."""

    ground: Planes | None
    """What it stands on, which rests; `None` where it fills the canvas."""

    def draw(self, target: Planes, view: View) -> None:
        """Fill the target with what the camera sees in a view."""

    def draw_over(self, target: Planes, view: View) -> None:
        """Draw what stands on the ground over what the target holds."""


@dataclass(frozen=True)
class _Level:
    """A part of a picture, scaled for a range of zooms."""

    banks: Banks
    left: float
    top: float
    scale_x: float
    scale_y: float


class Picture:
    """A picture seen by a camera, in frames of one size (width, height).

    It is scaled before the first frame that needs it, once for each range of zooms, so that nearly pixel is
    taken for pixel: sharp, and cheap.
    """

    def __init__(
        self,
        picture: Planes,
        camera: Camera,
        frame: tuple[int, int],
        *,
        is_page: bool = False,
        beside: Area | None = None,
    ) -> None:
        self.camera = camera
        self.is_page = is_page or picture.height >= PAGE_RATIO * picture.width
        self.beside = beside
        self.ground: Planes | None = None
        self._picture = picture
        self._frame = frame
        self._narrowest = camera.widths[0]
        views = [view for leg in camera.legs for view in (leg.first, leg.last)]
        self._zooms = camera.widths[0] != camera.widths[1]
        # A camera that moves along one axis needs the pixels copied only.
        self._slides = not self._zooms and (len({v.x for v in views}) == 1 or len({v.y for v in views}) == 1)
        self._levels: dict[int, _Level] = {}
        self._lock = threading.Lock()

    def draw(self, target: Planes, view: View) -> None:
        """Fill the target, which is the frame or a part of it, with what a view of it shows."""
        height, width = target.height, target.width
        band = self._band(view.width * self._frame[0] / width)
        with self._lock:
            level = self._levels.get(band) or self._levels.setdefault(band, self._scaled(band))
        # A picture is scaled to whole pixels, so its scales may differ from each other.
        steps = view.width * level.scale_x / width, view.width * level.scale_y / width
        x = (view.x - level.left) * level.scale_x - width * steps[0] / 2
        y = (view.y - level.top) * level.scale_y - height * steps[1] / 2
        if self._slides:
            level.banks.crop(target, x, y)
        else:
            level.banks.resize(target, steps, x, y)

    def draw_over(self, target: Planes, view: View) -> None:
        self.draw(target, view)

    def _band(self, width: float) -> int:
        return int(math.log(width / self._narrowest) / math.log(_BAND) + 1e-9) if self._zooms else 0

    def _scaled(self, band: int) -> _Level:
        narrowest = self._narrowest * _BAND**band
        scale = self._frame[0] * (1 if self._slides else SMALLEST_STEP) / narrowest
        left, top, right, bottom = self._seen(narrowest, narrowest * _BAND)
        part = self._picture.window(left, top, right - left, bottom - top)
        width, height = max(even(part.width * scale), 2), max(even(part.height * scale), 2)
        phases = _SCROLL_PHASES if self._slides else _ZOOM_PHASES
        return _Level(
            Banks(resized(part, width, height), phases), left, top, width / part.width, height / part.height
        )

    def _seen(self, narrowest: float, widest: float) -> tuple[int, int, int, int]:
        """Even edges around all that the camera sees in a range of zooms.

        The edges of a view move straight, so the ends of a leg enclose what lies between.
        """
        shape = self._frame[1] / self._frame[0]
        views = [
            view
            for leg in self.camera.legs
            if min(leg.first.width, leg.last.width) <= widest * 1.001
            and max(leg.first.width, leg.last.width) >= narrowest * 0.999
            for view in (leg.first, leg.last)
        ]
        left = even(max(min(view.x - view.width / 2 for view in views) - 2, 0))
        top = even(max(min(view.y - view.width * shape / 2 for view in views) - 2, 0))
        right = min(max(view.x + view.width / 2 for view in views) + 4, self._picture.width)
        bottom = min(max(view.y + view.width * shape / 2 for view in views) + 4, self._picture.height)
        return left, top, max(even(right), left + 2), max(even(bottom), top + 2)


class Blank:
    """A ground alone."""

    def __init__(self, colours: tuple[str, str], size: tuple[int, int]) -> None:
        whole = View(size[0] / 2, size[1] / 2, size[0])
        self.camera = Camera([whole], [0], 0)
        self.is_page = False
        self.beside: Area | None = None
        self._colours = Planes.from_rgb(pictures.gradient(colours, *size))
        self.ground: Planes | None = self._colours

    def draw(self, target: Planes, view: View) -> None:  # noqa: ARG002 - all views are alike
        target.put(self._colours)

    def draw_over(self, target: Planes, view: View) -> None:
        """Nothing stands on it."""


class Standing:
    """A picture that stands on a ground: the camera nears the picture, and the ground rests."""

    def __init__(
        self,
        plate: pictures.Plate,
        camera: Camera,
        size: tuple[int, int],
        *,
        is_page: bool = False,
        is_plain: bool = False,
        beside: Area | None = None,
    ) -> None:
        """`is_plain`: whether the ground is the picture's own, which moves with it."""
        self.camera = camera
        self.is_page = is_page
        self.beside = beside
        self._ground = Planes.from_rgb(plate.ground)
        self.ground: Planes | None = None if is_plain else self._ground
        self._size = size
        taken = _taken(plate.rest, camera, size)
        self._inner = _hidden(plate.rest, camera, size, taken)
        self._edges = [taken] if self._inner is None else _around(self._inner, taken)
        # All parts are taken from one scaled picture. Parts that are scaled by themselves do not meet.
        through, frame = camera.through(lambda view: self._part(view, taken)), (taken.width, taken.height)
        self._over = Picture(Planes.from_rgb(plate.over), through, frame)
        self._rest = Picture(Planes.of_mask(plate.rest), through, frame)

    def draw(self, target: Planes, view: View) -> None:
        target.put(self._ground)
        self.draw_over(target, view)

    def draw_over(self, target: Planes, view: View) -> None:
        if self._inner is not None:
            self._over.draw(_window(target, self._inner), self._part(view, self._inner))
        # At its edges, shadow and ground are seen through.
        for area in self._edges:
            drawn, seen = Planes.empty(area.width, area.height), Planes.empty(area.width, area.height)
            self._over.draw(drawn, self._part(view, area))
            self._rest.draw(seen, self._part(view, area))
            _window(target, area).cover(drawn, seen)

    def _part(self, view: View, area: Area) -> View:
        """What is seen of a view in a part of the canvas."""
        wide, high = self._size
        scale = view.width / wide
        return View(
            view.x + ((area.left + area.right) - wide) / 2 * scale,
            view.y + ((area.top + area.bottom) - high) / 2 * scale,
            area.width * scale,
        )


def _window(target: Planes, area: Area) -> Planes:
    return target.window(area.left, area.top, area.width, area.height)


def _taken(rest: Plane, camera: Camera, size: tuple[int, int]) -> Area:
    """Where on the canvas something stands at one moment or another; all four edges are even."""
    boxes = _boxes(cv2.boundingRect(255 - rest), camera, size)
    # The edges move straight, so the ends of the moves enclose what lies between.
    first = [even(min(max(min(box[side] for box in boxes) - _AROUND, 0), size[side] - 2)) for side in (0, 1)]
    last = [
        even(max(min(max(box[side + 2] for box in boxes) + _AROUND, size[side]), first[side] + 2))
        for side in (0, 1)
    ]
    return Area(first[0], first[1], last[0], last[1])


def _hidden(rest: Plane, camera: Camera, size: tuple[int, int], taken: Area) -> Area | None:
    """A rectangle in which nothing of the ground is ever seen; `None` where there is no large one."""
    x, y, wide, high = cv2.boundingRect((rest == 0).astype(np.uint8))
    for corner in (0, round(_CORNERS * min(rest.shape))):
        left, top, right, bottom = x + corner, y + corner, x + wide - corner, y + high - corner
        if left >= right or top >= bottom or rest[top:bottom, left:right].any():
            continue
        boxes = _boxes((left, top, right - left, bottom - top), camera, size)
        first = [
            max(even(max(box[side] for box in boxes) + 2 * _AROUND), edge)
            for side, edge in enumerate((taken.left, taken.top))
        ]
        last = [
            min(even(min(box[side + 2] for box in boxes) - _AROUND), edge)
            for side, edge in enumerate((taken.right, taken.bottom))
        ]
        if all(end - start >= _LEAST_HIDDEN for start, end in zip(first, last, strict=True)):
            return Area(first[0], first[1], last[0], last[1])
    return None


def _boxes(
    box: Sequence[int], camera: Camera, size: tuple[int, int]
) -> list[tuple[float, float, float, float]]:
    """Where on the canvas a part of a picture lies at the ends of all moves."""
    x, y, wide, high = box
    boxes = []
    for view in (view for leg in camera.legs for view in (leg.first, leg.last)):
        scale = size[0] / view.width
        left, top = (x - view.x) * scale + size[0] / 2, (y - view.y) * scale + size[1] / 2
        boxes.append((left, top, left + wide * scale, top + high * scale))
    return boxes


def _around(inner: Area, outer: Area) -> list[Area]:
    """The four parts of an area that lie around another one in it, but for empty ones."""
    parts = [
        Area(outer.left, outer.top, outer.right, inner.top),
        Area(outer.left, inner.bottom, outer.right, outer.bottom),
        Area(outer.left, inner.top, inner.left, inner.bottom),
        Area(inner.right, inner.top, outer.right, inner.bottom),
    ]
    return [part for part in parts if part.width > 0 and part.height > 0]


class WindowedPage:
    """A page, seen through a browser's window that stands on a ground of two colours."""

    def __init__(
        self, page: Picture, window: Window, colours: tuple[str, str], size: tuple[int, int]
    ) -> None:
        self.camera = page.camera
        self.is_page = True
        self.beside: Area | None = None
        self._page = page
        self._window = window
        self._corner = even(_CORNER * min(size))
        self.ground: Planes | None = Planes.from_rgb(pictures.gradient(colours, *size))
        self._framed = Planes(*(plane.copy() for plane in self.ground.all))
        frame = Image.new("RGB", (window.width, window.height + window.bar), (255, 255, 255))
        pictures.draw_bar(frame, window.bar)
        plates = [Image.new("RGB", size, level) for level in ("#000000", "#ffffff")]
        for plate in plates:
            pictures.paste_lifted(plate, frame, (window.x, window.y - window.bar))
        on_black, on_white = (np.asarray(plate) for plate in plates)
        self._frame = Planes.from_rgb(on_black)
        self._rest = Planes.of_mask(np.asarray(cv2.subtract(on_white[..., 1], on_black[..., 1]), np.uint8))
        self._framed.cover(self._frame, self._rest)
        corners = pictures.rounded((window.width, window.height), self._corner)
        mask = np.asarray(corners, np.float32)[-self._corner :] / 255
        half = np.asarray(cv2.resize(mask, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        self._masks = mask, half, half

    def draw(self, target: Planes, view: View) -> None:
        target.put(self._framed)
        self._draw_page(target, view)

    def draw_over(self, target: Planes, view: View) -> None:
        target.cover(self._frame, self._rest)
        self._draw_page(target, view)

    def _draw_page(self, target: Planes, view: View) -> None:
        place = self._window
        window = target.window(place.x, place.y, place.width, place.height)
        strip = window.window(0, place.height - self._corner, place.width, self._corner)
        below = [plane.copy() for plane in strip.all]
        self._page.draw(window, view)
        for out, ground, mask in zip(strip.all, below, self._masks, strict=True):
            np.copyto(out, cv2.blendLinear(out, ground, mask, 1 - mask))


class Panel:
    """A picture that fills its part of the canvas, beside a ground of two colours for the text."""

    def __init__(
        self, picture: Picture, area: Area, beside: Area, colours: tuple[str, str], size: tuple[int, int]
    ) -> None:
        self.camera = picture.camera
        self.is_page = picture.is_page
        self.beside: Area | None = beside
        self._picture = picture
        self._area = area
        self._ground = Planes.from_rgb(pictures.gradient(colours, *size))
        self.ground: Planes | None = self._ground

    def draw(self, target: Planes, view: View) -> None:
        target.put(self._ground)
        self.draw_over(target, view)

    def draw_over(self, target: Planes, view: View) -> None:
        area = self._area
        self._picture.draw(target.window(area.left, area.top, area.width, area.height), view)


def framings_of(shot: Shot, *, zoom: float = ZOOM, centred: bool = False) -> Sequence[Framing]:
    """The shot's path, or that of its move; `centred` is one that keeps the middle in the middle."""
    if shot.path:
        return shot.path
    whole = Framing()
    near = Framing(zoom=zoom) if centred else Framing(x=0.55, y=0.46, zoom=zoom)
    match shot.move:
        case Move.STILL:
            return [whole]
        case Move.ZOOM_IN:
            return [whole, near]
        case Move.ZOOM_OUT:
            return [near, whole]
        case Move.SCROLL:
            return [Framing(y=0), Framing(y=1)]


def camera_of(
    shot: Shot, picture: tuple[int, int], frame: tuple[int, int], seconds: float, *, zoom: float = ZOOM
) -> Camera:
    """The camera over a picture that is seen in a frame (sizes: width, height)."""
    framings = framings_of(shot, zoom=zoom)
    views = [view_of(framing, picture, frame) for framing in framings]
    rests = [framing.rest / 1000 for framing in framings]
    if shot.move is Move.SCROLL and not shot.path:
        rests = [SCROLL_REST * seconds] * 2
        # A long page is not rushed through to its end.
        height = views[0].width * frame[1] / frame[0]
        furthest = views[0].y + FASTEST_SCROLL * height * seconds * (1 - 2 * SCROLL_REST)
        views[1] = replace(views[1], y=min(views[1].y, furthest))
    return Camera(views, rests, seconds)
