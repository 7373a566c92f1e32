"""The story: which scenes a video has, and what is written in them. Rules or a language model write it."""

import math
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict, Field

from studio.director.language import Wish
from studio.director.material import Item, Material, Nature, page_name, shown_host, site_name, spots_of
from studio.draft import Role, Style
from studio.media.items import Page, Part, Spot

LONGEST_CLIP_S = 20.0
LONGEST_SOUND_S = 30.0
# A scene shorter than this cannot be taken in.
SCENE_S = 1.6
_HOOK_S, _CLOSING_S, _TOUR_S, _CLOSE_UP_S, _PHOTO_S = 2.8, 2.8, 3.6, 2.4, 3.0
_READING_S_PER_CHARACTER = 0.055
_MOST_CLOSE_UPS = 3
_LOOP_S = 6.0
_SHORT_TEXT, _LONGEST_MESSAGE = 110, 80
_ICON_S = 4.5
_READING_S, _APPEARING_S = 0.3, 0.7
"""For each word of a text, and for the text to appear and to go."""
_TELLING_TEXT = 0.04
"""The share of a screen that text takes, below which it is a drawing with labels."""
_SHARP_ENOUGH = 1100
"""Pixels along the longer side, below which a photo is not shown from near."""


LONGEST_LINE, LONGEST_SPEECH = 240, 1200
SHORTEST_SCENE_S, LONGEST_SCENE_S = 0.8, 60


