"""The story: which scenes a video has, and what is written in them. Rules or a language model write it."""

import math
import re
from collections.abc import Iterator, Sequence

from pydantic import BaseModel, ConfigDict, Field

from studio.director.blocks import is_alone
from studio.director.language import Wish
from studio.director.last_words import is_button, is_host
from studio.director.material import (
    Item,
    Material,
    Nature,
    is_drawing,
    page_name,
    shown_host,
    site_name,
    spots_of,
)
from studio.draft import Role, Style
from studio.media.items import Page, Part, Spot

LONGEST_CLIP_S = 20.0
LONGEST_SOUND_S = 30.0
# A scene shorter than this cannot be taken in.
SCENE_S = 1.6
_HOOK_S, _CLOSING_S, _TOUR_S, _CLOSE_UP_S, _PHOTO_S = 2.8, 2.8, 3.6, 2.4, 3.0
_READING_S_PER_CHARACTER = 0.055
_MOST_CLOSE_UPS = 3
_LONGEST_SAID = 90
"""Characters of what is said below a heading."""
_LARGE = 0.7
"""Of the height of the largest headline, that of one to open with."""
_SAID = {Part.QUOTE, Part.POINT}
"""What is shown on cards: a part of the page would show the same words beside themselves."""
_SENTENCE = re.compile(r".{15,}?[.!?](?=\s|$)")
_LOOP_S = 6.0
_SHORT_TEXT, _LONGEST_MESSAGE = 110, 80
_ICON_S = 4.5
_READING_S, _APPEARING_S = 0.3, 0.7
"""For each word of a text, and for the text to appear and to go."""
_SHARP_ENOUGH = 1100
"""Pixels along the longer side, below which a photo is not shown from near."""


LONGEST_LINE, LONGEST_SPEECH = 240, 1200
SHORTEST_SCENE_S, LONGEST_SCENE_S = 0.8, 60


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Line(_Model):
    """A text and what it is for. A line break begins a smaller second line."""

    role: Role
    text: str = Field(min_length=1, max_length=LONGEST_LINE)


class Scene(_Model):
    subject: str | None = Field(
        default=None, description="Id of the medium to show, or of a spot in one; null is a plain card"
    )
    lines: tuple[Line, ...] = Field(default=(), max_length=2)
    seconds: float = Field(default=2.5, ge=SHORTEST_SCENE_S, le=LONGEST_SCENE_S)


class Story(_Model):
    scenes: tuple[Scene, ...] = Field(min_length=1, max_length=20)
    style: Style = Style.LOFI
    speech: str | None = Field(default=None, max_length=LONGEST_SPEECH)
    """What a voice says, in English."""


def write_story(wish: Wish, material: Material) -> Story | None:
    """Write the story by rules; `None` where there is nothing to show."""
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
        if self.closing and not self.action and is_button(self.closing):
            self.closing, self.action = None, self.closing
        self.is_asked = bool(self.closing or self.action)
        """Whether the instruction has last words."""
        if wish.without_title:
            self.title, self.more = None, []
            self.under = self.closing = self.action = None
        self.is_silent = wish.without_title


def _scenes(wish: Wish, material: Material, words: _Words) -> Iterator[Scene]:
    if not material.items:
        yield from _cards(words, material)
        return
    seconds = wish.seconds
    has_opened = False
    for item in material.items:
        if item.nature in {Nature.PAGE, Nature.SCREEN, Nature.WORDS} or item.page:
            yield from _page(item, words, seconds if len(material.items) == 1 else None, opens=not has_opened)
        elif item.nature is Nature.CLIP:
            yield from _clip(
                item, words, opens=not has_opened, alone=len(material.items) == 1, seconds=seconds
            )
        else:
            yield from _photo(
                item, words, opens=not has_opened, alone=len(material.items) == 1, seconds=seconds
            )
        has_opened = True
    yield from _ending(material, words, seconds)


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
    if last:
        yield Scene(lines=_last_lines(words), seconds=_CLOSING_S)


def _title(words: _Words) -> str:
    """The title, with what stands under it."""
    under, words.under = words.under, None
    return f"{words.title}\n{under}" if under else words.title or ""


