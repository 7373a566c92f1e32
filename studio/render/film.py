"""The film: what every frame of a draft looks like."""

import math
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

from studio.draft import (
    CaptionSegment,
    Draft,
    Fit,
    Ground,
    Layout,
    Logo,
    Move,
    Role,
    Shot,
    ShotSegment,
    Transition,
)
from studio.errors import UnusableDraftError
from studio.media.items import Kind
from studio.render import codes, pictures, typeface
from studio.render.camera import View, ease
from studio.render.clips import Clip
from studio.render.lettering import Lettering, letter, stack
from studio.render.marks import mark
from studio.render.planes import Planes, even
from studio.render.sources import Source
from studio.render.stills import (
    Blank,
    Panel,
    Picture,
    Standing,
    Still,
    WindowedPage,
    camera_of,
    framings_of,
)
from studio.render.text import Layer, Title
from studio.staging import BAR, Area, Stage, card, card_words, framed_area, split, window, with_button

if TYPE_CHECKING:
    from pathlib import Path

_ROUNDED_MS = 2
_LAST_WORDS = {Role.CLOSING, Role.CALL_TO_ACTION}
# A framed picture stays whole while the camera nears.
FRAMED_ZOOM = 1.06
SPLIT_ZOOM = 1.04
"""So little that the picture does not reach the text beside it."""


@dataclass(frozen=True)
class _Seen:
    """A shot at a moment of its life, in seconds. `view` shows whether a still picture has changed."""

    shot: int
    moment: float
    view: View | None
    captions: "tuple[_Shown, ...]" = ()
    """Texts that come and go with the shot."""


_Shown = tuple[int, float, float]
"""Of a caption: its index, opacity, and how far it is lowered."""


@dataclass(frozen=True)
class _Frame:
    """What a frame is made of: two frames of the same parts are the same picture."""

    shots: tuple[_Seen, ...]
    """The one shown, and the one it replaces."""
    share: float
    captions: tuple[_Shown, ...]
    """Those that are the film's, rather than one shot's."""