class _Told(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Line(_Told):
    """A text and what it is for. A line break begins a smaller second line."""

    role: Role
    text: str = Field(min_length=1, max_length=LONGEST_LINE)


class Scene(_Told):
    subject: str | None = Field(
        default=None, description="Id of the medium to show, or of a spot in one; null is a plain card"
    )
    lines: tuple[Line, ...] = Field(default=(), max_length=2)
    seconds: float = Field(default=2.5, ge=SHORTEST_SCENE_S, le=LONGEST_SCENE_S)


class Story(_Told):
    scenes: tuple[Scene, ...] = Field(min_length=1, max_length=20)
    style: Style = Style.LOFI
    speech: str | None = Field(default=None, max_length=LONGEST_SPEECH)
    """What a voice says, in English."""


def tell(wish: Wish, material: Material) -> Story | None:
    """The story by rules; `None` where there is nothing to tell."""
    words = _Words(wish, material)
    if not material.items and not (material.sounds or words.title):
        return None
    scenes = list(_scenes(wish, material, words))
    style = wish.style or (Style.UPBEAT if material.page else Style.LOFI)
    return Story(scenes=tuple(scenes[:20]), style=style, speech=_speech(wish, words) if wish.voice else None)


class _Words:
    """What there is to say, each text to be used once."""

    def __init__(self, wish: Wish, material: Material) -> None:
        page = material.page
        free = [text.words for text in wish.texts if text.role is None]
        named = wish.text(Role.TITLE) or (free.pop(0) if free else None)
        found = page_name(page) if page else None
        self.title = _shortened(named or found or wish.topic or material.name or "", 90) or None
        self.is_named = bool(named)
        if self.title is None and wish.statements and wish.anew:
            self.title, free = wish.statements[0], [*free, *wish.statements[1:]]
        else:
            free += wish.statements
        self.more = free
        self.under = wish.text(Role.LOWER_THIRD)
        self.closing = wish.text(Role.CLOSING)
        self.action = wish.text(Role.CALL_TO_ACTION)
        self.page = page
        self.captioned = wish.captions
        if wish.without_title:
            self.title, self.more = None, []
            self.under = self.closing = self.action = None


def _scenes(wish: Wish, material: Material, words: _Words) -> Iterator[Scene]:
    if not material.items:
        yield from _cards(words, material)
        return
    seconds = wish.seconds
    told = False
    for item in material.items:
        if item.nature in {Nature.PAGE, Nature.SCREEN, Nature.WORDS} or item.page:
            yield from _page(item, words, seconds if len(material.items) == 1 else None, opens=not told)
        elif item.nature is Nature.CLIP:
            yield from _clip(item, words, opens=not told, alone=len(material.items) == 1, seconds=seconds)
        else:
            yield from _photo(item, words, opens=not told, alone=len(material.items) == 1, seconds=seconds)
        told = True
    if material.page is None:
        yield from _last_words(words)


def _cards(words: _Words, material: Material) -> Iterator[Scene]:
    """Words alone, or with a given sound."""
    long = LONGEST_SOUND_S if material.sounds else 60
    texts = words.more
    last = bool(words.closing or words.action)
    lone = not texts and not last
    title = [_line(Role.TITLE, _title(words))] if words.title else []
    length = min(material.sounds[0].duration / 1000, long) if lone and material.sounds else 6 if lone else 3
    yield Scene(lines=tuple(title), seconds=max(length, 3))
    for text in texts:
        yield Scene(lines=(_body(text),), seconds=_reading(text))
    yield from _last_words(words)


def _title(words: _Words) -> str:
    """The title, with what stands under it."""
    under, words.under = words.under, None
    return f"{words.title}\n{under}" if under else words.title or ""


def _page(item: Item, words: _Words, seconds: float | None, *, opens: bool) -> Iterator[Scene]:
    """What it is about, the page itself, what it offers, a proof, and what to do next."""
    page = item.page
    shown = item.nature in {Nature.PAGE, Nature.SCREEN}
    subject = item.id if item.nature is not Nature.WORDS else None
    roomy = seconds is None or seconds >= 4 * SCENE_S
    titled = opens and bool(words.title)
    if titled:
        opening = _opening(page, words)
        yield Scene(subject=subject, lines=(_line(Role.TITLE, opening),), seconds=_read(opening, _HOOK_S))
    if subject and (item.nature is Nature.PAGE or not titled) and (roomy or not titled):
        offer = () if item.nature is Nature.PAGE else _offer(page)
        length = _TOUR_S if item.nature is Nature.PAGE else _PHOTO_S
        if words.captioned and page is not None:
            length = max(length, _read(page.description, 0))
        yield Scene(subject=subject, lines=offer, seconds=length)
    yield from list(_close_ups(item, words) if shown else ())[: _room(seconds, titled=titled)]
    told = [*words.more, *_said(page, shown=shown)]
    words.more = []
    if seconds is None or seconds >= 3 * SCENE_S:
        for text in told[: 2 if shown else 3]:
            yield Scene(lines=(_body(text),), seconds=_reading(text))
    if page:
        yield _closing_card(page, words)
    elif words.closing or words.action:
        yield from _last_words(words)
    elif item.nature is Nature.SCREEN and roomy:
        yield Scene(subject=subject, seconds=_PHOTO_S)


def _room(seconds: float | None, *, titled: bool) -> int:
    """For how many close-ups there is time, beside opening, tour and closing."""
    if seconds is None:
        return _MOST_CLOSE_UPS
    return min(max(int((seconds - (5 if titled else 4) * SCENE_S) / SCENE_S) + 1, 0), _MOST_CLOSE_UPS + 2)


def _opening(page: Page | None, words: _Words) -> str:
    if words.under or words.is_named or page is None:
        return _title(words)
    site, title = site_name(page), words.title or ""
    # A page's own strongest line says more than its name.
    if not page.message or page.message.lower() == title.lower():
        said = title
    else:
        said = _shortened(page.message, _LONGEST_MESSAGE)
    known = site.lower() in said.lower() or site == page.domain
    if said != title and title.lower() not in said.lower():
        return f"{said}\n{title}"
    return said if known else f"{said}\n{site}"


def _said(page: Page | None, *, shown: bool) -> list[str]:
    """What a page says of itself; of one that is shown, nothing that can be read on it."""
    if page is None or shown:
        return []
    said = [page.description] if page.description else []
    said += [heading for heading in page.headings if heading.lower() not in page.title.lower()][:2]
    return [_shortened(text, 2 * _SHORT_TEXT) for text in said]


def _offer(page: Page | None) -> tuple[Line, ...]:
    if page is None or not page.price:
        return ()
    return (_line(Role.LOWER_THIRD, f"{_shortened(page_name(page), 60)}\n{page.price}"),)


def _close_ups(item: Item, words: _Words) -> Iterator[Scene]:
    """What a page offers, each beside its words; else its headlines and pictures, in the page's order."""
    if item.nature is Nature.SCREEN and item.look.covered < _TELLING_TEXT:
        return  # a chart: a part of it would say something else
    told = {item.page.message.lower(), page_name(item.page).lower()} if item.page else set()
    features = [spot for spot in spots_of(item, Part.FEATURE) if spot.text.lower() not in told]
    features = features[:_MOST_CLOSE_UPS]
    chosen: list[Spot] = list(features)
    pictures = sorted(spots_of(item, Part.PICTURE), key=lambda spot: -spot.width * spot.height)[:2]
    others = [
        *spots_of(item, Part.PRICE)[:1],
        *pictures[:1],
        *spots_of(item, Part.HEADLINE)[:2],
        *pictures[1:],
    ]
    for spot in others:
        if len(chosen) < _MOST_CLOSE_UPS and not any(_near(spot, other) for other in chosen):
            chosen.append(spot)
    offer = list(_offer(item.page))
    if (quotes := spots_of(item, Part.QUOTE)) and not offer:
        chosen = [*chosen[: _MOST_CLOSE_UPS - 1], quotes[0]]
    for spot in sorted(chosen, key=lambda spot: (spot.y, spot.x)):
        lines: tuple[Line, ...] = ()
        if spot.part is Part.QUOTE:
            said = _shortened(spot.text, _SHORT_TEXT)
            yield Scene(lines=(_body(f"“{said}”"),), seconds=_reading(said))
            continue
        if words.more:
            lines = (_body(words.more.pop(0)),)
        elif spot.part in {Part.PICTURE, Part.PRICE} and offer:
            lines = (offer.pop(),)
        elif spot.part is Part.FEATURE:
            lines = (_body(_shortened(spot.text, _LONGEST_MESSAGE)),)
        length = max((_read(line.text, _CLOSE_UP_S) for line in lines), default=_CLOSE_UP_S)
        yield Scene(subject=item.spot_id(spot), lines=lines, seconds=length)


def _near(one: Spot, other: Spot) -> bool:
    """Whether a close look at one shows the other, too."""
    (x, y), wide, high = other.centre, other.width * 0.6, other.height * 0.6
    return abs(one.centre[0] - x) < wide and abs(one.centre[1] - y) < high


def _closing_card(page: Page, words: _Words) -> Scene:
    name, host = words.closing or site_name(page), shown_host(page)
    address = "" if not host or host.lower() in name.lower() else f"\n{host}"
    lines = [_line(Role.CLOSING, f"{name}{address}")]
    if action := words.action or page.action:
        lines.append(_line(Role.CALL_TO_ACTION, _shortened(action, 40)))
    words.closing = words.action = None
    return Scene(lines=tuple(lines), seconds=_CLOSING_S)


def _last_words(words: _Words) -> Iterator[Scene]:
    """What is said at the end. A call to action stands below what it is about."""
    lines = []
    if closing := words.closing or (words.title if words.action else None):
        lines.append(_line(Role.CLOSING, closing))
    if words.action:
        lines.append(_line(Role.CALL_TO_ACTION, words.action))
    words.closing = words.action = None
    if lines:
        yield Scene(lines=tuple(lines), seconds=_CLOSING_S)


def _photo(item: Item, words: _Words, *, opens: bool, alone: bool, seconds: float | None) -> Iterator[Scene]:
    """The whole picture with the title; alone, from nearer and from elsewhere, too."""
    if not alone:
        yield Scene(subject=item.id, lines=_named(words, opens=opens), seconds=_PHOTO_S)
        return
    sharp = max(item.media.width, item.media.height) >= _SHARP_ENOUGH or item.nature is Nature.PRODUCT
    near = item.nature in {Nature.PHOTO, Nature.PRODUCT} and sharp and bool(item.spots)
    if item.nature is Nature.ICON:
        yield Scene(subject=item.id, lines=_named(words, opens=opens, whole=True), seconds=_ICON_S)
    else:
        yield Scene(subject=item.id, lines=_named(words, opens=opens, whole=not near), seconds=_PHOTO_S + 0.4)
    under = tuple(_lower_thirds(words))[:1] if item.nature is not Nature.ICON else ()
    if under or near:
        yield Scene(subject=item.spot_id(item.spots[0]) if near else item.id, lines=under, seconds=_PHOTO_S)
    for text in words.more:
        yield Scene(lines=(_body(text),), seconds=_reading(text))
    words.more = []
    if item.nature is not Nature.ICON and (seconds is None or seconds >= 4 * SCENE_S):
        yield Scene(subject=item.id, seconds=_PHOTO_S)


def _clip(item: Item, words: _Words, *, opens: bool, alone: bool, seconds: float | None) -> Iterator[Scene]:
    lines = (*_named(words, opens=opens), *(_lower_thirds(words) if opens else ()))[:2]
    own = item.media.duration / 1000
    if item.media.mime.startswith("image/"):
        own *= math.ceil(_LOOP_S / own)  # an animation goes on and on
    length = min(max(own, 3.0), LONGEST_CLIP_S if alone else 6.0)
    yield Scene(
        subject=item.id, lines=tuple(lines), seconds=_scene_s(seconds) if alone and seconds else length
    )


def _named(words: _Words, *, opens: bool, whole: bool = False) -> tuple[Line, ...]:
    """The title on what opens the video, `whole` with what belongs under it; later the next text."""
    if not opens:
        return tuple(_lower_thirds(words))[:1]
    if not words.title:
        return ()
    return (_line(Role.TITLE, _title(words) if whole else words.title),)


def _lower_thirds(words: _Words) -> Iterator[Line]:
    if words.under:
        text, words.under = words.under, None
        yield _line(Role.LOWER_THIRD, text)
    elif words.more:
        yield _line(Role.LOWER_THIRD, words.more.pop(0))


def _body(text: str) -> Line:
    return _line(Role.BODY, _shortened(text, 2 * _SHORT_TEXT))


def _reading(text: str) -> float:
    return min(max(2.0, 1.0 + _READING_S_PER_CHARACTER * len(text)), 6.0)


def _read(text: str, least: float) -> float:
    """Seconds in which a line beside a picture can be read."""
    return min(max(least, _APPEARING_S + _READING_S * len(text.split())), 6.0)


def _speech(wish: Wish, words: _Words) -> str | None:
    """What the instruction says, or what is known; the voice speaks English only."""
    if wish.speech:
        return _shortened(wish.speech, LONGEST_SPEECH - 1)
    page = words.page
    said: Sequence[str | None] = (words.title, page.description if page else None, *words.more)
    text = ". ".join(part.rstrip(".") for part in said if part)
    return f"{_shortened(text, LONGEST_SPEECH - 3)}." if text and text.isascii() else None


def _scene_s(seconds: float) -> float:
    """An instruction may ask for any length."""
    return min(max(seconds, SHORTEST_SCENE_S), LONGEST_SCENE_S)


def _line(role: Role, text: str) -> Line:
    """A line, as long as a story holds: texts of an instruction or a page may be longer."""
    return Line(role=role, text=_shortened(text, LONGEST_LINE - 1))


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0].rstrip(",;:. ") + "…"
