"""Whether a URL given by a caller may be connected to, and at which addresses.

URLs are hostile until proven otherwise. The URL is read once, by the very code that will send the request;
the addresses that were checked are the ones to connect to, so that a name cannot change its meaning between.
"""

import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import AddressValueError, IPv4Address, IPv6Address, ip_address
from typing import Final, TypeAlias

import httpx
import idna

from safe_http.addresses import Address, special_kind
from safe_http.errors import ForbiddenAddressError, NotThereError, UnreachableError

Resolve: TypeAlias = Callable[[str, int], Iterable[str]]
"""Takes a host and a port, gives IP addresses in the order to try them; OSError for an unknown host."""

_DEFAULT_PORTS: Final = {"http": 80, "https": 443}
_FIRST_UNPRIVILEGED_PORT: Final = 1024
_LAST_PORT: Final = 65535
_LONGEST_HOST: Final = 253
_LABEL: Final = r"[a-z0-9_-]{1,63}"
_HOST_NAME: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?")
# A last label like this makes the whole host an IPv4 address (WHATWG URL standard, "ends in a number").
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class CheckedUrl:
    """A URL that may be connected to at `addresses`, and nowhere else.

    Pass on `url`, never the text it was read from: other software may read that differently.
    """

    url: httpx.URL
    host: str
    port: int
    addresses: tuple[Address, ...]


def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


@dataclass(frozen=True, slots=True)
class Guard:
    """Checks URLs. `trusted` holds "host:port" of places that may have any address: a backend of one's own.

    Everyone who can name a URL can reach these places.
    """

    resolve: Resolve = resolve
    trusted: frozenset[str] = frozenset()

    def check(self, url: str | httpx.URL) -> CheckedUrl:
        """Resolve the URL's host and check every address it has.

        Raises:
            ForbiddenAddressError: the URL may not be connected to.
            NotThereError: there is no such host.
            UnreachableError: it cannot be looked up now.
        """
        try:
            url = httpx.URL(url)
        except (httpx.InvalidURL, UnicodeError):  # the latter: half a character, which nothing can encode
            # Without its cause, whose message quotes the URL.
            raise ForbiddenAddressError("The URL is not valid.") from None
        if url.scheme not in _DEFAULT_PORTS:
            raise ForbiddenAddressError("Only http:// and https:// URLs can be used.")
        if url.userinfo:
            raise ForbiddenAddressError(
                "The URL holds a user name or a password.",
                advice="Give a URL that works without them, for example a presigned one.",
            )
        host, port = _host(url), _port(url)
        return CheckedUrl(url, host, port, self._addresses(host, port))

    def _addresses(self, host: str, port: int) -> tuple[Address, ...]:
        try:
            addresses = tuple(ip_address(found) for found in self.resolve(host, port))
        except (OSError, UnicodeError) as error:  # the latter: a name that the resolver cannot encode
            if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN:
                raise UnreachableError(f"{host} cannot be looked up now.") from error
            addresses = ()
        if not addresses:
            raise NotThereError(f"There is no host named {host}.")
        if (f"[{host}]:{port}" if ":" in host else f"{host}:{port}") not in self.trusted:
            for address in addresses:
                if kind := special_kind(address):
                    raise ForbiddenAddressError(
                        f"{host} leads to {kind}, which is not on the public internet."
                    )
        return addresses


def _host(url: httpx.URL) -> str:
    host = url.raw_host.decode("ascii")
    if not host:
        raise ForbiddenAddressError("The URL names no host.")
    if ":" in host:
        if IPv6Address(host).scope_id is not None:
            raise ForbiddenAddressError(
                "The URL contains an address with a zone (%), which is valid only inside one network."
            )
        return host
    if len(host) > _LONGEST_HOST or not _HOST_NAME.fullmatch(host):
        raise ForbiddenAddressError("The URL's host is not a valid name.")
    _check_international(host)
    if _NUMBER.fullmatch(host.removesuffix(".").rpartition(".")[2]):
        try:
            IPv4Address(host)
        except AddressValueError:
            raise ForbiddenAddressError(
                f"{host} is an IP address in an unusual notation.",
                advice="Write the address as four decimal numbers, or better: give a host name.",
            ) from None
    return host


def _check_international(host: str) -> None:
    """Refuse names that IDNA does not know: httpx fails on some, and programs read them differently."""
    try:
        for label in host.split("."):
            if label.startswith("xn--"):
                idna.ulabel(label)
    except UnicodeError:
        raise ForbiddenAddressError("The URL's host is not a valid international name.") from None


def _port(url: httpx.URL) -> int:
    """Refuse the ports below 1024 that are not the web's: there, other protocols could misread a request."""
    port = _DEFAULT_PORTS[url.scheme] if url.port is None else url.port
    if port not in _DEFAULT_PORTS.values() and not _FIRST_UNPRIVILEGED_PORT <= port <= _LAST_PORT:
        raise ForbiddenAddressError(
            f"Port {port} cannot be used.", advice="Use port 80, 443, or one from 1024 to 65535."
        )
    return port
