"""The camera: which part of a picture is seen at which moment. Pure geometry."""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from studio.draft import Framing

MOST_RESTING = 0.7
"""The share of a shot that the camera may rest."""
# Travels between framings that are alike take their time, too.
_SHORTEST_WAY = 0.02


@dataclass(frozen=True)
class View:
    """A rectangle of a fixed shape: its centre and its width, in pixels of the picture."""

    x: float
    y: float
    width: float


@dataclass(frozen=True)
class Leg:
    """From one view to another; seconds since the shot's start."""

    start: float
    end: float
    first: View
    last: View

    def at(self, moment: float) -> View:
        if self.end <= self.start:
            return self.last if moment >= self.end else self.first
        return between(self.first, self.last, ease((moment - self.start) / (self.end - self.start)))


def ease(share: float) -> float:
    """Slow at both ends; 0 to 1."""
    share = min(max(share, 0.0), 1.0)
    return (1 - math.cos(math.pi * share)) / 2


def between(first: View, last: View, share: float) -> View:
    """The view on the way; zooming changes the width by equal factors, and every edge moves straight."""
    if first.width == last.width:
        way = share
        width = first.width
    else:
        width = first.width * (last.width / first.width) ** share
        way = (width - first.width) / (last.width - first.width)
    return View(first.x + (last.x - first.x) * way, first.y + (last.y - first.y) * way, width)


def view_of(framing: Framing, picture: tuple[int, int], frame: tuple[int, int]) -> View:
    """What a framing shows of a picture in a frame (sizes: width, height), moved inside the picture."""
    wide, high = picture
    shape = frame[1] / frame[0]
    width = min(wide, high / shape) / framing.zoom
    half = width / 2, width * shape / 2
    return View(
        x=min(max(framing.x * wide, half[0]), wide - half[0]),
        y=min(max(framing.y * high, half[1]), high - half[1]),
        width=width,
    )


class Camera:
    """Goes from view to view within `seconds`, resting `rests[i]` seconds at `views[i]`."""

    def __init__(self, views: Sequence[View], rests: Sequence[float], seconds: float) -> None:
        most = seconds * MOST_RESTING
        scale = min(1.0, most / sum(rests)) if sum(rests) > 0 else 1.0
        rests = [rest * scale for rest in rests]
        pairs = list(pairwise(views))
        ways = [_way(first, last) ** 0.5 for first, last in pairs]
        travelling = max(seconds - sum(rests), 0)
        moment = rests[0]
        legs = []
        for (first, last), way, rest in zip(pairs, ways, rests[1:], strict=True):
            arrived = moment + travelling * way / sum(ways)
            legs.append(Leg(moment, arrived, first, last))
            moment = arrived + rest
        self.legs = tuple(legs) or (Leg(0, 0, views[0], views[0]),)

    def at(self, moment: float) -> View:
        """The view at `moment` seconds after the shot's start."""
        current = self.legs[0]
        for leg in self.legs[1:]:
            if leg.start > moment:
                break
            current = leg
        return current.at(moment)

    def through(self, part: Callable[[View], View]) -> "Camera":
        """The same moves, of a part of every view."""
        other = copy.copy(self)
        other.legs = tuple(replace(leg, first=part(leg.first), last=part(leg.last)) for leg in self.legs)
        return other

    @property
    def moves(self) -> bool:
        return any(leg.first != leg.last for leg in self.legs)

    @property
    def widths(self) -> tuple[float, float]:
        """The narrowest and the widest view."""
        widths = [view.width for leg in self.legs for view in (leg.first, leg.last)]
        return min(widths), max(widths)


def _way(first: View, last: View) -> float:
    """How far two views are apart: in widths of the view, and in zooming."""
    mean = math.sqrt(first.width * last.width)
    moved = math.hypot(last.x - first.x, last.y - first.y) / mean
    zoomed = abs(math.log(last.width / first.width))
    return max(moved + zoomed, _SHORTEST_WAY)
