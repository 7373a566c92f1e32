"""The link of a mail, on the deployed template: a visitor changes the video, a scanner and a crowd do not."""

import html
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx
import pytest
from playwright.sync_api import Browser, expect

from aws.change_links import ChangeLinkTable
from tests.browser.accessibility import barriers
from tests.e2e.conftest import Pipeline
from tests.support import http
from tests.support.waiting import HUNG_MS, awaited
from videos.lifecycle.change_links import LinkChange, LinkSpending

pytestmark = pytest.mark.thorough

PHONE = (375, 812)
VISITORS = 8
CHANGES = 10  # the default of the template
LINK = re.compile(r'https?://[^\s"<>]+')


@pytest.fixture(scope="module")
def video_id(pipeline: Pipeline, page: bytes) -> str:
    video_id = pipeline.drop("inbox/Evening kettle.png", page, "Make a 3 second video")
    assert pipeline.ended(video_id)["status"] == "ready"
    return video_id


@pytest.fixture(scope="module")
def link(pipeline: Pipeline, video_id: str) -> str:
    """The address that the mail's first button leads to."""
    text = pipeline.notification(video_id)["mail"]
    (link,) = re.findall(r"^Watch or change it: (\S+)$", text, re.MULTILINE)
    return str(link)


def test_a_scanner_that_follows_every_link_changes_nothing(
    pipeline: Pipeline, video_id: str, link: str
) -> None:
    """It opens what stands in the mail, and what stands on those pages, in each way that reads."""
    text = pipeline.mailed(video_id)
    seen = {address for path in (text, text.with_suffix(".html")) for address in _links(path.read_text())}
    assert link in seen
    assert pipeline.execution_status(video_id) == "SUCCEEDED"  # the mail comes before its end
    before = _kept(pipeline, video_id)
    body = http.get(link).text
    seen |= {urljoin(link, html.unescape(address)) for address in re.findall(r'="(\.\./[^"]+)"', body)}
    assert {urlsplit(address).path.rpartition("/")[2] for address in seen} >= {
        "estimate",
        "changes",
        "deletion",
        "state.json",
        "play.mp4",
    }
    own = [address for address in seen if address.startswith(pipeline.endpoints.api_url)]
    for address in own:
        for method in ("GET", "HEAD", "OPTIONS"):
            answer = http.request(method, address, follow_redirects=True)
            assert answer.status_code < httpx.codes.INTERNAL_SERVER_ERROR, f"{method} {address}"
    assert _kept(pipeline, video_id) == before


def test_a_request_from_elsewhere_changes_nothing(pipeline: Pipeline, video_id: str, link: str) -> None:
    before = _kept(pipeline, video_id)
    address = _action(link, "changes")
    body = {"instruction": "Make it shorter."}
    for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"}, {}):
        sent = {"Idempotency-Key": "k", **headers}
        assert http.post(address, json=body, headers=sent).status_code == httpx.codes.FORBIDDEN
    form = {"Origin": _origin(link), "Idempotency-Key": "k"}
    assert http.post(address, data=body, headers=form).status_code == httpx.codes.UNSUPPORTED_MEDIA_TYPE
    watching = link.partition("&change=")[0]
    signature = parse_qs(urlsplit(watching).query)["signature"][0]
    forged = address.partition("?")[0] + f"?change=1.9999999999.{signature}"
    assert http.post(forged, json=body, headers=form).status_code == httpx.codes.FORBIDDEN
    assert _kept(pipeline, video_id) == before


def test_from_the_mail_to_version_2_on_a_phone_with_the_keyboard_alone(
    pipeline: Pipeline, browser: Browser, artifacts: Path, video_id: str, link: str
) -> None:
    complaints: list[str] = []
    width, height = PHONE
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        context.set_default_timeout(HUNG_MS)
        expect.set_options(timeout=HUNG_MS)
        tab = context.new_page()
        tab.on("console", lambda said: complaints.append(said.text))
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.goto(link)
        tab.locator("[data-sentence='Make the title bigger.']").focus()
        tab.keyboard.press("Enter")
        tab.locator("#ask [type=submit]").focus()
        tab.keyboard.press("Enter")
        expect(tab.locator("#price")).to_contain_text("credits")
        tab.screenshot(path=artifacts / "change-deployed-price.png", full_page=True)
        tab.keyboard.press("Enter")
        expect(tab.get_by_text("Version 2 (shown)")).to_be_visible()
        tab.evaluate("() => { const v = document.querySelector('video'); v.muted = true; return v.play(); }")
        tab.wait_for_function("() => document.querySelector('video').currentTime > 0.3")
        tab.screenshot(path=artifacts / "change-deployed-version-2.png", full_page=True)
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        assert barriers(tab) == []
    assert complaints == []
    video = pipeline.ended(video_id)
    assert [version["instruction"] for version in video["versions"]][1] == "Make the title bigger."
    assert video["status"] == "ready"


