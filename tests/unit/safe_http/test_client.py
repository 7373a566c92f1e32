import itertools
from collections.abc import Iterator

import httpx
import pytest

from safe_http.client import guarded_client, in_plain_words, iter_capped, probe
from safe_http.errors import ForbiddenAddressError, NotThereError, TooLargeError, UnreachableError, UrlError
from safe_http.guard import Guard
from tests.unit.safe_http.wire import (
    METADATA,
    PUBLIC,
    PUBLIC_V6,
    Network,
    endless,
    hostile_urls,
    ok,
    redirect,
    resolve,
)

CONTACT = "https://contact.example/"


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """Made once, since reading the certificates takes longer than a test."""
    with guarded_client(Guard(resolve), contact=CONTACT, timeout=5) as made:
        yield made


@pytest.mark.parametrize("url", hostile_urls())
def test_hostile_url_meets_no_connection(client: httpx.Client, network: Network, url: str) -> None:
    with pytest.raises(ForbiddenAddressError), in_plain_words():
        client.get(url)
    assert network.connections == []


@pytest.mark.parametrize("url", [url for url in hostile_urls() if url.isprintable()])
def test_redirect_to_hostile_url_is_not_followed(client: httpx.Client, network: Network, url: str) -> None:
    """What is no absolute URL is relative to the public host: it may go round there, and nowhere else."""
    network.answers = [redirect(url)]
    with pytest.raises(UrlError), in_plain_words():
        client.get("https://example.com/clip.mp4")
    assert {host for host, _ in network.connections} == {PUBLIC}


def test_redirect_to_metadata_is_refused_before_the_second_connection(guard: Guard, network: Network) -> None:
    network.answers = [redirect(f"http://{METADATA}/latest/meta-data/")]
    with pytest.raises(ForbiddenAddressError, match=METADATA):
        probe("http://example.com/clip.mp4", guard, contact=CONTACT)
    assert network.connections == [(PUBLIC, 80)]


def test_redirect_to_a_name_of_metadata_is_refused_at_the_end_of_a_chain(
    guard: Guard, network: Network
) -> None:
    network.answers = [redirect("http://1.1.1.1/b"), redirect("/c"), redirect("http://nat64.example/")]
    with pytest.raises(ForbiddenAddressError, match=r"nat64\.example"):
        probe("http://example.com/a", guard, contact=CONTACT)
    assert network.connections == [(PUBLIC, 80), ("1.1.1.1", 80), ("1.1.1.1", 80)]


def test_name_that_changes_its_meaning_is_resolved_once_per_connection(network: Network) -> None:
    answers = iter([PUBLIC, "127.0.0.1"])
    guard = Guard(lambda _host, _port: [next(answers)])
    assert probe("http://rebinding.example/", guard, contact=CONTACT) == "http://rebinding.example/"
    assert network.connections == [(PUBLIC, 80)]
    with pytest.raises(ForbiddenAddressError):
        probe("http://rebinding.example/", guard, contact=CONTACT)
    assert network.connections == [(PUBLIC, 80)]


def test_name_that_changes_its_meaning_on_a_redirect_to_itself(network: Network) -> None:
    answers = iter([PUBLIC, "127.0.0.1"])
    network.answers = [redirect("/again")]
    with pytest.raises(ForbiddenAddressError):
        probe("http://rebinding.example/", Guard(lambda _host, _port: [next(answers)]), contact=CONTACT)
    assert network.connections == [(PUBLIC, 80)]


def test_address_is_connected_to_and_the_host_is_asked_for(client: httpx.Client, network: Network) -> None:
    answer = client.get("https://example.com:8443/a%2Fb/%C3%B6?X-Amz-Signature=0f%2B/&q=%22[]|")
    assert answer.status_code == 204
    assert network.connections == [(PUBLIC, 8443)]
    assert network.tls_names == ["example.com"]
    assert network.tls_verifies == [True]
    head = network.sent.decode()
    assert head.startswith("GET /a%2Fb/%C3%B6?X-Amz-Signature=0f%2B/&q=%22[]| HTTP/1.1\r\n")
    assert "\r\nHost: example.com:8443\r\n" in head
    assert str(answer.request.url).startswith("https://example.com:8443/a%2Fb/")


