"""Which hosts a studio reads from: those on the public internet, and the few that are trusted.

A name is resolved once and its addresses are what is connected to, so that it cannot change its meaning
between the check and the connection.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TypeAlias

from studio.errors import UnsupportedFileError

Address: TypeAlias = IPv4Address | IPv6Address
Resolve: TypeAlias = Callable[[str, int], Awaitable[Sequence[str]]]
"""Takes a host and a port, gives IP addresses in the order to try them; OSError for an unknown host."""

# Global by the registries, and yet no web server's: relays of 6to4, and the host agent of a large cloud.
_NOT_OF_THE_WEB = (IPv4Network("192.88.99.0/24"), IPv4Network("168.63.129.16/32"))
_GLOBAL_UNICAST = IPv6Network("2000::/3")
# What wraps an IPv4 address leads to wherever that one does.
_TUNNELS = (IPv6Network("2001::/23"), IPv6Network("2002::/16"))
_ISATAP = {0x0000_5EFE, 0x0200_5EFE}
_WEB_PORTS = {80, 443}
_FIRST_UNPRIVILEGED_PORT = 1024


async def resolve(host: str, port: int) -> list[str]:
    """Ask the system's resolver."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


def is_public(address: Address) -> bool:
    """Whether an address is a host's on the public internet; addresses that embed others never are."""
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _NOT_OF_THE_WEB)
    return (
        address in _GLOBAL_UNICAST
        and not any(address in network for network in _TUNNELS)
        and int(address) >> 32 & 0xFFFF_FFFF not in _ISATAP
    )


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
        if not all(is_public(ip_address(address)) for address in found):
            raise UnsupportedFileError(
                f"{host} is not on the public internet, and only that is read from. Upload the file instead."
            )
        return list(found)
