"""Uploads: from the request or a URL to the media of a session."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fastapi import Request
from python_multipart.multipart import parse_options_header
from starlette.datastructures import Headers, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from studio.api import request_body as bodies
from studio.errors import BadRequestError, FileTooLargeError
from studio.isolation.fair_turns import Turns
from studio.isolation.processes import InTurn, Runner
from studio.media import intake
from studio.media.browser import Captured
from studio.media.intake import Access, Screen
from studio.media.items import Media

if TYPE_CHECKING:
    import httpx

MOST_FILES = 20
_LARGEST_FIELD = 64_000
_LONGEST_NAME = 255
# The envelope of a multipart body around its file.
_MULTIPART_ALLOWANCE = 1_000_000

Arrived = Callable[[int], None]
"""Called with the number of bytes so far. What it raises ends the upload."""


class Uploads:
    """Stores media under a folder, one file each, named by the media's id."""

    def __init__(
        self,
        folder: Path,
        largest: int,
        idle_seconds: float,
        run: Runner,
        *,
        client: "Callable[[], httpx.AsyncClient]",
        screen: Screen | None = None,
    ) -> None:
        self._folder = folder
        self._run = run
        self._client = client
        self._screen = screen
        self._largest = largest
        self._idle_seconds = idle_seconds
        self._reading = Turns(at_once=4, per_account=2, most_waiting=20)
        self._fetching = Turns(at_once=16, per_account=4, most_waiting=20)
        self._capturing = Turns(at_once=2, per_account=1, most_waiting=20)
        folder.mkdir(parents=True, exist_ok=True)

    async def from_multipart(self, request: Request, user_id: str, arrived: Arrived) -> list[Media]:
        """The files of a multipart body's `files` fields: all of them, or none.

        Raises:
            BadRequestError: the body cannot be read, or holds no file.
            FileTooLargeError: the body is larger than allowed, by the upload's limit or the account's.
            RateLimitedError: the account has too many uploads in progress.
            UnsupportedFileError: a file is none of the accepted formats.
            SlowRequestError: the body did not come.
        """
        body = bodies.chunks(
            request, self._largest + _MULTIPART_ALLOWANCE, self._idle_seconds, self._too_large(), arrived
        )
        parser = MultiPartParser(
            _multipart_headers(request),
            body,
            max_files=MOST_FILES,
            max_fields=MOST_FILES,
            max_part_size=_LARGEST_FIELD,
        )
        try:
            form = await parser.parse()
        except MultiPartException as error:
            raise BadRequestError(f"The upload cannot be read: {error.message}") from error
        files = [file for file in form.getlist("files") if isinstance(file, UploadFile)]
        try:
            kept = await self._all(
                self._keep(file.file, (file.filename or "file")[-_LONGEST_NAME:], user_id) for file in files
            )
        finally:
            await form.close()
        if not kept:
            raise BadRequestError("The upload holds no file: send it in the multipart field “files”.")
        return kept

    async def from_urls(self, urls: Sequence[str], user_id: str, arrived: Arrived) -> list[Media]:
        """The media files, or the web pages, at some URLs: all of them, or nothing.

        Raises:
            FileTooLargeError: one is larger than allowed, by the upload's limit or the account's.
            RateLimitedError: the account has too many uploads in progress.
            UnsupportedFileError: one cannot be read, or is neither an accepted format nor a page.
        """
        run = InTurn(self._run, self._reading, user_id)
        screen = _ScreenInTurn(self._screen, self._capturing, user_id) if self._screen else None
        async with self._client() as http:
            access = Access(http, run, screen, self._largest, arrived)
            return await self._all(self._fetch(access, url, user_id) for url in urls)

    def file(self, media_id: str) -> Path:
        return self._folder / media_id

    def forget(self, media_ids: Iterable[str]) -> None:
        for media_id in media_ids:
            self.file(media_id).unlink(missing_ok=True)

    def keep_only(self, media_ids: Iterable[str]) -> None:
        """Remove what is none of these: uploads that a stop of the studio cut off."""
        kept = set(media_ids)
        self.forget(path.name for path in self._folder.iterdir() if path.name not in kept)

    async def _all(self, coming: Iterable[Awaitable[Media]]) -> list[Media]:
        kept: list[Media] = []
        try:
            for media in coming:
                kept.append(await media)  # noqa: PERF401 - what was kept before a failure must be known
        except BaseException:
            self.forget(media.id for media in kept)
            raise
        return kept

    async def _fetch(self, access: Access, url: str, user_id: str) -> Media:
        """Others take their turns between two addresses."""
        async with self._fetching.turn(user_id):
            return await intake.from_url(access, url, self._folder)

    async def _keep(self, content: BinaryIO, name: str, user_id: str) -> Media:
        path = intake.new_path(self._folder)
        try:
            if await asyncio.to_thread(_copy, content, path) > self._largest:
                raise self._too_large()  # noqa: TRY301 - leaves by the way that removes the file
            return await intake.describe_isolated(InTurn(self._run, self._reading, user_id), path, name)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _too_large(self) -> FileTooLargeError:
        megabytes = self._largest // 1_000_000
        return FileTooLargeError(
            f"The file is larger than {megabytes} MB. Compress or trim it and upload it again."
        )


@dataclass(frozen=True)
class _ScreenInTurn:
    """Shows pages, one of the account at a time."""

    screen: Screen
    turns: Turns
    user_id: str

    async def capture(self, url: str, picture: Path) -> Captured | None:
        async with self.turns.turn(self.user_id):
            return await self.screen.capture(url, picture)


def _multipart_headers(request: Request) -> Headers:
    """The request's headers, if names in the body are read as UTF-8.

    Raises:
        BadRequestError: another character set is asked for. Decoders of some take time without end, or fail.
    """
    _, parameters = parse_options_header(request.headers.get("content-type"))
    charset = parameters.get(b"charset", b"utf-8")
    if charset.lower() not in {b"utf-8", b"utf8"}:
        raise BadRequestError("The upload cannot be read: the character set must be utf-8.")
    return request.headers


def _copy(content: BinaryIO, path: Path) -> int:
    """How many bytes there were."""
    content.seek(0)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file, 1 << 20)
        return file.tell()
