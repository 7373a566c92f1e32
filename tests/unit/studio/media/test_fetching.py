import asyncio
from collections.abc import Sequence

import httpx
import pytest

from studio.errors import UnsupportedFileError
from studio.media.addresses import Reachable
from studio.media.fetching import client

HOSTS = {
    "shop.example": ["93.184.215.14"],
    "two.example": ["1.1.1.1", "1.0.0.1"],
    "inside.example": ["10.0.0.1"],
}


class Web(httpx.AsyncBaseTransport):
    """Remembers what was connected to; addresses that are `down` refuse, and one path redirects."""

    def __init__(self, *down: str, redirect: str = "") -> None:
        self.down = down
        self.redirect = redirect
        self.seen: list[tuple[str, str, str]] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        sni = request.extensions["sni_hostname"]
        self.seen.append((request.url.host, request.headers["Host"], sni))
        if request.url.host in self.down:
            raise httpx.ConnectError("refused")
        if self.redirect and request.url.path == "/moved":
            return httpx.Response(302, headers={"Location": self.redirect})
        return httpx.Response(200, text="ok")


async def resolve(host: str, _port: int) -> Sequence[str]:
    return HOSTS[host]


def get(web: Web, url: str) -> httpx.Response:
    async def run() -> httpx.Response:
        async with client(Reachable(resolve=resolve), web) as http:
            return await http.get(url)

    return asyncio.run(run())


def test_the_address_that_was_checked_is_connected_to_under_the_hosts_name() -> None:
    web = Web()
    answer = get(web, "https://shop.example/page")
    assert web.seen == [("93.184.215.14", "shop.example", "shop.example")]
    assert str(answer.url) == "https://shop.example/page"


def test_the_next_address_is_tried_when_one_is_down() -> None:
    web = Web("1.1.1.1")
    assert get(web, "http://two.example/").is_success
    assert [address for address, *_ in web.seen] == ["1.1.1.1", "1.0.0.1"]


def test_a_host_that_is_down_altogether_is_told() -> None:
    with pytest.raises(httpx.ConnectError, match="refused"):
        get(Web("1.1.1.1", "1.0.0.1"), "http://two.example/")


@pytest.mark.parametrize("target", ["http://inside.example/", "//inside.example/"])
def test_a_redirect_into_a_private_network_is_not_followed(target: str) -> None:
    web = Web(redirect=target)
    with pytest.raises(UnsupportedFileError, match=r"inside\.example is not on the public internet"):
        get(web, "https://shop.example/moved")
    assert [address for address, *_ in web.seen] == ["93.184.215.14"]


def test_a_relative_redirect_stays_with_the_host() -> None:
    assert str(get(Web(redirect="/new"), "https://shop.example/moved").url) == "https://shop.example/new"


def test_only_the_webs_protocols_are_spoken() -> None:
    with pytest.raises(httpx.UnsupportedProtocol):
        get(Web(), "ftp://shop.example/")
