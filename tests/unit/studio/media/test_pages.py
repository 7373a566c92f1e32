"""Hostile servers: what they name, and what they send."""

import asyncio
import gzip
import zlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import httpx
import pytest

from studio.errors import FileTooLargeError, UnsupportedFileError
from studio.media import pages
from studio.media.addresses import Reachable
from studio.media.fetching import MOST_REDIRECTS, client
from studio.media.pages import Fetched, fetch
from tests.unit.safe_http.wire import hostile_urls
from tests.unit.safe_http.wire import resolve as resolved

LIMIT = 100_000
INVALID_NAMES = ["http://xn--/", "http://xn--a/", "http://a.xn--.example/", "http://XN--/", "http://a%20b/"]


class Server(httpx.AsyncBaseTransport):
    """Answers everything the same way, and counts what of it is read."""

    def __init__(self, *chunks: bytes, headers: dict[str, str] | None = None, status: int = 200) -> None:
        self.chunks = chunks
        self.headers = headers or {}
        self.status = status
        self.asked: list[httpx.Request] = []
        self.read = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.path != "/":
            return httpx.Response(200, stream=httpx.ByteStream(b"there"))
        return httpx.Response(self.status, headers=self.headers, stream=_Counted(self))


class _Counted(httpx.AsyncByteStream):
    def __init__(self, server: Server) -> None:
        self._server = server

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._server.chunks:
            self._server.read += 1
            yield chunk


async def _resolve(host: str, port: int) -> Sequence[str]:
    return [str(address) for address in resolved(host, port)]


def fetched(server: Server, tmp_path: Path, url: str = "https://example.com/") -> Fetched:
    async def run() -> Fetched:
        async with client(Reachable(resolve=_resolve), server) as http:
            return await fetch(http, url, tmp_path / "file", largest=LIMIT)

    return asyncio.run(run())


@pytest.mark.parametrize("url", [*hostile_urls(), *INVALID_NAMES])
def test_a_hostile_address_is_refused_before_any_connection(tmp_path: Path, url: str) -> None:
    server = Server(b"secret")
    with pytest.raises(UnsupportedFileError):
        fetched(server, tmp_path, url)
    assert server.asked == []


@pytest.mark.parametrize(
    "host",
    [
        *("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0x7f.1", "0X7F.1", "127.0.0.1.", "0", "1.0x"),
        *("169.254.43518", "a.0x7f", "example.1", "08.8.8.8", "1.2.3.4.5", "256.1.1.1"),
        *("a..example", ".example", "127.0.0.1..", "."),
    ],
)
def test_a_number_in_disguise_is_no_name_whatever_a_resolver_makes_of_it(tmp_path: Path, host: str) -> None:
    async def any_name(_host: str, _port: int) -> Sequence[str]:
        return ["93.184.215.14"]

    async def run(server: Server, url: str) -> Fetched:
        async with client(Reachable(resolve=any_name), server) as http:
            return await fetch(http, url, tmp_path / "file", largest=LIMIT)

    server = Server(b"secret")
    with pytest.raises(UnsupportedFileError):
        asyncio.run(run(server, f"http://{host}/"))
    assert server.asked == []
    for name in (
        "1.1.1.1",
        "1.example",
        "0x.example",
        "0x7f-1",
        "example.x1",
        "[::ffff:1.1.1.1]",
        "a.example.",
    ):
        asyncio.run(run(server, f"http://{name}/"))
    assert len(server.asked) == 7


@pytest.mark.parametrize("url", [*INVALID_NAMES, "http://10.0.0.1/", "//xn--/", "http://[::1"])
def test_a_redirect_to_one_is_not_followed(tmp_path: Path, url: str) -> None:
    server = Server(headers={"Location": url}, status=302)
    with pytest.raises(UnsupportedFileError):
        fetched(server, tmp_path)
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("", bytes),
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("x-gzip", gzip.compress),
        ("deflate", zlib.compress),
    ],
)
def test_what_is_packed_once_is_unpacked(tmp_path: Path, encoding: str, pack: object) -> None:
    content = bytes(range(256)) * 200
    packed = pack(content)  # type: ignore[operator]
    fetched(Server(packed[:7], packed[7:], headers={"Content-Encoding": encoding}), tmp_path)
    assert (tmp_path / "file").read_bytes() == content


