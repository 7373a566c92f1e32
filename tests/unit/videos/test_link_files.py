from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.template.sam import ROOT
from videos.link_files import NoAddressError, address_in, holds_address, text_below

REAL: list[Path] = sorted((ROOT / "tests/e2e/drops").iterdir())
ADDRESS = "https://tidewater.example/kettle?colour=steel&size=1%2C7"


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.name)
def test_the_address_is_found_in_what_systems_write(path: Path) -> None:
    assert address_in(path.name, path.read_bytes()) == ADDRESS


def test_there_are_files_of_every_system() -> None:
    assert {path.suffix for path in REAL} == {".url", ".webloc", ".desktop", ".txt"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_any_encoding_is_read(encoding: str) -> None:
    body = f"[InternetShortcut]\r\nName=Größe\r\nURL={ADDRESS}\r\n".encode(encoding)
    assert address_in("Link.URL", body) == ADDRESS


@pytest.mark.parametrize(
    "text",
    [
        ADDRESS,
        ADDRESS.removeprefix("https://"),
        f"<{ADDRESS}>\nMake it short.",
        f"\u200b{ADDRESS}\ufeff\r\nMake it short.",
        f"\n\n\u00a0{ADDRESS} \n",
    ],
)
def test_an_address_is_read_as_people_copy_it(text: str) -> None:
    assert address_in("a.txt", text.encode()) == ADDRESS
    assert holds_address(text)


@pytest.mark.parametrize("text", ["and/or", "1.5/2", "Shine.", "a.b", "photo.png", "Fade in/out."])
def test_a_sentence_is_no_address(text: str) -> None:
    assert not holds_address(text)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.url", b""),
        ("a.url", b"URL=https://example.com"),
        ("a.url", b"[InternetShortcut]\nURL="),
        ("a.url", b"[Other]\nURL=https://example.com"),
        ("a.url", b"[InternetShortcut]\nURL=https://example.com and more"),
        ("a.url", b"[InternetShortcut]\nURL=C:\\kettle.html"),
        ("a.url", b"[InternetShortcut]\nURL\n  https://example.com"),
        ("a.url", b"[InternetShortcut]\n  \n =\n[\nURL=https://example.com"),
        ("a.desktop", b"[Desktop Entry]\nType=Application\nExec=kettle"),
        ("a.webloc", b"<plist><dict><key>URL</key><integer>1</integer></dict></plist>"),
        ("a.webloc", b"<plist><array/></plist>"),
        ("a.webloc", b"bplist00"),
        ("a.txt", b"notes for Monday\nhttps://example.com"),
        ("a.txt", b"example.com"),
        ("a.txt", b""),
    ],
)
def test_a_file_without_an_address_is_told_from_one_with(name: str, body: bytes) -> None:
    with pytest.raises(NoAddressError):
        address_in(name, body)


def test_entities_are_not_unfolded() -> None:
    bomb = b'<!DOCTYPE p [<!ENTITY a "https://example.com">]><plist><dict><key>URL</key><string>&a;</string></dict></plist>'
    with pytest.raises(NoAddressError):
        address_in("a.webloc", bomb)


def test_what_stands_below_an_address_says_what_to_do() -> None:
    assert text_below(b"\xef\xbb\xbf\r\nhttps://example.com\r\n\r\nMake it square.\r\nTen seconds.") == (
        "Make it square.\r\nTen seconds."
    )
    assert text_below(b"https://example.com\n \n") is None


@given(name=st.sampled_from(["a.url", "a.webloc", "a.desktop", "a.txt", "url"]), body=st.binary(max_size=300))
@example("a.webloc", b"bplist00" + b"\xff" * 40)
@example("a.webloc", b"bplist00" + bytes(8) + bytes([0] * 6 + [1, 1]) + b"\x7f" + b"\xff" * 7 + bytes(16))
@example("a.url", b"[" * 200)
@example("a.url", b"[InternetShortcut\nURL=x")
def test_no_bytes_lead_to_anything_but_an_address_or_none(name: str, body: bytes) -> None:
    with suppress(NoAddressError):
        assert "://" in address_in(name, body)


@given(st.sampled_from(REAL), st.data())
def test_nor_do_broken_ones(path: Path, data: st.DataObject) -> None:
    body = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        body[data.draw(st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(body)))
    with suppress(NoAddressError):
        assert "://" in address_in(path.name, bytes(body[:cut]))
