"""What is found at a URL, answered from this process."""

import asyncio
from pathlib import Path

import httpx
import pytest
from PIL import Image

from studio.errors import UnsupportedFileError
from studio.media import intake
from studio.media.browser import Browser, Captured
from studio.media.intake import Access
from studio.media.items import Kind, Media, Part, Spot
from tests.unit.studio.runners import here

HTML = (
    '<title>Lamp | Halden</title><meta property="og:image" content="/small.png">'
    '<main><img src="large.png"></main>'
)


def png(tmp_path: Path, side: int) -> bytes:
    path = tmp_path / f"{side}.png"
    Image.new("RGB", (side, side), (200, 90, 40)).save(path)
    return path.read_bytes()


class Site(httpx.MockTransport):
    def __init__(self, tmp_path: Path, html: str = HTML) -> None:
        answers = {
            "/lamp": (html.encode(), "text/html; charset=utf-8"),
            "/small.png": (png(tmp_path, 32), "image/png"),
            "/large.png": (png(tmp_path, 640), "image/png"),
            "/strange": (b"<title>x</title>", "text/html; charset=klingon"),
        }

        def answer(request: httpx.Request) -> httpx.Response:
            if request.url.path not in answers:
                return httpx.Response(404)
            content, kind = answers[request.url.path]
            return httpx.Response(200, stream=httpx.ByteStream(content), headers={"content-type": kind})

        super().__init__(answer)


class Screen(Browser):
    """Shows every page the same way."""

    def __init__(self, captured: Captured | None) -> None:
        super().__init__("unused", httpx.AsyncClient)
        self._captured = captured

    async def capture(self, url: str, picture: Path) -> Captured | None:
        assert url == "https://halden.example/lamp"
        if self._captured:
            Image.new("RGB", (288, 700), "white").save(picture, format="JPEG")
        return self._captured


def taken_in(tmp_path: Path, path: str, browser: Browser | None = None, html: str = HTML) -> Media:
    folder = tmp_path / "media"
    folder.mkdir(exist_ok=True)

    async def run() -> Media:
        async with httpx.AsyncClient(transport=Site(tmp_path, html)) as http:
            access = Access(http, here, browser, largest=1_000_000)
            return await intake.from_url(access, f"https://halden.example{path}", folder)

    media = asyncio.run(run())
    assert [file.name for file in folder.iterdir()] == ([media.path.name] if media.path else [])
    return media


def test_a_picture_is_a_picture(tmp_path: Path) -> None:
    media = taken_in(tmp_path, "/large.png")
    assert (media.kind, media.name, media.width) == (Kind.IMAGE, "large.png", 640)


def test_without_a_browser_a_page_has_its_first_picture_that_is_large_enough(tmp_path: Path) -> None:
    media = taken_in(tmp_path, "/lamp")
    assert (media.kind, media.name, media.width) == (Kind.PAGE, "halden.example", 640)
    assert media.page
    assert (media.page.title, media.page.captured) == ("Lamp | Halden", False)


def test_with_a_browser_a_page_is_what_it_shows(tmp_path: Path) -> None:
    spots = (
        Spot(Part.ACTION, 0.1, 0.05, 0.1, 0.1, "Find out more"),
        Spot(Part.PRICE, 0.1, 0.1, 0.1, 0.1, "€149"),
        Spot(Part.ACTION, 0.1, 0.3, 0.1, 0.1, "Order"),
    )
    screen = Screen(Captured("<title>Made by a script</title>", spots, "#d8602c", action="Order"))
    media = taken_in(tmp_path, "/lamp", screen)
    assert (media.kind, media.width, media.height) == (Kind.PAGE, 288, 700)
    page = media.page
    assert page
    assert (page.title, page.captured, page.spots) == ("Made by a script", True, spots)
    assert (page.price, page.action, page.colour) == ("€149", "Order", "#d8602c")


def test_a_page_with_several_prices_has_none_that_is_its_own(tmp_path: Path) -> None:
    spots = tuple(Spot(Part.PRICE, 0.1, 0.1 * step, 0.1, 0.1, f"€{step}9") for step in (1, 2))
    page = taken_in(tmp_path, "/lamp", Screen(Captured("<title>Plans</title>", spots, None))).page
    assert page
    assert page.price == ""


def test_what_the_browser_cannot_show_is_read_by_its_markup(tmp_path: Path) -> None:
    media = taken_in(tmp_path, "/lamp", Screen(None))
    assert media.page
    assert (media.page.title, media.page.captured) == ("Lamp | Halden", False)


def test_a_character_set_that_nobody_knows(tmp_path: Path) -> None:
    assert taken_in(tmp_path, "/strange").page


@pytest.mark.parametrize(("path", "html", "why"), [("/gone", HTML, "404"), ("/lamp", "<p>hello", "neither")])
def test_what_cannot_be_read_leaves_nothing_behind(tmp_path: Path, path: str, html: str, why: str) -> None:
    with pytest.raises(UnsupportedFileError, match=why):
        taken_in(tmp_path, path, html=html)
    assert list((tmp_path / "media").iterdir()) == []


def test_an_empty_page_is_refused_although_it_can_be_shown(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedFileError, match="neither"):
        taken_in(tmp_path, "/lamp", Screen(Captured("<p></p>", (), None)))
    assert list((tmp_path / "media").iterdir()) == []
