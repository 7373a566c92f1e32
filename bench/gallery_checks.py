"""Checks of a film, each a number. Frames are drawn by the renderer; where text is, the inputs know."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from bench.gallery_inputs import Input
from studio.director.boxes import area_of, common_area, part_of
from studio.director.colours import contrast
from studio.director.framing import holds
from studio.director.material import Nature, gather, spots_of
from studio.director.photos import ENOUGH_SHOWN, subject_of
from studio.director.text_lines import Box, text_lines
from studio.draft import CaptionSegment, Crop, Draft, Fit, Ground, Layout, Move, Role
from studio.media.items import Page, Part
from studio.render.film import Film, Reel
from studio.render.planes import Planes
from studio.render.sources import Source
from studio.render.stills import camera_of
from studio.render.text import Title
from studio.staging import shown_share, split, window

STEP = 5
"""Every so many frames, one is looked at."""
MOST_STATIC_S, MOST_BLANK_S, MESSAGE_BY_S, READING_S = 4.0, 0.5, 2.0, 0.3
MOST_TEXTLESS_S, MOST_ALIKE = 0.3, 0.6
_FILLER = re.compile(
    r"lorem ipsum|dolor (?:sit )?amet|consectetur|plenty of space for|your text here", re.IGNORECASE
)
_SHORTEST_SAID = 8
"""Letters of a text that is looked for in the picture beside it."""
READABLE = 4.5
_SAME = 0.35
"""Levels of brightness, on average, by which a small copy differs a second later when something moves."""
_EMPTY = 0.0008
"""The share of pixels on edges, below which a frame is blank."""
_IN_PART = 0.04, 0.96
_RESTS = 0.4
"""Pixels a frame: a page that scrolls faster passes by, and its lines pass the edges of the window."""
_FAINT, _LEAST_DETAIL = 24, 0.5
"""What counts as an edge in a photo, of at most 1442; and the share of a photo's edges that a view has."""
_LEAST_TONES, _LEAST_EDGES = 60, 0.004
"""Levels of brightness between the darkest and the lightest parts of a picture; its share of edges."""
_MOST_OVER = 0.04
"""Of a subject's area: so much a text may lie over."""
_LAST_CARDS = {Layout.CARD, Layout.BUTTON}
_NEVER = ("send", "submit", "feedback", "log in", "sign in", "search")

Grey = npt.NDArray[np.uint8]
Rgb = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Checked:
    """What was found in a film."""

    text_cut: int
    text_over_text: int
    low_contrast: int
    static_s: float
    blank_s: float
    has_message: bool
    unreadable: int
    wrong_ending: int
    things_cut: int
    """Buttons, pictures and drawings of the input that a scene shows in part, and photos never whole."""
    over_subject: int
    small: int
    """Scenes without words whose picture takes too little of the canvas."""
    framings: int
    alike: int
    said_twice: int
    filler: int
    textless_s: float
    flat: int
    """Scenes of a photo that show little but flat ground: sky, fog, a wall."""
    empty: int
    """Of the first and the last scene, those whose picture has nothing to see."""

    @property
    def passes(self) -> bool:
        """Whether nothing is wrong."""
        return (
            not self.text_cut
            and not self.text_over_text
            and not self.low_contrast
            and self.static_s <= MOST_STATIC_S
            and self.blank_s <= MOST_BLANK_S
            and self.has_message
            and not self.unreadable
            and not self.wrong_ending
            and not self.things_cut
            and not self.over_subject
            and not self.small
            and not self.alike
            and not self.said_twice
            and not self.filler
            and self.textless_s <= MOST_TEXTLESS_S
            and not self.flat
            and not self.empty
        )