def _page(item: Item, words: _Words, seconds: float | None, *, opens: bool) -> Iterator[Scene]:
    """What it is about, the page itself, what it offers, and a proof."""
    page = item.page
    shown = item.nature in {Nature.PAGE, Nature.SCREEN}
    subject = item.id if item.nature is not Nature.WORDS else None
    roomy = seconds is None or seconds >= 4 * SCENE_S
    titled = opens and bool(words.title)
    headline = None if titled or not (opens and roomy) else _headline(item)
    if titled:
        opening = _opening(page, words)
        yield Scene(
            subject=_hero(item, subject), lines=(_line(Role.TITLE, opening),), seconds=_read(opening, _HOOK_S)
        )
    elif headline:
        yield Scene(subject=item.spot_id(headline), seconds=_HOOK_S)
    if subject and (item.nature is Nature.PAGE or not titled) and (roomy or not titled):
        offer = () if item.nature is Nature.PAGE else _offer(page)
        length = _TOUR_S if item.nature is Nature.PAGE else _PHOTO_S
        if words.captioned and page is not None:
            length = max(length, _read(page.description, 0))
        yield Scene(subject=subject, lines=offer, seconds=length)
    close_ups = list(_close_ups(item, words, without=headline)) if shown else []
    yield from close_ups[: _room(seconds, titled=titled)]
    texts = [*words.more, *_said(page, shown=shown)]
    words.more = []
    if seconds is None or seconds >= 3 * SCENE_S:
        for text in texts[: 2 if shown else 3]:
            yield Scene(lines=(_body(text),), seconds=_reading(text))


def _hero(item: Item, subject: str | None) -> str | None:
    """What stands beside the first words: a page would show the same words again."""
    if item.page is None or not item.page.captured:
        return subject
    return item.spot_id(item.hero) if item.hero else None


def _headline(item: Item) -> Spot | None:
    """What a video opens with that has no title: the largest headline, else all that is written."""
    if item.nature is Nature.SCREEN and is_drawing(item.look):
        return None
    headlines = spots_of(item, Part.HEADLINE)
    largest = max((spot.height for spot in headlines), default=0)
    first = next((spot for spot in headlines if spot.height > _LARGE * largest), None)
    return first or max(spots_of(item, Part.TEXT), key=lambda spot: spot.width * spot.height, default=None)


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


def _close_ups(item: Item, words: _Words, *, without: Spot | None = None) -> Iterator[Scene]:
    """What a page offers, each beside its words; else its pictures and headlines, in the page's order."""
    if item.nature is Nature.SCREEN and is_drawing(item.look):
        return
    offer = list(_offer(item.page))
    chosen = _chosen(item, without, quotes=not offer)
    for spot in sorted(chosen, key=lambda spot: (spot.y, spot.x)):
        lines: tuple[Line, ...] = ()
        if spot.part in _SAID:
            yield said_of(spot)
            continue
        if words.more:
            lines = (_body(words.more.pop(0)),)
        elif spot.part in {Part.PICTURE, Part.PRICE} and offer:
            lines = (offer.pop(),)
        elif spot.part is Part.FEATURE:
            lines = (_body(_shortened(spot.text, _LONGEST_MESSAGE)),)
        elif spot.part is Part.PICTURE:
            lines = named(spot)
        length = max((_read(line.text, _CLOSE_UP_S) for line in lines), default=_CLOSE_UP_S)
        yield Scene(subject=item.spot_id(spot), lines=lines, seconds=length)


def said_of(spot: Spot) -> Scene:
    """A card with what a page says in a spot."""
    said = _quotation(spot) if spot.part is Part.QUOTE else _point(spot)
    return Scene(lines=(_body(said),), seconds=_read(said, _CLOSE_UP_S))


def named(spot: Spot) -> tuple[Line, ...]:
    """What is written below a picture of a page, if anything is."""
    return (
        (_body(_shortened(spot.more, _LONGEST_MESSAGE)),) if spot.part is Part.PICTURE and spot.more else ()
    )


def _chosen(item: Item, without: Spot | None, *, quotes: bool) -> list[Spot]:
    """Which spots of a page get a scene: what it offers, then a quotation, then what else is to be seen."""
    known = {item.page.message.lower(), page_name(item.page).lower()} if item.page else set()
    said = [spot for spot in spots_of(item, Part.FEATURE, Part.POINT) if spot.text.lower() not in known]
    points = [spot for spot in said if spot.part is Part.POINT and len(_sentence(spot.more)) <= _LONGEST_SAID]
    quote = spots_of(item, Part.QUOTE)[:1] if quotes else []
    chosen = [*(spot for spot in said if spot.part is Part.FEATURE), *points[:1]]
    chosen = [*chosen[: _MOST_CLOSE_UPS - len(quote)], *quote]
    seen = [without] if without else []
    # Where there is little to see, more is said.
    others = [spot for spot in _others(item) if not spot.text or spot.text.lower() not in known]
    for spot in [*others, *points[1:2]]:
        if spot.part is Part.HEADLINE and any(spot.text == one.text for one in chosen if one.part in _SAID):
            continue
        taken = [*seen, *(one for one in chosen if one.part not in _SAID)]
        is_said = spot.part in _SAID
        if len(chosen) < _MOST_CLOSE_UPS and (is_said or not any(_near(spot, one) for one in taken)):
            chosen.append(spot)
    return chosen


