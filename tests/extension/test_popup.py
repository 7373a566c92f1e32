"""The popup and the options page: what they say in each state, to whom they say it, and how they look."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Playwright, expect

from tests.browser.accessibility import AXE
from tests.extension.chrome import (
    SOURCE,
    VIOLATIONS,
    Chrome,
    Popup,
    Theme,
    chrome_with,
    chromium,
)
from tests.extension.stand_in import KEY, StandIn

THEMES: tuple[Theme, ...] = ("light", "dark")
QUESTION = "Which of the two kettles do you mean?"


def _states(stand_in: StandIn) -> dict[str, dict[str, Any]]:
    """One video in each state that there is, the oldest first."""
    links = {"links": stand_in.links()}
    told: dict[str, dict[str, Any]] = {
        "superseded": {"message": "“kettle.png” was replaced before work on it began."},
        "cancelled": {"message": "Cancelled."},
        "failed": {"message": "The file is empty.", "advice": "Upload it again."},
        "ready": {"message": "It is ready.", "progress": 100, **links},
        "needs_answer": {"message": QUESTION},
        "working": {"message": "The agent is at work.", "progress": 40},
    }
    return {
        status: stand_in.add(
            status,
            created_at=f"2026-01-0{day}T00:00:00Z",
            metadata={"title": f"A {status} kettle"},
            **changes,
        )
        for day, (status, changes) in enumerate(told.items(), 1)
    }


def _look(popup: Popup, artifacts: Path, name: str) -> None:
    """Keep it in both themes, and have axe look at each."""
    for theme in THEMES:
        popup.theme(theme)
        popup.screenshot(artifacts / f"extension-{name}-{theme}.png")
        assert popup.violations() == []


@pytest.mark.thorough
def test_before_it_is_connected_it_leads_to_the_options(chrome: Chrome, pages: str, artifacts: Path) -> None:
    popup = chrome.click_icon(chrome.open(f"{pages}/kettle.html"))
    popup.says("Connect to your pipeline")
    _look(popup, artifacts, "unconnected")
    assert not popup.evaluate("document.querySelector('#wish').checkVisibility()")
    with chrome.context.expect_page() as opened:
        popup.click("#connect-button")
    assert opened.value.url == f"{chrome.origin}/options.html"


def test_it_shows_the_page_and_waits_for_one_key(
    connected: Chrome, kettle: Page, stand_in: StandIn, artifacts: Path
) -> None:
    popup = connected.click_icon(kettle)
    popup.wait_for("document.querySelector('#thumbnail').src.startsWith('data:image/jpeg')")
    popup.says("Tidewater Kettle: boils in ninety seconds")
    popup.says("kettle.html")
    _look(popup, artifacts, "page")
    assert popup.evaluate("document.activeElement.id") == "generate"
    popup.click("[data-suggestion=suggestion_2]")
    sentence = "Show the product and its three best points in 15 seconds."
    assert popup.evaluate("document.querySelector('#instruction').value") == sentence
    popup.click("input[value='9:16']")
    popup.click("input[value=visible]")
    popup.click("#generate")
    popup.says("Queued")
    (order,) = stand_in.orders()
    body = json.loads(order.body)
    assert (body["instruction"], body["aspect_ratio"]) == (sentence, "9:16")
    assert body["page"] == {  # what the page says is no instruction
        "title": "Tidewater Kettle: boils in ninety seconds",
        "description": "A kettle that boils in ninety seconds and pours without a drop beside the cup.",
        "url": kettle.url,
    }
    again = connected.click_icon(kettle)
    again.wait_for("document.querySelector('input[value=\"9:16\"]')?.checked")
    assert again.evaluate("document.querySelector('input[value=visible]').checked")


def test_every_state_of_a_video(connected: Chrome, kettle: Page, stand_in: StandIn, artifacts: Path) -> None:
    videos = _states(stand_in)
    popup = connected.click_icon(kettle)
    popup.wait_for("document.querySelectorAll('.card').length === 6")
    popup.wait_for("document.querySelector('[data-state=ready] .poster').naturalWidth > 0")
    popup.says("Upload it again.")
    offered = popup.evaluate(
        """Object.fromEntries([...document.querySelectorAll('.card')].map(card =>
            [card.dataset.state, [...card.querySelectorAll('.actions button')].map(one => one.innerText)]))"""
    )
    assert offered == {
        "working": ["Cancel"],
        "needs_answer": ["Answer"],
        "ready": ["Play", "Download", "Open", "Edit"],
        "failed": ["Try again"],
        "cancelled": [],
        "superseded": [],
    }
    assert popup.evaluate("document.querySelector('[data-state=working] progress').value") == 40
    popup.click("[data-state=needs_answer] .answer")
    assert QUESTION in popup.text("[data-state=needs_answer]")
    _look(popup, artifacts, "videos")
    popup.fill("[data-state=needs_answer] input", "The small one.")
    popup.click("[data-state=needs_answer] form button")
    popup.says("Queued · Version 2")
    popup.click("[data-state=failed] .retry")
    popup.click("[data-state=working] .cancel")
    popup.wait_for("document.querySelectorAll('[data-state=cancelled]').length === 2")
    answered = stand_in.orders(f"/v1/videos/{videos['needs_answer']['id']}/edits")
    assert [order.body for order in answered] == [b'{"instruction":"The small one."}']
    assert len(stand_in.orders(f"/v1/videos/{videos['failed']['id']}/retry")) == 1
    assert len(stand_in.orders(f"/v1/videos/{videos['working']['id']}/cancel")) == 1


def test_a_ready_video_is_played_saved_and_made_shorter(
    connected: Chrome, kettle: Page, stand_in: StandIn, artifacts: Path
) -> None:
    video = _states(stand_in)["ready"]
    popup = connected.click_icon(kettle)
    popup.click("[data-state=ready] .play")
    popup.wait_for("document.querySelector('video')?.currentTime > 0.2")
    popup.evaluate("document.querySelector('video').pause()")
    _look(popup, artifacts, "playing")
    with connected.context.expect_page() as opened:
        popup.click("[data-state=ready] .download")
    assert opened.value.url.endswith("/files/film.mp4?download")
    popup.click("[data-state=ready] button.edit")
    assert popup.evaluate("document.activeElement.placeholder") == "Make it shorter"
    popup.fill("[data-state=ready] input", "Make it shorter")
    popup.click("[data-state=ready] form button")
    popup.says("Version 2")
    (order,) = stand_in.orders(f"/v1/videos/{video['id']}/edits")
    assert order.body == b'{"instruction":"Make it shorter"}'
    assert popup.evaluate("document.querySelector('video').currentTime > 0"), "it plays on meanwhile"


def test_what_somebody_types_stays_while_the_list_is_refreshed(
    connected: Chrome, kettle: Page, stand_in: StandIn
) -> None:
    video = _states(stand_in)["ready"]
    stand_in.faults[f"/v1/videos/{video['id']}"] = [(503, {})]
    popup = connected.click_icon(kettle)
    popup.says("has a problem")
    popup.click("[data-state=ready] button.edit")
    popup.fill("[data-state=ready] input", "Make it shorter")
    popup.evaluate("chrome.runtime.sendMessage({ type: 'refresh' })")
    popup.wait_for("document.querySelector('[data-state=ready] .play') !== null")
    assert popup.evaluate("document.activeElement.value") == "Make it shorter"
    popup.click("[data-state=ready] form button")
    popup.says("Version 2")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("status", "said", "sentence"),
    [
        (402, {"type": "urn:nemo-video:problem:credits", "detail": "x"}, "The credits are used up."),
        (403, {"Message": "explicit deny"}, "The pipeline does not know this key"),
        (403, {"type": "urn:nemo-video:problem:scope", "detail": "x"}, "This key cannot make videos."),
        (413, {}, "This is larger than"),
        (422, {"type": "urn:nemo-video:problem:refused", "detail": "It is empty."}, "It is empty."),
    ],
)
def test_what_is_refused_has_its_sentence(
    connected: Chrome, kettle: Page, stand_in: StandIn, *, status: int, said: dict[str, str], sentence: str
) -> None:
    stand_in.faults["/v1/videos"] = [(200, {"videos": []}), (status, said)]
    popup = connected.click_icon(kettle)
    popup.click("#generate")
    popup.says(sentence)
    popup.says("Not sent")
    popup.wait_for("(await chrome.action.getBadgeText({})) === '!'")
    popup.click(".card .forget")
    popup.wait_for("document.querySelectorAll('.card').length === 0")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("status", "sentence"), [(429, "Too many requests"), (500, "has a problem"), (503, "has a problem")]
)
def test_what_passes_is_waited_for(
    connected: Chrome, kettle: Page, stand_in: StandIn, *, status: int, sentence: str
) -> None:
    stand_in.faults["/v1/videos"] = [(200, {"videos": []}), (status, {})]
    popup = connected.click_icon(kettle)
    popup.click("#generate")
    popup.says(sentence)
    popup.says("Queued")  # the open popup tries again after three seconds
    first, second = stand_in.orders()
    assert first.idempotency_key == second.idempotency_key
    assert first.body == second.body
    assert popup.evaluate("document.querySelectorAll('.card .trouble')[0].checkVisibility()") is False


@pytest.mark.thorough
def test_offline_it_waits_and_says_so(connected: Chrome, kettle: Page, stand_in: StandIn) -> None:
    popup = connected.click_icon(kettle)
    popup.wait_for("document.querySelector('#wish').checkVisibility()")
    connected.offline(offline=True)
    popup.click("#generate")
    popup.says("You are offline.")
    popup.says("Waiting to be sent")
    connected.offline(offline=False)
    popup.says("Queued")
    assert len(stand_in.orders()) == 1


@pytest.mark.thorough
def test_the_options_say_what_is_wrong(
    chrome: Chrome, stand_in: StandIn, pages: str, artifacts: Path
) -> None:
    assert "Invalid address" in chrome.connect("http://example.com", KEY)
    assert "Invalid address" in chrome.connect("ftp://example.com", KEY)
    chrome.allow(stand_in.url)
    assert "does not know this key" in chrome.connect(stand_in.url, "nvp_wrong")
    assert chrome.connect(f"{stand_in.url}/v1/", KEY).startswith("Connected.")
    chrome.allow(pages)
    assert "not the address of a pipeline" in chrome.connect(pages, KEY)
    chrome.allow("http://127.0.0.1:9")
    assert "No response from the pipeline" in chrome.connect("http://127.0.0.1:9", KEY)
    chrome.offline(offline=True)
    assert "You are offline." in chrome.connect(stand_in.url, KEY)
    chrome.offline(offline=False)
    page = chrome.extension_page()
    granted = page.evaluate("async () => (await chrome.permissions.getAll()).origins")
    assert granted == [f"{stand_in.url}/*"], "of all addresses that were set, the last one may be reached"
    page.get_by_role("button", name="Save and test").click()
    expect(page.locator("#result")).to_have_text(re.compile("Connected"))
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        page.screenshot(path=artifacts / f"extension-options-{theme}.png")
        page.evaluate(f"{AXE}; 0")
        assert page.evaluate(VIOLATIONS) == []


@pytest.mark.thorough
def test_the_key_is_out_of_reach_for_pages(connected: Chrome, kettle: Page) -> None:
    own = connected.extension_page()
    kettle.bring_to_front()
    connected.click_icon(kettle).says("kettle.html")
    told = own.evaluate(
        """async () => {
            const [tab] = await chrome.tabs.query({ url: "http://*/*" }).then(
                tabs => tabs.length ? tabs : chrome.tabs.query({ active: true }));
            const [{ result }] = await chrome.scripting.executeScript({
                target: { tabId: tab.id },
                func: () => chrome.storage.local.get().then(() => "read", error => error.message),
            });
            return result;
        }"""
    )
    assert "not allowed" in told


@pytest.mark.thorough
def test_chinese(
    playwright: Playwright, stand_in: StandIn, pages: str, tmp_path: Path, artifacts: Path
) -> None:
    _states(stand_in)
    profile = tmp_path / "profile"
    with chrome_with(SOURCE, profile, chromium(), playwright, language="zh_CN") as chrome:
        chrome.allow(stand_in.url)
        page = chrome.extension_page()
        page.get_by_label("API 地址").fill(stand_in.url)
        page.get_by_label("密钥", exact=True).fill(KEY)
        page.get_by_role("button", name="保存并测试").click()
        expect(page.locator("#result")).to_have_text(re.compile("已连接"))
        popup = chrome.click_icon(chrome.open(f"{pages}/kettle.html"))
        popup.wait_for("document.querySelectorAll('.card').length === 6")
        popup.says("生成视频")
        popup.wait_for("document.querySelector('#thumbnail').naturalWidth > 0")
        _look(popup, artifacts, "chinese")


@pytest.mark.thorough
def test_more_pictures_than_the_browser_takes_in_a_second_wait_for_their_turn(
    connected: Chrome, kettle: Page
) -> None:
    connected.click_icon(kettle)
    page = connected.extension_page()
    kettle.bring_to_front()
    thrice = """(async () => {
        const { view } = await import("./lib/capture.js");
        const [tab] = await chrome.tabs.query({ active: true, currentWindow: true });
        const shots = await Promise.all([1, 2, 3].map(() => view(tab, { format: "png" })));
        return shots.length;
    })()"""
    # what a person's hand has just touched is not counted, and so it is with Playwright's own evaluate()
    taken = page.context.new_cdp_session(page).send(
        "Runtime.evaluate", {"expression": thrice, "awaitPromise": True}
    )
    assert taken["result"] == {"type": "number", "value": 3, "description": "3"}
