"""The home page on the deployed template: from a dropped file to the video that plays."""

import base64
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
from botocore.exceptions import ClientError
from playwright.sync_api import Browser, BrowserContext, Page, expect

from aws.api_keys import ApiKeys
from aws.sign_in import SignInAddresses
from infra.local.cloud import CloudSettings, embedded_cloud
from tests.browser.accessibility import barriers
from tests.e2e.conftest import Pipeline
from tests.e2e.services import Receiver
from tests.support import http
from tests.support.waiting import HUNG_MS, awaited

pytestmark = pytest.mark.thorough

PHONE = (320, 640)
DROP = """([name, body]) => {
    const files = new DataTransfer();
    files.items.add(new File([Uint8Array.from(atob(body), (one) => one.charCodeAt(0))], name));
    const event = (kind) => new DragEvent(kind, {dataTransfer: files, bubbles: true, cancelable: true});
    document.body.dispatchEvent(event("dragover"));
    document.body.dispatchEvent(event("drop"));
}"""


@pytest.fixture(scope="module")
def address(pipeline: Pipeline) -> str:
    """The page at another origin than S3, as on AWS: on one machine, both have one address."""
    return pipeline.endpoints.api_url.replace("127.0.0.1", "localhost")


@pytest.fixture(scope="module")
def keys(pipeline: Pipeline) -> ApiKeys:
    return ApiKeys(pipeline.endpoints.access.dynamodb().Table(pipeline.endpoints.api_keys_table))


@pytest.fixture(scope="module")
def addresses(pipeline: Pipeline) -> SignInAddresses:
    return SignInAddresses(pipeline.endpoints.access.dynamodb().Table(pipeline.endpoints.api_keys_table))


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    width, height = PHONE
    with browser.new_context(viewport={"width": width, "height": height}) as context:
        context.set_default_timeout(HUNG_MS)
        expect.set_options(timeout=HUNG_MS)
        yield context


@pytest.fixture
def tab(context: BrowserContext) -> Page:
    return context.new_page()


def test_a_dropped_file_becomes_a_video_that_plays(
    tab: Page, address: str, keys: ApiKeys, page: bytes, artifacts: Path
) -> None:
    complaints: list[str] = []
    tab.on("console", lambda said: complaints.append(said.text))
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    _sign_in(tab, address, keys.make("gallery-shop"))
    expect(tab.locator("#found")).to_contain_text("No videos yet.")
    tab.evaluate(DROP, ["Evening kettle.png", base64.b64encode(page).decode()])
    expect(tab.locator("#uploads")).to_contain_text("Uploaded")
    tab.get_by_label("What should the video show?").fill("Make a 3 second video")
    tab.get_by_role("button", name="Show the price").click()
    expect(tab.locator("#price")).to_contain_text("credits")
    tab.get_by_role("button", name="Make the video").dblclick()
    card = tab.locator("#videos .card")
    expect(card).to_have_count(1)
    expect(card.locator("progress")).to_be_visible()
    watch = card.get_by_role("link", name="Watch Evening kettle in a new tab")
    expect(watch).to_be_visible()
    expect(card.locator("img")).to_have_js_property("complete", value=True)
    assert card.locator("img").evaluate("picture => picture.naturalWidth") > 0
    tab.screenshot(path=artifacts / "home-deployed.png", full_page=True)
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert barriers(tab) == []
    with tab.context.expect_page() as opened:
        watch.click()
    film = opened.value
    film.evaluate("() => { const v = document.querySelector('video'); v.muted = true; return v.play(); }")
    film.wait_for_function("() => document.querySelector('video').currentTime > 0.3")
    assert complaints == []
    tab.reload()
    expect(card).to_have_count(1)


def test_a_forged_and_a_foreign_key_show_nothing(
    tab: Page, pipeline: Pipeline, address: str, keys: ApiKeys, page: bytes
) -> None:
    pipeline.drop("inbox/Secret kettle.png", page, "Make a 3 second video")
    _sign_in(tab, address, "nvp_guessed")
    expect(tab.locator("#sign-in-feedback")).to_have_text("This key is unknown or was revoked.")
    tab.get_by_label("API key").fill(keys.make("another-shop"))
    tab.get_by_role("button", name="Sign in").click()
    expect(tab.locator("#found")).to_contain_text("No videos yet.")
    assert "Secret kettle" not in tab.content()


