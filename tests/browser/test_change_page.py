"""The watch page with a change link as people meet it: with a phone, with a keyboard alone, with a mouse."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.browser.accessibility import barriers
from tests.browser.change_site import EDITOR, ID, ChangeSite, change_site
from tests.browser.theme import Theme
from videos.model.records import Status

SIZES = {"phone": (375, 812), "desktop": (1280, 800)}
LENGTH = (
    "video => new Promise(done => { if (video.duration) done(video.duration);"
    " video.onloadedmetadata = () => done(video.duration); })"
)
QUESTION = "Which kettle shall the video show: the red or the blue one?"


@dataclass
class Visit:
    """A page, and what the browser noticed while it was open."""

    page: Page
    site: ChangeSite
    complaints: list[str] = field(default_factory=list)
    posts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._note)

    def _note(self, request: object) -> None:
        method, url = getattr(request, "method", ""), getattr(request, "url", "")
        if method != "GET":
            self.posts.append(url.partition("?")[0].rpartition("/")[2])

    def length(self) -> int:
        """The length of the film that plays, in seconds."""
        return round(float(self.page.locator("video").evaluate(LENGTH)))

    def has_focus(self, selector: str) -> bool:
        return bool(self.page.locator(selector).evaluate("part => part === document.activeElement"))

    def tab_to(self, selector: str) -> None:
        """Press the key until the focus is there."""
        for _ in range(60):
            if self.has_focus(selector):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{selector} cannot be reached with the keyboard")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[ChangeSite]:
    with change_site(tmp_path / "files") as site:
        yield site


@pytest.fixture
def visit(context: BrowserContext, site: ChangeSite) -> Visit:
    return Visit(context.new_page(), site)


def test_a_sentence_makes_the_next_version_and_its_price_comes_first(visit: Visit, site: ChangeSite) -> None:
    site.add()
    visit.page.goto(site.link())
    assert visit.length() == 2
    visit.page.get_by_label("What should be different?").fill("Make it shorter, without music.")
    visit.page.get_by_role("button", name="Show the price").click()
    price = visit.page.locator("#price")
    expect(price).to_contain_text("Price: up to 50 credits")
    expect(price).to_contain_text("4 more changes, 500 credits")
    assert visit.posts == ["estimate"]
    assert site.workflow.started == []
    visit.page.get_by_role("button", name="Make this version").click()
    progress = visit.page.locator("#progress")
    expect(progress).to_be_visible()
    site.work(40, "The agent is at work.")
    expect(visit.page.locator("#step")).to_have_text("The agent is at work.")
    expect(progress).to_have_js_property("value", 40)
    site.finish()
    expect(visit.page.get_by_text("Version 2 (shown)")).to_be_visible()
    assert visit.length() == 3, "version 2 plays"
    assert visit.posts == ["estimate", "changes"]
    assert visit.complaints == []
    assert [ref.version for ref in site.workflow.started] == [2]


def test_every_version_plays_and_says_what_changed(visit: Visit, site: ChangeSite) -> None:
    site.add()
    visit.page.goto(site.link())
    _ask(visit, "Make it shorter.")
    site.finish()
    expect(visit.page.get_by_text("Changed: Video shortened from 8s to 6s")).to_be_visible()
    visit.page.get_by_role("link", name="Play version 1").click()
    expect(visit.page.get_by_text("Version 1 (shown)")).to_be_visible()
    assert visit.length() == 2
    expect(visit.page.get_by_label("What should be different?")).to_be_visible()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name="Download version 2").click()
    assert download.value.suggested_filename == "Tidewater kettle.mp4"
    assert visit.page.get_by_role("link", name="Open in NemoVideo").get_attribute("href") == EDITOR
    with visit.page.expect_response(lambda answer: answer.ok and "poster.jpg" in answer.url):
        visit.page.get_by_role("link", name="Poster of version 1").click()


def test_the_question_of_the_agent_is_answered(visit: Visit, site: ChangeSite) -> None:
    site.add(Status.NEEDS_ANSWER, QUESTION)
    visit.page.goto(site.link())
    expect(visit.page.get_by_text(QUESTION)).to_be_visible()
    expect(visit.page.get_by_role("button", name="Shorter")).to_have_count(0)
    visit.page.get_by_label("Your answer").fill("The red one.")
    visit.page.get_by_role("button", name="Show the price").click()
    visit.page.get_by_role("button", name="Make this version").click()
    expect(visit.page.locator("#progress")).to_be_visible()
    site.finish()
    expect(visit.page.locator("video")).to_be_visible()
    assert visit.length() == 3
    assert site.store.versions(ID)[-1].instruction == "The red one."
    assert visit.complaints == []


def test_a_phones_width_and_the_keyboard_alone_are_enough(visit: Visit, site: ChangeSite) -> None:
    site.add()
    visit.page.goto(site.link())
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0]
    visit.tab_to("[data-sentence='Make it shorter.']")
    assert _outline(visit, "[data-sentence='Make it shorter.']") == "solid"
    visit.page.keyboard.press("Enter")
    assert visit.has_focus("#sentence")
    assert visit.page.locator("#sentence").input_value() == "Make it shorter."
    visit.tab_to("#ask [type=submit]")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#price")).to_contain_text("up to 50 credits")
    assert visit.has_focus("#yes")
    visit.tab_to("#no")
    visit.page.keyboard.press("Space")
    expect(visit.page.locator("#ask")).to_be_visible()
    assert visit.has_focus("#sentence")
    visit.tab_to("#ask [type=submit]")
    visit.page.keyboard.press("Space")
    expect(visit.page.locator("#confirm")).to_be_visible()
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#progress")).to_be_visible()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= SIZES["phone"][0]
    site.finish()
    expect(visit.page.get_by_text("Version 2 (shown)")).to_be_visible()
    assert visit.length() == 3
    visit.tab_to("summary")
    visit.page.keyboard.press("Enter")
    visit.tab_to("#delete")
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("heading", name="This video was deleted")).to_be_visible()


def test_a_double_click_is_one_version(visit: Visit, site: ChangeSite) -> None:
    site.add()
    visit.page.goto(site.link())
    visit.page.get_by_label("What should be different?").fill("Make it shorter.")
    visit.page.get_by_role("button", name="Show the price").click()
    expect(visit.page.locator("#yes")).to_be_visible()
    visit.page.locator("#yes").dblclick()
    visit.page.locator("#yes").evaluate("yes => { yes.disabled = false; yes.click(); yes.click(); }")
    expect(visit.page.locator("#progress")).to_be_visible()
    assert site.store.video(ID).version == 2
    assert len(site.workflow.started) == 1


def test_a_refusal_is_told_and_can_be_corrected(visit: Visit, site: ChangeSite) -> None:
    site.add()
    visit.page.goto(site.link())
    visit.page.get_by_label("What should be different?").fill("how many credits are left?")
    visit.page.get_by_role("button", name="Show the price").click()
    status = visit.page.get_by_role("status")
    expect(status).to_contain_text("this changes nothing")
    visit.page.get_by_label("What should be different?").fill("Make it shorter.")
    visit.page.get_by_role("button", name="Show the price").click()
    expect(visit.page.locator("#price")).to_be_visible()
    expect(status).to_have_text("")


def test_without_a_connection_nothing_is_lost(visit: Visit, site: ChangeSite) -> None:
    site.add()
    visit.page.goto(site.link())
    visit.page.get_by_label("What should be different?").fill("Make it shorter.")
    visit.page.context.set_offline(offline=True)
    visit.page.get_by_role("button", name="Show the price").click()
    expect(visit.page.get_by_role("status")).to_contain_text("Check your connection")
    visit.page.context.set_offline(offline=False)
    visit.page.get_by_role("button", name="Show the price").click()
    expect(visit.page.locator("#price")).to_be_visible()


def test_a_version_that_failed_says_why_and_leaves_the_video(visit: Visit, site: ChangeSite) -> None:
    site.add()
    visit.page.goto(site.link())
    _ask(visit, "Make it shorter.")
    site.finish(Status.FAILED, "The timeline is empty.")
    expect(visit.page.get_by_text("Version 2 failed. The timeline is empty.")).to_be_visible()
    assert visit.length() == 2
    expect(visit.page.get_by_label("What should be different?")).to_be_visible()


def test_a_deletion_is_confirmed_first(visit: Visit, site: ChangeSite) -> None:
    site.add()
    visit.page.goto(site.link())
    button = visit.page.get_by_role("button", name="Delete permanently")
    expect(button).to_be_hidden()
    visit.page.get_by_text("Delete this video").click()
    expect(button).to_be_visible()
    assert visit.posts == []
    button.click()
    expect(visit.page.get_by_role("heading", name="This video was deleted")).to_be_visible()
    assert visit.page.reload().status == HTTPStatus.GONE  # type: ignore[union-attr]
    assert site.deleter.prefixes == [f"videos/{ID}/"]


def test_without_a_script_it_can_be_watched(browser: Browser, site: ChangeSite) -> None:
    site.add()
    with browser.new_context(java_script_enabled=False, viewport={"width": 375, "height": 812}) as context:
        page = context.new_page()
        page.goto(site.link())
        assert page.locator("video").is_visible()
        assert page.get_by_text("Turn on JavaScript to change the video.").is_visible()
        assert page.get_by_role("link", name="Download version 1").is_visible()
        assert page.get_by_role("button").count() == 0


def test_the_page_for_others_only_shows_the_video(visit: Visit, site: ChangeSite) -> None:
    site.add()
    visit.page.goto(site.link())
    visit.page.get_by_role("link", name="Open a page for sharing").click()
    expect(visit.page.locator("video")).to_be_visible()
    assert visit.page.url == site.watching()
    assert visit.page.locator("#change, script, button").count() == 0


def test_no_request_tells_another_site_of_the_address(visit: Visit, site: ChangeSite) -> None:
    site.add()
    referrers: list[str | None] = []
    visit.page.on("request", lambda request: referrers.append(request.headers.get("referer")))
    visit.page.goto(site.link())
    _ask(visit, "Make it shorter.")
    assert set(referrers) <= {None, ""}


@pytest.mark.parametrize("size", SIZES, indirect=True)
@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.thorough)], indirect=True)
@pytest.mark.parametrize("state", ["ready", "priced", "working", "changed", "question", "failed"])
def test_everybody_can_read_and_use_it(  # noqa: PLR0917
    visit: Visit, site: ChangeSite, artifacts: Path, state: str, size: str, theme: Theme
) -> None:
    if state == "question":
        site.add(Status.NEEDS_ANSWER, QUESTION)
    else:
        site.add()
    visit.page.goto(site.link())
    if state == "priced":
        visit.page.get_by_label("What should be different?").fill("Make the title bigger.")
        visit.page.get_by_role("button", name="Show the price").click()
        expect(visit.page.locator("#price")).to_be_visible()
    if state in {"working", "changed", "failed"}:
        _ask(visit, "Make it shorter, without music.")
        site.work(40, "The agent is at work.")
        expect(visit.page.locator("#step")).to_have_text("The agent is at work.")
    if state == "changed":
        site.finish()
        expect(visit.page.get_by_text("Version 2 (shown)")).to_be_visible()
        visit.page.get_by_text("Delete this video").click()
    if state == "failed":
        site.finish(Status.FAILED, "The video service accepted the request but produced no video.")
        expect(visit.page.get_by_text("Version 2 failed.")).to_be_visible()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
    visit.page.screenshot(path=artifacts / f"change-{state}-{size}-{theme}.png", full_page=True)
    assert barriers(visit.page) == []
    assert visit.complaints == []


def _ask(visit: Visit, sentence: str) -> None:
    visit.page.get_by_label("What should be different?").fill(sentence)
    visit.page.get_by_role("button", name="Show the price").click()
    visit.page.get_by_role("button", name="Make this version").click()
    expect(visit.page.locator("#progress")).to_be_visible()


def _outline(visit: Visit, selector: str) -> str:
    return str(visit.page.locator(selector).evaluate("part => getComputedStyle(part).outlineStyle"))
