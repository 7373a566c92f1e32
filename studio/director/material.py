"""What a video can be made of: the media of a session, what was seen in them, and what is known of them."""

import logging
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from pathlib import PurePath
from urllib.parse import unquote

from studio.director import looking
from studio.director.looking import Look
from studio.media import Kind, Media, Page, Part, Spot

# A picture this much taller than wide is a screenshot of a page, to be scrolled.
PAGE_RATIO = 1.9
# Below this many pixels along its longer side a picture is an icon, or a logo.
_ICON = 320
_FEWEST_SPOTS = 1

# Names that cameras, phones and programs give, and words that say nothing of what a file shows.
# Each is taken once and for all: a name that could be cut in many ways is not cut in all of them.
_CAMERA_NAMES = re.compile(
    r"(?>img|dsc[nf]?|pxl|video|vid|movie|mov|screen ?shot|screen|capture|image|photo|picture|pic|clip|audio"
    r"|sound|page|full page|full|file|input|upload|download|untitled|unnamed|scan|tall|test|example|sample"
    r"|source|original|whatsapp|wechat|signal|mmexport|dji|gopr|recording|voice|new|document|icon|logo|favicon|banner|hero"
    r"|截图|屏幕快照|屏幕截图|微信图片|图片|视频|照片|录音|未命名|copy|final|hd|edited|edit|[0-9a-f]{6,}|\W|\d|x|v|at|am|pm)++"
)
_LONGEST_NAME = 200
_SHORTEST_NAME = 3
_JOINERS = "\u200c\u200d"
"""Zero width, with and without joining: Persian and the scripts of India need them inside words."""
_SEPARATORS = re.compile(r"\s[|–—·•:»-]\s|[|｜]|[—–]{2}|——")  # noqa: RUF001 - as titles have them
_LOG = logging.getLogger(__name__)


class Nature(Enum):
    """How a medium wants to be shown."""

    PAGE = auto()
    PHOTO = auto()
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

    @property
    def page(self) -> Page | None:
        return self.media.page

    @property
    def spots(self) -> tuple[Spot, ...]:
        return self.look.spots

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
        """What a person called the first file that has a telling name."""
        files = [item.media for item in self.items if item.page is None]
        return next((name for media in [*files, *self.sounds] if (name := readable_name(media.name))), None)


def gather(media: Sequence[Media]) -> Material:
    """Look at every medium. What cannot be looked at is shown as it is: the renderer tells what is wrong."""
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
        look = (
            looking.look_at_page(media.path)
            if item.nature is Nature.PAGE
            else looking.look_at_photo(media.path)
        )
    except (OSError, ValueError, SyntaxError):
        _LOG.warning("“%s” could not be looked at", media.name)
        return item
    if page is not None and page.captured:
        # What the browser knows of a page is better than what can be seen of it.
        look = replace(look, spots=page.spots, colour=page.colour)
    if item.nature is Nature.PHOTO and look.transparent:
        return replace(item, nature=Nature.ICON, look=look)
    return replace(item, look=look)


def _nature(media: Media) -> Nature:
    if media.kind is Kind.CLIP:
        return Nature.CLIP
    if media.path is None:
        return Nature.WORDS
    if (media.page is not None and media.page.captured) or media.height >= PAGE_RATIO * media.width:
        return Nature.PAGE
    return Nature.ICON if max(media.width, media.height) <= _ICON else Nature.PHOTO


def readable_name(filename: str) -> str | None:
    """Return a title from a file's name, if a person gave it: `summer_sale.png` → `Summer sale`.

    Percent-encoding is decoded. Combining marks stay with their letters, in every script.
    """
    stem = unicodedata.normalize("NFC", unquote(PurePath(filename[:_LONGEST_NAME]).stem))
    words = " ".join("".join(character if _is_word(character) else " " for character in stem).split())
    if len(words) < _SHORTEST_NAME or _CAMERA_NAMES.fullmatch(words.lower()):
        return None
    return words[0].upper() + words[1:]


def _is_word(character: str) -> bool:
    """Return whether a character belongs to a word: a letter, a mark, a digit, or a joiner."""
    return unicodedata.category(character)[0] in "LMN" or character in _JOINERS


def page_name(page: Page) -> str:
    """What a page is about, without the site's name that most titles end in."""
    parts = [part.strip() for part in _SEPARATORS.split(page.title) if part.strip()]
    others = [part for part in parts if part.lower() not in {page.site.lower(), page.domain.lower()}]
    return (others or parts or [page.domain])[0]


def site_name(page: Page) -> str:
    """Who stands behind a page: what it calls itself, else its address."""
    if page.site:
        return page.site
    parts = [part.strip() for part in _SEPARATORS.split(page.title) if part.strip()]
    return parts[-1] if len(parts) > 1 else page.domain


def spots_of(item: Item, *parts: Part) -> list[Spot]:
    return [spot for spot in item.spots if spot.part in parts]