def check(given: Input, draft: Draft, sources: Mapping[str, Source]) -> Checked:
    """Draw a film, every few frames, and look at it."""
    film = Film(draft, sources)
    # Held, so that each picture is prepared once.
    stills = [film.still(index) for index in range(len(film.shots)) if not film.plays(index)]
    frames = list(_frames(film))
    step_s = STEP / film.fps
    moved = [
        float(np.abs(_small(later).astype(int) - _small(earlier)).mean())
        for earlier, later in zip(frames, frames[round(1 / step_s) :], strict=False)
    ]
    static = _longest([difference < _SAME for difference in moved]) * step_s
    checked = Checked(
        text_cut=len(_cut(given, film)),
        text_over_text=_over_text(draft, film, sources),
        low_contrast=sum(1 for caption in film.captions if _contrast(film, caption) < READABLE),
        static_s=static + 1 if static else 0,
        blank_s=_longest([_edges(frame) < _EMPTY for frame in frames]) * step_s,
        has_message=_has_message(given, film),
        unreadable=sum(1 for caption in film.captions if _too_short(caption)),
        wrong_ending=_wrong_ending(given, draft),
        framings=len(_framings(given, film)),
        alike=_alike(given, film),
        said_twice=len(_said_twice(given, film)),
        filler=_filler(given, film),
        textless_s=_textless(film),
        things_cut=_things_cut(given, film),
        over_subject=_over_subject(given, film),
        small=_small_pictures(given, film),
        flat=_flat(given, film),
        empty=_empty_pictures(given, film),
    )
    stills.clear()
    return checked


