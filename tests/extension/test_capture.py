"""Taking pictures of pages: all of a page, once; what cannot be taken; and a page as it was before."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image
from playwright.sync_api import Page, Playwright

from tests.extension.chrome import SOURCE, Chrome, chrome_with, chromium
from tests.extension.stand_in import KEY, StandIn
from tests.support.waiting import awaited

pytestmark = pytest.mark.thorough

Pixels = npt.NDArray[np.int16]
MAGENTA, CYAN, YELLOW, RED, GREEN = (255, 0, 255), (0, 255, 255), (255, 255, 0), (255, 0, 0), (0, 255, 0)
STATE = "() => [scrollX, scrollY, document.body.outerHTML, document.documentElement.getAttribute('style')]"


def _uploaded(stand_in: StandIn, index: int = 0) -> Image.Image:
    """The picture in an upload."""
    body = stand_in.files[str(index)]
    start = body.index(b"\x89PNG")
    return Image.open(io.BytesIO(body[start:])).convert("RGB")


def _pixels(picture: Image.Image) -> Pixels:
    return np.asarray(picture).astype(np.int16)


def _rows(pixels: Pixels, colour: tuple[int, int, int], column: int) -> list[int]:
    """The rows that have a colour in a column."""
    return [int(row) for row in np.flatnonzero((pixels[:, column] == colour).all(axis=1))]


def _generate(chrome: Chrome, page: Page, stand_in: StandIn, extent: str = "full") -> None:
    popup = chrome.click_icon(page)
    popup.click(f"input[value={extent}]")
    popup.click("#generate")
    popup.says("Queued")
    assert len(stand_in.orders()) == 1


def _wait_for_state(page: Page, before: object) -> None:
    """Wait until a page is as it was. It is put back in several steps."""
    awaited(
        lambda: page.evaluate(STATE) == before,
        "the page as it was",
        pause=lambda seconds: page.wait_for_timeout(1000 * seconds),
    )


def test_a_page_of_six_thousand_pixels_is_taken_as_it_is(
    connected: Chrome, stand_in: StandIn, pages: str, artifacts: Path
) -> None:
    page = connected.open(f"{pages}/tall.html")
    page.wait_for_function("() => document.images[0].loading === 'lazy'")
    reference = _pixels(Image.open(io.BytesIO(page.screenshot(full_page=True))).convert("RGB"))
    page.evaluate("scrollTo({ top: 1234, behavior: 'instant' })")
    page.wait_for_function("() => scrollY === 1234 && document.querySelector('.stuck')")
    before = page.evaluate(STATE)
    _generate(connected, page, stand_in)
    picture = _uploaded(stand_in)
    picture.save(artifacts / "extension-full-page.png")
    taken = _pixels(picture)
    assert taken.shape == (6000, 1000, 3)
    assert _rows(taken, MAGENTA, 500) == list(range(40)), "the fixed header is there once, at the top"
    assert _rows(taken, CYAN, 500) == list(range(500, 530)), "what sticks is there once, where it belongs"
    assert _rows(taken, YELLOW, 500) == list(range(900, 920)), "so is what begins to stick"
    assert _rows(taken, RED, 980) == list(range(740, 800)), "what is fixed in a shadow tree is there once"
    assert _rows(taken, GREEN, 450) == list(range(5000, 5100)), "pictures that load late are there"
    # The reference puts the corner of the window at the page's end, and does not wait for late pictures.
    both = np.ones((6000, 1000), dtype=bool)
    both[740:800, 940:] = both[5940:, 940:] = both[5000:5100, 400:500] = False
    assert int(np.abs(taken - reference)[both].max()) <= 2
    _wait_for_state(page, before)


def test_what_is_seen_is_taken_without_touching_the_page(
    connected: Chrome, stand_in: StandIn, pages: str
) -> None:
    page = connected.open(f"{pages}/tall.html")
    page.evaluate("scrollTo({ top: 2000, behavior: 'instant' })")
    page.wait_for_function("() => document.querySelector('.stuck')")
    page.evaluate("addEventListener('scroll', () => { document.title = 'It moved'; })")
    _generate(connected, page, stand_in, "visible")
    taken = _pixels(_uploaded(stand_in))
    assert taken.shape == (800, 1000, 3)
    assert _rows(taken, CYAN, 500) == list(range(40, 70))
    assert page.title() == "Six thousand pixels"


def test_a_page_that_is_left_is_put_back_and_nothing_is_sent(
    connected: Chrome, stand_in: StandIn, pages: str
) -> None:
    page = connected.open(f"{pages}/tall.html")
    before = page.evaluate(STATE)
    popup = connected.click_icon(page)
    popup.click("#generate")
    page.wait_for_function("() => scrollY > 0")
    other = connected.open(f"{pages}/kettle.html")
    own = connected.extension_page()
    own.wait_for_timeout(1)
    _wait_for_trouble(connected, own, "left")
    other.close()
    page.bring_to_front()
    _wait_for_state(page, before)
    assert stand_in.requests == [] or not stand_in.orders()


def test_a_page_is_put_back_even_when_the_worker_dies(
    connected: Chrome, stand_in: StandIn, pages: str
) -> None:
    page = connected.open(f"{pages}/tall.html")
    before = page.evaluate(STATE)
    popup = connected.click_icon(page)
    popup.click("#generate")
    page.wait_for_function("() => scrollY > 0")
    connected.stop_worker()
    _wait_for_state(page, before)
    own = connected.extension_page()
    own.evaluate("() => chrome.runtime.sendMessage({ type: 'follow' })")
    _wait_for_trouble(connected, own, "interrupted")
    assert stand_in.orders() == []


def _wait_for_trouble(chrome: Chrome, own: Page, kind: str) -> None:
    def look() -> object:
        (card,) = chrome.cards(own)
        return card["trouble"] if not card["capturing"] else None

    trouble = awaited(look, "the trouble", pause=lambda seconds: own.wait_for_timeout(1000 * seconds))
    assert trouble == {"kind": kind, "detail": ""}


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("chrome://version", "Extensions cannot read pages of the browser itself"),
        ("about:blank", "Extensions cannot read pages of the browser itself"),
        ("paper.pdf", "The PDF viewer cannot be captured"),
    ],
)
def test_what_cannot_be_captured_says_so(connected: Chrome, pages: str, address: str, sentence: str) -> None:
    page = connected.context.new_page()
    page.goto(address if ":" in address else f"{pages}/{address}")
    popup = connected.click_icon(page)
    popup.says(sentence)
    assert not popup.evaluate("document.querySelector('#wish').checkVisibility()")


def test_addresses_that_no_extension_may_look_at(chrome: Chrome) -> None:
    page = chrome.extension_page()
    addresses = {
        "https://chromewebstore.google.com/detail/x": "store",
        "https://chrome.google.com/webstore/detail/x": "store",
        "file:///tmp/a.pdf": "pdf",
        "view-source:https://example.com": "browser",
        "https://example.com/store": None,
        "file:///tmp/a.html": None,
    }
    told: dict[str, Any] = page.evaluate(
        """async addresses => {
            const { obstacle } = await import('/lib/pages.js');
            return Object.fromEntries(addresses.map(one => [one, obstacle(one) ?? null]));
        }""",
        list(addresses),
    )
    assert told == addresses


def test_stops_cover_a_page_from_top_to_bottom(chrome: Chrome) -> None:
    page = chrome.extension_page()
    stops = page.evaluate(
        """async () => {
            const { stops } = await import('/lib/capture.js');
            return [stops(800, 800), stops(801, 800), stops(2000, 800), stops(1600, 800)];
        }"""
    )
    assert stops == [[0], [0, 1], [0, 800, 1200], [0, 800]]


def test_sharp_screens_and_pages_beyond_all_measure(
    playwright: Playwright, stand_in: StandIn, pages: str, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    with chrome_with(SOURCE, profile, chromium(), playwright, scale=2) as chrome:
        chrome.allow(stand_in.url)
        chrome.connect(stand_in.url, KEY)
        page = chrome.open(f"{pages}/tall.html")
        page.evaluate("document.body.style.height = '30000px'")
        popup = chrome.click_icon(page)
        popup.click("#generate")
        popup.says("Queued")
        taken = _pixels(_uploaded(stand_in))
    assert taken.shape == (16384, 2000, 3)
    assert _rows(taken, MAGENTA, 1000) == list(range(80))
    assert _rows(taken, CYAN, 1000) == list(range(1000, 1060))
    assert _rows(taken, GREEN, 900) == list(range(10000, 10200))


def test_the_main_picture_of_a_page_goes_with_it_whatever_it_is_called(
    connected: Chrome, stand_in: StandIn, pages: str
) -> None:
    picture = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(picture, "WEBP")
    page = connected.open(f"{pages}/kettle.html")
    data = base64.b64encode(picture.getvalue()).decode()
    page.evaluate(
        """data => document.head.insertAdjacentHTML('beforeend',
            `<meta property="og:image" content="data:image/jpeg;base64,${data}">`)""",
        data,
    )
    _generate(connected, page, stand_in)
    assert len(stand_in.files) == 2
    assert _uploaded(stand_in, 1).size == (40, 30)
