"""The browser extension on the deployed template: from a click to a video that plays."""

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, sync_playwright

from aws.api_keys import ApiKeys
from tests.e2e.conftest import Pipeline
from tests.extension.chrome import SOURCE, Chrome, chrome_with, chromium
from tests.support import http
from tests.support.waiting import awaited


@pytest.fixture(scope="module")  # while it is open its event loop runs, and asyncio.run() is refused
def playwright() -> Iterator[Playwright]:
    chromium()
    with sync_playwright() as playwright:
        yield playwright


class Account:
    """Somebody with a key of their own, and the videos they have paid for."""

    def __init__(self, pipeline: Pipeline) -> None:
        endpoints = pipeline.endpoints
        table = endpoints.access.dynamodb().Table(endpoints.api_keys_table)
        self.api_url = endpoints.api_url
        self.keys = ApiKeys(table)
        self.key = self.keys.make(f"somebody-{token_hex(4)}")

    def videos(self) -> list[dict[str, Any]]:
        answer = http.get(f"{self.api_url}/v1/videos", headers={"x-api-key": self.key})
        videos: list[dict[str, Any]] = answer.raise_for_status().json()["videos"]
        return videos

    def connect(self, chrome: Chrome) -> None:
        chrome.allow(self.api_url)
        assert chrome.connect(self.api_url, self.key).startswith("Connected.")


@pytest.fixture
def account(pipeline: Pipeline) -> Account:
    return Account(pipeline)


@pytest.fixture
def chrome(playwright: Playwright, tmp_path: Path, account: Account) -> Iterator[Chrome]:
    with chrome_with(SOURCE, tmp_path / "profile", chromium(), playwright) as chrome:
        account.connect(chrome)
        yield chrome
        assert chrome.errors() == []


def _kettle(chrome: Chrome, site: str) -> Page:
    return chrome.open(f"{site}/kettle.html")


def _told(chrome: Chrome, own: Page) -> dict[str, Any]:
    """The one card, once its user has been told of the end."""

    def look() -> dict[str, Any] | None:
        cards = chrome.cards(own)
        return cards[0] if cards and cards[0]["notified"] else None

    card = awaited(look, "the card's end", pause=lambda seconds: own.wait_for_timeout(1000 * seconds))
    assert len(chrome.cards(own)) == 1
    return card


@pytest.mark.door("extension")
def test_from_a_click_to_a_video_that_plays(
    chrome: Chrome, account: Account, site: str, artifacts: Path
) -> None:
    popup = chrome.click_icon(_kettle(chrome, site))
    popup.fill("#instruction", "Make a 3 second video")
    popup.click("#generate")
    popup.says("Queued")
    (video,) = account.videos()
    assert video["instruction"] == "Make a 3 second video"
    assert video["metadata"] == {"title": "Tidewater Kettle", "page": f"{site}/kettle.html"}
    popup.wait_for("/^[0-9]+%$/.test(await chrome.action.getBadgeText({}))")
    popup.wait_for("document.querySelector('[data-state=ready] .poster')?.naturalWidth")
    popup.wait_for("(await chrome.action.getBadgeText({})) === '✓'")
    # At once, for Chrome takes a notification away after a while.
    (card,) = popup.evaluate("chrome.storage.local.get('cards').then(({ cards }) => cards)")
    popup.wait_for(f"Object.keys(await chrome.notifications.getAll()).join() === '{card['id']}'")
    popup.screenshot(artifacts / "extension-ready.png")
    popup.click(".card .play")
    popup.wait_for("document.querySelector('video')?.currentTime > 0.2")
    popup.screenshot(artifacts / "extension-plays.png")
    assert popup.violations() == []
    assert [one["status"] for one in account.videos()] == ["ready"]


