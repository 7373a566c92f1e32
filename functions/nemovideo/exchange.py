"""One request, one answer: httpx's failures, by whether the backend may have seen the request."""

from contextlib import closing
from typing import Final

import httpx

from backend.errors import NotSentError, TransportError
from nemovideo.wire import Answer

TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
"""Seconds; `read` and `write` bound a single read or write, not the whole."""

_NEVER_CONNECTED = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)


_FRESH: Final = "fresh_connection"


class BackendTransport(httpx.BaseTransport):
    """Keeps connections for later calls, but gives a request that asks for it a connection of its own.

    A kept connection may have been closed by the peer meanwhile: a request sent over it is lost, and nobody
    can know whether it arrived. That must not happen to the one call that is never repeated.
    """

    def __init__(self) -> None:
        self._kept = httpx.HTTPTransport()
        self._fresh = httpx.HTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        transport = self._fresh if request.extensions.get(_FRESH) else self._kept
        return transport.handle_request(request)

    def close(self) -> None:
        self._kept.close()
        self._fresh.close()


def over_a_fresh_connection(request: httpx.Request) -> None:
    """Have `BackendTransport` send the request over a connection that no other call has used."""
    request.extensions[_FRESH] = True


def send(http: httpx.Client, request: httpx.Request, *, follow_redirects: bool = False) -> httpx.Response:
    """Send; return once the headers of the answer are there. The caller closes the response.

    Raises:
        NotSentError: no connection was made.
        TransportError: the connection failed later.
    """
    try:
        return http.send(request, stream=True, follow_redirects=follow_redirects)
    except _NEVER_CONNECTED as error:
        raise NotSentError(f"{request.url.host} could not be reached ({type(error).__name__}).") from error
    except httpx.RequestError as error:
        raise TransportError(f"No answer from {request.url.host} ({type(error).__name__}).") from error
    except UnicodeError as error:
        raise TransportError(f"{request.url.host} redirects to an address that is not valid.") from error


def read_whole(response: httpx.Response) -> Answer:
    """Read the body and close.

    Raises:
        TransportError: the body broke off.
    """
    with closing(response):
        try:
            body = response.read()
        except httpx.RequestError as error:
            raise TransportError(f"The answer broke off ({type(error).__name__}).") from error
    return Answer(response.status_code, body, response.headers.get("Retry-After"))


def exchange(http: httpx.Client, request: httpx.Request) -> Answer:
    """Send and read the whole answer.

    Raises:
        NotSentError: no connection was made.
        TransportError: the connection failed later.
    """
    return read_whole(send(http, request))
