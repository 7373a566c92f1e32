"""What a video can be made of: the media of a session, what was seen in them, and what is known of them."""

import logging
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import PurePath
from urllib.parse import unquote, urlsplit

from studio.director import looking
from studio.director.blocks import blocks, free_part, is_alone, together
from studio.director.boxes import area_of, box_of
from studio.director.framing import Scenery, Wanted, frame, holds
from studio.director.looking import Look, Sight
from studio.director.text_lines import Box
from studio.media.items import Kind, Media, Page, Part, Spot

# A picture this much taller than wide is a screenshot of a page, to be scrolled. With text on it, one that is
# a little taller than wide is, too.
PAGE_RATIO, TEXT_PAGE_RATIO = 1.9, 1.15
# Letters are that large, against the picture's width, on the screen of a phone.
_PHONE_LETTERS = 0.035
_PHONE_RATIOS = 1.5, 2.35
# Below this many pixels along its longer side a picture is an icon, or a logo.
_ICON = 320

_MOST_DETAIL, _PEAK = 0.3, 0.34
"""The largest part of a photo that is a detail, and the sides of one around its peak."""
_LEAST_CARD, _MOST_CARDS = 0.02, 3
"""Of a screen: the area of a card that is shown by itself, and how many are."""
_TELLING_TEXT = 0.04
"""The share of a screen that text takes, below which it is a drawing with labels."""
_LEAST_DETAIL = 0.8
"""How much of a photo's detail, for its size, is seen from near: elsewhere there is nothing to look at."""
_FOLD = 0.5
"""What of a page is seen at first, against its width."""
_OPENING_SHAPES, _OPENING_WIDTH, _MOST_TRIED = (1.2, 1.5, 1.0, 1.9, 0.8), 0.4, 8
"""Of what a page without pictures opens with: width to height, as pixels, its least width, and how many lines
it may begin with."""
_LEAST_WIDE = 0.3
"""Of a page's width: of many smaller pictures further down, none stands for the page."""

# Names that cameras, phones and programs give, and words that say nothing of what a file shows.
# Each is taken once and for all: a name that could be cut in many ways is not cut in all of them.
_CAMERA_NAMES = re.compile(
    r"(?>img|dsc[nf]?|pxl|video|vid|movie|mov|screen ?shot|screen|capture|image|photo|picture|pic|clip|audio"
    r"|sound|page|full page|full|file|input|upload|download|untitled|unnamed|scan|tall|test|example|sample"
    r"|source|original|whatsapp|wechat|signal|mmexport|dji|gopr|recording|voice|new|document|icon|logo|favicon|banner|hero"
    r"|截图|屏幕快照|屏幕截图|微信图片|图片|视频|照片|录音|未命名|copy|final|hd|edited|edit|[0-9a-f]{6,}|\W|\d|x|v|at|am|pm)++"
)
_DIMENSIONS = re.compile(r"(?<!\d)\d{2,5}\s?[x×]\s?\d{2,5}(?!\d)(?:px)?|@[1-4]x\b", re.IGNORECASE)  # noqa: RUF001 - as names have them
_LONGEST_NAME = 200
_SHORTEST_NAME = 3
_JOINERS = "\u200c\u200d"
"""Zero width, with and without joining: Persian and the scripts of India need them inside words."""
_SEPARATORS = re.compile(r"\s[|–—·•:»-]\s|[|｜]|[—–]{2}|——")  # noqa: RUF001 - as titles have them
_SAYS_NOTHING = re.compile(
    r"home(?:page)?|welcome|index|start|official (?:web)?site|untitled|.* (?:theme|template)|首页|官网"
)
_HOME_PATHS = {"", "index.html", "index.htm", "index.php", "home"}
_LONGER = 2
"""Times the shortest part of a title, a site's name is that long at most."""
_PRIVATE_ENDINGS = (".local", ".localhost", ".internal", ".lan", ".test", ".invalid")
_LOG = logging.getLogger(__name__)


class Nature(Enum):
    """How a medium wants to be shown."""

    PAGE = auto()
    """A page, higher than a screen: it can be scrolled."""
    SCREEN = auto()
    """A screenshot, a slide, a chart."""
    PHOTO = auto()
    PRODUCT = auto()
    """One thing on a plain ground."""
    ICON = auto()
    CLIP = auto()
    WORDS = auto()
    """A page of which there is no picture."""


