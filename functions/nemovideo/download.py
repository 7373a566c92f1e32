"""An MP4 on its way: a transfer that breaks off is resumed where it broke."""

import re
import time
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Final

import httpx

from backend.errors import NemoVideoError, TransportError

RESUME_PAUSES: Final = (0.2, 0.8)
"""Seconds before each try at a resume; the count restarts with every byte that arrives."""

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")

OpenFrom = Callable[[int, str | None], httpx.Response]
"""Opens the file from an offset on; the second argument is the validator (ETag or date) of what was begun."""


class ResumableDownload:
    """An MP4 on its way. `content_length` is bytes, None when the sender does not say."""

    def __init__(
        self,
        response: httpx.Response,
        open_from: OpenFrom | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._response = response
        self._open_from = open_from
        self._sleep = sleep
        self._received = 0
        self._skip = 0
        self._validator = _validator(response)
        self.content_length = _length(response)

    def close(self) -> None:
        """Close the connection."""
        self._response.close()

    def iter_bytes(self) -> Iterator[bytes]:
        """Yield the bytes once, in chunks of the network's size.

        Raises:
            TransportError: the transfer broke, and could not be resumed; what came is not the whole file.
        """
        pauses = iter(RESUME_PAUSES)
        while True:
            before, broken = self._received, None
            try:
                yield from self._chunks()
            except httpx.RequestError as error:
                broken = TransportError(f"The download broke off ({type(error).__name__}).")
                broken.__cause__ = error
            if broken is None and (self.content_length is None or self._received >= self.content_length):
                return
            broken = broken or TransportError(
                f"The download ended early: {self._received} of {self.content_length} bytes arrived."
            )
            if self._received > before:
                pauses = iter(RESUME_PAUSES)
            self._resume(pauses, broken)

    def _chunks(self) -> Iterator[bytes]:
        for chunk in self._response.iter_bytes():
            skipped = min(self._skip, len(chunk))
            self._skip -= skipped
            self._received += len(chunk) - skipped
            yield chunk[skipped:]

    def _resume(self, pauses: Iterator[float], broken: TransportError) -> None:
        """Open the rest of the file, or raise what broke the transfer."""
        self.close()
        if self._open_from is None or self.content_length is None:
            raise broken
        for pause in pauses:
            self._sleep(pause)
            try:
                response = self._open_from(self._received, self._validator)
            except NemoVideoError:
                continue
            self._response = response
            if not self._continues(response):
                raise broken
            return
        raise broken

    def _continues(self, response: httpx.Response) -> bool:
        """Whether the response is the rest of the same file, or all of it: then the beginning is skipped."""
        part = _RANGE.match(response.headers.get("Content-Range", ""))
        if response.status_code == HTTPStatus.PARTIAL_CONTENT and part is not None:
            self._skip = 0
            return (int(part[1]), int(part[2])) == (self._received, self.content_length)
        self._skip = self._received
        is_same = self._validator is None or _validator(response) == self._validator
        return response.status_code == HTTPStatus.OK and is_same and _length(response) == self.content_length


def _length(response: httpx.Response) -> int | None:
    if response.headers.get("Content-Encoding", "identity") != "identity":
        return None  # it was not asked for, and the length is that of the compressed file
    length: str = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _validator(response: httpx.Response) -> str | None:
    """Identifies this file among others at the same address, for `If-Range`. A weak ETag does not."""
    etag: str = response.headers.get("ETag", "")
    if etag and not etag.startswith("W/"):
        return etag
    modified: str | None = response.headers.get("Last-Modified")
    return modified
