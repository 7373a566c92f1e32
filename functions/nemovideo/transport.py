"""Calls as the backend wants them: the one place of headers, retries and the renewal of tokens."""

import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import BinaryIO, Final, TypeVar, cast

import httpx
import stamina

from backend.clock import StreamClock
from backend.errors import (
    BrokenStreamError,
    NemoVideoError,
    NotSentError,
    RateLimitedError,
    RenderNotFoundError,
    ServerError,
    TokenExpiredError,
    TransportError,
    UnexpectedAnswerError,
)
from nemovideo.attribution import Attribution
from nemovideo.clock import cut_when_overdue
from nemovideo.exchange import TIMEOUT, exchange, over_a_fresh_connection, read_whole, send
from nemovideo.tokens import TokenSource
from nemovideo.wire import Caller, Subject, data_of

UPLOAD_TIMEOUT: Final = httpx.Timeout(300.0, connect=10.0)
"""Seconds; the backend may look into a large file before it answers."""

_repeatedly = stamina.RetryingCaller(
    attempts=3, timeout=60.0, wait_initial=0.5, wait_max=5.0, wait_jitter=1.0
)

_HEADER_SAFE = re.compile(r"[!-~]+")
_JSON = {"Content-Type": "application/json"}
# Compression would hold events back and hide the length of a file.
_UNCOMPRESSED = {"Accept-Encoding": "identity"}

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Upload:
    """`size` bytes to be read from `content`, which need not be able to seek."""

    filename: str
    content: BinaryIO
    size: int
    content_type: str


