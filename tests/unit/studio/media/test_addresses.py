import asyncio
from ipaddress import ip_address

import pytest

from studio.errors import UnsupportedFileError
from studio.media.addresses import Reachable, is_public

PUBLIC = ["93.184.215.14", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450:4001:82a::200e"]
PRIVATE = [
    "0.0.0.0",  # noqa: S104 - not bound to
    "10.0.0.1",
    "100.64.0.1",
    "127.0.0.1",
    "168.63.129.16",
    "169.254.169.254",
    "172.16.0.1",
    "192.0.0.1",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2001:0:a9fe:a9fe::1",
    "2001:db8::1",
    "2002:a9fe:a9fe::1",
    "2606:4700::5efe:a9fe:a9fe",
    "2606:4700::200:5efe:a9fe:a9fe",
    "fc00::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]


def reachable(*addresses: str, trusted: frozenset[str] = frozenset()) -> Reachable:
    async def resolve(_host: str, _port: int) -> list[str]:
        if not addresses:
            raise OSError("no such host")
        return list(addresses)

    return Reachable(trusted, resolve)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_public_internet_is_read(address: str) -> None:
    assert is_public(ip_address(address))
    assert asyncio.run(reachable(address).addresses("example.com", 443)) == [address]


@pytest.mark.parametrize("address", PRIVATE)
def test_whatever_else_a_name_leads_to_is_refused(address: str) -> None:
    assert not is_public(ip_address(address))
    with pytest.raises(UnsupportedFileError, match="not on the public internet"):
        asyncio.run(reachable("1.1.1.1", address).addresses("example.com", 443))


def test_trusted_sites_are_read_wherever_they_stand() -> None:
    mine = reachable("127.0.0.1", trusted=frozenset({"localhost:8080", "[::1]:8080"}))
    assert asyncio.run(mine.addresses("localhost", 8080)) == ["127.0.0.1"]
    assert asyncio.run(mine.addresses("::1", 8080)) == ["127.0.0.1"]
    with pytest.raises(UnsupportedFileError):
        asyncio.run(mine.addresses("localhost", 8081))


@pytest.mark.parametrize("port", [1, 22, 25, 1023])
def test_ports_of_other_services_are_refused(port: int) -> None:
    with pytest.raises(UnsupportedFileError, match=f"Port {port}"):
        asyncio.run(reachable("1.1.1.1").addresses("example.com", port))


def test_a_name_nobody_knows_is_told() -> None:
    with pytest.raises(UnsupportedFileError, match=r"no host named nowhere\.example"):
        asyncio.run(reachable().addresses("nowhere.example", 443))
