"""An HTTP client that connects to nothing but what may be read from, whatever a redirect says."""

import functools
import re
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from ipaddress import AddressValueError, IPv4Address

import httpx
import idna

from studio.errors import UnsupportedFileError
from studio.media.addresses import Reachable

MOST_REDIRECTS = 5
# A hostile name can have hundreds of addresses, each good for one connect timeout.
_MOST_ADDRESSES = 3
_TIMEOUT = httpx.Timeout(20, connect=10)
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; studio)",
    "Accept-Language": "en,*;q=0.5",
    # Some servers compress all the same: `body` unpacks what it can bound.
    "Accept-Encoding": "identity",
}
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LAST_PORT = 65535
# A host that ends so is a number to browsers, whatever a resolver makes of it (WHATWG URL standard).
_NUMERIC_END = re.compile(r"(?:^|\.)(?:[0-9]+|0x[0-9a-f]*)\.?$")
_PIECE = 1 << 16
# zlib's way of saying: gzip or zlib, whichever the header says.
_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class TooLargeError(Exception):
    """An answer is larger than allowed, packed or unpacked."""


def client(reachable: Reachable, direct: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """`direct` connects to addresses, unless it is to be httpx's own transport."""
    # Kept connections are found by address alone: one made for another name must not be taken.
    limits = httpx.Limits(max_keepalive_connections=0)
    direct = direct or httpx.AsyncHTTPTransport(verify=_certificates(), trust_env=False, limits=limits)
    return httpx.AsyncClient(
        transport=_CheckedTransport(reachable, direct),
        timeout=_TIMEOUT,
        headers=_HEADERS,
        follow_redirects=True,
        max_redirects=MOST_REDIRECTS,
        trust_env=False,
    )


async def body(response: httpx.Response, largest: int) -> AsyncIterator[bytes]:
    """An open response's body, in pieces, unpacked where it is packed once with gzip or deflate.

    Raises:
        TooLargeError: it has more than `largest` bytes; no more than a piece of the rest was unpacked.
        UnsupportedFileError: it is packed in another way, or more than once.
    """
    received = unpacked = 0
    unpack = _unpacker(response.headers.get("content-encoding", ""))
    async for chunk in response.aiter_raw():
        received += len(chunk)
        for piece in unpack(chunk):
            unpacked += len(piece)
            if max(received, unpacked) > largest:
                raise TooLargeError
            yield piece
        if received > largest:
            raise TooLargeError


class _Unpacker:
    def __init__(self) -> None:
        self._zlib = zlib.decompressobj(_GZIP_OR_ZLIB)

    def __call__(self, chunk: bytes) -> Iterator[bytes]:
        try:
            while not self._zlib.eof:
                piece = self._zlib.decompress(chunk, _PIECE)
                yield piece
                chunk = self._zlib.unconsumed_tail
                if not chunk and len(piece) < _PIECE:
                    break
        except zlib.error as error:
            raise UnsupportedFileError("The answer cannot be unpacked.") from error


def _plain(chunk: bytes) -> Iterator[bytes]:
    yield chunk


def _unpacker(encoding: str) -> Callable[[bytes], Iterator[bytes]]:
    match encoding.strip().lower():
        case "" | "identity":
            return _plain
        case "gzip" | "x-gzip" | "deflate":
            return _Unpacker()
        case _:
            raise UnsupportedFileError(f"The answer is packed as “{encoding[:40]}”, which is not accepted.")


@functools.cache
def _certificates() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


def _host(url: httpx.URL) -> str:
    """The host as it is sent. `URL.host` would decode it, and fail where IDNA knows no such name.

    Raises:
        UnsupportedFileError: no host can have that name, or the address names a user or an impossible port.
    """
    host = url.raw_host.decode("ascii")
    try:
        for label in host.split("."):
            if label.startswith("xn--"):
                idna.decode(label)
        if ":" not in host and _NUMERIC_END.search(host):
            IPv4Address(host)
    except (UnicodeError, AddressValueError):
        host = ""
    if "%" in host or "" in host.removesuffix(".").split("."):
        raise UnsupportedFileError("The address has a host name that is not valid. Check the address.")
    if url.userinfo:
        raise UnsupportedFileError("The address holds a user name or a password. Upload the file instead.")
    if url.port is not None and not 0 < url.port <= _LAST_PORT:
        raise UnsupportedFileError(f"There is no port {url.port}. Check the address.")
    return host


def _redirect(response: httpx.Response) -> httpx.Response:
    """A redirect without its body, which httpx would read to its end, however long."""
    kept = [pair for pair in response.headers.raw if pair[0].lower() in {b"location", b"set-cookie"}]
    return httpx.Response(response.status_code, headers=kept)


class _CheckedTransport(httpx.AsyncBaseTransport):
    """Checks the host of each request, redirects among them, and connects to the addresses it checked."""

    def __init__(self, reachable: Reachable, direct: httpx.AsyncBaseTransport) -> None:
        self._reachable = reachable
        self._direct = direct

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url
        if name.scheme not in _DEFAULT_PORTS:
            raise httpx.UnsupportedProtocol("only http and https addresses can")
        host = _host(name)
        addresses = await self._reachable.addresses(host, name.port or _DEFAULT_PORTS[name.scheme])
        request.extensions["sni_hostname"] = host
        failure: httpx.ConnectError | httpx.ConnectTimeout | None = None
        try:
            for address in addresses[:_MOST_ADDRESSES]:
                request.url = name.copy_with(host=address)
                try:
                    response = await self._direct.handle_async_request(request)
                except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                    failure = error
                    continue
                if response.has_redirect_location:
                    await response.aclose()
                    return _redirect(response)
                return response
        finally:
            # A redirect's relative address is joined to it.
            request.url = name
        raise failure or httpx.ConnectError(f"{host} has no address")

    async def aclose(self) -> None:
        await self._direct.aclose()