def _others(item: Item) -> list[Spot]:
    """What is worth a close look besides what is offered, the best first."""
    pictures = [spot for spot in spots_of(item, Part.PICTURE) if spot is not item.hero]
    pictures.sort(key=lambda spot: (not is_alone(spot, item.look.lines), -spot.width * spot.height))
    headlines, texts = spots_of(item, Part.HEADLINE), spots_of(item, Part.TEXT)
    # A number among many is nobody's price.
    prices = spots_of(item, Part.PRICE)[:1] if item.page is None or item.page.price else []
    if item.page and item.page.captured:
        # A picture behind text is what the page's own words are read on.
        alone = [spot for spot in pictures if is_alone(spot, item.look.lines)]
        return [*prices, *alone[:2], *headlines[:2], *alone[2:3]]
    return [*prices, *pictures[:1], *headlines[:2], *pictures[1:2], *texts]


def _quotation(spot: Spot) -> str:
    return f"“{_shortened(spot.text, _SHORT_TEXT)}”\n{_shortened(spot.more, _LONGEST_MESSAGE)}"


def _point(spot: Spot) -> str:
    """A heading, and what is said below it, if that is short enough to be read."""
    said = _sentence(spot.more)
    heading = _shortened(spot.text, _LONGEST_MESSAGE)
    return f"{heading}\n{said}" if 0 < len(said) <= _LONGEST_SAID else heading


def _sentence(text: str) -> str:
    """The first sentence of a paragraph, if it is short enough to be read in a scene."""
    first = _SENTENCE.match(text)
    return first[0].strip() if first else text


def _near(one: Spot, other: Spot) -> bool:
    """Whether a close look at one shows the other, too."""
    (x, y), wide, high = other.centre, other.width * 0.6, other.height * 0.6
    return abs(one.centre[0] - x) < wide and abs(one.centre[1] - y) < high


def _ending(material: Material, words: _Words, seconds: float | None) -> Iterator[Scene]:
    """Who it is and what to do next, with a small picture. Nothing where nothing is known of either."""
    page = material.page
    if words.is_silent:
        return
    if not (page or words.is_asked) and (not words.title or not _ends_with_its_name(material, seconds)):
        return
    name = words.closing or (site_name(page) if page else words.title)
    host = shown_host(page) if page else ""
    action = words.action or (page.action if page else "")
    if name and host and host.lower() not in name.lower() and action and not is_host(action):
        name = f"{name}\n{host}"
    if page and not action:
        # Where to go is the address, and beside it stands something else.
        strongest = _strongest(page, name or "")
        is_address = bool(host and name) and host.lower() in (name or "").lower()
        if strongest and not words.closing:
            name = strongest if is_address else name if host else f"{name}\n{strongest}"
        action = host if not is_address or name == strongest else ""
    words.closing, words.action = name, action
    lines = _last_lines(words)
    if lines:
        yield Scene(subject=_last_picture(material), lines=lines, seconds=_CLOSING_S)


def _strongest(page: Page, name: str) -> str:
    """The strongest line of a page; empty where its name says the same."""
    said = name.lower()
    for line in filter(None, (page.message, page_name(page))):
        if line.lower() != said and (is_host(name) or line.lower() not in said):
            return _shortened(line, _LONGEST_MESSAGE)
    return ""


def _ends_with_its_name(material: Material, seconds: float | None) -> bool:
    """Whether there is time for the name at the end, and a picture that has not been seen with it already."""
    lone = material.items[0] if len(material.items) == 1 else None
    is_short = seconds is not None and seconds < 3 * SCENE_S
    return not is_short and (lone is None or lone.nature not in {Nature.CLIP, Nature.ICON})


def _last_picture(material: Material) -> str | None:
    """What a last card shows: the first thing that does not move by itself."""
    for item in material.items:
        if item.nature not in {Nature.CLIP, Nature.WORDS}:
            return item.spot_id(item.hero) if item.hero and item.hero.part is Part.PICTURE else item.id
    return None


def _last_lines(words: _Words) -> tuple[Line, ...]:
    """What is said at the end. A call to action stands below what it is about."""
    lines = []
    if closing := words.closing or (words.title if words.action else None):
        lines.append(_line(Role.CLOSING, closing))
    if words.action:
        lines.append(_line(Role.CALL_TO_ACTION, _shortened(words.action, 40)))
    words.closing = words.action = None
    return tuple(lines)


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
        has_more = near and len(item.spots) > 1 and item.nature is Nature.PHOTO
        elsewhere = item.spot_id(item.spots[1]) if has_more else item.id
        yield Scene(subject=elsewhere, seconds=_PHOTO_S)


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
