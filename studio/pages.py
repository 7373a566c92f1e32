"""Media from a URL: the file it names, or what the web page there says of itself."""

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urljoin, urlsplit

import httpx

from studio.errors import FileTooLargeError, UnsupportedFileError
from studio.media import ACCEPTED, Page

MOST_REDIRECTS = 5
LARGEST_PAGE = 5_000_000
LIMIT_S = 300
_TIMEOUT = httpx.Timeout(20, connect=10)
_AGENT = {"User-Agent": "Mozilla/5.0 (compatible; studio)", "Accept-Language": "en,*;q=0.5"}


@dataclass(frozen=True)
class Fetched:
    """A downloaded file, or the page found in its place and its main picture's address."""

    name: str
    page: Page | None = None
    image_url: str | None = None


def client() -> httpx.AsyncClient:
    return httpx.AsyncClient(
        timeout=_TIMEOUT, headers=_AGENT, follow_redirects=True, max_redirects=MOST_REDIRECTS
    )


async def fetch(http: httpx.AsyncClient, url: str, path: Path, *, largest: int) -> Fetched:
    """Store what a URL answers with at `path`, unless it is a web page.

    Raises:
        UnsupportedFileError: the URL cannot be read.
        FileTooLargeError: the answer is larger than `largest` bytes.
    """
    if urlsplit(url).scheme not in {"http", "https"}:
        raise UnsupportedFileError(f"{url} cannot be read: only http and https addresses can.")
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
            final = str(response.url)
            if not is_page:
                return Fetched(name=_filename(final))
            charset = response.charset_encoding or "utf-8"
    except (httpx.HTTPError, httpx.InvalidURL, TimeoutError) as error:
        reason = str(error) or type(error).__name__
        raise UnsupportedFileError(
            f"{url} cannot be read: {reason}. Check the address or upload the file."
        ) from error
    html = path.read_bytes()  # noqa: ASYNC240 - at most a few megabytes
    return read_page(html.decode(charset, errors="replace"), final)


def read_page(html: str, url: str) -> Fetched:
    """What a page says of itself.

    Raises:
        UnsupportedFileError: it says nothing that could be shown.
    """
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - the studio starts without it

    tree = LexborHTMLParser(html)

    def meta(*names: str) -> str:
        for name in names:
            node = tree.css_first(f'meta[property="{name}"], meta[name="{name}"]')
            if node and (content := _clean(node.attributes.get("content"))):
                return content
        return ""

    def text(selector: str) -> str:
        node = tree.css_first(selector)
        return _clean(node.text()) if node else ""

    def link(selector: str, attribute: str) -> str:
        node = tree.css_first(selector)
        return (node.attributes.get(attribute) or "") if node else ""

    domain = (urlsplit(url).hostname or "").removeprefix("www.")
    title = meta("og:title", "twitter:title") or text("title") or text("h1")
    description = meta("og:description", "description", "twitter:description") or text("p")
    image = meta("og:image", "og:image:url", "twitter:image") or link("main img, article img, img", "src")
    if not title and not image:
        raise UnsupportedFileError(
            f"{url} is neither a media file nor a page with a title or a picture. Accepted: {ACCEPTED}."
        )
    page = Page(url, domain, title or domain, _shortened(description, 220), _colour(meta("theme-color")))
    return Fetched(name=domain, page=page, image_url=urljoin(url, image) if image else None)


def _clean(text: str | None) -> str:
    return " ".join((text or "").split())


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    return text[:most].rsplit(" ", 1)[0].rstrip(",;:.") + "…"


def _colour(value: str) -> str | None:
    value = value.lower()
    if re.fullmatch(r"#[0-9a-f]{3}", value):
        return "#" + "".join(2 * digit for digit in value[1:])
    return value if re.fullmatch(r"#[0-9a-f]{6}", value) else None


def _filename(url: str) -> str:
    return PurePosixPath(unquote(urlsplit(url).path)).name or "download"
