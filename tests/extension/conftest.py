"""A browser with the extension, and a pipeline that answers as it is told to."""

import functools
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, Playwright, sync_playwright

from tests.browser.film import write_film
from tests.extension.chrome import SOURCE, Chrome, chrome_with, chromium
from tests.extension.stand_in import KEY, StandIn, standing_in

PAGES = Path(__file__).parent / "pages"


@pytest.fixture(scope="module")  # while it is open its event loop runs, and asyncio.run() is refused
def playwright() -> Iterator[Playwright]:
    chromium()
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="module")
def installed(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """A browser for all tests of a module: starting one takes longer than most of them."""
    with chrome_with(SOURCE, tmp_path_factory.mktemp("profile"), chromium(), playwright) as chrome:
        yield chrome
        assert chrome.errors() == []


@pytest.fixture
def chrome(installed: Chrome) -> Chrome:
    """A browser whose extension remembers nothing."""
    installed.forget()
    return installed


@pytest.fixture(scope="session")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished video, and its poster."""
    folder = tmp_path_factory.mktemp("films")
    write_film(folder / "film.mp4", width=480, height=270, seconds=1)
    poster = Image.new("RGB", (480, 270), "#264653")
    ImageDraw.Draw(poster).ellipse((180, 75, 300, 195), fill="#e9c46a")
    poster.save(folder / "poster.jpg")
    return folder


@pytest.fixture(scope="module")
def _stand_in(films: Path) -> Iterator[StandIn]:
    with standing_in(films) as stand_in:
        yield stand_in


@pytest.fixture
def stand_in(_stand_in: StandIn) -> StandIn:
    """A pipeline that nobody has asked for anything."""
    _stand_in.forget()
    return _stand_in


@pytest.fixture
def connected(chrome: Chrome, stand_in: StandIn) -> Chrome:
    """The extension, connected to the stand-in."""
    if not chrome.may_reach(stand_in.url):
        chrome.allow(stand_in.url)
    assert chrome.connect(stand_in.url, KEY).startswith("Connected.")
    stand_in.requests.clear()
    return chrome


@pytest.fixture(scope="session")
def pages() -> Iterator[str]:
    """The address of the site with the pages that are captured."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(PAGES))) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


@pytest.fixture
def kettle(connected: Chrome, pages: str) -> Page:
    """A page like any other, in front."""
    return connected.open(f"{pages}/kettle.html")
