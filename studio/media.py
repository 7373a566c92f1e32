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


@dataclass(frozen=True)
class Page:
    """What a web page says of itself."""

    url: str
    domain: str
    title: str
    description: str
    colour: str | None
    """The theme colour as `#rrggbb`."""


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