@dataclass(frozen=True)
class Item:
    """A medium that can be seen, under a short name of its own."""

    id: str
    media: Media
    nature: Nature
    look: Look = field(default_factory=Look)
    hero: Spot | None = None
    """Of a page: the picture that it opens with, without its text; else its largest with something to see; of
    a page without pictures, what stands below its headline."""

    @property
    def page(self) -> Page | None:
        return self.media.page

    @property
    def spots(self) -> tuple[Spot, ...]:
        return (*self.look.spots, self.hero) if self.hero else self.look.spots

    def spot_id(self, spot: Spot) -> str:
        return f"{self.id}.{self.spots.index(spot) + 1}"


@dataclass(frozen=True)
class Material:
    items: tuple[Item, ...]
    sounds: tuple[Media, ...]

    def find(self, subject: str) -> tuple[Item, Spot | None] | None:
        """The medium, or the spot in one, of that id."""
        name, _, number = subject.partition(".")
        item = next((item for item in self.items if item.id == name), None)
        if item is None or not number:
            return (item, None) if item else None
        index = int(number) - 1 if number.isdecimal() else -1
        return (item, item.spots[index]) if 0 <= index < len(item.spots) else None

    @property
    def page(self) -> Page | None:
        return next((item.page for item in self.items if item.page), None)

    @property
    def name(self) -> str | None:
        """What a person called the first file whose name says something."""
        files = [item.media for item in self.items if item.page is None]
        return next((name for media in [*files, *self.sounds] if (name := readable_name(media.name))), None)


def gather(media: Sequence[Media]) -> Material:
    """Look at every medium. What cannot be read is shown as it is: the renderer reports the error."""
    seen = [item for item in media if item.kind is not Kind.AUDIO]
    return Material(
        tuple(_looked_at(f"m{number}", item) for number, item in enumerate(seen, 1)),
        tuple(item for item in media if item.kind is Kind.AUDIO),
    )


def _looked_at(name: str, media: Media) -> Item:
    item = Item(name, media, _nature(media))
    if media.path is None or item.nature in {Nature.CLIP, Nature.WORDS}:
        return item
    page = media.page
    try:
        if page is not None and page.captured:
            # What the browser knows of a page is better than what can be seen of it.
            pictures = [spot for spot in page.spots if spot.part in {Part.PICTURE, Part.FEATURE}]
            heroes = list(_heroes(media, pictures, page.lines))
            written = list(_below_headline(media, page))
            parts = map(box_of, [*pictures, *heroes])
            look = looking.look_at_capture(media.path, page.lines, parts, map(box_of, written))
            asides = tuple(box_of(spot) for spot in page.spots if spot.part is Part.FORM)
            empty = {spot for spot in pictures if box_of(spot) in look.bare}
            spots = tuple(spot for spot in page.spots if spot.part is not Part.FORM and spot not in empty)
            look = replace(look, spots=spots, asides=asides, colour=page.colour or look.colour)
            return replace(item, look=look, hero=_seen_first([*heroes, *written], look))
        look = looking.look_at(media.path)
    except (OSError, ValueError, SyntaxError):
        _LOG.warning("“%s” could not be looked at", media.name)
        return item
    nature = _seen_nature(item, look)
    if nature in {Nature.PAGE, Nature.SCREEN}:
        found = *look.spots, *blocks(look.lines, media.width / media.height)
        look = replace(look, spots=(*found, *_largest_cards(look), *_largest_drawing(look)))
    elif nature in {Nature.PHOTO, Nature.PRODUCT}:
        look = replace(look, spots=tuple(_details(look)))
    return replace(item, nature=nature, look=look)


def _largest_cards(look: Look) -> Iterator[Spot]:
    """Cards of a screen that are large enough to be shown by themselves."""
    fitting = [card for card in look.shapes.cards if _LEAST_CARD < area_of(card) < _MOST_DETAIL]
    inner = [card for card in fitting if not any(holds(card, other) for other in fitting if other != card)]
    for left, top, right, bottom in sorted(inner, key=area_of, reverse=True)[:_MOST_CARDS]:
        yield Spot(Part.PICTURE, left, top, right - left, bottom - top)


