"""Media taken in: what a file is, or what is found at a URL."""

import asyncio
import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import httpx

from studio import pages
from studio.browser import Browser
from studio.errors import FileTooLargeError, UnsupportedFileError
from studio.media import ACCEPTED, Kind, Media, Page, Part
from studio.metadata import Markup, read_markup
from studio.probe import probe

# Below this a page's picture is an icon or a tracking pixel.
_SMALLEST_PICTURE = 200


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
        width=found.width,
        height=found.height,
        duration=found.duration,
        fps=found.fps,
        has_sound=found.has_sound,
    )


async def from_url(
    http: httpx.AsyncClient, browser: Browser | None, url: str, folder: Path, *, largest: int
) -> Media:
    """The media file at a URL, or the page there as the browser shows it, else by its markup and pictures.

    Raises:
        FileTooLargeError: it is larger than `largest` bytes.
        UnsupportedFileError: it cannot be read, or is neither an accepted format nor a telling page.
    """
    path = new_path(folder)
    try:
        fetched = await pages.fetch(http, url, path, largest=largest)
        if fetched.html is None:
            return await asyncio.to_thread(describe, path, fetched.name)
        digest = hashlib.sha256(fetched.html.encode()).hexdigest()
        medium = Media(path.name, fetched.name, Kind.PAGE, None, "text/html", digest)
        captured = await browser.capture(fetched.url, path) if browser else None
        if captured is not None:
            markup = read_markup(captured.html, fetched.url)
            if markup is None and not captured.spots:
                raise _says_nothing(url)  # noqa: TRY301 - leaves by the way that removes the file
            markup = markup or _nameless(fetched)
            picture = await asyncio.to_thread(describe, path, fetched.name)
            page = replace(
                markup.page,
                captured=True,
                spots=captured.spots,
                colour=markup.page.colour or captured.colour,
                action=next((spot.text for spot in captured.spots if spot.part is Part.ACTION), ""),
                price=markup.page.price or next((s.text for s in captured.spots if s.part is Part.PRICE), ""),
            )
            return _shown(medium, page, picture)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    path.unlink()
    found = read_markup(fetched.html, fetched.url)
    if found is None:
        raise _says_nothing(url)
    illustration = await _first_picture(http, found.pictures, folder, largest)
    return _shown(medium, found.page, illustration) if illustration else replace(medium, page=found.page)


def _says_nothing(url: str) -> UnsupportedFileError:
    return UnsupportedFileError(
        f"{url} is neither a media file nor a page with a title or a picture. Accepted: {ACCEPTED}."
    )


def _nameless(fetched: pages.Fetched) -> Markup:
    return Markup(Page(fetched.url, fetched.name, fetched.name, "", None), ())


def _shown(medium: Media, page: Page, picture: Media) -> Media:
    return replace(
        medium, id=picture.id, path=picture.path, width=picture.width, height=picture.height, page=page
    )


async def _first_picture(
    http: httpx.AsyncClient, urls: Sequence[str], folder: Path, largest: int
) -> Media | None:
    """The first picture that is one, and large enough: a page without any is still worth a video."""
    for url in urls:
        path = new_path(folder)
        try:
            fetched = await pages.fetch(http, url, path, largest=largest)
            if fetched.html is None:
                media = await asyncio.to_thread(describe, path, fetched.name)
                if media.kind is Kind.IMAGE and min(media.width, media.height) >= _SMALLEST_PICTURE:
                    return media
        except (FileTooLargeError, UnsupportedFileError):
            pass  # the next one, then
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        path.unlink(missing_ok=True)
    return None
