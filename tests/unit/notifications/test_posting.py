import logging
import threading
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import httpx
import pytest

from notifications import posting
from notifications.posting import ChannelGoneError, ChannelUnavailableError, Posting, post
from tests.support.scripted_backend.raw import LoopbackServer
from tests.unit.notifications.channel_wire import SECRET, WEBHOOK, ChannelAnswer, ChannelWire

MESSAGE = Posting({"text": "✅ Ready: ü 🎬.png", "blocks": [{"type": "divider"}]})
WORKFLOW = (
    "https://default0.00.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/w0"
    f"/triggers/manual/paths/invoke?api-version=1&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig={SECRET}_-x"
)


@pytest.fixture
def channel() -> ChannelWire:
    return ChannelWire()


def test_a_message_is_posted_once_as_json(channel: ChannelWire) -> None:
    post(MESSAGE, WEBHOOK, http=channel.http)
    (request,) = channel.requests
    assert (request.method, str(request.url)) == ("POST", WEBHOOK)
    assert request.headers["Content-Type"] == "application/json"
    assert channel.messages == [MESSAGE.body]


@pytest.mark.parametrize("url", [WEBHOOK, WORKFLOW])
def test_the_address_is_used_as_it_was_given(channel: ChannelWire, url: str) -> None:
    post(MESSAGE, url, http=channel.http)
    assert str(channel.requests[0].url) == url.replace(":443/", "/")


def test_parameters_are_added_to_those_of_the_address(channel: ChannelWire) -> None:
    query = Posting({}, {"with_components": "true"})
    post(query, "https://discord.com/api/webhooks/1/x?thread_id=7", http=channel.http)
    assert dict(channel.requests[0].url.params) == {"thread_id": "7", "with_components": "true"}


@pytest.mark.parametrize("answer", [ChannelAnswer(200, "ok"), ChannelAnswer(202, ""), ChannelAnswer(204, "")])
def test_each_service_accepts_in_its_own_way(channel: ChannelWire, answer: ChannelAnswer) -> None:
    channel.answers = [answer]
    post(MESSAGE, WEBHOOK, http=channel.http)


@pytest.mark.parametrize(
    ("answer", "retry_after"),
    [
        (ChannelAnswer(429, "rate_limited", {"Retry-After": "37"}), 37),
        (ChannelAnswer(429, "rate_limited", {"retry-after": "37"}), 37),
        (ChannelAnswer(429, '{"retry_after": 0.3}', {"Retry-After": "0.3"}), 1),
        (ChannelAnswer(429, "rate_limited"), None),
        (ChannelAnswer(429, "rate_limited", {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}), None),
        (ChannelAnswer(429, "rate_limited", {"Retry-After": "nan"}), None),
        (ChannelAnswer(429, "rate_limited", {"Retry-After": "-3"}), None),
        (ChannelAnswer(503, "", {"Retry-After": "5"}), 5),
        (ChannelAnswer(500, "rollup_error"), None),
        (ChannelAnswer(400, "invalid_blocks"), None),
        (ChannelAnswer(307, "", {"Location": "https://elsewhere.example/"}), None),
        (httpx.ReadTimeout("timed out"), None),
        (httpx.ConnectError("Name or service not known"), None),
        (httpx.ReadError("reset"), None),
        (httpx.RemoteProtocolError("closed"), None),
    ],
    ids=str,
)
def test_what_is_not_accepted_now_is_sent_once_and_left_for_later(
    channel: ChannelWire, answer: ChannelAnswer | Exception, retry_after: int | None
) -> None:
    channel.answers = [answer]
    with pytest.raises(ChannelUnavailableError) as unavailable:
        post(MESSAGE, WEBHOOK, http=channel.http)
    assert unavailable.value.retry_after == retry_after
    assert len(channel.requests) == 1
    if isinstance(answer, ChannelAnswer):
        assert str(unavailable.value) == f"HTTP {answer.status} {answer.body}".rstrip()


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, '{"message": "Invalid Webhook Token", "code": 50027}'),
        (403, "action_prohibited"),
        (404, '{"message": "Unknown Webhook", "code": 10015}'),
        (410, "channel_is_archived"),
    ],
)
def test_a_webhook_that_is_gone_says_what_the_service_said(
    channel: ChannelWire, status: int, body: str
) -> None:
    channel.answers = [ChannelAnswer(status, body)]
    with pytest.raises(ChannelGoneError) as gone:
        post(MESSAGE, WEBHOOK, http=channel.http)
    assert str(gone.value) == f"HTTP {status} {body}"
    assert len(channel.requests) == 1