def _largest_drawing(look: Look) -> Iterator[Spot]:
    """The largest thing of a drawing with labels: the highest bar of a chart."""
    things = [box for box in look.shapes.things if area_of(box) < _MOST_DETAIL]
    if is_drawing(look) and things:
        left, top, right, bottom = max(things, key=area_of)
        yield Spot(Part.PICTURE, left, top, right - left, bottom - top)


def is_drawing(look: Look) -> bool:
    """Whether a screen is a chart rather than text: a part of it would not tell what it is about."""
    return look.covered < _TELLING_TEXT


def _details(look: Look) -> Iterator[Spot]:
    """What of a photo is worth a close look: what catches the eye, if it is a part; else its peak."""
    parts = [
        spot
        for spot in look.spots
        if spot.width * spot.height < _MOST_DETAIL and not look.is_bare(box_of(spot), _LEAST_DETAIL)
    ]
    yield from parts
    cells = len(look.salience)
    if len(parts) > 1 or not cells:
        return
    reach = round(_PEAK * cells / 2)
    around = range(reach, cells - reach)
    # What is striking and flat is nothing to look at.
    matters = [
        [weight if is_seen else 0.0 for weight, is_seen in zip(*rows, strict=True)]
        for rows in zip(look.salience, look.detail, strict=True)
    ]
    found = [
        (sum(sum(row[x - reach : x + reach]) for row in matters[y - reach : y + reach]), x, y)
        for y in around
        for x in around
        if not any(_is_in(spot, x / cells, y / cells) for spot in parts)
    ]
    if found:
        _, x, y = max(found)
        peak = Spot(Part.PICTURE, x / cells - _PEAK / 2, y / cells - _PEAK / 2, _PEAK, _PEAK)
        if not look.is_bare(box_of(peak), _LEAST_DETAIL):
            yield peak


def _is_in(spot: Spot, x: float, y: float) -> bool:
    return spot.x <= x <= spot.x + spot.width and spot.y <= y <= spot.y + spot.height


def _heroes(media: Media, pictures: Sequence[Spot], lines: Sequence[Box]) -> Iterator[Spot]:
    """What a page may open with: its first picture, the part of it without text, or one from below."""
    shape = media.width / media.height
    first = [spot for spot in pictures if spot.part is Part.PICTURE and spot.y < _FOLD * shape]
    alone = [spot for spot in first if is_alone(spot, lines)]
    if alone and (found := together(alone)) and is_alone(found, lines):
        yield found
    for spot in sorted(first, key=lambda spot: -spot.width * spot.height):
        if free := free_part(box_of(spot), lines, shape):
            yield free
    others = [
        spot
        for spot in pictures
        if spot.part is Part.PICTURE and spot.width >= _LEAST_WIDE and is_alone(spot, lines)
    ]
    yield from sorted(others, key=lambda spot: -spot.width * spot.height)


def _below_headline(media: Media, page: Page) -> Iterator[Spot]:
    """What is written below the headline on the first screen: its words stand beside it."""
    shape = media.width / media.height
    fold = _FOLD * shape
    headline = next((spot for spot in page.spots if spot.part is Part.HEADLINE and spot.y < fold), None)
    left, _, right, top = box_of(headline) if headline else (0.0, 0.0, 1.0, 0.0)
    below = [
        line for line in page.lines if top <= line[1] < top + fold and left < line[2] and line[0] < right
    ]
    buttons = [box_of(spot) for spot in page.spots if spot.part is Part.ACTION]
    scenery = Scenery(shape, page.lines, buttons, page.cards, unwanted=[(0, 0, 1, top)] if top else [])
    # What stands close below the headline cannot be seen without it.
    tried = sorted(below, key=lambda line: line[1])[:_MOST_TRIED]
    frames = [frame(Wanted(line, _OPENING_SHAPES, _OPENING_WIDTH), scenery) for line in tried]
    views = [view for view in frames if view]
    for left, top, right, bottom in sorted(views, key=lambda view: _filled(view, scenery), reverse=True):
        yield Spot(Part.TEXT, left, top, right - left, bottom - top)


def _filled(view: Box, scenery: Scenery) -> float:
    """How much of a view its lines and cards take, with all that is between them."""
    inside = [box for box in (*scenery.lines, *scenery.cards) if holds(view, box)]
    sides = list(zip(*inside, strict=True))
    around = min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])
    return area_of(around) / area_of(view)


def _seen_first(heroes: Sequence[Spot], look: Look) -> Spot | None:
    """The first that has something to see."""
    return next((spot for spot in heroes if box_of(spot) not in look.bare), None)


