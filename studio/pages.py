"""Fetching: the file at a URL, or the markup of the web page there."""

import asyncio
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import httpx

from studio.errors import FileTooLargeError, UnsupportedFileError

LARGEST_PAGE = 5_000_000
LIMIT_S = 300


@dataclass(frozen=True)
class Fetched:
    """A downloaded file, or the page found in its place."""

    name: str
    url: str
    """Where the redirects ended."""
    html: str | None = None
    """The markup, where it is a page."""


async def fetch(http: httpx.AsyncClient, url: str, path: Path, *, largest: int) -> Fetched:
    """Store what a URL answers with at `path`.

    Raises:
        UnsupportedFileError: the URL cannot be read.
        FileTooLargeError: the answer is larger than `largest` bytes, or than a page can be.
    """
    try:
        async with asyncio.timeout(LIMIT_S), http.stream("GET", url) as response:
            if response.is_error:
                raise UnsupportedFileError(f"{url} cannot be read: it answers {response.status_code}.")
            is_page = response.headers.get("content-type", "").startswith(("text/html", "application/xhtml"))
            limit = LARGEST_PAGE if is_page else largest
            with path.open("wb") as file:
                async for chunk in response.aiter_bytes():
                    file.write(chunk)
                    if file.tell() > limit:
                        raise FileTooLargeError(f"{url} is larger than {limit // 1_000_000} MB.")
            final = response.url
            charset = response.charset_encoding or "utf-8"
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        reason = str(error) or type(error).__name__
        raise UnsupportedFileError(
            f"{url} cannot be read: {reason}. Check the address or upload the file."
        ) from error
    if not is_page:
        return Fetched(PurePosixPath(final.path).name or "download", str(final))
    html = path.read_bytes()  # noqa: ASYNC240 - at most a few megabytes
    try:
        text = html.decode(charset, errors="replace")
    except LookupError:
        text = html.decode(errors="replace")  # it names a character set that nobody knows
    return Fetched(final.host.removeprefix("www."), str(final), text)
