"""Pictures at addresses that the backend would not take."""

import io
import itertools
from pathlib import PurePosixPath

import pytest
from PIL import Image

from pictures import ConvertedPictures
from safe_http.guard import Guard
from tests.support.media import picture
from tests.unit.safe_http.wire import METADATA, Network, endless, ok, redirect
from videos.model.errors import RefusedError
from videos.model.ports import Picture

AVIF = picture("AVIF")


def _at(url: str, guard: Guard) -> Picture | None:
    return ConvertedPictures(guard, contact="https://contact.example/").at(url)


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://example.com/a/photo.avif?w=1", "photo.jpg"),
        ("https://example.com/photo.jpg", "photo.jpg"),
        ("https://example.com/image?id=7", "image.jpg"),
        ("https://example.com/", "picture.jpg"),
        ("https://example.com/Gr%C3%BC%C3%9Fe.heic", "Grüße.jpg"),
    ],
)
@pytest.mark.parametrize("kind", ["image/avif", "image/jpeg", "application/octet-stream", None])
def test_it_is_known_by_its_bytes(
    guard: Guard, network: Network, url: str, name: str, kind: str | None
) -> None:
    network.answers = [ok(AVIF, *([f"Content-Type: {kind}"] if kind else []))]
    found = _at(url, guard)
    assert found is not None
    assert (found.name, found.mime) == (name, "image/jpeg")
    assert Image.open(io.BytesIO(found.content)).format == "JPEG"
    assert PurePosixPath(found.name).name == found.name


def test_redirects_are_followed_and_checked(guard: Guard, network: Network) -> None:
    network.answers = [redirect("https://cdn.example.com/x/photo.avif"), ok(AVIF)]
    found = _at("https://example.com/p", guard)
    assert found is not None
    assert found.name == "photo.jpg"
    network.answers = [redirect(f"http://{METADATA}/photo.avif")]
    assert _at("https://example.com/p", guard) is None


@pytest.mark.parametrize(
    "answer",
    [
        ok(picture("JPEG"), "Content-Type: image/jpeg"),
        ok(b"<!doctype html>", "Content-Type: text/html"),
        ok(b""),
        ok(AVIF[:60]),
        [b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n"],
        [b"no HTTP at all\r\n\r\n"],
        ok(AVIF, "Content-Encoding: gzip"),
        [b"HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n", AVIF],
    ],
)
def test_everything_else_is_left_to_the_backend(guard: Guard, network: Network, answer: list[bytes]) -> None:
    network.answers = [answer]
    assert _at("https://example.com/photo.avif", guard) is None


def test_a_picture_that_drips_is_left_to_the_backend(
    guard: Guard, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = itertools.count(step=60)
    monkeypatch.setattr("pictures.fetching.time.monotonic", lambda: next(clock))
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(AVIF)}\r\n\r\n".encode()
    network.answers = [[head, *(AVIF[at : at + 20] for at in range(0, len(AVIF), 20))]]
    assert _at("https://example.com/photo.avif", guard) is None
    assert network.chunks_read < 10


def test_of_what_is_no_such_picture_only_the_beginning_is_read(guard: Guard, network: Network) -> None:
    network.answers = [endless("HTTP/1.1 200 OK", "Content-Type: video/mp4")]
    assert _at("https://example.com/clip.mp4", guard) is None
    assert network.chunks_read < 5


@pytest.mark.parametrize(
    ("body", "name", "mime"),
    [
        (picture("PNG"), "our.png", "image/png"),
        (picture("WEBP"), "our.webp", "image/webp"),
        (AVIF, "our.jpg", "image/jpeg"),
    ],
)
def test_a_logo_is_fetched_whatever_its_format(
    guard: Guard, network: Network, body: bytes, name: str, mime: str
) -> None:
    network.answers = [ok(body)]
    found = ConvertedPictures(guard, contact="").picture_at("https://example.com/our.png")
    assert (found.name, found.mime) == (name, mime)
    assert Image.open(io.BytesIO(found.content)).size == (8, 8)


@pytest.mark.parametrize(
    "answer",
    [
        ok(b"<!doctype html>", "Content-Type: text/html"),
        ok(b"<svg/>", "Content-Type: image/svg+xml"),
        ok(b"RIFF\x00\x00\x00\x00WAVEfmt "),
        redirect(f"http://{METADATA}/logo.png"),
        [b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"],
    ],
)
def test_what_is_no_logo_is_refused_without_its_secrets(
    guard: Guard, network: Network, answer: list[bytes]
) -> None:
    network.answers = [answer]
    with pytest.raises(RefusedError, match=r"no picture at https://example\.com/our\.png") as caught:
        ConvertedPictures(guard, contact="").picture_at("https://me:hush@example.com/our.png?sig=hush")
    assert "hush" not in str(caught.value)
