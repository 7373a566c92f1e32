"""The film: what every frame of a draft looks like."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from studio.draft import CaptionSegment, Draft, Move, Shot, ShotSegment
from studio.media import Kind
from studio.render import pictures
from studio.render.planes import Planes
from studio.render.shots import Clip, Drawing, Plate, Scroll, ease
from studio.render.text import Title

ZOOM = 1.12
# A framed picture stays whole while the camera nears.
FRAMED_ZOOM = 1.06
# Larger pictures are reduced as they are read; a page only where memory asks for it, it is long but sharp.
PHOTO_PIXELS, PAGE_PIXELS = 12_000_000, 60_000_000


@dataclass(frozen=True)
class Source:
    path: Path
    kind: Kind


class Film:
    """Draws frames in their order. Only the shots a frame needs are held in memory."""

    def __init__(self, draft: Draft, sources: Mapping[str, Source]) -> None:
        self.size = draft.canvas.width, draft.canvas.height
        self.fps = draft.canvas.fps
        self.frames = draft.frame_count
        self._sources = sources
        self._duration = draft.duration
        self._shots = sorted(draft.shots, key=lambda shot: shot.start)
        self._captions = draft.captions
        self._drawings: dict[int, Drawing] = {}
        self._titles: dict[int, Title] = {}
        self._other = Planes.empty(*self.size)

    def draw(self, number: int, target: Planes) -> None:
        """Fill the target with frame `number`, counted from 0."""
        moment = 1000 * number / self.fps
        current = max((i for i, shot in enumerate(self._shots) if shot.start <= moment), default=0)
        shot = self._shots[current]
        share = ease((moment - shot.start) / shot.meta.fade) if shot.meta.fade else 1.0
        fading = current > 0 and share < 1
        self._draw_shot(current, moment, target)
        if fading:
            self._draw_shot(current - 1, moment, self._other)
            target.mix(self._other, 1 - share)
        self._forget(self._drawings, keep=range(current - fading, current + 1))
        shown = [i for i, caption in enumerate(self._captions) if caption.start <= moment < caption.end]
        for index in shown:
            self._draw_caption(index, moment, target)
        self._forget(self._titles, keep=shown)

    def _draw_shot(self, index: int, moment: float, target: Planes) -> None:
        shot = self._shots[index]
        if index not in self._drawings:
            following = self._shots[index + 1].meta.fade if index + 1 < len(self._shots) else 0
            self._drawings[index] = self._prepare(shot, (shot.duration + following) / 1000)
        self._drawings[index].draw(target, max(moment - shot.start, 0) / 1000)

    def _draw_caption(self, index: int, moment: float, target: Planes) -> None:
        caption: CaptionSegment = self._captions[index]
        if index not in self._titles:
            self._titles[index] = Title(caption.meta, *self.size)
        # A text that is there at the end stays: a video that ends on its last word looks finished.
        length = math.inf if caption.end >= self._duration else caption.duration / 1000
        self._titles[index].draw(target, (moment - caption.start) / 1000, length)

    def _prepare(self, segment: ShotSegment, seconds: float) -> Drawing:
        shot: Shot = segment.meta
        if shot.src is None:
            return Plate(pictures.gradient(shot.colours, *self._plate(ZOOM)), shot.move, seconds, drifts=True)
        source = self._sources[shot.src]
        if source.kind is Kind.CLIP:
            return Clip(source.path)
        if shot.move is Move.SCROLL:
            page = pictures.load(source.path, PAGE_PIXELS)
            return Scroll(page, shot.colours, self.size, seconds)
        picture = pictures.load(source.path, PHOTO_PIXELS)
        if pictures.fills(picture, *self.size):
            return Plate(pictures.cover(picture, *self._plate(ZOOM)), shot.move, seconds, drifts=True)
        return Plate(pictures.framed(picture, *self._plate(FRAMED_ZOOM)), shot.move, seconds, drifts=False)

    def _plate(self, zoom: float) -> tuple[int, int]:
        width, height = self.size
        return round(zoom * width / 2) * 2, round(zoom * height / 2) * 2

    @staticmethod
    def _forget(made: dict[int, Drawing] | dict[int, Title], keep: range | list[int]) -> None:
        for index in made.keys() - set(keep):
            del made[index]
