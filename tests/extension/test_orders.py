"""What is paid for is asked for once, whatever dies in between; and whoever asked is told once."""

import json
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.extension.chrome import Chrome
from tests.extension.stand_in import Fault, StandIn
from tests.support.waiting import awaited

TEND = "() => chrome.runtime.sendMessage({ type: 'follow' })"
LIST: Fault = (200, {"videos": []})


@pytest.fixture
def own(connected: Chrome) -> Page:
    """A page of the extension, to look at its records."""
    return connected.extension_page()


def _generate(chrome: Chrome, page: Page) -> None:
    popup = chrome.click_icon(page)
    popup.click("input[value=visible]")
    popup.click("#generate")


def _card(chrome: Chrome, own: Page, condition: str) -> dict[str, Any]:
    """The one card, once the condition holds for it; the worker is prodded as its alarm does."""

    def look() -> dict[str, Any] | None:
        own.evaluate(TEND)
        (card,) = chrome.cards(own)
        return card if own.evaluate(f"card => Boolean({condition})", card) else None

    return awaited(look, condition, pause=lambda seconds: own.wait_for_timeout(1000 * seconds))


def test_an_answer_that_was_lost_is_no_second_video(
    connected: Chrome, kettle: Page, own: Page, stand_in: StandIn
) -> None:
    stand_in.faults["/v1/videos"] = [LIST, "lost", "lost"]
    _generate(connected, kettle)
    card = _card(connected, own, "card.video")
    orders = stand_in.orders()
    assert len(orders) == 3
    assert len({(order.idempotency_key, order.body) for order in orders}) == 1
    assert list(stand_in.videos) == [card["video"]["id"]]
    assert card["trouble"] is None
    assert len(stand_in.files) == 1, "the picture is uploaded once"
    assert own.evaluate("async () => (await (await caches.open('files')).keys()).length") == 0


@pytest.mark.thorough
def test_a_worker_that_dies_while_it_sends_goes_on_where_it_was(
    connected: Chrome, kettle: Page, own: Page, stand_in: StandIn
) -> None:
    stand_in.faults["/v1/videos"] = [LIST, "lost", (503, {}), (503, {})]
    _generate(connected, kettle)
    before = _card(connected, own, "card.order?.text")
    connected.stop_worker()
    after = _card(connected, own, "card.video")
    assert before["id"] == after["id"]
    assert {order.idempotency_key for order in stand_in.orders()} == {before["order"]["key"]}
    assert len(stand_in.videos) == 1


@pytest.mark.thorough
def test_an_upload_that_did_not_arrive_is_repeated(
    connected: Chrome, kettle: Page, own: Page, stand_in: StandIn
) -> None:
    nothing = {"type": "urn:nemo-video:problem:invalid-request", "detail": "Nothing.", "field": "upload_ids"}
    stand_in.faults["/v1/videos"] = [LIST, (422, nothing)]
    _generate(connected, kettle)
    card = _card(connected, own, "card.video")
    assert len(stand_in.files) == 2
    first, second = stand_in.orders()
    assert first.idempotency_key == second.idempotency_key
    assert first.body != second.body
    assert list(stand_in.videos) == [card["video"]["id"]]


@pytest.mark.thorough
def test_an_upload_that_never_arrives_is_given_up(
    connected: Chrome, kettle: Page, own: Page, stand_in: StandIn
) -> None:
    nothing = {"type": "urn:nemo-video:problem:invalid-request", "detail": "Nothing.", "field": "upload_ids"}
    stand_in.faults["/v1/videos"] = [LIST, (422, nothing), (422, nothing)]
    _generate(connected, kettle)
    card = _card(connected, own, "!card.order && !card.capturing")
    assert card["trouble"] == {"kind": "refused", "detail": "Nothing."}
    assert len(stand_in.orders()) == 2


@pytest.mark.thorough
def test_what_could_not_be_sent_for_a_day_is_not_sent_any_more(
    connected: Chrome, kettle: Page, own: Page, stand_in: StandIn
) -> None:
    stand_in.faults["/v1/videos"] = [LIST, *[(503, {})] * 50]
    _generate(connected, kettle)
    _card(connected, own, "card.order?.text && card.trouble")
    own.evaluate(
        """async () => {
            const { cards } = await chrome.storage.local.get("cards");
            cards[0].order.at -= 24 * 3600 * 1000;
            await chrome.storage.local.set({ cards });
        }"""
    )
    sent = len(stand_in.orders())
    card = _card(connected, own, "!card.order")
    assert card["trouble"]["kind"] == "expired"
    assert len(stand_in.orders()) == sent