def test_a_mailed_link_shows_the_videos_of_its_owner_and_of_nobody_else(
    tab: Page, pipeline: Pipeline, address: str, keys: ApiKeys, addresses: SignInAddresses
) -> None:
    for owner in ("ana-shop", "ben-shop"):
        asked = {"instruction": "Make a 3 second video", "metadata": {"title": f"Film of {owner}"}}
        made = pipeline.call("POST", "/v1/videos", json=asked, headers={"x-api-key": keys.make(owner)})
        assert made.status_code == HTTPStatus.ACCEPTED
    addresses.add("ana@example.com", "ana@example.com", "ana-shop")
    said = {_ask_for_link(tab, address, email) for email in ("eve@example.com", "Ana@Example.com")}
    assert len(said) == 1, "the page says the same, whether the address is known or not"
    link = _mailed_link(pipeline)
    for method in ("GET", "HEAD", "GET"):
        assert http.request(method, link).is_success, "a program that checks mails"
    tab.goto(link.replace("127.0.0.1", "localhost"))
    tab.locator("#use-link").get_by_role("button", name="Sign in").click()
    expect(tab.locator("#videos h3")).to_have_text(["Film of ana-shop"])
    expect(tab.locator("#who")).to_have_text("Signed in as ana-shop")
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert barriers(tab) == []
    with tab.expect_response(lambda answer: answer.url.endswith("/sign-in/end")) as ended:
        tab.get_by_role("button", name="Sign out").click()
    assert ended.value.status == HTTPStatus.NO_CONTENT
    tab.goto(link.replace("127.0.0.1", "localhost"))
    tab.locator("#use-link").get_by_role("button", name="Sign in").click()
    expect(tab.locator("#sign-in-feedback")).to_contain_text("This link was used before")
    assert [_recipient(mail) for mail in _sign_in_mails(pipeline)] == ["ana@example.com"]


def _ask_for_link(tab: Page, address: str, email: str) -> str:
    tab.goto(address)
    tab.get_by_label("E-mail address").fill(email)
    with tab.expect_response(lambda answer: answer.url.endswith("/sign-in/link")) as asked:
        tab.get_by_role("button", name="Mail me a link").click()
    assert asked.value.status == HTTPStatus.ACCEPTED
    said = tab.locator("#ask-link-feedback")
    expect(said).to_contain_text("If this address can sign in")
    return said.inner_text()


def _sign_in_mails(pipeline: Pipeline) -> list[EmailMessage]:
    mails = (path.read_bytes() for path in sorted(pipeline.endpoints.mailbox_dir.glob("*.eml")))
    read = (BytesParser(EmailMessage, policy=default).parsebytes(mail) for mail in mails)
    return [mail for mail in read if mail["subject"] == "Your link to sign in"]


def _mailed_link(pipeline: Pipeline) -> str:
    (mail,) = awaited(lambda: _sign_in_mails(pipeline) or None, "the mail with the link")
    text = mail.get_body(("plain",))
    assert text is not None
    (link,) = re.findall(r"Sign in: (\S+)", text.get_content())
    assert link.startswith(f"{pipeline.endpoints.api_url}/#sign-in=")
    return str(link)


def _recipient(mail: EmailMessage) -> str:
    return str(mail["to"])


def test_a_webhook_is_seen_and_sent_again(
    tab: Page, pipeline: Pipeline, address: str, keys: ApiKeys, receiver: Receiver
) -> None:
    key = keys.make("hook-shop")
    asked = {"instruction": "Make a 3 second video", "callback_url": f"{receiver.url}/hook?token=hush"}
    made = pipeline.call("POST", "/v1/videos", json=asked, headers={"x-api-key": key}).json()
    pipeline.call("POST", f"/v1/videos/{made['id']}/cancel", headers={"x-api-key": key}).raise_for_status()
    _sign_in(tab, address, key)
    expect(tab.locator("#videos .card[data-status=cancelled]")).to_have_count(1)
    tab.locator(".deliveries summary").click()
    line = tab.locator(".deliveries li")
    expect(line).to_contain_text("Delivered (HTTP 204), 1 attempt.")
    expect(line).to_contain_text(f"{receiver.url}/hook")
    assert "hush" not in tab.content()
    tab.get_by_role("button", name="Send again: Ended, version 1").click()
    expect(line).to_contain_text("Delivered (HTTP 204), 2 attempts.")
    ids = [headers["webhook-id"] for headers, body in receiver.calls if made["id"].encode() in body]
    assert len(ids) == 2
    assert len(set(ids)) == 1, "the service knows it by its id"
    assert tab.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    assert barriers(tab) == []


def test_other_sites_can_only_send_the_signed_form(pipeline: Pipeline) -> None:
    bucket = f"{pipeline.endpoints.aws_endpoint_url}/{pipeline.endpoints.inbox_bucket}"
    for method, status in {
        "POST": HTTPStatus.OK,
        "PUT": HTTPStatus.FORBIDDEN,
        "GET": HTTPStatus.FORBIDDEN,
    }.items():
        asked = {"Origin": "https://evil.example", "Access-Control-Request-Method": method}
        assert http.request("OPTIONS", bucket, headers=asked).status_code == status


def test_a_stack_without_the_page_has_none(tmp_path: Path) -> None:
    settings = CloudSettings(home=tmp_path, parameters={"HomePage": "false"})
    with embedded_cloud(settings) as endpoints:
        answer = http.get(endpoints.api_url)
        assert answer.status_code == httpx.codes.NOT_FOUND
        assert "There is no page here" in answer.text
        with pytest.raises(ClientError, match="NoSuchCORSConfiguration"):
            endpoints.access.client("s3").get_bucket_cors(Bucket=endpoints.inbox_bucket)


def _sign_in(tab: Page, address: str, key: str) -> None:
    tab.goto(address)
    tab.get_by_label("API key").fill(key)
    tab.get_by_role("button", name="Sign in").click()
