"""Media taken in: what a file is, or what is found at a URL."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import httpx

from studio.errors import FileTooLargeError, UnsupportedFileError
from studio.isolation.bounds import Bounds
from studio.isolation.processes import IsolationError, Runner
from studio.media import pages, picture_files
from studio.media.browser import Captured
from studio.media.items import ACCEPTED, Kind, Media, Page, Part, Spot
from studio.media.metadata import READING, Markup, read_markup
from studio.media.probe import probe

LIBRARIES = ("av", "av.error", "numpy", *picture_files.LIBRARIES)
DECODING = Bounds(seconds=60, megabytes=2000)
LARGEST_PICTURE = 30_000_000
# Below this a page's picture is an icon or a tracking pixel.
_SMALLEST_PICTURE = 200


class Screen(Protocol):
    """Shows pages."""

    async def capture(self, url: str, picture: Path) -> Captured | None:
        """Write the page's picture; `None` when that was not possible."""


@dataclass(frozen=True)
class Access:
    """Where files come from, and what reads them.

    Attributes:
        http: connects to what may be read from.
        run: reads what was fetched.
        screen: shows pages; `None` where there is no browser.
        arrived: called with the number of bytes so far. What it raises ends the work.
        largest: bytes of a file.
    """

    http: httpx.AsyncClient
    run: Runner
    screen: Screen | None
    largest: int
    arrived: Callable[[int], None] = lambda _: None


def new_path(folder: Path) -> Path:
    """A file's name is its medium's id, and nobody can guess it."""
    return folder / secrets.token_urlsafe(18)


def describe(path: Path, name: str) -> Media:
    """A file as a medium; its name in the folder is the medium's id.

    Raises:
        UnsupportedFileError: it is none of the accepted formats.
    """
    found = probe(path, name)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Media(
        id=path.name,
        name=name,
        kind=found.kind,
        path=path,
        mime=found.mime,
        sha256=digest,
        size=path.stat().st_size,
        width=found.width,
        height=found.height,
        duration=found.duration,
        fps=found.fps,
        has_sound=found.has_sound,
    )


async def describe_isolated(run: Runner, path: Path, name: str) -> Media:
    """As `describe`, in a process of its own.

    Raises:
        UnsupportedFileError: it is none of the accepted formats, or takes too much to be read.
    """
    try:
        return await run(DECODING, describe, path, name)
    except IsolationError as error:
        raise UnsupportedFileError(
            f"“{name}” cannot be used: it takes too much time or memory to be decoded. Accepted: {ACCEPTED}."
        ) from error


async def from_url(access: Access, url: str, folder: Path) -> Media:
    """The media file at a URL, or the page there as the browser shows it, else by its markup and pictures.

    Raises:
        FileTooLargeError: it is larger than `access.largest` bytes.
        UnsupportedFileError: it cannot be read, or is neither an accepted format nor a page with content.
    """
    path = new_path(folder)
    try:
        fetched = await pages.fetch(access.http, url, path, largest=access.largest, arrived=access.arrived)
        if fetched.html is None:
            return await describe_isolated(access.run, path, fetched.name)
        digest = hashlib.sha256(fetched.html).hexdigest()
        medium = Media(path.name, fetched.name, Kind.PAGE, None, "text/html", digest)
        captured = await access.screen.capture(fetched.url, path) if access.screen else None
        if captured is not None:
            markup = await _markup(access.run, captured.html, fetched)
            if markup is None and not captured.spots:
                raise _says_nothing(url)  # noqa: TRY301 - leaves by the way that removes the file
            markup = markup or _nameless(fetched)
            picture = await describe_isolated(access.run, path, fetched.name)
            page = replace(
                markup.page,
                captured=True,
                spots=captured.spots,
                lines=captured.lines,
                message=captured.message,
                colour=markup.page.colour or captured.colour,
                unwritten=captured.unwritten,
                cards=captured.cards,
                action=captured.action,
                price=markup.page.price or _only_price(captured.spots),
            )
            return _shown(medium, page, picture)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    path.unlink(missing_ok=True)
    found = await _markup(access.run, fetched.html, fetched)
    if found is None:
        raise _says_nothing(url)
    illustration = await _first_picture(access, found.pictures, folder)
    return _shown(medium, found.page, illustration) if illustration else replace(medium, page=found.page)


def _only_price(spots: Sequence[Spot]) -> str:
    """What a page costs its reader, if it names one price: of several plans, or rows, none is that of all."""
    prices = {spot.text for spot in spots if spot.part is Part.PRICE}
    return prices.pop() if len(prices) == 1 else ""


async def _markup(run: Runner, markup: str | bytes, fetched: pages.Fetched) -> Markup | None:
    try:
        return await run(READING, read_markup, markup, fetched.url, fetched.charset)
    except IsolationError as error:
        raise UnsupportedFileError(
            f"{fetched.url} cannot be read: the page is too complex. Upload a picture of it instead."
        ) from error


def _says_nothing(url: str) -> UnsupportedFileError:
    return UnsupportedFileError(
        f"{url} is neither a media file nor a page with a title or a picture. Accepted: {ACCEPTED}."
    )


def _nameless(fetched: pages.Fetched) -> Markup:
    return Markup(Page(fetched.url, fetched.name, fetched.name, "", None), ())


def _shown(medium: Media, page: Page, picture: Media) -> Media:
    """The page as a medium, whose file and type are the picture's."""
    return replace(picture, name=medium.name, kind=Kind.PAGE, sha256=medium.sha256, page=page)


async def _first_picture(access: Access, urls: Sequence[str], folder: Path) -> Media | None:
    """The first picture that is one, and large enough: a page without any is still worth a video."""
    largest = min(access.largest, LARGEST_PICTURE)
    for url in urls:
        path = new_path(folder)
        try:
            fetched = await pages.fetch(access.http, url, path, largest=largest, arrived=access.arrived)
            if fetched.html is None:
                media = await describe_isolated(access.run, path, fetched.name)
                if media.kind is Kind.IMAGE and min(media.width, media.height) >= _SMALLEST_PICTURE:
                    return media
        except (FileTooLargeError, UnsupportedFileError):
            pass  # the next one, then
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        path.unlink(missing_ok=True)
    return None
