"""The watch page as its visitors meet it: it plays, it downloads, it can be read and used by everybody."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.accessibility import barriers
from tests.browser.site import Site
from tests.browser.theme import Theme
from tests.support.waiting import HUNG_MS

SIZES = {"phone": (390, 844), "phone-on-its-side": (844, 390), "desktop": (1280, 800)}
QUICK, *OTHERS = SIZES
FILMS = ("portrait", "landscape")
THEMES: tuple[Theme, ...] = ("light", "dark")
# In one call: the page's policy forbids what Playwright does to wait for a condition.
PLAYS = """video => new Promise((plays, fails) => {
    video.muted = true;
    video.ontimeupdate = () => { if (video.currentTime > 0.2) plays(video.currentTime); };
    video.onerror = () => fails(new Error(video.error.message));
    video.play().catch(fails);
})"""

# What is shown of each cue: its text, without what would be markup.
CUES_OF = """video => new Promise((reads, fails) => {
    const track = video.querySelector("track");
    track.onload = () => reads([...track.track.cues].map(
        (cue) => [cue.startTime, cue.endTime, cue.getCueAsHTML().textContent]));
    track.onerror = () => fails(new Error("the captions cannot be read"));
    track.track.mode = "showing";
})"""


@dataclass
class Visit:
    """A page, and what the browser noticed while it was open."""

    page: Page
    complaints: list[str] = field(default_factory=list)
    origins: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.origins.add(_origin(request.url)))


@pytest.fixture(params=[QUICK, *(pytest.param(size, marks=pytest.mark.thorough) for size in OTHERS)])
def size(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def context(browser: Browser, size: str, theme: Theme) -> Iterator[BrowserContext]:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,
        has_touch=size != "desktop",
        is_mobile=size != "desktop",
    )
    context.set_default_timeout(HUNG_MS)
    yield context
    context.close()


@pytest.fixture
def visit(context: BrowserContext) -> Visit:
    return Visit(context.new_page())


@pytest.mark.parametrize("film", FILMS)
def test_the_video_plays_and_the_browser_has_nothing_to_complain_of(
    visit: Visit, site: Site, film: str
) -> None:
    visit.page.goto(site.link(film))
    assert visit.page.locator("video").evaluate(PLAYS) > 0.2
    assert visit.complaints == []
    assert visit.origins == {site.page_origin, site.file_origin}


@pytest.mark.parametrize("film", FILMS)
def test_the_whole_picture_fits_into_the_window_in_its_own_shape(visit: Visit, site: Site, film: str) -> None:
    visit.page.goto(site.link(film))
    box = visit.page.locator("video").bounding_box()
    delivered = site.videos[film][1][0].delivered
    window = visit.page.viewport_size
    assert box
    assert delivered
    assert window
    assert box["width"] / box["height"] == pytest.approx(delivered.width / delivered.height, rel=0.01)
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= window["width"]
    assert box["y"] + box["height"] <= window["height"]
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= window["width"]


@pytest.mark.parametrize("size", ["phone", "desktop"], indirect=True)
def test_the_poster_is_seen_before_it_plays(visit: Visit, site: Site) -> None:
    with visit.page.expect_response(lambda response: response.ok and "poster.jpg" in response.url):
        visit.page.goto(site.link("portrait"))
    assert visit.complaints == []


@pytest.mark.parametrize("size", ["desktop"], indirect=True)
def test_the_captions_are_read_when_a_visitor_turns_them_on(visit: Visit, site: Site) -> None:
    visit.page.goto(site.link("landscape"))
    cues = visit.page.locator("video").evaluate(CUES_OF)
    assert cues == [
        [0, 1.5, "Slow <b>mornings</b> & more\n--> 字幕"],
        [1.5, 2, "Tidewater"],
    ]
    assert visit.complaints == []


@pytest.mark.parametrize("size", ["phone", "desktop"], indirect=True)
def test_the_download_is_the_stored_file_under_its_title(visit: Visit, site: Site) -> None:
    visit.page.goto(site.link("portrait"))
    with visit.page.expect_download() as download:
        visit.page.get_by_role("link", name="Download video").click()
    assert download.value.suggested_filename == "Tidewater kettle.mp4"
    delivered = site.videos["portrait"][1][0].delivered
    assert delivered
    assert download.value.path().read_bytes() == (site.files / delivered.key).read_bytes()


@pytest.mark.parametrize("size", ["desktop"], indirect=True)
def test_what_a_user_wrote_is_text(visit: Visit, site: Site) -> None:
    visit.page.goto(site.link("hostile"))
    assert visit.page.get_by_role("heading", level=1).inner_text() == "<script>alert(1)"
    assert visit.page.get_by_text('"><img src=x onerror=alert(1)>').is_visible()
    assert visit.page.locator("script, img, [onclick]").count() == 0
    assert visit.complaints == []


@pytest.mark.thorough
@pytest.mark.parametrize("size", ["phone", "desktop"], indirect=True)
@pytest.mark.parametrize("theme", THEMES, indirect=True)
@pytest.mark.parametrize("film", [*FILMS, "forged"])
def test_everybody_can_read_and_use_it(  # noqa: PLR0917
    visit: Visit, site: Site, artifacts: Path, film: str, size: str, theme: Theme
) -> None:
    forged = f"{site.page_origin}/watch/portrait?expires=9999999999&signature=00"
    answer = visit.page.goto(forged if film == "forged" else site.link(film))
    assert answer
    assert answer.status == (HTTPStatus.FORBIDDEN if film == "forged" else HTTPStatus.OK)
    assert visit.page.title()
    visit.page.screenshot(path=artifacts / f"watch-{film}-{size}-{theme}.png", full_page=True)
    assert barriers(visit.page) == []


@pytest.mark.parametrize("size", ["desktop"], indirect=True)
def test_the_download_can_be_reached_and_seen_with_the_keyboard_alone(visit: Visit, site: Site) -> None:
    visit.page.goto(site.link("landscape"))
    button = visit.page.get_by_role("link", name="Download video")
    button.focus()
    visit.page.keyboard.press("Shift+Tab")
    visit.page.keyboard.press("Tab")
    assert button.evaluate("link => link === document.activeElement")
    assert button.evaluate("link => getComputedStyle(link).outlineStyle") == "solid"


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
