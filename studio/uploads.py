"""Uploads: from the request or a URL to the media of a session."""

import asyncio
import shutil
from collections.abc import Awaitable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from fastapi import Request
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from studio import bodies, intake
from studio.browser import Browser
from studio.errors import BadRequestError, FileTooLargeError
from studio.media import Media

if TYPE_CHECKING:
    import httpx

MOST_FILES = 20
# The envelope of a multipart body around its file.
_MULTIPART_ALLOWANCE = 1_000_000


class Uploads:
    """Stores media under a folder, one file each, named by the media's id."""

    def __init__(
        self, folder: Path, largest: int, idle_seconds: float, browser: Browser | None = None
    ) -> None:
        self._folder = folder
        self._browser = browser
        self._largest = largest
        self._idle_seconds = idle_seconds
        folder.mkdir(parents=True, exist_ok=True)

    async def from_multipart(self, request: Request) -> list[Media]:
        """The files of a multipart body's `files` fields: all of them, or none.

        Raises:
            BadRequestError: the body cannot be read, or holds no file.
            FileTooLargeError: the body is larger than allowed.
            UnsupportedFileError: a file is none of the accepted formats.
            SlowRequestError: the body did not come.
        """
        body = bodies.chunks(
            request, self._largest + _MULTIPART_ALLOWANCE, self._idle_seconds, self._too_large()
        )
        try:
            form = await MultiPartParser(
                request.headers, body, max_files=MOST_FILES, max_fields=MOST_FILES
            ).parse()
        except MultiPartException as error:
            raise BadRequestError(f"The upload cannot be read: {error.message}") from error
        files = [file for file in form.getlist("files") if isinstance(file, UploadFile)]
        try:
            kept = await self._all(self._keep(file.file, file.filename or "file") for file in files)
        finally:
            await form.close()
        if not kept:
            raise BadRequestError("The upload holds no file: send it in the multipart field “files”.")
        return kept

    async def from_urls(self, http: "httpx.AsyncClient", urls: Sequence[str]) -> list[Media]:
        """What is found at the URLs, as `from_url` does: all of it, or nothing."""
        return await self._all(self.from_url(http, url) for url in urls)

    def forget(self, media_ids: Iterable[str]) -> None:
        for media_id in media_ids:
            (self._folder / media_id).unlink(missing_ok=True)

    def keep_only(self, media_ids: Iterable[str]) -> None:
        """Remove what is none of these: uploads that a stop of the studio cut off."""
        kept = set(media_ids)
        self.forget(path.name for path in self._folder.iterdir() if path.name not in kept)

    async def from_url(self, http: "httpx.AsyncClient", url: str) -> Media:
        """The media file, or the web page, at a URL.

        Raises:
            FileTooLargeError: it is larger than allowed.
            UnsupportedFileError: it cannot be read, or is neither an accepted format nor a page.
        """
        return await intake.from_url(http, self._browser, url, self._folder, largest=self._largest)

    async def _all(self, coming: Iterable[Awaitable[Media]]) -> list[Media]:
        kept: list[Media] = []
        try:
            for media in coming:
                kept.append(await media)  # noqa: PERF401 - what was kept before a failure must be known
        except BaseException:
            self.forget(media.id for media in kept)
            raise
        return kept

    async def _keep(self, content: BinaryIO, name: str) -> Media:
        path = intake.new_path(self._folder)
        try:
            if await asyncio.to_thread(_copy, content, path) > self._largest:
                raise self._too_large()  # noqa: TRY301 - leaves by the way that removes the file
            return await asyncio.to_thread(intake.describe, path, name)
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    def _too_large(self) -> FileTooLargeError:
        megabytes = self._largest // 1_000_000
        return FileTooLargeError(
            f"The file is larger than {megabytes} MB. Compress or trim it and upload it again."
        )


def _copy(content: BinaryIO, path: Path) -> int:
    """How many bytes there were."""
    content.seek(0)
    with path.open("wb") as file:
        shutil.copyfileobj(content, file, 1 << 20)
        return file.tell()
