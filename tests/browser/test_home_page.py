"""The home page as people meet it: with a phone, with a keyboard alone, with a mouse, and with bad luck."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, FilePayload, Page, expect

from tests.browser.accessibility import barriers
from tests.browser.home_site import (
    KEY,
    OTHER_KEY,
    PROBLEM,
    SESSION,
    TOKEN,
    HomeSite,
    begun,
    home_site,
)
from tests.browser.theme import Theme

SIZES = {"narrow": (320, 640), "phone": (390, 844), "desktop": (1280, 800)}
HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
# A file that is dropped, as the browser makes it of one that is dragged from a folder.
DROP = """([name, size]) => {
    const files = new DataTransfer();
    files.items.add(new File([new Uint8Array(size)], name));
    const event = (kind) => new DragEvent(kind, {dataTransfer: files, bubbles: true, cancelable: true});
    document.body.dispatchEvent(event("dragover"));
    document.body.dispatchEvent(event("drop"));
}"""


@dataclass
class Visit:
    """A page, and what the browser noticed while it was open."""

    page: Page
    site: HomeSite
    complaints: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.addresses.append(request.url))

    def sign_in(self, key: str = KEY) -> None:
        """Open the page, and sign in."""
        self.page.goto(self.site.address)
        self.page.get_by_label("API key").fill(key)
        self.page.get_by_role("button", name="Sign in").click()

    def signed_in(self) -> None:
        """Open the page, sign in, and wait for the list."""
        self.sign_in()
        expect(self.page.locator("#spending")).to_contain_text("Left of your limit")

    def tab_to(self, selector: str) -> None:
        """Press the key until the focus is there."""
        for _ in range(80):
            if self.page.locator(selector).evaluate("part => part === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        pytest.fail(f"{selector} cannot be reached with the keyboard")


@pytest.fixture
def site() -> Iterator[HomeSite]:
    with home_site() as site:
        yield site


@pytest.fixture
def visit(site: HomeSite, context: BrowserContext) -> Visit:
    page = context.new_page()
    page.clock.install()
    return Visit(page, site)


def test_a_dropped_file_and_a_sentence_make_one_video_and_its_price_comes_first(
    visit: Visit, site: HomeSite
) -> None:
    visit.signed_in()
    page = visit.page
    page.evaluate(DROP, ["Tidewater kettle.png", 200_000])
    expect(page.locator("#uploads")).to_contain_text("Uploaded")
    assert b"Tidewater kettle.png" in site.files[0]
    page.get_by_label("What should the video show?").fill("Make a teaser.")
    page.get_by_role("button", name="Show the price").click()
    expect(page.locator("#price")).to_contain_text("about 10 credits, from the last 8 videos")
    expect(page.locator("#wanted")).to_have_text("“Make a teaser.” · Tidewater kettle.png")
    assert not site.videos, "nothing is made before it is confirmed"
    page.get_by_role("button", name="Make the video").dblclick()
    expect(page.locator("#new-feedback")).to_contain_text("The video was accepted.")
    made = [call for call in site.called("POST", "/v1/videos") if call.repeat_key]
    assert [call.body for call in made] == [
        {"instruction": "Make a teaser.", "upload_ids": [made[0].body["upload_ids"][0]]}
    ]
    card = page.locator("#videos .card")
    expect(card).to_contain_text("Queued")
    site.videos["vid-0001"] |= {"status": "working", "progress": 40, "message": "The agent is at work."}
    expect(card.locator("progress")).to_have_js_property("value", 40)
    expect(card).to_contain_text("The agent is at work.")
    site.finish("vid-0001")
    expect(card.get_by_role("link", name="Watch Shot in a new tab")).to_be_visible()
    expect(page.locator("#announced")).to_have_text("Shot: Ready")
    expect(card.locator("img")).to_have_js_property("naturalWidth", 480)
    assert visit.complaints == []


def test_a_request_whose_answer_is_lost_makes_one_video_when_it_is_sent_again(
    visit: Visit, site: HomeSite
) -> None:
    visit.signed_in()
    page = visit.page
    page.get_by_label("Web page").fill("https://shop.example/kettle")
    page.get_by_label("What should the video show?").fill("Introduce it.")
    page.get_by_role("button", name="Show the price").click()
    site.faults["POST /v1/videos"] = ["lost"]
    page.get_by_role("button", name="Make the video").click()
    expect(page.locator("#new-feedback")).to_contain_text("The request failed.")
    page.get_by_role("button", name="Back").click()
    expect(page.get_by_label("What should the video show?")).to_have_value("Introduce it.")
    page.get_by_role("button", name="Show the price").click()
    page.get_by_role("button", name="Make the video").click()
    expect(page.locator("#new-feedback")).to_contain_text("The video was accepted.")
    assert len(site.videos) == 1
    assert len({call.repeat_key for call in site.called("POST", "/v1/videos") if call.repeat_key}) == 1
    page.get_by_label("What should the video show?").fill("Introduce it.")
    page.get_by_role("button", name="Show the price").click()
    page.get_by_role("button", name="Make the video").click()
    expect(page.locator("#videos .card")).to_have_count(2)


def test_what_was_typed_stays_when_requests_fail_and_lists_are_refreshed(
    visit: Visit, site: HomeSite
) -> None:
    site.add("working", message="The agent is at work.")
    visit.signed_in()
    page = visit.page
    sentence = page.get_by_label("What should the video show?")
    sentence.fill("Show the kettle.")
    site.faults["POST /v1/videos/estimate"] = [
        (422, {"type": f"{PROBLEM}refused", "detail": "The page does not exist."})
    ]
    page.get_by_role("button", name="Show the price").click()
    expect(page.locator("#new-feedback")).to_have_text("The page does not exist.")
    sentence.focus()
    site.add("queued", message="Waiting to start.")
    site.videos["vid-0001"] |= {"progress": 70}
    page.clock.fast_forward(20_000)
    expect(page.locator("#videos .card")).to_have_count(2)
    expect(sentence).to_have_value("Show the kettle.")
    assert sentence.evaluate("part => part === document.activeElement")


def test_a_failed_upload_is_tried_again_and_nothing_is_lost(visit: Visit, site: HomeSite) -> None:
    visit.signed_in()
    page = visit.page
    site.upload_faults.append(500)
    page.locator("#files").set_input_files(_file("a.png"))
    expect(page.locator("#uploads")).to_contain_text("The file was not accepted.")
    page.get_by_role("button", name="Show the price").click()
    expect(page.locator("#new-feedback")).to_contain_text("A file was not uploaded.")
    page.get_by_role("button", name="Upload a.png again").click()
    expect(page.locator("#uploads")).to_contain_text("Uploaded")
    page.locator("#files").set_input_files(_file("b.png", 6_000_000))
    expect(page.locator("#uploads")).to_contain_text("This file is too large. The limit is 4 MB.")
    page.get_by_role("button", name="Remove b.png").click()
    page.get_by_role("button", name="Show the price").click()
    expect(page.locator("#price")).to_contain_text("about 10 credits")


def test_a_batch_file_becomes_a_batch_with_its_progress_and_results(visit: Visit, site: HomeSite) -> None:
    visit.signed_in()
    page = visit.page
    page.locator("#files").set_input_files(_file("spring.csv"))
    expect(page.locator("#uploads")).to_contain_text("Uploaded")
    page.get_by_label("Format").select_option(index=1)
    page.get_by_role("button", name="Show the price").click()
    expect(page.locator("#new-feedback")).to_contain_text("The rows of a batch say what to make.")
    page.get_by_label("Format").select_option(index=0)
    page.get_by_role("button", name="Show the price").click()
    expect(page.locator("#price")).to_contain_text("Price of one video: about 10 credits")
    page.get_by_role("button", name="Make the videos").click()
    line = page.locator("#batches li")
    expect(line).to_contain_text("1 of 4 rows have ended.")
    results = "https://videos.example/batches/bat-1/results.csv?signature=s"
    site.batches["bat-1"] |= {"status": "ready", "progress": 100, "links": {"self": "", "results": results}}
    page.clock.fast_forward(15_000)
    link = line.get_by_role("link", name="Results of spring.csv")
    expect(link).to_have_attribute("href", "/live/batches/bat-1/results.csv?signature=s")
    page.reload()
    expect(line).to_contain_text("spring.csv")


def test_all_batches_of_the_owner_are_listed_newest_first_page_by_page(visit: Visit, site: HomeSite) -> None:
    begun(site, owner="another shop")
    for _ in range(12):
        begun(site)
    visit.signed_in()
    page = visit.page
    lines = page.locator("#batches li")
    expect(lines).to_have_count(10)
    expect(lines.first).to_contain_text("bat-13")
    page.get_by_role("button", name="Load more batches").click()
    expect(lines).to_have_count(12)
    expect(lines.last).to_contain_text("bat-2 ")
    assert page.get_by_role("button", name="Load more batches").is_hidden()
    begun(site)
    page.clock.fast_forward(15_000)
    expect(lines.first).to_contain_text("bat-14")


def test_who_has_no_batches_is_told_so(visit: Visit) -> None:
    visit.signed_in()
    expect(visit.page.locator("#batches-found")).to_have_text("No batches yet.")


def test_what_was_used_on_each_day_is_a_table_of_the_days_that_used_something(
    visit: Visit, site: HomeSite
) -> None:
    site.days = [
        {"date": "2026-11-29", "credits": 110.5, "videos": 1, "edits": 1},
        {"date": "2026-11-30", "credits": 0, "videos": 0, "edits": 0},
        {"date": "2026-12-01", "credits": 20, "videos": 2, "edits": 0},
    ]
    visit.signed_in()
    table = visit.page.get_by_role("table", name="Used in the last 30 days (UTC)")
    rows = [row.split() for row in table.locator("tbody tr").all_inner_texts()]
    assert rows == [["Dec", "1", "2", "0", "20"], ["Nov", "29", "1", "1", "110.5"]]
    bars = table.locator("meter")
    assert [bar.evaluate("bar => bar.value / bar.max") for bar in bars.all()] == [20 / 110.5, 1]
    assert barriers(visit.page) == []


def test_who_has_used_nothing_is_told_so(visit: Visit) -> None:
    visit.signed_in()
    expect(visit.page.locator("#spending-none")).to_have_text("No credits were used in the last 30 days.")
    assert visit.page.locator("#spending-table").is_hidden()


def test_a_link_to_a_batch_leads_to_it_after_signing_in(visit: Visit, site: HomeSite) -> None:
    for _ in range(12):
        begun(site)
    page = visit.page
    page.goto(f"{site.address}#batch=bat-1")
    page.get_by_label("API key").fill(KEY)
    page.get_by_role("button", name="Sign in").click()
    line = page.locator("#batches li").last
    expect(line).to_contain_text("bat-1 ")
    expect(line).to_be_focused()
    page.evaluate("location.hash = 'batch=bat-none'")
    expect(page.locator("#batches-feedback")).to_have_text("This does not exist.")


def test_the_key_stays_in_the_tab_and_leaves_with_the_person(visit: Visit, site: HomeSite) -> None:
    site.add("ready")
    visit.signed_in()
    page = visit.page
    expect(page.locator("#videos .card")).to_have_count(1)
    page.reload()
    expect(page.locator("#videos .card")).to_have_count(1)
    assert page.evaluate("[document.cookie, localStorage.length]") == ["", 0]
    assert KEY not in " ".join(visit.addresses)
    assert KEY not in page.content()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Watch Kettle 1 in a new tab").click()
    assert opened.value.evaluate("sessionStorage.length") == 0, "another tab has no key"
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_focused()
    assert page.locator("#videos .card").count() == 0
    assert page.evaluate("sessionStorage.length") == 0
    page.reload()
    expect(page.get_by_label("API key")).to_have_value("")
    assert {call.key for call in site.calls} == {KEY}


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("nvp_guessed", "This key is unknown or was revoked."),
        ("sk-of-another-service", "Invalid API key. A key begins with nvp_ and has no spaces."),
        (f"{KEY} ü", "Invalid API key. A key begins with nvp_ and has no spaces."),
    ],
)
def test_a_forged_key_opens_nothing(visit: Visit, site: HomeSite, key: str, sentence: str) -> None:
    site.add("ready")
    visit.sign_in(key)
    expect(visit.page.locator("#sign-in-feedback")).to_have_text(sentence)
    assert visit.page.locator("#signed-in").is_hidden()
    assert visit.page.evaluate("sessionStorage.length") == 0


def test_another_key_sees_nothing_of_the_first_one(visit: Visit, site: HomeSite) -> None:
    site.add("ready", metadata={"title": "Secret plans"})
    visit.signed_in()
    page = visit.page
    expect(page.locator("#videos")).to_contain_text("Secret plans")
    page.get_by_role("button", name="Sign out").click()
    page.get_by_label("API key").fill(OTHER_KEY)
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#found")).to_contain_text("No videos yet.")
    assert "Secret plans" not in page.content()


def test_a_key_that_is_revoked_leads_back_and_what_was_typed_stays(visit: Visit, site: HomeSite) -> None:
    visit.signed_in()
    page = visit.page
    page.locator("#files").set_input_files(_file("a.png"))
    expect(page.locator("#uploads")).to_contain_text("Uploaded")
    page.get_by_label("What should the video show?").fill("Show the kettle.")
    site.revoked.add(KEY)
    page.get_by_role("button", name="Show the price").click()
    expect(page.locator("#sign-in-feedback")).to_contain_text("Sign in with another key.")
    page.get_by_label("API key").fill(OTHER_KEY)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("What should the video show?")).to_have_value("Show the kettle.")
    expect(page.locator("#uploads")).to_contain_text("a.png")
    expect(page.locator("#uploads")).to_contain_text("Uploaded")


def test_a_key_that_may_only_read_is_told_so(visit: Visit, site: HomeSite) -> None:
    visit.signed_in()
    page = visit.page
    page.get_by_label("What should the video show?").fill("Show the kettle.")
    sentence = "This key does not have the scope “write”."
    site.faults["POST /v1/videos/estimate"] = [(403, {"type": f"{PROBLEM}scope", "detail": sentence})]
    page.get_by_role("button", name="Show the price").click()
    expect(page.locator("#new-feedback")).to_have_text(sentence)
    assert page.locator("#signed-in").is_visible()


# --- Signing in with a mailed link -----------------------------------------------------------------------


def test_a_link_is_asked_for_and_the_page_says_what_the_server_says(visit: Visit, site: HomeSite) -> None:
    visit.page.goto(site.address)
    visit.page.get_by_label("E-mail address").fill("ana@example.com")
    visit.page.get_by_role("button", name="Mail me a link").click()
    expect(visit.page.locator("#ask-link-feedback")).to_have_text(
        "If this address can sign in, a link was mailed to it."
    )
    (call,) = site.called("POST", "/sign-in/link")
    assert call.body == {"email": "ana@example.com", "language": "en-US"}
    assert "ana" not in visit.page.url
    too_many = "Too many links were requested. Try again in 15 minutes."
    site.faults["POST /sign-in/link"] = [(429, {"type": f"{PROBLEM}throttled", "detail": too_many})]
    visit.page.get_by_role("button", name="Mail me a link").click()
    expect(visit.page.locator("#ask-link-feedback")).to_have_text(too_many)


def test_a_link_does_nothing_until_its_button_is_pressed(visit: Visit, site: HomeSite) -> None:
    site.add("ready")
    page = visit.page
    page.goto(f"{site.address}#sign-in={TOKEN}")
    expect(page.locator("#use-link").get_by_role("button", name="Sign in")).to_be_focused()
    assert page.locator("#signed-out").is_hidden()
    assert site.calls == [], "opening it asks for nothing"
    assert TOKEN not in page.url, "others may look at the screen"
    page.keyboard.press("Enter")
    expect(page.locator("#videos .card")).to_have_count(1)
    expect(page.locator("#who")).to_have_text("Signed in as shop")
    expect(page.locator("#title")).to_be_focused()
    assert site.called("POST", "/sign-in/session")[0].body == {"token": TOKEN}
    assert {call.key for call in site.calls} == {None, SESSION}
    assert visit.complaints == []


def test_a_session_is_kept_nowhere_and_ends_with_the_person(visit: Visit, site: HomeSite) -> None:
    visit.signed_in()  # what this key has left in the tab goes
    page = visit.page
    _follow_link(visit)
    expect(page.locator("#who")).to_have_text("Signed in as shop")
    kept = "[document.cookie, localStorage.length, sessionStorage.length, (await caches.keys()).length]"
    assert page.evaluate(f"(async () => {kept})()") == ["", 0, 0, 0]
    assert TOKEN not in page.content() + page.url
    assert SESSION not in page.content() + " ".join(visit.addresses)
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("API key")).to_be_focused()
    assert page.locator("#who").is_hidden()
    assert site.called("POST", "/sign-in/end")[0].body == {"key": SESSION}
    page.go_back()
    assert TOKEN not in page.url


def test_a_tab_that_is_reloaded_has_no_session(visit: Visit, site: HomeSite) -> None:
    visit.page.goto(site.address)
    _follow_link(visit)
    expect(visit.page.locator("#who")).to_be_visible()
    visit.page.reload()
    expect(visit.page.get_by_label("API key")).to_be_visible()
    assert visit.page.locator("#use-link").is_hidden()


def test_a_link_that_was_used_leads_to_a_new_one(visit: Visit, site: HomeSite) -> None:
    site.links.clear()
    visit.page.goto(site.address)
    _follow_link(visit)
    expect(visit.page.locator("#sign-in-feedback")).to_have_text(
        "This link was used before, or it has expired. Request a new one."
    )
    expect(visit.page.get_by_role("button", name="Mail me a link")).to_be_visible()
    assert visit.page.locator("#signed-in").is_hidden()


@pytest.mark.parametrize("path", ["POST /sign-in/session", "GET /v1/videos"])
def test_a_link_can_be_tried_again_after_a_fault(visit: Visit, site: HomeSite, path: str) -> None:
    site.faults[path] = [(503, {"type": f"{PROBLEM}overloaded", "detail": "The service is busy."})]
    visit.page.goto(site.address)
    _follow_link(visit)
    expect(visit.page.locator("#use-link-feedback")).to_have_text("The service is busy.")
    visit.page.locator("#use-link").get_by_role("button").click()
    expect(visit.page.locator("#who")).to_have_text("Signed in as shop")


def test_a_link_takes_the_place_of_who_was_signed_in(visit: Visit, site: HomeSite) -> None:
    site.add("ready", owner="another shop", metadata={"title": "Secret plans"})
    page = visit.page
    visit.sign_in(OTHER_KEY)
    expect(page.locator("#videos")).to_contain_text("Secret plans")
    page.evaluate(f"location.hash = 'sign-in={TOKEN}'")
    expect(page.locator("#use-link")).to_be_visible()
    assert "Secret plans" not in page.content()
    page.locator("#use-link").get_by_role("button").click()
    expect(page.locator("#found")).to_contain_text("No videos yet.")


def test_a_session_that_has_ended_leads_back(visit: Visit, site: HomeSite) -> None:
    visit.page.goto(site.address)
    _follow_link(visit)
    expect(visit.page.locator("#who")).to_be_visible()
    site.revoked.add(SESSION)
    visit.page.get_by_label("What should the video show?").fill("Show the kettle.")
    visit.page.get_by_role("button", name="Show the price").click()
    expect(visit.page.locator("#sign-in-feedback")).to_have_text("Your session has ended. Sign in again.")


def _follow_link(visit: Visit) -> None:
    """Open a mailed link in the tab, and press its button."""
    visit.page.evaluate(f"location.hash = 'sign-in={TOKEN}'")
    visit.page.locator("#use-link").get_by_role("button", name="Sign in").click()


# --- Webhooks --------------------------------------------------------------------------------------------


def test_webhooks_of_a_video_are_listed_and_sent_again(visit: Visit, site: HomeSite) -> None:
    video_id = site.add("ready")["id"]
    site.deliver(video_id, "delivered", kind="video.started")
    failed = site.deliver(video_id, "given_up", error="The service answered with HTTP 503.")
    visit.signed_in()
    page = visit.page
    assert not site.called("GET", f"/v1/videos/{video_id}/deliveries"), "nobody has asked yet"
    page.get_by_text("Webhooks of Kettle 1").click()
    lines = page.locator(".deliveries li")
    expect(lines).to_have_count(2)
    expect(lines.nth(0)).to_contain_text("Ended, version 1")
    expect(lines.nth(0)).to_contain_text("https://hooks.shop.example/videos")
    expect(lines.nth(0)).to_contain_text("Not delivered. The service answered with HTTP 503. 1 attempt.")
    expect(lines.nth(1)).to_contain_text("Delivered (HTTP 200), 1 attempt.")
    again = page.get_by_role("button", name="Send again: Ended, version 1")
    again.click()
    expect(page.locator(".deliveries .feedback")).to_have_text("It is sent again.")
    (call,) = site.called("POST", f"/v1/videos/{video_id}/deliveries/{failed['id']}/redeliver")
    assert call.repeat_key
    expect(again).to_be_focused()
    failed |= {"state": "delivered", "next_attempt_at": None}
    failed["attempts"].append({"at": "2026-11-01T10:01:00Z", "status_code": 204, "error": None})
    page.clock.fast_forward(1000)
    expect(lines.nth(0)).to_contain_text("Delivered (HTTP 204), 2 attempts.")
    expect(lines).to_have_count(2)
    assert visit.complaints == []


def test_a_webhook_on_its_way_is_followed_while_somebody_looks(visit: Visit, site: HomeSite) -> None:
    video_id = site.add("ready")["id"]
    on_its_way = site.deliver(video_id, "pending", error="The service did not answer within 15 seconds.")
    visit.signed_in()
    page = visit.page
    summary, line = page.get_by_text("Webhooks of Kettle 1"), page.locator(".deliveries li")
    summary.click()
    expect(line).to_contain_text("did not answer within 15 seconds. 1 attempt. Next attempt: Nov 1")
    on_its_way |= {"state": "delivered"}
    with page.expect_response(lambda answer: answer.url.endswith("/deliveries")):
        page.clock.fast_forward(5000)
    expect(line).to_contain_text("Delivered")
    summary.click()
    before = len(site.called("GET", f"/v1/videos/{video_id}/deliveries"))
    for _ in range(5):
        page.clock.fast_forward(20_000)
    assert len(site.called("GET", f"/v1/videos/{video_id}/deliveries")) == before


def test_what_cannot_be_sent_again_says_why_or_has_no_button(visit: Visit, site: HomeSite) -> None:
    quiet, told = site.add("ready")["id"], site.add("ready")["id"]
    site.deliver(told, "delivered", kind="video.progress")
    ended = site.deliver(told, "delivered")
    visit.signed_in()
    page = visit.page
    page.get_by_text("Webhooks of Kettle 1").click()
    expect(page.locator(f"[data-id='{quiet}'] .none")).to_have_text("No webhook was sent for this video.")
    page.get_by_text("Webhooks of Kettle 2").click()
    buttons = page.locator(".deliveries li").get_by_role("button")
    expect(buttons).to_have_count(1)
    said = "This webhook was sent again less than a minute ago. Wait before you send it once more."
    path = f"POST /v1/videos/{told}/deliveries/{ended['id']}/redeliver"
    site.faults[path] = [(429, {"type": f"{PROBLEM}throttled", "detail": said})]
    buttons.click()
    expect(page.locator(f"[data-id='{told}'] .feedback")).to_have_text(said)


def test_what_a_service_answered_is_text(visit: Visit, site: HomeSite) -> None:
    site.deliver(site.add("ready")["id"], "given_up", error=HOSTILE)["url"] = f"https://x.example/{HOSTILE}"
    visit.signed_in()
    visit.page.get_by_text("Webhooks of Kettle 1").click()
    expect(visit.page.locator(".deliveries .to")).to_have_text(f"https://x.example/{HOSTILE}")
    assert visit.page.locator(".deliveries script, .deliveries [onerror], .deliveries img").count() == 0
    assert visit.complaints == []


# --- What is shown ---------------------------------------------------------------------------------------


def test_what_people_and_pages_wrote_is_text(visit: Visit, site: HomeSite) -> None:
    links = {"watch": "javascript:alert(3)", "download": "https://evil.example/", "poster": "data:,"}
    site.add("failed", metadata={"title": HOSTILE}, message=HOSTILE, instruction=HOSTILE, links=links)
    site.add("failed", source=f"inbox/{HOSTILE}", message=HOSTILE, instruction=HOSTILE)
    visit.signed_in()
    expect(visit.page.locator("#videos h3").nth(1)).to_have_text(HOSTILE)
    assert (
        visit.page.locator("#videos script, #videos img[src], #videos [onerror], #videos [href]").count() == 0
    )
    assert visit.complaints == []


def test_it_is_searched_filtered_and_loaded_page_by_page(visit: Visit, site: HomeSite) -> None:
    for number in range(30):
        site.add("ready" if number % 2 else "failed", message="It failed.")
    visit.signed_in()
    page = visit.page
    cards = page.locator("#videos .card:visible")
    expect(cards).to_have_count(24)
    expect(page.locator("#found")).to_have_text("24 videos. Load more to see older ones.")
    page.get_by_role("button", name="Load more").click()
    expect(cards).to_have_count(30)
    assert page.get_by_role("button", name="Load more").is_hidden()
    page.get_by_label("Search").fill("teaser KETTLE 17")
    expect(cards).to_have_count(1)
    expect(page.locator("#found")).to_have_text("1 of 30 loaded videos found.")
    page.get_by_label("Search").fill("")
    page.get_by_label("Status").select_option("Failed")
    expect(page.locator("#found")).to_have_text("15 videos.")
    expect(cards).to_have_count(15)


def test_a_list_that_lags_behind_hides_no_new_video(visit: Visit, site: HomeSite) -> None:
    visit.signed_in()
    site.index_lags = True
    page = visit.page
    page.get_by_label("What should the video show?").fill("Show the kettle.")
    page.get_by_role("button", name="Show the price").click()
    page.get_by_role("button", name="Make the video").click()
    expect(page.locator("#videos .card")).to_have_count(1)
    for _ in range(2):  # the second list is asked for when the first is shown
        with page.expect_response(lambda answer: "/v1/videos?limit" in answer.url):
            page.clock.fast_forward(20_000)
    assert page.locator("#videos .card").count() == 1


def test_a_video_is_made_with_the_keyboard_alone(visit: Visit, site: HomeSite) -> None:
    visit.page.goto(site.address)
    visit.tab_to("#key")
    visit.page.keyboard.type(KEY)
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#title")).to_be_focused()
    visit.tab_to("#sentence")
    visit.page.keyboard.type("Show the kettle.")
    visit.tab_to("#show-price")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#yes")).to_be_focused()
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator("#videos .card")).to_have_count(1)
    expect(visit.page.locator("#sentence")).to_be_focused()
    site.finish("vid-0001")
    expect(visit.page.locator(".watch")).to_be_visible()
    visit.tab_to(".watch")
    assert visit.page.locator(".watch").evaluate("part => getComputedStyle(part).outlineStyle") == "solid"


def test_a_tab_that_nobody_looks_at_asks_for_nothing(visit: Visit, site: HomeSite) -> None:
    site.add("ready")
    visit.signed_in()
    page = visit.page
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    before = len(site.calls)
    for _ in range(3):
        page.clock.fast_forward(60_000)
    assert len(site.calls) == before
    with page.expect_response(lambda answer: "/v1/videos?limit" in answer.url):
        page.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'));")


def test_a_page_that_waits_asks_politely(visit: Visit, site: HomeSite) -> None:
    for _ in range(5):
        site.add("working")
    visit.signed_in()
    with visit.page.expect_request(lambda request: "wait=20" in request.url):
        visit.page.clock.fast_forward(3000)
    for _ in range(10):
        visit.page.clock.fast_forward(1000)
    asked = [call.path for call in site.calls if call.path.startswith("/v1/videos/")]
    assert sorted(set(asked)) == ["/v1/videos/vid-0004", "/v1/videos/vid-0005"], "two are followed"
    assert len(asked) <= 4, "each is read once, and then it is waited for news"


@pytest.mark.thorough
@pytest.mark.parametrize("size", SIZES, indirect=True)
@pytest.mark.parametrize("theme", ["light", "dark"], indirect=True)
def test_everybody_can_read_and_use_it(
    visit: Visit, site: HomeSite, artifacts: Path, size: str, theme: Theme
) -> None:
    _fill(site)
    page = visit.page

    def look(state: str) -> None:
        page.screenshot(path=artifacts / f"home-{state}-{size}-{theme}.png", full_page=True)
        assert page.evaluate("document.documentElement.scrollWidth") <= SIZES[size][0]
        assert barriers(page) == []

    page.goto(site.address)
    expect(page.get_by_label("API key")).to_be_visible()
    look("sign-in")
    page.evaluate(f"location.hash = 'sign-in={TOKEN}'")
    expect(page.locator("#use-link")).to_be_visible()
    look("link")
    page.reload()
    visit.signed_in()
    expect(page.locator("#spending")).to_contain_text("9,870")
    expect(page.locator("#videos img:visible").first).to_have_js_property("complete", value=True)
    page.locator("#videos .card").last.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    look("videos")
    for number in (8, 10):
        page.locator(".deliveries summary").nth(number - 1).click()
    expect(page.locator(".deliveries li")).to_have_count(3)
    look("webhooks")
    page.locator("#files").set_input_files(_file("a.png"))
    expect(page.locator("#uploads")).to_contain_text("Uploaded")
    site.upload_faults.append(500)
    page.locator("#files").set_input_files(_file(f"{'A very long name of a file ' * 4}.png"))
    expect(page.locator("#uploads")).to_contain_text("The file was not accepted.")
    page.get_by_role("button", name="Show the price").click()
    look("upload")
    page.get_by_role("button", name="Remove A very").click()
    page.get_by_label("What should the video show?").fill("A vertical teaser of this kettle, 8 seconds.")
    page.get_by_role("button", name="Show the price").click()
    expect(page.locator("#price")).to_contain_text("credits")
    look("price")


def _file(name: str, size: int = 200_000) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": bytes(size)}


def _fill(site: HomeSite) -> None:
    """Videos in each state, with long and short words."""
    oldest = site.add("superseded", message="The file was replaced before work on it began.")
    site.add("cancelled", message="Cancelled.")
    page = "https://tidewater.example/shop/evening-kettle"
    site.add("ready", source=page, instruction="Introduce this page.")
    film = "inbox/regatta/Race%20day%2C%20second%20heat.mov"
    site.add("ready", source=film, instruction="Cut it to the finish.")
    site.add("ready", metadata={"title": "ガス火で沸かす夜のやかん"}, instruction="8秒の縦動画")
    failed = "“kettle.png” is empty. Upload it again, with content."
    site.add("failed", message=failed, instruction="Make a short promotional video from this content.")
    question = "Which kettle shall the video show: the red one, or the blue one?"
    site.add("needs_answer", message=question, instruction="Show the kettle.")
    site.add("ready", source="inbox/Tidewater kettle.png", instruction="A teaser of this kettle. " * 8)
    site.add("working", progress=40, message="The agent is at work.", instruction="Make it calm.")
    site.add("queued", message="Waiting to start.", source=f"inbox/{'Averyverylongname' * 6}.png")
    site.deliver(oldest["id"], "delivered")
    for_long = f"https://hooks.shop.example/{'averyverylongpath' * 5}"
    third = "vid-0003"
    site.deliver(third, "delivered", kind="video.started")["url"] = for_long
    site.deliver(third, "given_up", error="The service answered with HTTP 503.")