def _nature(media: Media) -> Nature:
    """What is known of a medium before it is looked at."""
    if media.kind is Kind.CLIP:
        return Nature.CLIP
    if media.path is None:
        return Nature.WORDS
    if (media.page is not None and media.page.captured) or media.height >= PAGE_RATIO * media.width:
        return Nature.PAGE
    return Nature.ICON if max(media.width, media.height) <= _ICON else Nature.PHOTO


def _seen_nature(item: Item, look: Look) -> Nature:
    media = item.media
    if item.nature is Nature.ICON:
        return Nature.ICON
    if look.transparent and look.sight is not Sight.SCREEN:
        return Nature.PRODUCT
    ratio = media.height / media.width
    if look.sight is Sight.SCREEN:
        is_phone = look.letters >= _PHONE_LETTERS and _PHONE_RATIOS[0] <= ratio <= _PHONE_RATIOS[1]
        return Nature.PAGE if ratio >= TEXT_PAGE_RATIO and not is_phone else Nature.SCREEN
    if item.nature is Nature.PAGE:
        return Nature.PAGE
    return Nature.PRODUCT if look.sight is Sight.PRODUCT else Nature.PHOTO


def readable_name(filename: str) -> str | None:
    """Return a title from a file's name, if a person gave it: `summer_sale.png` → `Summer sale`.

    Percent-encoding is decoded. Combining marks stay with their letters, in every script.
    """
    stem = unicodedata.normalize("NFC", unquote(PurePath(filename[:_LONGEST_NAME]).stem))
    stem = _DIMENSIONS.sub(" ", stem)
    words = " ".join("".join(character if _is_word(character) else " " for character in stem).split())
    if len(words) < _SHORTEST_NAME or _CAMERA_NAMES.fullmatch(words.lower()):
        return None
    return words[0].upper() + words[1:]


def _is_word(character: str) -> bool:
    """Return whether a character belongs to a word: a letter, a mark, a digit, or a joiner."""
    return unicodedata.category(character)[0] in "LMN" or character in _JOINERS


def page_name(page: Page) -> str:
    """What a page is about, without the site's name that most titles end in."""
    parts = _parts(page)
    others = [part for part in parts if part.lower() not in {page.site.lower(), page.domain.lower()}]
    return (others or parts or [page.domain])[0]


def site_name(page: Page) -> str:
    """Who stands behind a page: what it calls itself, else what its title says, else its address.

    Titles of products end with the site's name. Titles of home pages mostly begin with it.
    """
    if page.site:
        return page.site
    parts = _parts(page)
    labels = {letters_of(label) for label in page.domain.split(".")[:-1]}
    if named := next((part for part in parts if letters_of(part) in labels), None):
        return named
    is_home = urlsplit(page.url).path.rstrip("/").rpartition("/")[2].lower() in _HOME_PATHS
    if parts and (is_home or len(parts) == 1):
        return parts[0]
    # What is far longer than the rest is no name: it says what the site does.
    ends = [part for part in (parts[-1:] + parts[:1]) if len(part) <= _LONGER * len(min(parts, key=len))]
    return ends[0] if ends else page.domain


def shown_host(page: Page) -> str:
    """The host as people would type it; empty where nobody else could: `localhost`, a number."""
    host = page.domain.lower()
    is_public = "." in host and not host.endswith(_PRIVATE_ENDINGS) and not re.fullmatch(r"[\d.]+", host)
    return page.domain if is_public else ""


def _parts(page: Page) -> list[str]:
    """The parts of a title, without what says nothing: "Home", "Official site"."""
    named, _, said = page.title.partition(": ")
    # A colon is a part of many titles. It divides the name from the headline where both are known.
    is_named = bool(named) and letters_of(said) == letters_of(page.message) != ""
    texts = [named, said] if is_named else _SEPARATORS.split(page.title)
    parts = [part.strip() for part in texts if part.strip()]
    return [part for part in parts if not _SAYS_NOTHING.fullmatch(part.lower())] or parts


def letters_of(text: str) -> str:
    """Return the letters and digits of a text, in lower case: what it says, however it is written."""
    return "".join(letter for letter in text.lower() if letter.isalnum())


def spots_of(item: Item, *parts: Part) -> list[Spot]:
    return [spot for spot in item.spots if spot.part in parts]