def _frames(film: Film) -> Iterator[Grey]:
    reel, target = Reel(film), Planes.empty(*film.size)
    for number in range(0, film.frames, STEP):
        reel.draw(number, target)
        yield np.asarray(cv2.resize(target.y, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.uint8)


def _small(frame: Grey) -> Grey:
    return np.asarray(cv2.resize(frame, (160, 160), interpolation=cv2.INTER_AREA), np.uint8)


def _edges(frame: Grey) -> float:
    across = np.abs(np.diff(frame.astype(int), axis=1))
    return float((across > 24).mean())  # noqa: PLR2004 - more than a soft light has


def _longest(found: Sequence[bool]) -> int:
    longest = running = 0
    for one in found:
        running = running + 1 if one else 0
        longest = max(longest, running)
    return longest


def _cut(given: Input, film: Film) -> set[tuple[int, Box]]:
    """Lines of the input that a scene shows in part, while its picture does not pass by."""
    cut: set[tuple[int, Box]] = set()
    for index, shot in enumerate(film.shots):
        if shot.meta.src != given.media.id or film.plays(index):
            continue
        for moment in np.arange(0, shot.duration / 1000, STEP / film.fps):
            if (seen := _seen(given, film, index, float(moment))) is not None:
                cut |= {(index, line) for line in given.lines if _in_part(line, seen)}
    return cut


def _things_cut(given: Input, film: Film) -> int:
    """Things that a crop shows in part; for a photo, one if its subject is never seen whole."""
    item = gather([given.media]).items[0]
    shown = [index for index, shot in enumerate(film.shots) if shot.meta.src == given.media.id]
    if item.nature in {Nature.PHOTO, Nature.PRODUCT} and (subject := subject_of(item)):
        ends = [
            seen
            for index in shown
            for moment in (0.0, film.seconds(index))
            if (seen := _seen(given, film, index, moment))
        ]
        return int(not any(holds(seen, subject) for seen in ends))
    actions = [
        (spot.x, spot.y, spot.x + spot.width, spot.y + spot.height) for spot in spots_of(item, Part.ACTION)
    ]
    things = [*item.look.shapes.things, *item.look.shapes.tiles, *actions]
    crops = [crop for index in shown if (crop := film.shots[index].meta.crop)]
    seen_parts = [(crop.left, crop.top, crop.left + crop.width, crop.top + crop.height) for crop in crops]
    return sum(1 for seen in seen_parts for thing in things if _in_part(thing, seen))


def _over_subject(given: Input, film: Film) -> int:
    """Texts that lie over what a photo is about, at the beginning or the end of their scene."""
    item = gather([given.media]).items[0]
    subject = subject_of(item) if item.nature is Nature.PHOTO else None
    found = 0
    for caption in film.captions:
        index = film.shot_at(caption.start)
        box = _box_of(film, caption)
        if subject is None or box is None or film.still(index).beside or film.shots[index].meta.src is None:
            continue
        for moment in (0.0, film.seconds(index)):
            if (seen := _seen(given, film, index, moment)) is None:
                continue
            if _overlap(part_of(seen, box), subject) > _MOST_OVER:
                found += 1
                break
    return found


def _small_pictures(given: Input, film: Film) -> int:
    """Scenes without words, of a picture that does not go on to the edges of the canvas."""
    small = 0
    for shot in film.shots:
        meta = shot.meta
        has_words = any(shot.start <= caption.start < shot.end for caption in film.captions)
        if (
            meta.src != given.media.id
            or has_words
            or meta.fit is not Fit.CONTAIN
            or meta.ground is Ground.PLAIN
        ):
            continue
        crop = meta.crop or Crop()
        shape = given.media.width * crop.width / (given.media.height * crop.height)
        small += shown_share(*film.size, shape) < ENOUGH_SHOWN
    return small


def _flat(given: Input, film: Film) -> int:
    """Views of a photo with less than half of its edges, for their size."""
    if gather([given.media]).items[0].nature is not Nature.PHOTO or given.media.path is None:
        return 0
    with Image.open(given.media.path) as opened:
        small = opened.convert("L").resize((320, max(320 * opened.height // opened.width, 1)))
    grey = cv2.GaussianBlur(np.asarray(small, np.float32), (0, 0), 0.8)
    edges = np.hypot(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)) > _FAINT
    near = cv2.dilate(edges.astype(np.uint8), np.ones((9, 9)))
    high, wide = near.shape
    return sum(
        float(
            near[
                round(view[1] * high) : round(view[3] * high), round(view[0] * wide) : round(view[2] * wide)
            ].mean()
        )
        < _LEAST_DETAIL * float(near.mean())
        for index, view in _views(given, film)
        if film.shots[index].meta.layout not in _LAST_CARDS
    )


def _empty_pictures(given: Input, film: Film) -> int:
    """Pictures of the first and the last scene that are nearly of one tone, or have hardly an edge."""
    if given.media.path is None:
        return 0
    with Image.open(given.media.path) as opened:
        grey = np.asarray(opened.convert("L").resize((480, max(480 * opened.height // opened.width, 1))), int)
    high, wide = grey.shape
    found = 0
    for index, (left, top, right, bottom) in _views(given, film):
        if index not in {0, len(film.shots) - 1}:
            continue
        part = grey[int(top * high) : round(bottom * high), int(left * wide) : round(right * wide)]
        low, light = np.percentile(part, (2, 98))
        edges = float((np.abs(np.diff(part, axis=1)) > _FAINT).mean())
        found += light - low < _LEAST_TONES or edges < _LEAST_EDGES
    return found


def _seen(given: Input, film: Film, index: int, moment: float) -> Box | None:
    """The part of the input that is seen at a moment of a shot; `None` while it passes by."""
    meta, media = film.shots[index].meta, given.media
    if meta.fit is Fit.AUTO:
        return None
    if meta.fit is Fit.CONTAIN or meta.crop is not None:
        crop = meta.crop or Crop()
        return crop.left, crop.top, crop.left + crop.width, crop.top + crop.height
    frame = film.size
    if meta.fit is Fit.WINDOW:
        place = window(*film.size, media.width / media.height, captioned=film.captioned)
        frame = place.width, place.height
    elif film.still(index).beside is not None:
        stage = split(*film.size, media.width / media.height, bleeds=True, captioned=film.captioned)
        area = stage.picture
        frame = area.width, area.height
    camera = camera_of(meta, (media.width, media.height), frame, film.seconds(index))
    view, later = camera.at(moment), camera.at(moment + 1 / film.fps)
    passed = np.hypot(later.x - view.x, later.y - view.y) * frame[0] / view.width
    if meta.move is Move.SCROLL and passed > _RESTS:
        return None
    across, down = view.width / media.width, view.width * frame[1] / frame[0] / media.height
    x, y = view.x / media.width, view.y / media.height
    return x - across / 2, y - down / 2, x + across / 2, y + down / 2


def _in_part(line: Box, seen: Box) -> bool:
    # A browser's box of a line is higher than its letters.
    high = line[3] - line[1]
    box = line[0], line[1] + 0.2 * high, line[2], line[3] - 0.2 * high
    across = (min(box[2], seen[2]) - max(box[0], seen[0])) / (box[2] - box[0])
    down = (min(box[3], seen[3]) - max(box[1], seen[1])) / (box[3] - box[1])
    share = max(across, 0) * max(down, 0)
    return _IN_PART[0] < share < _IN_PART[1]


class _WithoutTexts(Reel):
    """Draws a film's pictures where they stand beside its texts, without these."""

    def _set(self, index: int) -> Title:
        title = super()._set(index)
        title.draw = lambda *_: None  # type: ignore[method-assign]
        return title


def _over_text(draft: Draft, full: Film, sources: Mapping[str, Source]) -> int:
    """Texts over each other, and over lines of a picture, which are looked for in the film without texts."""
    film = Film(draft, sources)
    reel, target = _WithoutTexts(film), Planes.empty(*film.size)
    found = sum(_touch(full, one, other) for one, other in combinations(draft.captions, 2))
    for caption in sorted(draft.captions, key=lambda caption: caption.start):
        box = _box_of(full, caption)
        if box is None:
            continue
        number = round((caption.start + caption.duration * 0.6) * film.fps / 1000)
        reel.draw(min(number, film.frames - 1), target)
        lines = text_lines(
            np.asarray(cv2.resize(target.y, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA))
        )
        shape = film.size[0] / film.size[1]
        long = [line for line in lines if (line[2] - line[0]) * shape > 4 * (line[3] - line[1])]
        found += any(_overlap(box, line) > 0.2 for line in long)  # noqa: PLR2004 - of the line
    return found


def _touch(film: Film, one: CaptionSegment, other: CaptionSegment) -> bool:
    """Whether two texts are on one place of the screen at one time."""
    if one.start >= other.end or other.start >= one.end:
        return False
    box, line = _box_of(film, one), _box_of(film, other)
    return box is not None and line is not None and bool(_overlap(box, line) > 0)


def _box_of(film: Film, caption: CaptionSegment) -> Box | None:
    lettering = film.letter(caption)
    if lettering is None:
        return None
    rows, columns = np.nonzero(lettering.mask > 0.8)  # noqa: PLR2004 - letters, not their shadow
    if not len(rows):
        return None
    width, height = film.size
    return (
        (lettering.x + columns.min()) / width,
        (lettering.y + rows.min()) / height,
        (lettering.x + columns.max() + 1) / width,
        (lettering.y + rows.max() + 1) / height,
    )


def _overlap(box: Box, line: Box) -> float:
    return common_area(box, line) / max(area_of(line), 1e-9)


def _contrast(film: Film, caption: CaptionSegment) -> float:
    """Of the letters to what is around them, where that is least: WCAG 2, over a rendered frame."""
    lettering = film.letter(caption)
    if lettering is None:
        return 21
    target = Planes.empty(*film.size)
    number = round((caption.start + caption.duration * 0.6) * film.fps / 1000)
    Reel(film).draw(min(number, film.frames - 1), target)
    high, wide = lettering.mask.shape
    solid = lettering.mask > 0.97  # noqa: PLR2004 - inside letters, or a box
    if not solid.any():
        return 21
    frame = _rgb(target.window(lettering.x, lettering.y, wide, high))
    drawn = lettering.colours.astype(int)
    commonest = np.array(_commonest(drawn[solid], 2))
    if caption.meta.role in {Role.CALL_TO_ACTION, Role.LOWER_THIRD, Role.CAPTION} and len(commonest) > 1:
        return contrast(_hex(commonest[0]), _hex(commonest[1])) if solid.mean() > 0.3 else 21  # noqa: PLR2004
    ink = commonest[0]
    ring = cv2.dilate(solid.astype(np.uint8), np.ones((9, 9))) - cv2.dilate(
        solid.astype(np.uint8), np.ones((5, 5))
    )
    around = frame[ring.astype(bool)]
    if not len(around):
        return 21
    levels = around.sum(axis=1)
    light = ink.sum() > 3 * 127
    worst = around[np.argsort(levels)[int((0.97 if light else 0.03) * (len(levels) - 1))]]
    return contrast(_hex(ink), _hex(worst))


def _commonest(colours: npt.NDArray[np.int_], most: int) -> list[npt.NDArray[np.int_]]:
    found, counts = np.unique(colours // 16, axis=0, return_counts=True)
    return [16 * found[index] + 8 for index in np.argsort(-counts)[:most]]


def _hex(colour: npt.NDArray[np.int_]) -> str:
    return "#" + "".join(f"{int(np.clip(part, 0, 255)):02x}" for part in colour)


def _rgb(planes: Planes) -> npt.NDArray[np.int_]:
    luma = (planes.y.astype(float) - 16) / 219
    size = planes.y.shape[::-1]
    blue, red = (cv2.resize((plane.astype(np.float32) - 128) / 224, size) for plane in (planes.u, planes.v))
    r, b = luma + 1.5748 * red, luma + 1.8556 * blue
    g = (luma - 0.2126 * r - 0.0722 * b) / 0.7152
    return np.asarray(np.clip(np.rint(255 * np.stack([r, g, b], axis=2)), 0, 255), int)


def _has_message(given: Input, film: Film) -> bool:
    """Whether a text is read by the second second: of the film, or a large line of the picture itself."""
    by = 1000 * MESSAGE_BY_S
    spoken = (Role.TITLE, Role.BODY, Role.CLOSING, Role.LOWER_THIRD)
    if any(
        text.start + text.meta.fade <= by <= text.end for text in film.captions if text.meta.role in spoken
    ):
        return True
    first = film.shots[0]
    shown = [
        line for line in given.lines if first.meta.src == given.media.id and not _in_part(line, (0, 0, 1, 1))
    ]
    return bool(shown)


def _too_short(caption: CaptionSegment) -> bool:
    return caption.duration < 1000 * READING_S * len(caption.meta.text.split())


def _wrong_ending(given: Input, draft: Draft) -> int:
    """What is wrong with the last card.

    It has neither name nor button, the submit of a form, a host that nobody else can open, or another button
    than the one that leads on most.
    """
    page = given.media.page
    last = [caption.meta for caption in draft.captions if caption.end >= draft.duration]
    named = [caption.text for caption in last if caption.role is Role.CLOSING]
    asked = [caption.text for caption in last if caption.role is Role.CALL_TO_ACTION]
    wrong = (bool(draft.captions) and not named) or (
        page is not None and any(_is_local(page) and page.domain in text for text in named)
    )
    other = page is not None and bool(page.action) and asked != [page.action]
    return int(wrong) + int(other) + sum(any(word in text.lower() for word in _NEVER) for text in asked)


def _is_local(page: Page) -> bool:
    return page.domain.replace(".", "").isdigit() or page.domain == "localhost"


def _views(given: Input, film: Film) -> Iterator[tuple[int, Box]]:
    """Each scene of the input, and what it shows of it in its middle."""
    for index, shot in enumerate(film.shots):
        if shot.meta.src != given.media.id or film.plays(index):
            continue
        seen = _seen(given, film, index, shot.duration / 2000)
        if seen is None:
            seen = _seen(given, film, index, shot.duration / 1000 - 0.05) or (0, 0, 1, 1)
        if shot.meta.fit is Fit.CONTAIN and shot.meta.path:
            seen = _nearer(seen, shot.meta.path[0].zoom)
        yield index, seen


def _nearer(box: Box, zoom: float) -> Box:
    across, down = (box[2] - box[0]) * (1 - 1 / zoom) / 2, (box[3] - box[1]) * (1 - 1 / zoom) / 2
    return box[0] + across, box[1] + down, box[2] - across, box[3] - down


def _framings(given: Input, film: Film) -> set[object]:
    """Scenes that differ: by what they show of the input, by their words, or by how both stand."""
    found: set[object] = set()
    for index, view in _views(given, film):
        meta = film.shots[index].meta
        found.add((meta.layout in _LAST_CARDS, *(round(10 * edge) for edge in view)))
    return found | {
        shot.meta.name + str(index) for index, shot in enumerate(film.shots) if shot.meta.src is None
    }


def _alike(given: Input, film: Film) -> int:
    """Neighbouring scenes that show much the same; the last card repeats a picture on purpose."""
    views = [view for view in _views(given, film) if film.shots[view[0]].meta.layout not in _LAST_CARDS]
    return sum(
        later[0] == earlier[0] + 1 and _common(earlier[1], later[1]) > MOST_ALIKE
        for earlier, later in pairwise(views)
    )


def _common(one: Box, other: Box) -> float:
    wide = min(one[2], other[2]) - max(one[0], other[0])
    high = min(one[3], other[3]) - max(one[1], other[1])
    both = max(wide, 0) * max(high, 0)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return both / max(sum(areas) - both, 1e-9)


def _said_twice(given: Input, film: Film) -> set[str]:
    """Texts that can be read in the picture beside them, too, or that stood beside another part of a page."""
    found = set()
    told: set[str] = set()
    for index, view in _views(given, film):
        shot = film.shots[index]
        if shot.meta.layout is not Layout.SPLIT:
            continue
        read = _plain(" ".join(_words(given, view)))
        for caption in film.captions:
            first = _plain(caption.meta.text.split("\n")[0])
            if not shot.start <= caption.start < shot.end:
                continue
            if (len(first) >= _SHORTEST_SAID and first in read) or (given.is_page and first in told):
                found.add(caption.meta.text)
            told.add(first)
    return found


def _filler(given: Input, film: Film) -> int:
    """Scenes that show, from near, what only fills a place for text."""
    return sum(
        film.shots[index].meta.crop is not None
        and any(_FILLER.search(words) for words in _words(given, view))
        for index, view in _views(given, film)
    )


def _words(given: Input, view: Box) -> list[str]:
    """What is written in a part of the input, each text once."""
    shown = (
        words
        for line, words in zip(given.lines, given.words, strict=False)
        if _overlap(view, line) > 0.5  # noqa: PLR2004 - of the line
    )
    return list(dict.fromkeys(shown))


def _plain(text: str) -> str:
    return "".join(letter for letter in text.lower() if letter.isalnum())


def _textless(film: Film) -> float:
    """For how long a scene that has a text stands there without it, at its beginning or end."""
    longest = 0
    for number, caption in enumerate(film.captions):
        home = film.homes[number]
        if home is None or film.shots[home].meta.layout is Layout.FULL:
            continue
        shot = film.shots[home]
        before = caption.start - shot.start + (0 if film.arrives(number) else caption.meta.fade // 2)
        after = shot.end - caption.end + (0 if film.stays(number) else caption.meta.fade // 2)
        longest = max(longest, before, after)
    return longest / 1000
