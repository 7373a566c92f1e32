"""The asynchronous client. `make openapi` writes client.py from it, so change only this one."""

import math
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self, TypeVar, Unpack

import httpx
import stamina

from nemo_video import rules
from nemo_video.errors import ConnectionFailedError, StorageError, TemporaryError, WaitTimeoutError
from nemo_video.fields import VideoFields
from nemo_video.files import Download, Progress, opened, replaced, size_of
from nemo_video.models import (
    Answer,
    Batch,
    BatchList,
    Credits,
    Delivery,
    DeliveryList,
    Estimate,
    Spending,
    UploadForm,
    Video,
    VideoList,
    VideoSummary,
)
from nemo_video.pauses import async_sleep

_W = TypeVar("_W", Video, Batch)


class AsyncNemoVideo:
    """A client of one pipeline.

    Each POST has an idempotency key, so that a repeated request neither makes nor costs anything twice.
    Pass a key of your own, such as the number of an order, to repeat the call in another process.

    Requests are repeated after 429, 500, 502, 503, 504 and broken connections, with the same key. The pause
    is what `Retry-After` says.

    Args:
        api: Base URL of the API. Default: the environment variable `NEMO_VIDEO_API`.
        key: API key. Default: the environment variable `NEMO_VIDEO_KEY`.
        transport: Sends the requests, for example within the process. Default: over the network.
        attempts: How often a request is sent at most.

    Raises:
        SettingsError: The address or the key is missing or invalid.
    """

    def __init__(
        self,
        api: str | None = None,
        key: str | None = None,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        attempts: int = rules.ATTEMPTS,
    ) -> None:
        self._settings = rules.settings(api, key)
        self._attempts = attempts
        self._http = httpx.AsyncClient(transport=transport, timeout=rules.TIMEOUT)

    def __repr__(self) -> str:
        return f"AsyncNemoVideo(api={self._settings.api!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    async def create(
        self,
        instruction: str | None = None,
        *,
        files: Sequence[str | Path] = (),
        idempotency_key: str | None = None,
        on_progress: Progress | None = None,
        **fields: Unpack[VideoFields],
    ) -> Video:
        """Create a video. It is made in the background: see `wait`.

        Args:
            instruction: What the video should show.
            files: Files to upload, as sources of the video.
            idempotency_key: The same key never makes a second video. Default: a new one.
            on_progress: Called while a file is uploaded.
            fields: The other fields of the request, such as `url`, `title` or `duration_seconds`.

        Raises:
            InvalidRequestError: A field is invalid; `field` names it.
        """
        key = idempotency_key or rules.new_key()
        body: dict[str, object] = {"instruction": instruction, **fields}
        uploads = [
            await self.upload(
                file,
                idempotency_key=rules.part_key(key, f"file-{position}"),
                on_progress=on_progress,
            )
            for position, file in enumerate(files)
        ]
        if uploads:
            body["upload_ids"] = [*fields.get("upload_ids", ()), *uploads]
        return rules.model(Video, await self._post("/v1/videos", body, key))

    async def estimate(self, instruction: str | None = None, **fields: Unpack[VideoFields]) -> Estimate:
        """Check a request as `create` would, and estimate its cost. Nothing is stored or started."""
        body = {"instruction": instruction, **fields}
        return rules.model(Estimate, await self._post("/v1/videos/estimate", body))

    async def get(self, video_id: str, *, wait: int = 0) -> Video:
        """Return a video.

        Args:
            video_id: The id of the video.
            wait: Seconds, at most 20. Until then, the API waits for the end of the video. If many requests
                of yours are waiting, it answers at once.
        """
        query = {"wait": str(wait)} if wait else None
        return rules.model(
            Video, await self._api("GET", f"/v1/videos/{rules.in_path(video_id)}", query=query)
        )

    async def list(
        self, *, status: str | None = None, s3_key: str | None = None
    ) -> AsyncIterator[VideoSummary]:
        """Return your videos, newest first. Further pages are read while you iterate.

        Args:
            status: Only videos with this status.
            s3_key: Only the newest video made from this object of the inbox.
        """
        wanted = {"status": status, "s3_key": s3_key, "limit": "100"}
        query = {name: value for name, value in wanted.items() if value is not None}
        while True:
            page = rules.model(VideoList, await self._api("GET", "/v1/videos", query=query))
            for video in page.videos:
                yield video
            if page.cursor is None:
                return
            query["cursor"] = page.cursor

    async def wait(
        self,
        video_id: str,
        *,
        timeout: float | None = None,
        on_change: Callable[[Video], object] | None = None,
    ) -> Video:
        """Wait until a video has ended, and return it. It may have failed: see `status`.

        Connections may break meanwhile; waiting goes on.

        Args:
            video_id: The id of the video.
            timeout: Seconds. Default: no limit.
            on_change: Called with the video at first, and after each change.

        Raises:
            WaitTimeoutError: The time is over. The video is still being made.
        """
        tag: str | None = None

        async def poll(seconds: float) -> Video | None:
            nonlocal tag
            known = {} if tag is None else {"If-None-Match": tag}
            query = {} if tag is None else {"wait": str(math.ceil(min(rules.POLL_SECONDS, seconds)))}
            path = f"/v1/videos/{rules.in_path(video_id)}"
            response = await self._api("GET", path, query=query, headers=known)
            tag = response.headers.get("ETag")
            if response.status_code == httpx.codes.NOT_MODIFIED:
                return None
            return rules.model(Video, response)

        return await self._until_ended(poll, timeout, on_change)

    async def edit(self, video_id: str, instruction: str, *, idempotency_key: str | None = None) -> Video:
        """Make the next version of a video, or answer the agent's question."""
        return await self._change(video_id, "edits", {"instruction": instruction}, idempotency_key)

    async def export(self, video_id: str, *, idempotency_key: str | None = None) -> Video:
        """Render the newest timeline again, free of charge."""
        return await self._change(video_id, "export", None, idempotency_key)

    async def cancel(self, video_id: str, *, idempotency_key: str | None = None) -> Video:
        """Cancel the current version. A second call gives the same result."""
        return await self._change(video_id, "cancel", None, idempotency_key)

    async def retry(self, video_id: str, *, idempotency_key: str | None = None) -> Video:
        """Retry a failed or cancelled version. The field `retry` of the video says what it would cost."""
        return await self._change(video_id, "retry", None, idempotency_key)

    async def message(self, video_id: str, text: str, *, idempotency_key: str | None = None) -> Answer:
        """Send free text: an edit, or a command such as “export” or “how many credits are left?”."""
        path = f"/v1/videos/{rules.in_path(video_id)}/messages"
        return rules.model(Answer, await self._post(path, {"text": text}, idempotency_key))

    async def delete(self, video_id: str) -> None:
        """Delete a video and everything that belongs to it, permanently.

        Raises:
            NotFoundError: There is no such video. It may already be deleted.
            ConflictError: A version is being made. Cancel it first.
        """
        rules.nothing(await self._api("DELETE", f"/v1/videos/{rules.in_path(video_id)}"))

    async def upload(
        self,
        file: str | Path,
        *,
        idempotency_key: str | None = None,
        on_progress: Progress | None = None,
    ) -> str:
        """Upload a file of at most 500 MB, and return its id for `upload_ids`, `logo` or `create_batch`.

        With an `idempotency_key` that was used before, the file is uploaded to the same place. After 15
        minutes that is no longer possible. Then the earlier upload counts.

        Raises:
            InvalidRequestError: Files of this type are not accepted.
            StorageError: The file is too large, or the storage refused it.
        """
        path = Path(file)
        with opened(path, on_progress) as content:
            form = await self.upload_form(path.name, idempotency_key=idempotency_key)
            rules.check_size(path, size_of(content), form)
            await self._send_file(path.name, content, form, was_used=idempotency_key is not None)
        return form.upload_id

    async def upload_form(self, file_name: str, *, idempotency_key: str | None = None) -> UploadForm:
        """Return a form with which somebody else can upload a file. It is valid for 15 minutes.

        Raises:
            InvalidRequestError: Files of this type are not accepted.
        """
        asked = await self._post("/v1/uploads", {"file_name": file_name}, idempotency_key)
        return rules.model(UploadForm, asked)

    async def download(
        self,
        video: Video,
        to: str | Path,
        *,
        version: int | None = None,
        on_progress: Progress | None = None,
    ) -> Path:
        """Save the file of a video. The file appears when it is complete.

        Args:
            video: The video.
            to: Where to save it. An existing file is replaced.
            version: Default: the newest finished one.
            on_progress: Called while the file is received.

        Raises:
            NoFileError: The video has no file.
        """
        return await self._save(rules.file_link(video, version), Path(to), on_progress)

    async def create_batch(
        self,
        rows: Sequence[Mapping[str, object]] | None = None,
        *,
        file: str | Path | None = None,
        s3_key: str | None = None,
        upload_id: str | None = None,
        idempotency_key: str | None = None,
        on_progress: Progress | None = None,
    ) -> Batch:
        """Create many videos, from rows or from a file of rows.

        Args:
            rows: At most 500, each with the fields of a video, or `file`, or `edit_of`.
            file: A local CSV, TSV, Excel or JSON Lines file. It is uploaded.
            s3_key: Such a file in the inbox bucket.
            upload_id: Such a file that was uploaded.
            idempotency_key: The same key never makes a second batch. Default: a new one.
            on_progress: Called while the file is uploaded.
        """
        key = idempotency_key or rules.new_key()
        if file is not None:
            upload_id = await self.upload(
                file, idempotency_key=rules.part_key(key, "file"), on_progress=on_progress
            )
        body = {"rows": None if rows is None else [*rows], "s3_key": s3_key, "upload_id": upload_id}
        return rules.model(Batch, await self._post("/v1/batches", body, key))

    async def get_batch(self, batch_id: str) -> Batch:
        """Return a batch."""
        return rules.model(Batch, await self._api("GET", f"/v1/batches/{rules.in_path(batch_id)}"))

    async def list_batches(self, *, status: str | None = None) -> AsyncIterator[Batch]:
        """Return your batches, newest first. Further pages are read while you iterate."""
        query = {"limit": "100"} if status is None else {"limit": "100", "status": status}
        while True:
            page = rules.model(BatchList, await self._api("GET", "/v1/batches", query=query))
            for batch in page.batches:
                yield batch
            if page.cursor is None:
                return
            query["cursor"] = page.cursor

    async def wait_batch(
        self,
        batch_id: str,
        *,
        timeout: float | None = None,
        on_change: Callable[[Batch], object] | None = None,
    ) -> Batch:
        """Wait until a batch has ended, and return it. Arguments and errors are those of `wait`."""

        async def poll(seconds: float) -> Batch:
            del seconds
            return await self.get_batch(batch_id)

        return await self._until_ended(poll, timeout, on_change)

    async def download_results(self, batch: Batch, to: str | Path) -> Path:
        """Save the results of a batch, `results.csv`.

        Raises:
            NoFileError: The batch has not ended.
        """
        return await self._save(rules.results_link(batch), Path(to), None)

    async def credits(self) -> Credits:
        """Return the credit balance at the video service."""
        return rules.model(Credits, await self._api("GET", "/v1/credits"))

    async def spending(self, *, days: int = 30) -> Spending:
        """Return the credits that your videos used on each day, and what is left of each limit.

        Args:
            days: How many days, including today. At most 366.
        """
        return rules.model(Spending, await self._api("GET", "/v1/spending", query={"days": str(days)}))

    async def deliveries(self, video_id: str) -> Sequence[Delivery]:
        """Return the newest 100 webhooks of a video, newest first, and how they were received."""
        path = f"/v1/videos/{rules.in_path(video_id)}/deliveries"
        return rules.model(DeliveryList, await self._api("GET", path)).deliveries

    async def redeliver(
        self, video_id: str, delivery_id: str, *, idempotency_key: str | None = None
    ) -> Delivery:
        """Send a webhook of a video again."""
        path = f"/v1/videos/{rules.in_path(video_id)}/deliveries/{rules.in_path(delivery_id)}/redeliver"
        return rules.model(Delivery, await self._post(path, None, idempotency_key))

    async def _change(
        self, video_id: str, change: str, body: Mapping[str, object] | None, key: str | None
    ) -> Video:
        path = f"/v1/videos/{rules.in_path(video_id)}/{change}"
        return rules.model(Video, await self._post(path, body, key))

    async def _post(
        self, path: str, body: Mapping[str, object] | None, idempotency_key: str | None = None
    ) -> httpx.Response:
        key = idempotency_key or rules.new_key()
        content = None if body is None else rules.json_body(body)
        return await self._api("POST", path, content=content, idempotency_key=key)

    async def _api(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        idempotency_key: str | None = None,
    ) -> httpx.Response:
        """Send a request to the API, and repeat it as long as that can help. Redirects are not followed."""
        request = self._http.build_request(
            method,
            f"{self._settings.api}{path}",
            content=content,
            params=query or None,
            headers=rules.headers(self._settings, content, idempotency_key) | dict(headers or {}),
        )
        async for attempt in stamina.retry_context(rules.pause_before_retry, **rules.retries(self._attempts)):
            with attempt:
                try:
                    return rules.checked(await self._http.send(request))
                except httpx.RequestError as error:
                    raise rules.unreachable(error, "The API") from error
        raise AssertionError("the last attempt returns or raises")

    async def _until_ended(
        self,
        poll: Callable[[float], Any],
        timeout: float | None,
        on_change: Callable[[_W], object] | None,
    ) -> _W:
        """Poll until the work has ended.

        `poll` gets the seconds that are left, and returns None if nothing has changed.
        """
        deadline = math.inf if timeout is None else monotonic() + timeout
        last: _W | None = None
        while True:
            asked_at = monotonic()
            try:
                news: _W | None = await poll(max(0.0, deadline - asked_at))
            except (ConnectionFailedError, TemporaryError):
                if last is None or monotonic() >= deadline:
                    raise
                news = None
            if news is not None and news != last:
                last = news
                if on_change is not None:
                    on_change(news)
            if last is not None and rules.has_ended(last):
                return last
            left = deadline - monotonic()
            if left <= 0 and last is not None:
                raise WaitTimeoutError(rules.still_working(last), last)
            if monotonic() - asked_at < rules.PAUSE_SECONDS and (news is None or isinstance(news, Batch)):
                await async_sleep(min(rules.PAUSE_SECONDS, left))

    async def _send_file(self, name: str, content: Any, form: UploadForm, *, was_used: bool) -> None:  # noqa: ANN401
        """Post a file to the storage, which gets no key."""
        async for attempt in stamina.retry_context(
            rules.pause_before_retry, **rules.retries(self._attempts, of_file=True)
        ):
            with attempt:
                try:
                    response = await self._http.post(
                        form.url, data=form.fields, files={"file": (name, content)}
                    )
                except httpx.RequestError as error:
                    raise rules.unreachable(error, "The storage") from error
                if response.is_success or (was_used and response.status_code == httpx.codes.FORBIDDEN):
                    return
                raise rules.storage_error(response, "The upload")

    async def _save(self, link: str, to: Path, on_progress: Progress | None) -> Path:
        with replaced(to) as download:
            async for attempt in stamina.retry_context(
                rules.pause_before_retry, **rules.retries(self._attempts, of_file=True)
            ):
                with attempt:
                    try:
                        await self._receive(link, download, on_progress)
                    except httpx.RequestError as error:
                        raise rules.unreachable(error, "The storage") from error
        return to

    async def _receive(self, link: str, download: Download, on_progress: Progress | None) -> None:
        """Receive what is missing of a file. Links need no key, and lead to the storage by a redirect."""
        async with self._http.stream(
            "GET", link, headers=download.headers(), follow_redirects=True
        ) as response:
            if not response.is_success:
                await response.aread()
                raise rules.storage_error(response, "The download")
            total = download.begin(response)
            async for chunk in response.aiter_bytes():
                download.file.write(chunk)
                if on_progress is not None:
                    on_progress(download.file.tell(), total)
            if total is not None and download.file.tell() != total:
                raise StorageError("The download failed: the file is incomplete. Try again.")
