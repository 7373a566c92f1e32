"""Fetching: the file at a URL, or the markup of the web page there."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

import httpx

from studio.errors import FileTooLargeError, StudioError, UnsupportedFileError
from studio.media.fetching import TooLargeError, body

LARGEST_PAGE = 5_000_000
LIMIT_S = 300
# An answer that has not come by then has to come at this rate: else who sends a byte a second would keep a
# place among the fetches that others wait for.
PATIENCE_S = 30
SLOWEST = 50_000
# Written at once, and in a thread: a slow disk keeps nobody else waiting.
_BLOCK = 1 << 20
_LONGEST_NAME = 200


@dataclass(frozen=True)
class Fetched:
    """A downloaded file, or the page found in its place."""

    name: str
    url: str
    """Where the redirects ended."""
    html: bytes | None = field(default=None, repr=False)
    """The markup, where it is a page."""
    charset: str = "utf-8"
    """Of the markup, as the server says."""


async def fetch(
    http: httpx.AsyncClient,
    url: str,
    path: Path,
    *,
    largest: int,
    arrived: Callable[[int], None] = lambda _: None,
) -> Fetched:
    """Store what a URL answers with at `path`.

    `arrived` is called with the number of bytes so far. What it raises ends the work.

    Raises:
        UnsupportedFileError: the URL cannot be read.
        FileTooLargeError: the answer is larger than `largest` bytes, or than a page can be.
    """
    limit = largest
    try:
        async with asyncio.timeout(PATIENCE_S) as deadline, http.stream("GET", url) as response:
            if response.is_error:
                raise UnsupportedFileError(f"{url} cannot be read: it answers {response.status_code}.")
            is_page = response.headers.get("content-type", "").startswith(("text/html", "application/xhtml"))
            limit = min(LARGEST_PAGE, largest) if is_page else largest
            await _store(response, path, limit, _prolonging(deadline, arrived))
            final = response.url
            charset = response.charset_encoding or "utf-8"
    except TooLargeError as error:
        raise FileTooLargeError(f"{url} is larger than {limit // 1_000_000} MB.") from error
    except StudioError:
        raise
    # Names that IDNA does not know make httpx raise a ValueError.
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TimeoutError) as error:
        is_slow = isinstance(error, TimeoutError)
        reason = "it answers too slowly" if is_slow else str(error).rstrip(".") or type(error).__name__
        raise UnsupportedFileError(
            f"{url} cannot be read: {reason}. Check the address or upload the file."
        ) from error
    if not is_page:
        return Fetched(PurePosixPath(final.path).name[-_LONGEST_NAME:] or "download", str(final))
    html = await asyncio.to_thread(path.read_bytes)
    return Fetched(final.host.removeprefix("www."), str(final), html, charset)


def _prolonging(deadline: asyncio.Timeout, arrived: Callable[[int], None]) -> Callable[[int], None]:
    """Give the answer more time with each piece of it, up to `LIMIT_S`."""
    until = deadline.when() or 0
    received = 0

    def more(size: int) -> None:
        nonlocal received
        received += size
        deadline.reschedule(until + min(received / SLOWEST, LIMIT_S - PATIENCE_S))
        arrived(size)

    return more


async def _store(response: httpx.Response, path: Path, limit: int, arrived: Callable[[int], None]) -> None:
    with path.open("wb") as file:
        block = bytearray()
        async for piece in body(response, limit):
            arrived(len(piece))
            block += piece
            if len(block) >= _BLOCK:
                await asyncio.to_thread(file.write, block)
                block = bytearray()
        await asyncio.to_thread(file.write, block)