class Film:
    """Knows the frames of a draft in any order. Its pictures are shared by the reels that draw them."""

    def __init__(self, draft: Draft, sources: Mapping[str, Source]) -> None:
        missing = draft.sources - sources.keys()
        if missing:
            raise UnusableDraftError(f"The draft uses a medium that is not there: {min(missing)}.")
        self.size = draft.canvas.width, draft.canvas.height
        self.fps = draft.canvas.fps
        self.frames = draft.frame_count
        self.shots = sorted(draft.shots, key=lambda shot: shot.start)
        self.captions = draft.captions
        self.captioned, self.font = draft.canvas.captions, draft.canvas.font
        self.framed = framed_area(*self.size, captioned=self.captioned)
        self.duration = draft.duration
        self.homes = [self._home(caption) for caption in self.captions]
        # A text that cannot be set is reported before anything is drawn.
        for caption in self.captions:
            typeface.clean(caption.meta.text)
        self._sources = sources
        self._stills: WeakValueDictionary[int, Still] = WeakValueDictionary()
        self.mark = self._mark(draft.canvas.logo)
        self._locks = [threading.Lock() for _ in self.shots]
        self._loaded: tuple[Path, pictures.Pixels] | None = None
        self._loading = threading.Lock()
        shown = [sources[shot.meta.src].path for shot in self.shots if shot.meta.src is not None]
        self._shared = {path for path in shown if shown.count(path) > 1}

    def _mark(self, logo: Logo | None) -> Layer | None:
        if logo is None:
            return None
        source = self._sources[logo.src]
        with source.reading():
            picture = pictures.load(source.path)
        return Layer.of(mark(picture, logo.corner, *self.size, captioned=self.captioned), *self.size)

    @property
    def cuts(self) -> list[int]:
        """The frames that shots begin with."""
        return [math.ceil(shot.start * self.fps / 1000) for shot in self.shots]

    def shot_at(self, moment: float) -> int:
        """The shot that is seen `moment` milliseconds after the film's start: the one begun last."""
        return max((i for i, shot in enumerate(self.shots) if shot.start <= moment), default=0)

    def _home(self, caption: CaptionSegment) -> int | None:
        """The shot that a text comes and goes with; `None` for one that is the film's."""
        index = self.shot_at(caption.start)
        within = caption.end <= self.shots[index].end + _ROUNDED_MS
        return index if within and caption.meta.role is not Role.CAPTION else None

    def stays(self, index: int) -> bool:
        """Whether a text does not fade out: its shot is replaced, or the film ends, while it is seen."""
        # A video that ends on its last word looks finished.
        caption, home = self.captions[index], self.homes[index]
        if caption.end >= self.duration:
            return True
        if home is None or home + 1 >= len(self.shots):
            return False
        return caption.end >= self.shots[home].end - _ROUNDED_MS and self.shots[home + 1].meta.fade > 0

    def arrives(self, index: int) -> bool:
        """Whether a text is there as soon as its shot is: both have the same ground."""
        home = self.homes[index]
        if not home:
            return False
        shot = self.shots[home]
        return self.captions[index].start <= shot.start + shot.meta.fade and self._has_own_ground(home)

    def _has_own_ground(self, index: int) -> bool:
        """Whether the texts of a shot stand on a ground of their own, not over a picture."""
        return self.shots[index].meta.src is None or (
            not self.plays(index) and self.still(index).beside is not None
        )

    def letter(self, caption: CaptionSegment) -> Lettering | None:
        """Set a text where it stands in the film. The last words and their button are one block."""
        index = self.shot_at(caption.start)
        beside = None if self.plays(index) else self.still(index).beside
        block = self._block(index)
        if caption in block and self._has_own_ground(index):
            return self._stacked(block, beside)[block.index(caption)]
        return letter(caption.meta, *self.size, beside, captioned=self.captioned, font=self.font)

    def _block(self, index: int) -> list[CaptionSegment]:
        """The texts of a shot that are set as one block."""
        shot = self.shots[index]
        is_card = shot.meta.layout in {Layout.CARD, Layout.BUTTON}
        found = [
            caption
            for caption in self.captions
            if shot.start <= caption.start < shot.end
            and caption.meta.place is None
            and not self._is_burned_in(caption)
            and (is_card or caption.meta.role in _LAST_WORDS)
        ]
        in_order = sorted(found, key=lambda caption: caption.meta.role is Role.CALL_TO_ACTION)
        return in_order if is_card or len(in_order) > 1 else []

    def plays(self, index: int) -> bool:
        """Whether a shot shows a clip."""
        source = self.source(index)
        return source is not None and source.kind is Kind.CLIP

    def source(self, index: int) -> Source | None:
        src = self.shots[index].meta.src
        return None if src is None else self._sources[src]

    def seconds(self, index: int) -> float:
        """How long a shot is seen, the crossfade into the next one included."""
        following = self.shots[index + 1].meta.fade if index + 1 < len(self.shots) else 0
        return (self.shots[index].duration + following) / 1000

    def still(self, index: int) -> Still:
        """The picture of a shot, prepared once as long as anyone holds it."""
        with self._locks[index]:
            found = self._stills.get(index)
            if found is None:
                found = self._stills[index] = self._prepare(self.shots[index], self.seconds(index))
            return found

    def _prepare(self, segment: ShotSegment, seconds: float) -> Still:
        shot, size = segment.meta, self.size
        source = None if shot.src is None else self._sources[shot.src]
        if source is None and shot.code is None:
            return Blank(shot.colours, size)
        picture = codes.picture(shot.code or "") if source is None else self._load(source)
        if shot.crop is not None:
            picture = pictures.cropped(picture, shot.crop)
        picture_size = picture.shape[1], picture.shape[0]
        fit = shot.fit
        if fit is Fit.AUTO:
            covers = pictures.fills(picture_size, *size) and not pictures.has_alpha(picture)
            fit = Fit.WINDOW if shot.move is Move.SCROLL else Fit.COVER if covers else Fit.CONTAIN
        stage = self._stage(segment, picture_size, bleeds=fit is Fit.COVER)
        if fit is Fit.WINDOW and shot.crop is None and stage is None:
            place = window(*size, picture_size[0] / picture_size[1], captioned=self.captioned)
            inner = place.width, place.height
            page = Picture(
                Planes.from_rgb(pictures.opaque(picture)),
                camera_of(shot, picture_size, inner, seconds),
                inner,
            )
            return WindowedPage(page, place, shot.colours, size)
        if fit is Fit.COVER and stage is not None:
            frame = stage.picture.width, stage.picture.height
            camera = camera_of(shot, picture_size, frame, seconds)
            seen = Picture(Planes.from_rgb(pictures.opaque(picture)), camera, frame)
            return Panel(seen, stage.picture, stage.text, shot.colours, size)
        is_page = fit is Fit.WINDOW or shot.crop is not None
        if fit is not Fit.COVER:
            zoom = FRAMED_ZOOM if stage is None else SPLIT_ZOOM
            zooms = [framing.zoom for framing in shot.path] or [zoom]
            plate = pictures.framed(
                picture, size, max(zooms), _mount(shot, fit, stage, self.framed, min(size))
            )
            framings = [plate.place(framing) for framing in framings_of(shot, zoom=zoom, centred=True)]
            shot = shot.model_copy(update={"path": framings})
            camera = camera_of(shot, (plate.over.shape[1], plate.over.shape[0]), size, seconds)
            return Standing(
                plate,
                camera,
                size,
                is_page=is_page,
                is_plain=shot.ground is Ground.PLAIN,
                beside=stage.text if stage else None,
            )
        camera = camera_of(shot, picture_size, size, seconds)
        return Picture(Planes.from_rgb(pictures.opaque(picture)), camera, size, is_page=is_page)

    def _load(self, source: Source) -> pictures.Pixels:
        """Decode a picture. The last one that several scenes show parts of is kept for the next of them."""
        if source.path not in self._shared:
            with source.reading():
                return pictures.load(source.path)
        with self._loading, source.reading():
            if self._loaded is None or self._loaded[0] != source.path:
                self._loaded = None
                self._loaded = source.path, pictures.load(source.path)
            return self._loaded[1]

    def _stage(self, segment: ShotSegment, picture: tuple[int, int], *, bleeds: bool) -> Stage | None:
        """Where picture and text stand side by side; `None` where the scene has no text, or is not split."""
        texts = [
            text
            for text in self.captions
            if segment.start <= text.start < segment.end and not self._is_burned_in(text)
        ]
        if segment.meta.layout is Layout.FULL or not texts:
            return None
        if segment.meta.layout in {Layout.CARD, Layout.BUTTON}:
            words = self._stacked(
                self._block(self.shots.index(segment)), card_words(*self.size, captioned=self.captioned)
            )
            spans = [lettering.span for lettering in words if lettering]
            high = max((end for _, end in spans), default=0) - min((start for start, _ in spans), default=0)
            if segment.meta.layout is Layout.BUTTON:
                return with_button(*self.size, picture, high, captioned=self.captioned)
            return card(*self.size, picture[0] / picture[1], high, captioned=self.captioned)
        return split(*self.size, picture[0] / picture[1], bleeds=bleeds, captioned=self.captioned)

    def _is_burned_in(self, text: CaptionSegment) -> bool:
        """Whether a text has its place at the lower edge, whatever else there is."""
        return self.captioned and text.meta.role is Role.CAPTION

    def _stacked(self, block: Sequence[CaptionSegment], beside: Area | None) -> list[Lettering | None]:
        texts = [text.meta for text in block]
        return stack(texts, *self.size, beside, captioned=self.captioned, font=self.font)


