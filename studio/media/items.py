"""The media of a session: what was uploaded, or fetched from a URL."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

ACCEPTED = "mp4, mov, avi, webm, mkv, jpg, png, gif, webp, mp3, wav, m4a, aac"


class Kind(StrEnum):
    IMAGE = "image"
    CLIP = "video"
    AUDIO = "audio"
    PAGE = "page"


class Part(StrEnum):
    """What a spot of a picture is to its reader."""

    HEADLINE = "headline"
    PICTURE = "picture"
    PRICE = "price"
    TEXT = "text"
    ACTION = "action"
    FEATURE = "feature"
    """The picture that belongs to a heading and its paragraph."""
    POINT = "point"
    """A heading with its paragraph, and no picture."""
    QUOTE = "quote"
    FORM = "form"
    """A form, or the footer: nothing to rest on."""


@dataclass(frozen=True)
class Spot:
    """A place in a picture that is worth a close look, in shares of the picture's width and height."""

    part: Part
    x: float
    y: float
    width: float
    height: float
    text: str = ""
    """The words that stand there, where they are known."""
    more: str = ""
    """Of a feature or a point: what stands below its heading. Of a quotation: who said it."""

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True)
class Page:
    """What a web page says of itself. Empty or `None` where it says nothing."""

    url: str
    domain: str
    title: str
    description: str
    colour: str | None
    """The theme colour as `#rrggbb`."""
    site: str = ""
    price: str = ""
    """As a person would write it: `€39.00`."""
    action: str = ""
    """What its main button says: the one that leads on most."""
    headings: tuple[str, ...] = ()
    captured: bool = False
    """Whether the medium's picture is the page itself, rather than one of its pictures."""
    spots: tuple[Spot, ...] = ()
    """Of a captured page, from top to bottom."""
    lines: tuple[tuple[float, float, float, float], ...] = ()
    """Where its lines of text are: left, top, right and bottom, in shares of the picture's sides."""
    unwritten: tuple[tuple[float, float, float, float], ...] = ()
    """Lines that only fill a place for text ("Lorem ipsum"), as `lines`."""
    cards: tuple[tuple[float, float, float, float], ...] = ()
    """What has a ground, a border or a shadow of its own, as `lines`."""
    message: str = ""
    """Its strongest line: what stands largest above the fold."""


@dataclass(frozen=True)
class Media:
    """One medium. Lengths are milliseconds, sizes pixels; zero where they make no sense."""

    id: str
    name: str
    kind: Kind
    path: Path | None
    """The file; `None` for a page whose picture could not be had."""
    mime: str
    sha256: str
    width: int = 0
    height: int = 0
    duration: int = 0
    fps: float = 0
    has_sound: bool = False
    page: Page | None = None
    size: int = 0
    """Bytes of the file."""
