import http.client
import logging
from urllib.error import URLError

import pytest

from notifications.posting import ANSWER_SECONDS, SlackGoneError, SlackUnavailableError, post
from notifications.slack import SlackMessage
from tests.unit.notifications.slack_wire import SECRET, WEBHOOK, SlackAnswer, SlackWire, wire_slack

MESSAGE = SlackMessage(text="✅ Ready: ü 🎬.png", blocks=[{"type": "divider"}])


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> SlackWire:
    return wire_slack(monkeypatch)


def test_a_message_is_posted_once_with_text_and_blocks(slack: SlackWire) -> None:
    post(MESSAGE, WEBHOOK)
    (request,) = slack.requests
    assert (request.get_method(), request.full_url) == ("POST", WEBHOOK)
    assert request.get_header("Content-type") == "application/json;charset=utf-8"
    assert slack.messages == [{"text": MESSAGE.text, "blocks": MESSAGE.blocks, "unfurl_links": False}]
    assert slack.timeouts == [ANSWER_SECONDS]


@pytest.mark.parametrize(
    ("answer", "retry_after"),
    [
        (SlackAnswer(429, "rate_limited", {"Retry-After": "37"}), 37),
        (SlackAnswer(429, "rate_limited", {"retry-after": "37"}), 37),
        (SlackAnswer(429, "rate_limited"), None),
        (SlackAnswer(429, "rate_limited", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), None),
        (SlackAnswer(503, "", {"Retry-After": "5"}), 5),
        (SlackAnswer(500, "rollup_error"), None),
        (SlackAnswer(400, "invalid_blocks"), None),
        (SlackAnswer(307, ""), None),
        (TimeoutError("timed out"), None),
        (URLError("Name or service not known"), None),
        (ConnectionResetError("reset"), None),
        (http.client.RemoteDisconnected("closed"), None),
        (http.client.IncompleteRead(b""), None),
        (http.client.BadStatusLine("nonsense"), None),
    ],
    ids=str,
)
def test_what_slack_does_not_take_now_is_asked_for_once_and_left_for_later(
    slack: SlackWire, answer: SlackAnswer | Exception, retry_after: int | None
) -> None:
    slack.answers = [answer]
    with pytest.raises(SlackUnavailableError) as unavailable:
        post(MESSAGE, WEBHOOK)
    assert unavailable.value.retry_after == retry_after
    assert len(slack.requests) == 1
    if isinstance(answer, SlackAnswer):
        assert str(unavailable.value) == f"HTTP {answer.status} {answer.body}"


@pytest.mark.parametrize(
    ("status", "body"),
    [(403, "action_prohibited"), (404, "no_service"), (410, "channel_is_archived")],
)
def test_a_webhook_that_is_gone_says_what_slack_said(slack: SlackWire, status: int, body: str) -> None:
    slack.answers = [SlackAnswer(status, body)]
    with pytest.raises(SlackGoneError, match=f"HTTP {status} {body}"):
        post(MESSAGE, WEBHOOK)
    assert len(slack.requests) == 1


@pytest.mark.parametrize(
    "address", ["", SECRET, f"hooks.slack.com/{SECRET}", f"file:///{SECRET}", f"https://a.example/x {SECRET}"]
)
def test_a_secret_that_is_no_address_is_no_webhook(slack: SlackWire, address: str) -> None:
    with pytest.raises(SlackGoneError) as gone:
        post(MESSAGE, address)
    assert slack.requests == []
    assert SECRET not in str(gone.value)


@pytest.mark.parametrize(
    "answer", [SlackAnswer(), SlackAnswer(500, "no"), SlackAnswer(410, "gone"), TimeoutError("slow")], ids=str
)
def test_the_address_is_logged_at_no_level(
    slack: SlackWire, caplog: pytest.LogCaptureFixture, answer: SlackAnswer | Exception
) -> None:
    slack.answers = [answer]
    with caplog.at_level(logging.DEBUG):
        try:
            post(MESSAGE, WEBHOOK)
        except (SlackUnavailableError, SlackGoneError) as error:
            logging.getLogger().warning("not told", exc_info=error)
    assert SECRET not in caplog.text