@pytest.mark.parametrize(
    "encoding",
    ["gzip, gzip", "gzip,deflate", "br", "zstd", "compress", "identity, gzip", "gzip, identity", "x"],
)
def test_what_is_packed_in_any_other_way_is_refused_unread(tmp_path: Path, encoding: str) -> None:
    server = Server(gzip.compress(gzip.compress(bytes(10_000_000))), headers={"Content-Encoding": encoding})
    with pytest.raises(UnsupportedFileError, match="packed as"):
        fetched(server, tmp_path)
    assert server.read == 0


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_what_unfolds_to_more_than_allowed_is_not_unfolded(tmp_path: Path, encoding: str) -> None:
    bomb = (gzip if encoding == "gzip" else zlib).compress(bytes(50_000_000))
    with pytest.raises(FileTooLargeError):
        fetched(Server(bomb, headers={"Content-Encoding": encoding}), tmp_path)
    assert (tmp_path / "file").stat().st_size <= 2 * LIMIT


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
def test_what_cannot_be_unpacked_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(UnsupportedFileError, match="unpacked"):
        fetched(Server(b"not packed at all", headers={"Content-Encoding": encoding}), tmp_path)


def test_the_body_of_a_redirect_is_not_read(tmp_path: Path) -> None:
    endless = [bytes(1000)] * 1000
    server = Server(*endless, headers={"Location": "https://example.com/there"}, status=302)
    fetched(server, tmp_path)
    assert server.read == 0
    assert (tmp_path / "file").read_bytes() == b"there"


def test_redirects_without_end_are_told_in_a_sentence(tmp_path: Path) -> None:
    server = Server(headers={"Location": "https://example.com/"}, status=302)
    with pytest.raises(UnsupportedFileError, match=r"redirects\. Check the address"):
        fetched(server, tmp_path)
    assert len(server.asked) <= MOST_REDIRECTS + 1


def test_packed_answers_are_not_asked_for(tmp_path: Path) -> None:
    server = Server(b"x")
    fetched(server, tmp_path)
    assert server.asked[0].headers["accept-encoding"] == "identity"


def test_a_session_of_one_upload_does_not_speak_for_another(tmp_path: Path) -> None:
    server = Server(b"x", headers={"Set-Cookie": "id=1"})
    for _ in range(2):
        fetched(server, tmp_path)
    assert "cookie" not in server.asked[1].headers


@pytest.mark.parametrize("charset", ["klingon", "punycode", "idna", "unicode_escape", "hex", "undefined"])
def test_a_page_may_name_any_character_set(tmp_path: Path, charset: str) -> None:
    server = Server(b"<title>x</title>", headers={"Content-Type": f"text/html; charset={charset}"})
    assert fetched(server, tmp_path).html == b"<title>x</title>"


class Dripping(httpx.AsyncByteStream):
    """Sends a piece every hundredth of a second."""

    def __init__(self, size: int, pieces: int) -> None:
        self.size, self.pieces = size, pieces

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self.pieces):
            await asyncio.sleep(0.01)
            yield bytes(self.size)


class SlowServer(httpx.AsyncBaseTransport):
    def __init__(self, silent_s: float, body: Dripping) -> None:
        self.silent_s, self.body = silent_s, body

    async def handle_async_request(self, _request: httpx.Request) -> httpx.Response:
        await asyncio.sleep(self.silent_s)
        return httpx.Response(200, stream=self.body)


@pytest.mark.parametrize(
    ("silent_s", "size", "is_taken"), [(0, 1, False), (20, 1, False), (0, 1000, True), (0.02, 1000, True)]
)
def test_who_answers_a_byte_at_a_time_keeps_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, silent_s: float, size: int, *, is_taken: bool
) -> None:
    monkeypatch.setattr(pages, "PATIENCE_S", 0.4)
    monkeypatch.setattr(pages, "SLOWEST", 2000)

    async def run() -> Fetched:
        server = SlowServer(silent_s, Dripping(size, 80))
        async with client(Reachable(resolve=_resolve), server) as http, asyncio.timeout(10):
            return await fetch(http, "https://example.com/", tmp_path / "file", largest=LIMIT)

    if is_taken:
        assert asyncio.run(run()).html is None
    else:
        with pytest.raises(UnsupportedFileError, match="it answers too slowly"):
            asyncio.run(run())


def test_no_answer_comes_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "PATIENCE_S", 0.1)
    monkeypatch.setattr(pages, "LIMIT_S", 0.3)
    monkeypatch.setattr(pages, "SLOWEST", 1)

    async def run() -> None:
        server = SlowServer(0, Dripping(10, 1000))
        async with client(Reachable(resolve=_resolve), server) as http, asyncio.timeout(10):
            await fetch(http, "https://example.com/", tmp_path / "file", largest=LIMIT)

    with pytest.raises(UnsupportedFileError, match="it answers too slowly"):
        asyncio.run(run())