def test_trailing_dot_is_no_part_of_the_tls_name(client: httpx.Client, network: Network) -> None:
    client.get("https://example.com./")
    assert network.tls_names == ["example.com"]


def test_hosts_of_one_address_share_no_connection(client: httpx.Client, network: Network) -> None:
    network.answers = [ok(b"a") + ok(b"b")]
    client.get("https://example.com/")
    client.get("https://xn--bcher-kva.example/")
    assert network.connections == [(PUBLIC, 443)] * 2
    assert network.tls_names == ["example.com", "xn--bcher-kva.example"]


def test_next_address_is_tried_when_one_is_down(client: httpx.Client, network: Network) -> None:
    network.down = {PUBLIC_V6}
    assert client.post("https://cdn.example.com/", content=b"the body").is_success
    assert network.connections == [(PUBLIC_V6, 443), ("1.1.1.1", 443)]
    assert network.sent.endswith(b"the body")


def test_no_more_than_three_addresses_are_tried(network: Network) -> None:
    many = [f"1.1.1.{last}" for last in range(1, 100)]
    network.down = set(many)
    with pytest.raises(UnreachableError, match=r"^No connection to many\.example"):
        probe("https://many.example/", Guard(lambda _host, _port: many), contact=CONTACT)
    assert [host for host, _ in network.connections] == many[:3]