def test_a_link_in_public_spends_no_more_than_it_may(pipeline: Pipeline, video_id: str, link: str) -> None:
    """Eight visitors at once, each with every request twice. Two of ten changes are left."""
    token = parse_qs(urlsplit(link).query)["change"][0]
    link_id = token.partition(".")[0]
    table = pipeline.endpoints.access.dynamodb().Table(pipeline.endpoints.videos_table)
    links = ChangeLinkTable(table)
    spent = links.spending(video_id, link_id)
    begun = len(spent.changes)
    # Versions that are counted and have not begun: what is left is little, and the test is short.
    others = tuple(LinkChange(version=900 + n, credits=0) for n in range(CHANGES - 2 - begun))
    after = LinkSpending(revision=spent.revision + 1, changes=(*spent.changes, *others))
    assert links.spend(video_id, link_id, after)
    before = pipeline.ended(video_id)["versions"]

    def visit(key: str) -> int:
        headers = {"Origin": _origin(link), "Idempotency-Key": key}
        body = {"instruction": "Make it shorter."}
        answers = [http.post(_action(link, "changes"), json=body, headers=headers) for _ in range(2)]
        return answers[-1].status_code

    seen: set[int] = set()
    with ThreadPoolExecutor(VISITORS) as visitors:
        for turn in range(3):
            _next_minute(links, video_id, link_id)
            seen |= set(visitors.map(visit, [f"{turn}-{visitor}" for visitor in range(VISITORS)]))
            pipeline.ended(video_id)
    versions = pipeline.ended(video_id)["versions"]
    assert len(versions) - len(before) == 2
    assert len(links.spending(video_id, link_id).changes) == CHANGES
    assert httpx.codes.FORBIDDEN in seen
    assert max(seen) < httpx.codes.INTERNAL_SERVER_ERROR


def test_the_video_is_deleted_from_its_page(pipeline: Pipeline, video_id: str, link: str) -> None:
    answer = awaited(lambda: _deleted(link, video_id), "the deletion")
    assert answer.status_code == httpx.codes.NO_CONTENT
    assert http.get(link).status_code == httpx.codes.GONE
    assert pipeline.call("GET", f"/v1/videos/{video_id}").status_code == httpx.codes.NOT_FOUND


def _deleted(link: str, video_id: str) -> httpx.Response | None:
    """The answer to a deletion, once the end of the last version was paid for."""
    headers = {"Origin": _origin(link)}
    answer = http.post(_action(link, "deletion"), json={"video_id": video_id}, headers=headers)
    return None if answer.status_code in {httpx.codes.CONFLICT, httpx.codes.TOO_MANY_REQUESTS} else answer


def _next_minute(links: ChangeLinkTable, video_id: str, link_id: str) -> None:
    """Forget how often the link was used: the limit per minute is tested elsewhere."""
    links._table.update_item(  # noqa: SLF001
        Key={"video_id": video_id, "item": "video"},
        UpdateExpression="REMOVE #calls",
        ExpressionAttributeNames={"#calls": f"calls#{link_id}"},
    )


def _links(text: str) -> Iterator[str]:
    for address in LINK.findall(text):
        yield html.unescape(address)


def _action(link: str, name: str) -> str:
    address, _, query = link.partition("?")
    return f"{address}/{name}?change={parse_qs(query)['change'][0]}"


def _origin(link: str) -> str:
    parts = urlsplit(link)
    return f"{parts.scheme}://{parts.netloc}"


def _kept(pipeline: Pipeline, video_id: str) -> list[dict[str, Any]]:
    """All that is stored of a video, but for the mark that the recovery removes minutes after its end."""
    table = pipeline.endpoints.access.dynamodb().Table(pipeline.endpoints.videos_table)
    found = table.query(
        KeyConditionExpression="video_id = :id",
        ExpressionAttributeValues={":id": video_id},
        ConsistentRead=True,
    )
    return [{name: value for name, value in item.items() if name != "unfinished"} for item in found["Items"]]
