"""A webhook as the service that is called sees it, and what is made of its answer."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from safe_http.errors import ForbiddenAddressError
from safe_http.webhooks import WebhookFailedError, WebhookRefusedError, call_back
from videos.events.webhooks import WebhookOrder

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
ORDER = WebhookOrder(
    id="vid-a-1-ready",
    owner="ann",
    url="https://hooks.example.com/nemo?token=hidden",
    body='{"type": "video.ended", "data": {"name": "Über 🎬"}}',
)

Handler = Callable[[httpx.Request], httpx.Response]


def _call(handler: Handler) -> None:
    """Call back with a client that would follow redirects, as the guarded one does."""
    with httpx.Client(transport=httpx.MockTransport(handler), follow_redirects=True) as http:
        call_back(ORDER, SECRET, http=http, now=datetime.now(UTC))


def test_the_service_can_verify_what_it_is_told() -> None:
    seen: list[httpx.Request] = []

    def service(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(204)

    _call(service)
    (request,) = seen
    assert (request.method, str(request.url)) == ("POST", ORDER.url)
    assert request.headers["content-type"] == "application/json"
    assert request.headers["webhook-id"] == ORDER.id
    headers = dict(request.headers)
    assert Webhook(SECRET).verify(request.content, headers) == json.loads(ORDER.body)
    for secret, body in ((OTHER_SECRET, request.content), (SECRET, request.content + b" ")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(body, headers)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_success_is_one(status: int) -> None:
    _call(lambda _: httpx.Response(status))


def test_what_it_answers_is_not_read() -> None:
    class Endless(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            raise AssertionError("nobody needs the body")

    _call(lambda _: httpx.Response(200, stream=Endless()))


def test_gone_is_the_end_of_it() -> None:
    with pytest.raises(WebhookRefusedError):
        _call(lambda _: httpx.Response(410))


@pytest.mark.parametrize("status", [304, 400, 401, 404, 408, 409, 429, 500, 502, 503])
def test_any_other_answer_is_a_failure_that_says_which(status: int) -> None:
    with pytest.raises(WebhookFailedError, match=rf" HTTP {status}\.$") as failed:
        _call(lambda _: httpx.Response(status))
    assert failed.value.status_code == status


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    seen: list[str] = []

    def service(request: httpx.Request) -> httpx.Response:
        seen.append(request.url.host)
        moved = request.url.host == "hooks.example.com"
        return httpx.Response(status if moved else 200, headers={"Location": "https://other.example/"})

    with pytest.raises(WebhookFailedError, match=f"HTTP {status}"):
        _call(service)
    assert seen == ["hooks.example.com"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (httpx.ConnectError("no route to 10.0.0.7"), "No connection to hooks.example.com could be made, or "),
        (httpx.ConnectTimeout("slow"), "hooks.example.com did not answer in time."),
        (httpx.ReadTimeout("slow"), "hooks.example.com did not answer in time."),
        (httpx.RemoteProtocolError("not HTTP"), "hooks.example.com closed the connection, or "),
        (ForbiddenAddressError("It leads to a private address."), "It leads to a private address."),
        (ValueError("10.0.0.7"), "The request failed."),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_line_that_fails_is_a_failure_that_gives_nothing_away(error: Exception, said: str) -> None:
    def service(_request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(WebhookFailedError) as failed:
        _call(service)
    assert str(failed.value).startswith(said)
    assert "10.0.0.7" not in str(failed.value)
    assert failed.value.status_code is None
