from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.template.sam import ROOT
from videos.requests.link_files import NoAddressError, TextLink, address_in, begins_with_address, link_in

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
    assert begins_with_address(text)


@pytest.mark.parametrize("text", ["and/or", "1.5/2", "Shine.", "a.b", "photo.png", "Fade in/out."])
def test_a_sentence_is_no_address(text: str) -> None:
    assert not begins_with_address(text)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("a.url", b""),
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
        ("a.txt", b"notes for Monday\nBuy milk.\nhttps://example.com"),
        ("a.txt", b"Kettle\nhttps://example.com/a\nPot\nhttps://example.com/b"),
        ("a.txt", b"From https://example.com/a to https://example.com/b"),
        ("a.txt", b"The page https://example.com is down."),
        ("a.txt", b"Free for all uses.\nPhotos from https://example.com"),
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


@pytest.mark.parametrize(
    ("text", "title", "instruction"),
    [
        ("{0}\r\n\r\nMake it square.\r\nTen seconds.", None, "Make it square.\nTen seconds."),
        ("\ufeff\r\n{0}\r\n \r\n", None, None),
        ("{0}\rMake it square.", None, "Make it square."),
        ("The Tidewater kettle\n{0}", "The Tidewater kettle", None),
        ("\nThe Tidewater kettle\r\n\r\n<{0}>\r\nMake it short.", "The Tidewater kettle", "Make it short."),
        ("Make a short video of this:\n{0}", None, "Make a short video of this:"),
        ("\u77ed\u3044\u52d5\u753b\u3092\u3002\n{0}", None, "\u77ed\u3044\u52d5\u753b\u3092\u3002"),
        ("Introduce it.\n{0}\nMake it short.", None, "Introduce it.\nMake it short."),
        ("The Tidewater kettle {0}", "The Tidewater kettle", None),
        ("The Tidewater kettle \u2013 {0}", "The Tidewater kettle", None),
        ("Introduce it in ten seconds! {0}", None, "Introduce it in ten seconds!"),
        ("{0} Make it square.", None, "Make it square."),
        ("The Tidewater kettle\t{0}", "The Tidewater kettle", None),
        ("The Tidewater kettle\u00a0{0}", "The Tidewater kettle", None),
        ("# The Tidewater kettle\n\n{0}", "The Tidewater kettle", None),
        ("[The Tidewater kettle]({0})", "The Tidewater kettle", None),
        ("The Tidewater kettle <{0}>", "The Tidewater kettle", None),
        ("\u300c\u6c34\u58f6\u300d{0}", "\u300c\u6c34\u58f6\u300d", None),
        ("Introduce this kettle: {0}.", None, "Introduce this kettle:"),
        ("{0}, Make it short.", None, "Make it short."),
        ('"{0}"', None, None),
        ("\u00ab{0}\u00bb", None, None),
        ("Look ({0})", "Look", None),
        ("* The Tidewater kettle\n{0}", "The Tidewater kettle", None),
        ("1. {0}", None, None),
        (
            "The Tidewater kettle with a very long na\u2026\n{0}",
            "The Tidewater kettle with a very long na\u2026",
            None,
        ),
        ("{0} - Make it short.", None, "Make it short."),
        ("URL: {0}", None, None),
        ("Product page:\n{0}\nMake it short.", None, "Make it short."),
        ("\u94fe\u63a5\uff1a{0}", None, None),
        ("{0}\n{0}", None, None),
        ("The Tidewater kettle\n{0}\n{0}", "The Tidewater kettle", None),
    ],
)
def test_words_around_an_address_are_its_title_or_say_what_to_do(
    text: str, title: str | None, instruction: str | None
) -> None:
    link = link_in(text.format(ADDRESS))
    assert link is not None
    assert (link.address, link.title, link.instruction) == (ADDRESS, title, instruction)
    assert address_in("a.txt", text.format(ADDRESS).encode()) == ADDRESS


def test_a_bracket_may_be_a_part_of_an_address() -> None:
    address = "https://wiki.example/Kettle_(landform)"
    assert link_in(f"Kettle {address}") == TextLink(address, above="Kettle")
    assert link_in(f"(See {address})") == TextLink(address, above="(See")


def test_several_addresses_are_told_from_one() -> None:
    other = "https://tidewater.example/pot"
    assert link_in(f"{ADDRESS}\n{other}") == TextLink(ADDRESS, below=other)
    assert link_in(f"Kettles\n{ADDRESS}\n{other}") is None


@pytest.mark.parametrize("name", ["a.url", "a.URL", "a.webloc", "a.desktop", "a.txt"])
@pytest.mark.parametrize(
    "body",
    [
        f"{ADDRESS}\n",
        f"URL={ADDRESS}\n",
        f"[InternetShortcut]\r\nURL={ADDRESS}\r\n",
        f'[InternetShortcut]\r\nURL="{ADDRESS}"\r\n',
        f"[InternetShortcut]\r\nURL={ADDRESS.removeprefix('https://')}\r\n",
        f"[Desktop Entry]\nType=Link\nURL={ADDRESS}\n",
        f"<plist><dict><key>URL</key><string>{ADDRESS.replace('&', '&amp;')}</string></dict></plist>",
    ],
)
def test_the_content_of_a_link_file_decides_whatever_its_ending(name: str, body: str) -> None:
    assert address_in(name, body.encode()) == ADDRESS


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