def test_proxies_of_the_environment_are_not_used(
    guard: Guard, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:3128")
    probe("https://example.com/", guard, contact=CONTACT)
    assert network.connections == [(PUBLIC, 443)]


def test_trusted_place_is_reached(network: Network) -> None:
    probe("http://127.0.0.1:8123/", Guard(resolve, frozenset({"127.0.0.1:8123"})), contact=CONTACT)
    assert network.connections == [("127.0.0.1", 8123)]


def test_probe_tells_where_redirects_end(guard: Guard, network: Network) -> None:
    network.answers = [redirect("https://cdn.example.com/b"), redirect("c?d=e"), ok(b"")]
    assert probe("http://example.com/a", guard, contact=CONTACT) == "https://cdn.example.com/c?d=e"


def test_probe_does_not_read_the_file(guard: Guard, network: Network) -> None:
    network.answers = [endless("HTTP/1.1 200 OK", "Content-Length: 1000000000")]
    probe("http://example.com/", guard, contact=CONTACT)
    assert network.chunks_read == 1


def test_five_redirects_are_followed_and_no_more(guard: Guard, network: Network) -> None:
    network.answers = [*itertools.repeat(redirect("/again"), 5), ok(b"")]
    assert probe("http://example.com/", guard, contact=CONTACT) == "http://example.com/again"
    network.answers = [redirect("/again")]
    network.connections.clear()
    with pytest.raises(UnreachableError, match=r"^example\.com redirects too often\.$"):
        probe("http://example.com/", guard, contact=CONTACT)
    assert len(network.connections) == 6


def test_body_of_a_redirect_is_not_read(client: httpx.Client, network: Network) -> None:
    network.answers = [
        endless("HTTP/1.1 302 Found", "Location: /b", "Content-Encoding: gzip", "Set-Cookie: a=b"),
        ok(b"here"),
    ]
    assert client.get("http://example.com/a").content == b"here"
    assert network.chunks_read <= 4
    assert b"\r\nCookie: a=b\r\n" in network.sent


@pytest.mark.parametrize(
    "status",
    [
        *("401 Unauthorized", "403 Forbidden", "405 Method Not Allowed", "429 Too Many", "451 Legal"),
        *("500 Oops", "503 Unavailable", "304 Not Modified", "999 Denied"),
    ],
)
def test_an_error_that_may_be_for_us_alone_is_unreachable(
    guard: Guard, network: Network, status: str
) -> None:
    network.answers = [[f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()]]
    with pytest.raises(UnreachableError, match=rf"^example\.com answers with HTTP {status[:3]}\.$") as caught:
        probe("http://example.com/?signature=hush", guard, contact=CONTACT)
    assert not isinstance(caught.value, NotThereError)


@pytest.mark.parametrize("status", ["404 Not Found", "410 Gone"])
def test_a_page_that_is_not_there_is_there_for_nobody(guard: Guard, network: Network, status: str) -> None:
    network.answers = [[f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode()]]
    with pytest.raises(NotThereError, match=rf"^example\.com answers with HTTP {status[:3]}\.$"):
        probe("http://example.com/?signature=hush", guard, contact=CONTACT)


@pytest.mark.parametrize(
    "answer",
    [b"SSH-2.0-OpenSSH_9.6\r\n", b"", b"HTTP/1.1 302 Found\r\nLocation: http://a.example:b/\r\n\r\n"],
)
def test_nonsense_is_unreachable(guard: Guard, network: Network, answer: bytes) -> None:
    network.answers = [[answer]]
    with pytest.raises(UnreachableError, match=r"^example\.com closed the connection"):
        probe("http://example.com/", guard, contact=CONTACT)


def test_silence_is_unreachable() -> None:
    request = httpx.Request("GET", "http://example.com/?signature=hush")
    with pytest.raises(UnreachableError, match=r"^example\.com did not answer in time\.$"), in_plain_words():
        raise httpx.ReadTimeout("timed out", request=request)


def test_who_asks_says_so(guard: Guard, network: Network) -> None:
    probe("http://example.com/", guard, contact=CONTACT)
    agent = b"\r\nUser-Agent: Mozilla/5.0 (compatible; nemo-video-pipeline; +https://contact.example/)\r\n"
    assert agent in network.sent
    assert b"python" not in network.sent


def test_unknown_host_is_not_there(guard: Guard, network: Network) -> None:
    with pytest.raises(NotThereError, match=r"^There is no host named typo\.example\.$"):
        probe("http://typo.example/", guard, contact=CONTACT)
    assert network.connections == []


def test_body_up_to_the_limit_is_read(client: httpx.Client, network: Network) -> None:
    network.answers = [ok(b"12345")]
    with client.stream("GET", "http://example.com/") as response:
        assert b"".join(iter_capped(response, 5)) == b"12345"
    assert b"\r\nAccept-Encoding: identity\r\n" in network.sent


def test_body_said_to_be_too_large_is_not_begun(client: httpx.Client, network: Network) -> None:
    network.answers = [ok(b"123456")]
    with client.stream("GET", "http://example.com/") as response:
        with pytest.raises(TooLargeError, match=r"^The file at example\.com is larger than 5 bytes\.$"):
            b"".join(iter_capped(response, 5))
        assert network.chunks_read == 1


def test_endless_body_is_cut(client: httpx.Client, network: Network) -> None:
    network.answers = [endless("HTTP/1.1 200 OK")]
    got: list[bytes] = []
    with client.stream("GET", "http://example.com/") as response, pytest.raises(TooLargeError):
        got.extend(iter_capped(response, 4500))
    assert sum(map(len, got)) == 4000
    assert network.chunks_read == 6


def test_compressed_body_is_not_taken(client: httpx.Client, network: Network) -> None:
    network.answers = [ok(b"\x1f\x8b", "Content-Encoding: gzip")]
    with client.stream("GET", "http://example.com/") as response, pytest.raises(UnreachableError):
        b"".join(iter_capped(response, 1000))


def test_body_that_breaks_off_is_unreachable(client: httpx.Client, network: Network) -> None:
    network.answers = [[b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n12345"]]
    with (
        client.stream("GET", "http://example.com/") as response,
        pytest.raises(UnreachableError, match=r"^example\.com closed the connection"),
    ):
        b"".join(iter_capped(response, 10))