@pytest.mark.thorough
@pytest.mark.parametrize("granted", [True, False], ids=["read-in-the-page", "by-its-address"])
def test_a_right_click_on_an_image(chrome: Chrome, account: Account, site: str, *, granted: bool) -> None:
    page = _kettle(chrome, site)
    own = chrome.extension_page()
    if granted:  # as the real menu does
        chrome.click_icon(page).says("Tidewater Kettle")
    page.bring_to_front()
    chrome.worker.evaluate(
        """async srcUrl => {
            const [tab] = await chrome.tabs.query({ active: true });
            const clicked = { menuItemId: "make-video", mediaType: "image", srcUrl };
            chrome.contextMenus.onClicked.dispatch(clicked, tab);
        }""",
        f"{site}/shot.png",
    )
    _told(chrome, own)
    (video,) = account.videos()
    assert video["status"] == "ready"


@pytest.mark.thorough
def test_the_browser_is_closed_and_opened_again_in_the_middle(
    playwright: Playwright, account: Account, site: str, tmp_path: Path
) -> None:
    profile = tmp_path / "profile"
    with chrome_with(SOURCE, profile, chromium(), playwright) as chrome:
        account.connect(chrome)
        popup = chrome.click_icon(_kettle(chrome, site))
        popup.click("#generate")
        popup.says("Queued")
    assert [video["status"] for video in account.videos()] in (["queued"], ["working"])
    with chrome_with(SOURCE, profile, chromium(), playwright) as chrome:
        own = chrome.extension_page()
        card = _told(chrome, own)
        assert card["video"]["status"] == "ready"
        chrome.tells(own, [card["id"]], "✓")
        own.wait_for_function("async () => (await chrome.alarms.getAll()).length === 0")
    assert len(account.videos()) == 1


@pytest.mark.thorough
def test_a_second_click_while_one_runs_is_no_second_video(
    chrome: Chrome, account: Account, site: str
) -> None:
    page = _kettle(chrome, site)
    popup = chrome.click_icon(page)
    popup.click("#generate")
    popup.says("Queued")
    popup.click("#generate")
    popup.says("This video is being made already.")
    page.reload()
    popup = chrome.click_icon(page)
    popup.click("#generate")
    popup.says("This video is being made already.")
    assert len(account.videos()) == 1
    popup.fill("#instruction", "Make a 3 second video with the title 'Another one'")
    popup.click("#generate")
    popup.wait_for("document.querySelectorAll('.card').length === 2")
    states = ", ".join(f"[data-state={state}]" for state in ("queued", "working", "ready"))
    popup.wait_for(f"document.querySelectorAll('{states}').length === 2")
    assert len(account.videos()) == 2


@pytest.mark.thorough
def test_a_wrong_key_and_a_key_that_was_revoked(chrome: Chrome, account: Account, site: str) -> None:
    assert "does not know this key" in chrome.connect(account.api_url, f"nvp_{token_hex(16)}")
    popup = chrome.click_icon(_kettle(chrome, site))
    popup.says("does not know this key")
    popup.click("#generate")
    popup.says("Not sent")
    assert account.videos() == []


@pytest.mark.thorough
def test_only_the_extension_that_the_stack_names_may_read_without_a_permission(
    playwright: Playwright, account: Account, site: str, tmp_path: Path
) -> None:
    read = """async ([origin, address, key]) => {
        const { Api } = await import(`${origin}/lib/api.js`);
        return new Api({ address, key }).videos(1).then(() => "read", error => error.kind);
    }"""
    with chrome_with(SOURCE, tmp_path / "profile", chromium(), playwright) as chrome:
        own = chrome.extension_page()
        assert own.evaluate("async () => (await chrome.permissions.getAll()).origins") == []
        assert own.evaluate(read, [chrome.origin, account.api_url, account.key]) == "read"
        said = chrome.open(f"{site}/kettle.html").evaluate(
            """([url, key]) => fetch(url, { headers: { "x-api-key": key } })
                .then(() => "read", () => "kept back")""",
            [f"{account.api_url}/v1/videos", account.key],
        )
        assert said == "kept back"
    preflight = http.options(f"{account.api_url}/v1/videos", headers={"origin": "https://example.com"})
    assert "access-control-allow-origin" not in preflight.headers