def _mount(shot: Shot, fit: Fit, stage: Stage | None, framed: Area, unit: int) -> pictures.Mount:
    area = stage.picture if stage else framed
    has_colours = shot.ground is not Ground.BLUR or fit is Fit.WINDOW or stage is not None
    bar = round(BAR * unit) if fit is Fit.WINDOW else 0
    return pictures.Mount(
        area,
        shot.colours if has_colours else None,
        plain=shot.ground is Ground.PLAIN,
        bar=bar,
        is_low=stage is not None and stage.is_stacked,
    )


class Reel:
    """Draws frames of a film, best in their order, into one target. For one thread."""

    def __init__(self, film: Film) -> None:
        self._film = film
        self._target = Planes.empty(2, 2)
        self._other = Planes.empty(*film.size)
        self._drawings: dict[int, Still | Clip] = {}
        self._titles: dict[int, Title] = {}
        self._drawn: _Frame | None = None
        self._aside = Planes.empty(*film.size)

    def draw(self, number: int, target: Planes) -> None:
        """Fill the target with frame `number`, counted from 0. The target holds what was drawn last."""
        frame = self._compose(number)
        if frame == self._drawn and target is self._target:
            return
        shown, *replaced = frame.shots
        if not replaced:
            self._draw(shown, target)
        elif self._film.shots[shown.shot].meta.transition is Transition.PUSH:
            self._push(target, shown, replaced[0], frame.share)
        else:
            self._draw(shown, target)
            self._draw(replaced[0], self._other)
            target.mix(self._other, 1 - frame.share)
        for index, opacity, lowered in frame.captions:
            self._titles[index].draw(target, opacity, lowered)
        if self._film.mark:
            self._film.mark.blend(target, 1, 0)
        self._drawn, self._target = frame, target

    def _push(self, target: Planes, shown: _Seen, replaced: _Seen, share: float) -> None:
        """Let a scene push another out. Pictures and texts move; their grounds fade one into the other."""
        upwards = target.height > target.width
        ground, gone = self._ground(shown), self._ground(replaced)
        if ground is None or gone is None:
            self._draw(shown, target)
            self._draw(replaced, self._other)
            target.push(self._other, share, upwards=upwards)
            return
        target.put(ground)
        target.mix(gone, 1 - share)
        side = target.height if upwards else target.width
        moved = even(side * share)
        for seen, by in ((replaced, -moved), (shown, side - moved)):
            x, y = (0, by) if upwards else (by, 0)
            # Drawn where it stands, over the ground where it is seen.
            self._aside.put_shifted(target, -x, -y)
            self._draw(seen, self._aside, over=True)
            target.put_shifted(self._aside, x, y)

    def _ground(self, seen: _Seen) -> Planes | None:
        drawing = self._drawings[seen.shot]
        return None if isinstance(drawing, Clip) else drawing.ground

    def _compose(self, number: int) -> _Frame:
        film = self._film
        moment = 1000 * number / film.fps
        current = film.shot_at(moment)
        segment = film.shots[current]
        share = ease((moment - segment.start) / segment.meta.fade) if segment.meta.fade else 1.0
        seen = [current, current - 1] if current > 0 and share < 1 else [current]
        self._drawings = {i: self._drawings.get(i) or self._open(i) for i in seen}
        shown = [
            i
            for i, caption in enumerate(film.captions)
            if caption.start <= moment < caption.end
            # What is replaced is replaced with its texts.
            or (film.homes[i] in seen[1:] and caption.start <= moment and film.stays(i))
        ]
        self._titles = {i: self._titles.get(i) or self._set(i) for i in shown}
        texts = {i: self._titles[i].appearance((moment - film.captions[i].start) / 1000) for i in shown}
        shots = tuple(
            replace(
                self._seen(shot, max(moment - film.shots[shot].start, 0) / 1000),
                captions=tuple((i, *text) for i, text in texts.items() if film.homes[i] == shot),
            )
            for shot in seen
        )
        return _Frame(
            shots, share, tuple((i, *text) for i, text in texts.items() if film.homes[i] not in seen)
        )

    def _open(self, index: int) -> Still | Clip:
        source = self._film.source(index)
        if source is not None and self._film.plays(index):
            return Clip(source, self._film.shots[index].meta, self._film.seconds(index))
        return self._film.still(index)

    def _seen(self, index: int, moment: float) -> _Seen:
        drawing = self._drawings[index]
        if isinstance(drawing, Clip):
            return _Seen(index, moment, None)
        view = drawing.camera.at(moment)
        # All moments of a camera that rests are one.
        return _Seen(index, 0, view)

    def _draw(self, seen: _Seen, target: Planes, *, over: bool = False) -> None:
        """Draw a scene with its texts; `over` what the target holds, rather than over its own ground."""
        drawing = self._drawings[seen.shot]
        if isinstance(drawing, Clip):
            drawing.draw(target, seen.moment)
        elif seen.view is not None and over:
            drawing.draw_over(target, seen.view)
        elif seen.view is not None:
            drawing.draw(target, seen.view)
        for index, opacity, lowered in seen.captions:
            self._titles[index].draw(target, opacity, lowered)

    def _set(self, index: int) -> Title:
        caption = self._film.captions[index]
        below = self._film.shot_at(caption.start)
        drawing = None if self._film.plays(below) else self._film.still(below)
        return Title(
            caption,
            *self._film.size,
            stays=self._film.stays(index),
            over_page=drawing is not None and drawing.is_page,
            beside=drawing.beside if drawing else None,
            lettering=self._film.letter(caption),
            arrives=self._film.arrives(index),
            drifts=isinstance(drawing, Blank),
        )