def test_a_second_version_is_asked_for_once(connected: Chrome, kettle: Page, stand_in: StandIn) -> None:
    video = stand_in.add("ready", links=stand_in.links())
    path = f"/v1/videos/{video['id']}/edits"
    stand_in.faults[path] = ["lost"]
    popup = connected.click_icon(kettle)
    popup.click(".card button.edit")
    popup.fill(".card input", "Make it shorter")
    popup.evaluate("for (const _ of [1, 2]) document.querySelector('.card form').requestSubmit()")
    popup.says("Queued · Version 2")
    first, second = stand_in.orders(path)
    assert first.idempotency_key == second.idempotency_key
    assert len(video["versions"]) == 2


@pytest.mark.thorough
@pytest.mark.parametrize(("status", "badge"), [("ready", "✓"), ("failed", "!"), ("needs_answer", "?")])
def test_an_end_is_told_once(
    connected: Chrome, kettle: Page, own: Page, stand_in: StandIn, *, status: str, badge: str
) -> None:
    _generate(connected, kettle)
    card = _card(connected, own, "card.video")
    assert own.evaluate("() => chrome.alarms.getAll().then(all => all.map(one => one.periodInMinutes))") == [
        0.5
    ]
    assert own.evaluate("() => chrome.notifications.getAll()") == {}
    stand_in.videos[card["video"]["id"]] |= {"status": status, "message": "So it ended."}
    _card(connected, own, "card.notified")
    connected.tells(own, [card["id"]], badge)
    own.evaluate("id => chrome.notifications.clear(id)", card["id"])
    connected.stop_worker()
    own.evaluate(TEND)
    connected.tells(own, [], badge)
    assert own.evaluate("() => chrome.alarms.getAll()") == []
    connected.click_icon(kettle).wait_for("(await chrome.action.getBadgeText({})) === ''")


@pytest.mark.thorough
@pytest.mark.parametrize("status", ["cancelled", "superseded"])
def test_what_people_ended_themselves_needs_no_notification(
    connected: Chrome, kettle: Page, own: Page, stand_in: StandIn, status: str
) -> None:
    _generate(connected, kettle)
    card = _card(connected, own, "card.video")
    stand_in.videos[card["video"]["id"]]["status"] = status
    _card(connected, own, "card.notified")
    connected.tells(own, [], "")


@pytest.mark.thorough
def test_a_video_that_was_asked_for_elsewhere_is_listed_and_not_told_of(
    connected: Chrome, kettle: Page, own: Page, stand_in: StandIn
) -> None:
    stand_in.add("ready", links=stand_in.links())
    connected.click_icon(kettle).says("Ready")
    card = _card(connected, own, "card.video.links.video")
    assert card["notified"]
    assert own.evaluate("() => chrome.notifications.getAll()") == {}


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("clicked", "expected"),
    [
        ({"linkUrl": "https://example.com/a"}, {"url": "https://example.com/a"}),
        ({"mediaType": "video", "srcUrl": "https://example.com/a.mp4"}, {"url": "https://example.com/a.mp4"}),
        ({"selectionText": "Boils in no time."}, {}),
    ],
    ids=["link", "video", "selection"],
)
def test_a_right_click_sends_what_was_clicked(
    connected: Chrome,
    kettle: Page,
    own: Page,
    stand_in: StandIn,
    *,
    clicked: dict[str, str],
    expected: dict[str, str],
) -> None:
    _right_click(connected, kettle, clicked)
    _card(connected, own, "card.video")
    (order,) = stand_in.orders()
    body = json.loads(order.body)
    assert {name: body[name] for name in ("url", "upload_ids") if name in body} == expected
    sentence = "Generate a short promotional video from this page."
    assert body["instruction"] == sentence
    selected = {"text": clicked["selectionText"], "url": kettle.url} if "selectionText" in clicked else None
    assert body.get("page") == selected


@pytest.mark.thorough
def test_a_film_that_only_its_page_can_read_says_so(
    connected: Chrome, kettle: Page, own: Page, stand_in: StandIn
) -> None:
    _right_click(connected, kettle, {"mediaType": "video", "srcUrl": "blob:https://example.com/1"})
    card = _card(connected, own, "!card.capturing")
    assert card["trouble"] == {"kind": "unreadable", "detail": ""}
    assert stand_in.orders() == []


def _right_click(chrome: Chrome, page: Page, clicked: dict[str, str]) -> None:
    page.bring_to_front()
    chrome.worker.evaluate(
        """async clicked => {
            const [tab] = await chrome.tabs.query({ active: true });
            chrome.contextMenus.onClicked.dispatch({ menuItemId: "make-video", ...clicked }, tab);
        }""",
        {"pageUrl": page.url, **clicked},  # Chrome says so with each click in a page
    )
