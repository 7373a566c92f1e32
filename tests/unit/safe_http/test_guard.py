import socket
from ipaddress import ip_address
from pathlib import Path

import pytest

from safe_http.errors import ForbiddenAddressError, NotThereError, UnreachableError
from safe_http.guard import Guard
from safe_http.guard import resolve as system_resolve
from tests.unit.safe_http.wire import NAMES, PUBLIC, PUBLIC_V6, hostile_urls, numeric_getaddrinfo, resolve

GOOD = [
    ("http://example.com", "http://example.com", PUBLIC),
    ("https://example.com/", "https://example.com/", PUBLIC),
    ("HTTPS://EXAMPLE.com/Clip.MP4", "https://example.com/Clip.MP4", PUBLIC),
    ("https://example.com./clip.mp4", "https://example.com./clip.mp4", PUBLIC),
    ("http://example.com:80/", "http://example.com/", PUBLIC),
    ("https://example.com:443/", "https://example.com/", PUBLIC),
    ("https://example.com:80/", "https://example.com:80/", PUBLIC),
    ("http://example.com:8080/", "http://example.com:8080/", PUBLIC),
    ("https://example.com:1024/", "https://example.com:1024/", PUBLIC),
    ("https://example.com:65535/", "https://example.com:65535/", PUBLIC),
    ("https://example.com:/", "https://example.com/", PUBLIC),
    ("https://cdn.example.com/a", "https://cdn.example.com/a", PUBLIC_V6),
    ("https://1.1.1.1.example/", "https://1.1.1.1.example/", "1.1.1.1"),
    ("https://1.1.1.1/", "https://1.1.1.1/", "1.1.1.1"),
    ("http://8.8.8.8:8080/", "http://8.8.8.8:8080/", "8.8.8.8"),
    (f"https://[{PUBLIC_V6}]/", f"https://[{PUBLIC_V6}]/", PUBLIC_V6),
    ("https://[2001:4860:4860::8888]:8443/", "https://[2001:4860:4860::8888]:8443/", "2001:4860:4860::8888"),
    ("http://[::ffff:8.8.8.8]/", "http://[::ffff:8.8.8.8]/", "::ffff:8.8.8.8"),
    ("http://[64:ff9b::808:808]/", "http://[64:ff9b::808:808]/", "64:ff9b::808:808"),
    ("http://ipv6-only.example/", "http://ipv6-only.example/", "64:ff9b::5db8:d70e"),
    ("https://Bücher.example/", "https://xn--bcher-kva.example/", PUBLIC),
    ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example/", PUBLIC),
    ("https://my_bucket.s3.amazonaws.com/a+b?X-Amz-Signature=0f%2B", None, "52.216.1.1"),
    ("https://example.com/?next=http://127.0.0.1/", "https://example.com/?next=http://127.0.0.1/", PUBLIC),
    ("https://example.com/a@127.0.0.1/", "https://example.com/a@127.0.0.1/", PUBLIC),
    ("https://example.com/#@127.0.0.1", "https://example.com/#@127.0.0.1", PUBLIC),
    ("https://example.com/ö b", "https://example.com/%C3%B6%20b", PUBLIC),
    ("https://@example.com/", "https://example.com/", PUBLIC),
]


def test_corpus_is_large() -> None:
    assert len(set(hostile_urls())) >= 180


@pytest.mark.parametrize("url", hostile_urls())
def test_hostile_url_is_forbidden(guard: Guard, url: str) -> None:
    with pytest.raises(ForbiddenAddressError) as refusal:
        guard.check(url)
    assert str(refusal.value).endswith(".")
    assert refusal.value.advice


@pytest.mark.parametrize(("url", "normal", "address"), GOOD)
def test_good_url_passes(guard: Guard, url: str, normal: str | None, address: str) -> None:
    checked = guard.check(url)
    assert str(checked.url) == (normal or url)
    assert checked.addresses[0] == ip_address(address)


def test_check_gives_host_port_and_every_address(guard: Guard) -> None:
    checked = guard.check("https://cdn.example.com/a")
    assert (checked.host, checked.port) == ("cdn.example.com", 443)
    assert [str(address) for address in checked.addresses] == NAMES["cdn.example.com"]


@pytest.mark.parametrize(
    "url",
    [
        "https://user:hush@example.com/",
        "https://hush@127.0.0.1/",
        "https://127.0.0.1/hush?signature=hush#hush",
        "https://intranet:8443/hush?signature=hush",
        "https://example.com:hush/",
        "https://unknown.example/hush?hush",
        "https://exa mple.com/?hush",
        "https://example.com\n/hush",
    ],
)
def test_refusals_keep_secrets(guard: Guard, url: str) -> None:
    with pytest.raises(ValueError, match=r"\.$") as refusal:
        guard.check(url)
    shown: BaseException | None = refusal.value
    while shown is not None:
        assert "hush" not in f"{shown} {getattr(shown, 'advice', '')}"
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)


def test_refusal_names_the_host_and_the_reason(guard: Guard) -> None:
    with pytest.raises(
        ForbiddenAddressError,
        match=r"^intranet leads to a private address, which is not on the public internet\.$",
    ):
        guard.check("https://intranet/")


@pytest.mark.parametrize("answer", [[], None])
def test_unknown_host_is_unreachable(answer: list[str] | None) -> None:
    def unknown(_host: str, _port: int) -> list[str]:
        if answer is None:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return answer

    with pytest.raises(UnreachableError, match=r"^There is no host named typo\.example\.$"):
        Guard(unknown).check("https://typo.example/")


def test_a_host_that_cannot_be_looked_up_now_may_be_there() -> None:
    def fails(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    with pytest.raises(UnreachableError, match=r"^shop\.example cannot be looked up now\.$") as caught:
        Guard(fails).check("https://shop.example/")
    assert not isinstance(caught.value, NotThereError)


def test_trusted_place_may_have_any_address() -> None:
    guard = Guard(resolve, frozenset({"localhost:8123", "127.0.0.1:80", "[::1]:8123"}))
    assert str(guard.check("http://localhost:8123/").addresses[0]) == "127.0.0.1"
    assert guard.check("http://127.0.0.1/").port == 80
    assert guard.check("http://[::1]:8123/").host == "::1"


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8124/",
        "http://localhost/",
        "http://127.0.0.1:8123/",
        "http://user@localhost:8123/",
        "ftp://localhost:8123/",
        "http://0x7f000001:8123/",
    ],
)
def test_trust_reaches_no_further(url: str) -> None:
    with pytest.raises(ForbiddenAddressError):
        Guard(resolve, frozenset({"localhost:8123"})).check(url)


@pytest.mark.parametrize(
    "disguise", ["2130706433", "0x7f000001", "0177.0.0.1", "127.1", "①②⑦.⓪.⓪.①", "127。0。0。1"]
)
def test_system_resolver_sees_through_disguises(disguise: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reason to judge what is connected to, and not only how it is written."""
    monkeypatch.setattr(socket, "getaddrinfo", numeric_getaddrinfo)
    assert system_resolve(disguise, 80) == ["127.0.0.1"]


def test_corpus_tells_why() -> None:
    lines = Path(__file__).with_name("hostile_urls.txt").read_text(encoding="utf-8").splitlines()
    assert all(len(line.split("\t")) == 2 for line in lines if line and not line.startswith("#"))