class Transport:
    """Makes calls in the name of whom `tokens` stands for. `registration_link` goes into advice."""

    def __init__(
        self,
        base_url: str,
        tokens: TokenSource,
        *,
        attribution: Attribution,
        http: httpx.Client,
        registration_link: Callable[[], str],
    ) -> None:
        self.base_url = httpx.URL(base_url.rstrip("/"))
        self._tokens = tokens
        self._attribution = attribution
        self._http = http
        self._registration_link = registration_link

    def call(
        self,
        method: str,
        path: str,
        subject: Subject,
        body: dict[str, object] | None = None,
        *,
        repeatable: bool = True,
    ) -> dict[str, object]:
        """Make a call and return its data. Only a `repeatable` one is repeated after a temporary failure."""
        return self.call_with_token(method, path, subject, body, repeatable=repeatable)[0]

    def call_with_token(
        self,
        method: str,
        path: str,
        subject: Subject,
        body: dict[str, object] | None = None,
        *,
        repeatable: bool = True,
    ) -> tuple[dict[str, object], str]:
        """Make a call and return its data, and the token with which it succeeded."""

        def once(token: str) -> tuple[dict[str, object], str]:
            request = self._request(token, method, path, body)
            return data_of(exchange(self._http, request), subject, self._caller(token)), token

        if repeatable:
            return self._authorized(lambda token: _repeatedly(_wait, once, token))
        return self._authorized(once)

    def upload(self, path: str, upload: Upload) -> dict[str, object]:
        """Stream a file in constant memory, with a Content-Length.

        Raises:
            TokenExpiredError: retryable when a new token is at hand but `content` cannot be read again.
        """
        content = upload.content
        start = content.tell() if content.seekable() else None

        def once(token: str) -> dict[str, object]:
            if start is None and body.began:
                raise TokenExpiredError(
                    "The token expired during the upload; it has been renewed.",
                    retryable=True,
                    advice="Upload the file again.",
                )
            if start is not None:
                content.seek(start)
            body.began = False
            filename = upload.filename.encode(errors="replace").decode()
            request = self._http.build_request(
                "POST",
                f"{self.base_url}{path}",
                headers=self._headers(token),
                files={"files": (filename, cast("BinaryIO", body), upload.content_type)},
                timeout=UPLOAD_TIMEOUT,
            )
            return data_of(exchange(self._http, request), Subject.SESSION, self._caller(token))

        body = _SizedBody(content, upload.size)
        return self._authorized(once)

    @contextmanager
    def stream(
        self, path: str, subject: Subject, body: dict[str, object], clock: StreamClock
    ) -> Iterator[Iterator[bytes]]:
        """Post once, whatever happens, and yield the chunks of the event stream that answers.

        Raises:
            BackendError: the backend answered with an error instead of a stream.
            StreamDeadlineError, StreamStalledError: `clock` ran out.
            BrokenStreamError: the transfer broke.
        """
        token = self._token()
        clock.progressed()
        if (seconds_left := clock.seconds_left()) <= 0:
            raise NotSentError("No time was left to send the message.")
        request = self._request(
            token, "POST", path, body, headers={"Accept": "text/event-stream"} | _UNCOMPRESSED
        )
        request.extensions["timeout"] = TIMEOUT.as_dict() | {"read": seconds_left}
        over_a_fresh_connection(request)
        try:
            response = send(self._http, request)
        except TransportError as error:
            if isinstance(error.__cause__, httpx.ReadTimeout):
                raise clock.overdue() from error
            raise
        with closing(response), cut_when_overdue(response, clock) as cut:
            content_type = response.headers.get("Content-Type", "text/event-stream")
            if not (response.is_success and content_type.startswith("text/event-stream")):
                data_of(read_whole(response), subject, self._caller(token))
                raise UnexpectedAnswerError("The backend answered a message without a stream.")
            yield _chunks(response, clock, cut.is_set)

    def open_path(self, path: str, offset: int = 0, validator: str | None = None) -> httpx.Response:
        """Open a file of the backend's, from a byte on; the caller closes it."""
        return self._open_own(httpx.URL(f"{self.base_url}{path}"), _range(offset, validator))

    def open_url(self, url: str, offset: int = 0, validator: str | None = None) -> httpx.Response:
        """Open a file by its address. The token goes to the backend's own origin and nowhere else.

        Raises:
            RenderNotFoundError, ExportBlockedError: the address does not serve the file (any longer).
        """
        try:
            address = self.base_url.join(url)
            is_own = _origin(address) == _origin(self.base_url)
        except (httpx.InvalidURL, UnicodeError) as error:  # the latter: an international name that cannot be
            raise RenderNotFoundError("The address of the video is not a URL.") from error
        if is_own:
            return self._open_own(address, _range(offset, validator))
        return _repeatedly(_wait, self._open_foreign, address, _range(offset, validator))

    def _open_own(self, url: httpx.URL, part: dict[str, str]) -> httpx.Response:
        def once(token: str) -> httpx.Response:
            request = self._http.build_request(
                "GET", url, headers=self._headers(token) | _UNCOMPRESSED | part, timeout=TIMEOUT
            )
            response = send(self._http, request, follow_redirects=True)
            if response.is_success and not _is_json(response):
                return response
            data_of(read_whole(response), Subject.RENDER, self._caller(token))
            raise UnexpectedAnswerError("The backend answered a download without a video.")

        return self._authorized(lambda token: _repeatedly(_wait, once, token))

    def _open_foreign(self, url: httpx.URL, part: dict[str, str]) -> httpx.Response:
        request = self._http.build_request("GET", url, headers=_UNCOMPRESSED | part, timeout=TIMEOUT)
        response = send(self._http, request, follow_redirects=True)
        if response.is_success:
            return response
        response.close()
        if response.is_server_error:
            raise ServerError(f"{url.host} could not serve the video.", code=response.status_code)
        raise RenderNotFoundError(
            f"{url.host} does not serve the video any longer.", code=response.status_code
        )

    def _request(
        self,
        token: str,
        method: str,
        path: str,
        body: dict[str, object] | None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Request:
        # Not httpx's `json`, which refuses what JSON from the backend may hold: NaN, half a surrogate pair.
        return self._http.build_request(
            method,
            f"{self.base_url}{path}",
            headers=self._headers(token) | (_JSON if body is not None else {}) | (headers or {}),
            content=None if body is None else json.dumps(body, separators=(",", ":")).encode(),
            timeout=TIMEOUT,
        )

    def _headers(self, token: str) -> dict[str, str]:
        return self._attribution.headers | {"Authorization": f"Bearer {token}"}

    def _caller(self, token: str) -> Caller:
        return Caller(token, self._registration_link())

    def _token(self) -> str:
        return _checked(self._tokens.token())

    def _authorized(self, call: Callable[[str], _T]) -> _T:
        """Make a call; once the token is rejected, renew it and make the call again, once."""
        token = self._token()
        try:
            return call(token)
        except TokenExpiredError:
            fresh = _checked(self._tokens.renew(token))
        return call(fresh)


class _SizedBody(io.RawIOBase):
    """A file of known size for httpx, which else seeks to the end of a file to learn its length."""

    def __init__(self, content: BinaryIO, size: int) -> None:
        self._content = content
        self._size = size
        self.began = False

    def read(self, size: int = -1, /) -> bytes:
        self.began = True
        return self._content.read(size)

    def tell(self) -> int:
        return 0

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._size if whence == io.SEEK_END else offset


def _chunks(response: httpx.Response, clock: StreamClock, was_cut: Callable[[], bool]) -> Iterator[bytes]:
    try:
        for chunk in response.iter_bytes():
            clock.check()
            yield chunk
    except httpx.ReadTimeout as error:
        raise clock.overdue() from error
    except httpx.RequestError as error:
        clock.check()
        raise BrokenStreamError(f"The stream broke off ({type(error).__name__}).") from error
    if was_cut():  # which looks like a regular end when the body has no length and no chunks
        raise clock.overdue()


def _wait(error: Exception) -> bool | float:
    """Whether a call is worth repeating, or after how many seconds."""
    if isinstance(error, RateLimitedError):
        return error.retry_after
    if isinstance(error, UnexpectedAnswerError):
        return False  # it may pass, but hardly within seconds
    return isinstance(error, NemoVideoError) and error.retryable


def _checked(token: str) -> str:
    """Keep from httpx a token that it would quote in an error."""
    if not _HEADER_SAFE.fullmatch(token):
        raise TokenExpiredError("The token is empty or holds characters that no token has.")
    return token


def _range(offset: int, validator: str | None) -> dict[str, str]:
    """Return the headers that ask for the rest of a file, provided that it is still the same one."""
    if not offset:
        return {}
    return {"Range": f"bytes={offset}-"} | ({"If-Range": validator} if validator else {})


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _is_json(response: httpx.Response) -> bool:
    content_type: str = response.headers.get("Content-Type", "")
    return content_type.startswith(("application/json", "text/"))
