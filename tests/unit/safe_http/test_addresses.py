from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safe_http.addresses import special_kind

NOT_PUBLIC = [
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
]
NOT_PUBLIC_V6 = [
    IPv6Network(network)
    for network in ("::/96", "100::/64", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8")
]
EMBEDDINGS: dict[str, Callable[[int, int], int]] = {
    # Each takes an IPv4 address and any 128 bits to fill the rest with.
    "mapped": lambda v4, _: 0xFFFF << 32 | v4,
    "compatible": lambda v4, _: v4,
    "translated": lambda v4, _: 0xFFFF << 48 | v4,
    "NAT64": lambda v4, _: 0x64_FF9B << 96 | v4,
    "local NAT64": lambda v4, _: 0x64_FF9B_0001 << 80 | v4,
    "local NAT64 /48": lambda v4, _: 0x64_FF9B_0001 << 80 | v4 >> 16 << 64 | (v4 & 0xFFFF) << 40,
    "6to4": lambda v4, rest: 0x2002 << 112 | v4 << 80 | rest & (1 << 80) - 1,
    "Teredo server": lambda v4, rest: 0x2001 << 112 | v4 << 64 | rest & (1 << 64) - 1,
    "Teredo client": lambda v4, rest: 0x2001 << 112 | (rest & (1 << 64) - 1) << 32 | v4 ^ 0xFFFF_FFFF,
    "ISATAP": lambda v4, rest: rest >> 64 << 64 | 0x5EFE << 32 | v4,
    "ISATAP, unique": lambda v4, rest: rest >> 64 << 64 | 0x0200_5EFE << 32 | v4,
}


@given(
    st.sampled_from(NOT_PUBLIC).flatmap(lambda network: st.ip_addresses(v=4, network=network)),
    st.integers(0, 2**128 - 1),
    st.sampled_from(sorted(EMBEDDINGS)),
)
def test_what_is_not_public_stays_so_however_embedded(v4: IPv4Address, rest: int, embedding: str) -> None:
    assert special_kind(v4)
    assert special_kind(IPv6Address(EMBEDDINGS[embedding](int(v4), rest)))


@given(st.sampled_from(NOT_PUBLIC_V6).flatmap(lambda network: st.ip_addresses(v=6, network=network)))
def test_ipv6_beyond_the_public_is_special(v6: IPv6Address) -> None:
    assert special_kind(v6)


@given(st.ip_addresses(v=4))
def test_translation_changes_no_verdict(v4: IPv4Address) -> None:
    for embedding in ("mapped", "NAT64"):
        assert special_kind(IPv6Address(EMBEDDINGS[embedding](int(v4), 0))) == special_kind(v4)


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6, network="2000::/3")))
def test_stricter_than_the_standard_library(address: IPv4Address | IPv6Address) -> None:
    if special_kind(address) is None:
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize(
    ("inside", "outside"),
    [
        ("9.255.255.255", "10.0.0.0"),
        ("11.0.0.0", "10.255.255.255"),
        ("100.63.255.255", "100.64.0.0"),
        ("100.128.0.0", "100.127.255.255"),
        ("126.255.255.255", "127.0.0.0"),
        ("128.0.0.0", "127.255.255.255"),
        ("168.63.129.15", "168.63.129.16"),
        ("169.253.255.255", "169.254.0.0"),
        ("172.15.255.255", "172.16.0.0"),
        ("172.32.0.0", "172.31.255.255"),
        ("192.167.255.255", "192.168.0.0"),
        ("198.17.255.255", "198.18.0.0"),
        ("198.20.0.0", "198.19.255.255"),
        ("223.255.255.255", "224.0.0.0"),
        ("2001:200::", "2001:1ff:ffff::"),
        ("2001:db7:ffff::", "2001:db8::"),
        ("2003::", "2002:ffff::"),
        ("2606:4700::5eff:a00:1", "2606:4700::5efe:a00:1"),
    ],
)
def test_borders(inside: str, outside: str) -> None:
    """`inside` of the public internet, and its neighbour `outside`."""
    address = IPv6Address if ":" in inside else IPv4Address
    assert special_kind(address(inside)) is None
    assert special_kind(address(outside))


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("0.0.0.0", "an unspecified address"),  # noqa: S104 - judged, not bound to
        ("10.1.2.3", "a private address"),
        ("172.16.1.2", "a private address"),
        ("192.168.1.2", "a private address"),
        ("100.100.100.200", "an address inside a provider's network"),
        ("127.0.0.1", "a loopback address"),
        ("169.254.169.254", "a link-local address"),
        ("192.0.2.1", "an address for documentation"),
        ("198.51.100.1", "an address for documentation"),
        ("203.0.113.1", "an address for documentation"),
        ("192.88.99.1", "a tunnel"),
        ("198.18.0.1", "an address for benchmarks"),
        ("224.0.0.1", "a multicast address"),
        ("240.0.0.1", "a reserved address"),
        ("::", "an unspecified address"),
        ("::1", "a loopback address"),
        ("::ffff:127.0.0.1", "a loopback address"),
        ("64:ff9b::a9fe:a9fe", "a link-local address"),
        ("2001:0:1::", "a tunnel"),
        ("2002:808:808::", "a tunnel"),
        ("2001:db8::1", "an address for documentation"),
        ("3fff::1", "an address for documentation"),
        ("4000::1", "a reserved address"),
        ("fc00::1", "a private address"),
        ("fec0::1", "a private address"),
        ("fe80::1%1", "a link-local address"),
        ("ff0e::1", "a multicast address"),
    ],
)
def test_kind_is_told(address: str, kind: str) -> None:
    assert special_kind(ip_address(address)) == kind
