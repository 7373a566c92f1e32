"""Which IP addresses are on the public internet, and what the others are.

After the IANA special-purpose address registries. `ipaddress.is_global` alone does not do: it calls global
what tunnels, translates or multicasts, and its tables differ between releases of Python.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP_INTERFACE: Final = 0x0000_5EFE
_ISATAP_MASK: Final = 0xFDFF_FFFF  # all but the bit that says whether the IPv4 address is unique
_SPECIAL: Final[tuple[tuple[IPv4Network | IPv6Network, str], ...]] = (
    (IPv4Network("0.0.0.0/8"), "an unspecified address"),
    (IPv4Network("10.0.0.0/8"), "a private address"),
    (IPv4Network("100.64.0.0/10"), "an address inside a provider's network"),
    (IPv4Network("127.0.0.0/8"), "a loopback address"),
    (IPv4Network("168.63.129.16/32"), "an address inside a provider's network"),  # Azure's host agent
    (IPv4Network("169.254.0.0/16"), "a link-local address"),
    (IPv4Network("172.16.0.0/12"), "a private address"),
    (IPv4Network("192.0.0.0/24"), "a reserved address"),
    (IPv4Network("192.0.2.0/24"), "an address for documentation"),
    (IPv4Network("192.88.99.0/24"), "a tunnel"),
    (IPv4Network("192.168.0.0/16"), "a private address"),
    (IPv4Network("198.18.0.0/15"), "an address for benchmarks"),
    (IPv4Network("198.51.100.0/24"), "an address for documentation"),
    (IPv4Network("203.0.113.0/24"), "an address for documentation"),
    (IPv4Network("224.0.0.0/4"), "a multicast address"),
    (IPv4Network("240.0.0.0/4"), "a reserved address"),
    (IPv6Network("::/128"), "an unspecified address"),
    (IPv6Network("::1/128"), "a loopback address"),
    (IPv6Network("2001::/23"), "a tunnel"),  # Teredo, and other assignments that are no one's host
    (IPv6Network("2001:db8::/32"), "an address for documentation"),
    (IPv6Network("2002::/16"), "a tunnel"),  # 6to4
    (IPv6Network("3fff::/20"), "an address for documentation"),
    (IPv6Network("fc00::/7"), "a private address"),
    (IPv6Network("fe80::/10"), "a link-local address"),
    (IPv6Network("fec0::/10"), "a private address"),
    (IPv6Network("ff00::/8"), "a multicast address"),
)


def special_kind(address: Address) -> str | None:
    """Return what kind of address it is, as in "a loopback address"; None for one on the public internet.

    IPv4 addresses mapped into IPv6, or reached through the well-known NAT64 prefix, are judged as what they
    stand for: systems that speak only IPv6 are given such addresses for public hosts. All tunnels (6to4,
    Teredo, ISATAP) and every other embedding are special whatever they lead to: no public host needs them.
    """
    if isinstance(address, IPv6Address) and (embedded := _translated(address)) is not None:
        return special_kind(embedded)
    for network, kind in _SPECIAL:
        if address in network:
            return kind
    if isinstance(address, IPv6Address):
        if address not in _GLOBAL_UNICAST:
            return "a reserved address"
        if int(address) >> 32 & _ISATAP_MASK == _ISATAP_INTERFACE:
            return "a tunnel"
    return None if address.is_global else "a reserved address"


def _translated(address: IPv6Address) -> IPv4Address | None:
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address.ipv4_mapped
