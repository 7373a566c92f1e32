"""Which hosts a studio reads from: those on the public internet, and the few that are trusted.

A name is resolved once and its addresses are what is connected to, so that it cannot change its meaning
between the check and the connection.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import TypeAlias

from studio.errors import UnsupportedFileError

Address: TypeAlias = IPv4Address | IPv6Address
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Takes a host and a port, gives IP addresses in the order to try them; OSError for an unknown host."""

# Registered for something else than hosts of the web, after the IANA registries of special-purpose addresses.
# `is_global` follows them too, but its tables differ between releases of Python.
# fmt: off
_SPECIAL = tuple(map(ip_network, (
    "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
    "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24",
    "224.0.0.0/4", "240.0.0.0/4",
    # Relays of 6to4, and the host agent of a large cloud.
    "192.88.99.0/24", "168.63.129.16/32",
    # Tunnels lead to wherever the IPv4 address they wrap does.
    "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16",
)))
# fmt: on
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NAT64 = IPv6Network("64:ff9b::/96")
_ISATAP = {0x0000_5EFE, 0x0200_5EFE}
_WEB_PORTS = {80, 443}
_RESOLVERS = ThreadPoolExecutor(16, "resolver")
_FIRST_UNPRIVILEGED_PORT = 1024


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    # Threads of its own: a resolver that hangs keeps nothing else waiting.
    loop = asyncio.get_running_loop()
    found = await loop.run_in_executor(
        _RESOLVERS, partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
    )
    return [str(address[0]) for *_, address in found]


def is_public(address: Address) -> bool:
    """Whether an address is a host's on the public internet.

    An IPv4 address mapped into IPv6, or behind the well-known prefix of NAT64, is judged as what it stands
    for: systems that speak IPv6 alone are given such addresses for every host. Any other that embeds one is
    refused.
    """
    if isinstance(address, IPv6Address) and (embedded := _embedded(address)) is not None:
        return is_public(embedded)
    if not address.is_global or any(address in network for network in _SPECIAL):
        return False
    return isinstance(address, IPv4Address) or (
        address in _GLOBAL_UNICAST and int(address) >> 32 & 0xFFFF_FFFF not in _ISATAP
    )


def _embedded(address: IPv6Address) -> IPv4Address | None:
    return IPv4Address(address.packed[-4:]) if address in _NAT64 else address.ipv4_mapped


@dataclass(frozen=True)
class Reachable:
    """The hosts that may be read from.

    Attributes:
        trusted: `host:port` of sites that may be read from wherever they stand.
        resolve: how names become addresses.
    """

    trusted: frozenset[str] = field(default_factory=frozenset)
    resolve: Resolve = resolve

    async def addresses(self, host: str, port: int) -> list[str]:
        """The addresses to connect to, in the order to try them.

        Raises:
            UnsupportedFileError: the host is unknown, or one of its addresses is not on the public internet.
        """
        try:
            found = await self.resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise UnsupportedFileError(f"There is no host named {host}. Check the address.") from error
        shown = f"[{host}]" if ":" in host else host
        if f"{shown}:{port}" in self.trusted:
            return list(found)
        if port not in _WEB_PORTS and port < _FIRST_UNPRIVILEGED_PORT:
            raise UnsupportedFileError(
                f"Port {port} is not one that web servers use. Upload the file instead."
            )
        if not all(map(_is_public, found)):
            raise UnsupportedFileError(
                f"{host} is not on the public internet, and only that is read from. Upload the file instead."
            )
        return list(found)


def _is_public(address: str) -> bool:
    try:
        return is_public(ip_address(address))
    except ValueError:
        return False  # of one network interface alone: `fe80::1%eth0` where Python knows no such form
