"""Pictures at addresses, where the backend would fetch a format that it does not take."""

import io
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import BinaryIO
from urllib.parse import unquote

import httpx

from backend.formats import Format
from pictures.converting import MAX_BYTES
from safe_http.client import guarded_client, in_plain_words, iter_capped
from safe_http.errors import UnreachableError, UrlError
from safe_http.guard import Guard
from videos.model.media_types import sniffed

_TIMEOUT = httpx.Timeout(10.0)
_MOST_SECONDS = 120
_BRAND_BYTES = 64
_LONGEST_NAME = 100


@dataclass(frozen=True)
class FetchedPicture:
    """A picture as it was fetched."""

    format: Format
    name: str
    content: BinaryIO


def fetched(url: str, guard: Guard, *, contact: str, all_formats: bool = False) -> FetchedPicture | None:
    """Return a picture that has to be converted, or with `all_formats` any picture.

    None for everything else, and for what cannot be fetched: the backend may know better.
    """
    try:
        with (
            in_plain_words(),
            guarded_client(guard, contact=contact, timeout=_TIMEOUT) as client,
            client.stream("GET", url) as response,
        ):
            if not response.is_success or response.headers.get("Content-Type", "").startswith("text/"):
                return None
            chunks = _in_time(iter_capped(response, MAX_BYTES))
            head = b""
            while len(head) < _BRAND_BYTES and (chunk := next(chunks, b"")):
                head += chunk
            found = sniffed(head)
            if not found or not (found[0].is_converted or (all_formats and found[0].is_picture)):
                return None
            content = io.BytesIO(b"".join(chain((head,), chunks)))
            return FetchedPicture(found[0], found[0].name_for(_name_in(response.url)), content)
    except UrlError:
        return None


def _in_time(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what arrives in time. A timeout of httpx holds for each read, however little it brings."""
    end = time.monotonic() + _MOST_SECONDS
    for chunk in chunks:
        if time.monotonic() > end:
            raise UnreachableError("The picture takes too long to arrive.")
        yield chunk


def _name_in(url: httpx.URL) -> str:
    return unquote(url.path.rpartition("/")[2])[-_LONGEST_NAME:] or "picture"
