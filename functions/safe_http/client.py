"""HTTP behind the guard: every request, and so every redirect, is checked, and goes where the check said."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from typing import Any, Final

import httpx

from safe_http.addresses import Address
from safe_http.deadline import within
from safe_http.errors import ForbiddenAddressError, NotThereError, TooLargeError, UnreachableError
from safe_http.guard import CheckedUrl, Guard

_PROBE_TIMEOUT: Final = httpx.Timeout(5.0)
PROBE_SECONDS: Final = 10.0
"""For the name, all redirects and the answer: the API has 29 seconds for its own."""
_NO_PAGE: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE}
_MOST_ADDRESSES: Final = 3
"""A hostile name can have hundreds of addresses, each good for one connect timeout."""


class GuardedTransport(httpx.BaseTransport):
    """Connects to an address that `guard` has checked; Host, TLS name and certificate stay the real host's.

    Raises, besides httpx's own errors:
        ForbiddenAddressError, UnreachableError: as `Guard.check` does, before any connection.
    """

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        # Connections are never reused: they are pooled by address, and one address serves many hosts, of
        # which TLS has verified only the first.
        self._http = httpx.HTTPTransport(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        checked = self._guard.check(request.url)
        *others, last = checked.addresses[:_MOST_ADDRESSES]
        for address in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return self._send(request, checked, address)
        return self._send(request, checked, last)

    def _send(self, request: httpx.Request, checked: CheckedUrl, address: Address) -> httpx.Response:
        response = self._http.handle_request(
            httpx.Request(
                request.method,
                request.url.copy_with(host=str(address)),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions | {"sni_hostname": checked.host.removesuffix(".")},
            )
        )
        return _without_body(response) if response.has_redirect_location else response

    def close(self) -> None:
        self._http.close()


class GuardedClient(httpx.Client):
    """Refuses international names that cannot be decoded: httpx looks at those before its transport does.

    Raises, besides httpx's own errors:
        ForbiddenAddressError: the host of the URL, or of a redirect, is such a name.
    """

    def build_request(self, method: str, url: httpx.URL | str, **parts: Any) -> httpx.Request:  # noqa: ANN401 - httpx's
        with _valid_names():
            return super().build_request(method, url, **parts)

    def send(self, request: httpx.Request, **options: Any) -> httpx.Response:  # noqa: ANN401 - httpx's
        with _valid_names():
            return super().send(request, **options)


@contextmanager
def _valid_names() -> Iterator[None]:
    try:
        yield
    except UnicodeError:
        # Without its cause, whose message quotes the name.
        raise ForbiddenAddressError("The URL, or the one it redirects to, is not valid.") from None


def user_agent(contact: str) -> str:
    """Return who asks, for the owners of sites; `contact` is an address of a page or a mailbox."""
    return f"Mozilla/5.0 (compatible; nemo-video-pipeline; +{contact})"


def guarded_client(
    guard: Guard, *, contact: str, timeout: float | httpx.Timeout | None, max_redirects: int = 5
) -> GuardedClient:
    """Make a client that follows redirects and ignores the environment's proxies. `timeout` is in seconds.

    `contact` is where the owners of sites can reach the operator.
    """
    return GuardedClient(
        transport=GuardedTransport(guard),
        timeout=timeout,
        follow_redirects=True,
        max_redirects=max_redirects,
        trust_env=False,
        headers={"Accept-Encoding": "identity", "User-Agent": user_agent(contact)},
    )


def probe(url: str, guard: Guard, *, contact: str) -> str:
    """Ask for `url`, read nothing, and return the URL that answers once all redirects are followed.

    Raises:
        ForbiddenAddressError: it, or a redirect, may not be connected to.
        NotThereError: there is no such host, or the host says that there is no such page.
        UnreachableError: it does not answer us within `PROBE_SECONDS`, or with another error, which may be
            meant for us alone.
    """
    try:
        return within(PROBE_SECONDS, partial(_probe, url, guard, contact))
    except TimeoutError as error:
        raise UnreachableError(f"The address did not answer within {PROBE_SECONDS:g} seconds.") from error


def _probe(url: str, guard: Guard, contact: str) -> str:
    with (
        in_plain_words(),
        guarded_client(guard, contact=contact, timeout=_PROBE_TIMEOUT) as client,
        # Not HEAD, which presigned URLs refuse.
        client.stream("GET", url) as response,
    ):
        if not response.is_success:
            error = NotThereError if response.status_code in _NO_PAGE else UnreachableError
            raise error(f"{_host(response.request)} answers with HTTP {response.status_code}.")
        return str(response.url)


def as_requested(url: str) -> str:
    """Return a URL that was asked for as it was sent: other software may read the text differently."""
    return str(httpx.URL(url))


def iter_capped(response: httpx.Response, limit_bytes: int) -> Iterator[bytes]:
    """Stream the body of an open response, at most `limit_bytes` of it.

    Raises:
        TooLargeError: there is more, or the server says there is.
        UnreachableError: the transfer broke, or is compressed, which could hide any length.
    """
    host = _host(response.request)
    too_large = TooLargeError(f"The file at {host} is larger than {limit_bytes:,} bytes.")
    if response.headers.get("Content-Encoding", "identity") != "identity":
        raise UnreachableError(f"{host} compressed the file, although the request forbids it.")
    if int(response.headers.get("Content-Length", 0)) > limit_bytes:
        raise too_large
    received = 0
    with in_plain_words():
        for chunk in response.iter_raw():
            received += len(chunk)
            if received > limit_bytes:
                raise too_large
            yield chunk


@contextmanager
def in_plain_words() -> Iterator[None]:
    """Raise UnreachableError for httpx's connection errors, and ForbiddenAddressError for invalid URLs."""
    try:
        yield
    except httpx.InvalidURL:
        # Without its cause, whose message quotes the URL.
        raise ForbiddenAddressError("The URL, or the one it redirects to, is not valid.") from None
    except httpx.TimeoutException as error:
        raise UnreachableError(f"{_host(error.request)} did not answer in time.") from error
    except httpx.TooManyRedirects as error:
        raise UnreachableError(f"{_host(error.request)} redirects too often.") from error
    except httpx.ConnectError as error:
        raise UnreachableError(
            f"No connection to {_host(error.request)} could be made, or its certificate is not valid."
        ) from error
    except httpx.RequestError as error:
        raise UnreachableError(
            f"{_host(error.request)} closed the connection, or sent an invalid response."
        ) from error


def _host(request: httpx.Request) -> str:
    return request.url.raw_host.decode("ascii")


def _without_body(response: httpx.Response) -> httpx.Response:
    """Keep httpx from reading the body of a redirect, which no cap would end."""
    response.close()
    kept = [
        (name, value) for name, value in response.headers.raw if name.lower() in {b"location", b"set-cookie"}
    ]
    return httpx.Response(response.status_code, headers=kept)