@pytest.mark.parametrize(
    "address",
    [
        "",
        SECRET,
        f"hooks.slack.com/{SECRET}",
        f"file:///{SECRET}",
        f"https://a.example/x {SECRET}",
        f"https://a.example:port/{SECRET}",
        f"https://[::{SECRET}",
    ],
)
def test_a_secret_that_is_no_address_is_no_webhook(channel: ChannelWire, address: str) -> None:
    with pytest.raises(ChannelGoneError) as gone:
        post(MESSAGE, address, http=channel.http)
    assert channel.requests == []
    assert SECRET not in str(gone.value)
    assert gone.value.__suppress_context__ or gone.value.__context__ is None


def test_a_host_that_cannot_be_looked_up_is_no_webhook() -> None:
    """Python refuses such a name with this error, before there is a connection."""

    def look_up(request: httpx.Request) -> httpx.Response:
        request.url.host.encode("idna")
        raise AssertionError("The name was accepted.")

    with (
        httpx.Client(transport=httpx.MockTransport(look_up)) as http,
        pytest.raises(ChannelGoneError) as gone,
    ):
        post(MESSAGE, f"https://a..b/{SECRET}", http=http)
    assert SECRET not in str(gone.value)


@pytest.mark.parametrize("status", [404, 500])
@pytest.mark.parametrize("url", [WEBHOOK, WORKFLOW])
def test_an_answer_that_quotes_the_address_does_not_tell_it(
    channel: ChannelWire, url: str, status: int
) -> None:
    channel.answers = [ChannelAnswer(status, f"Cannot POST {url}\n" + "x" * 10_000)]
    with pytest.raises((ChannelGoneError, ChannelUnavailableError)) as failed:
        post(MESSAGE, url, http=channel.http)
    assert SECRET not in str(failed.value)
    assert "Cannot POST" in str(failed.value)
    assert len(str(failed.value)) < 300


@pytest.mark.parametrize(
    "answer",
    [
        ChannelAnswer(),
        ChannelAnswer(500, "no"),
        ChannelAnswer(410, "gone"),
        httpx.ReadTimeout("slow"),
        httpx.ConnectError("no"),
    ],
    ids=str,
)
def test_the_address_is_logged_at_no_level(
    channel: ChannelWire, caplog: pytest.LogCaptureFixture, answer: ChannelAnswer | Exception
) -> None:
    channel.answers = [answer]
    with caplog.at_level(logging.DEBUG):
        try:
            post(MESSAGE, WEBHOOK, http=channel.http)
        except (ChannelUnavailableError, ChannelGoneError) as error:
            logging.getLogger().warning("not told", exc_info=error)
    assert SECRET not in caplog.text


def test_over_a_real_connection_the_address_is_logged_at_no_level(
    caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    socket = tmp_path / "socket"
    with (
        LoopbackServer(Handler, socket) as server,
        httpx.Client(transport=httpx.HTTPTransport(uds=str(socket))) as http,
        caplog.at_level(logging.DEBUG),
    ):
        post(MESSAGE, f"{server.url}/{SECRET}", http=http)
    assert SECRET not in caplog.text


def test_a_channel_that_does_not_end_its_answer_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    never = threading.Event()
    monkeypatch.setattr(posting, "ANSWER_SECONDS", 0.05)

    def answer(_: httpx.Request) -> httpx.Response:
        never.wait(5)
        return httpx.Response(200)

    http = httpx.Client(transport=httpx.MockTransport(answer))
    with pytest.raises(ChannelUnavailableError, match="TimeoutError"):
        post(MESSAGE, WEBHOOK, http=http)
    never.set()
