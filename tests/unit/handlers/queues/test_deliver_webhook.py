"""The worker of the webhook queue, fed as SQS feeds it."""

import httpx
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from standardwebhooks import Webhook

from handlers import wiring
from handlers.queues.deliver_webhook import handler
from tests.events.payloads import Event, event
from tests.unit.handlers.conftest import World
from videos.events.webhooks import WAITS

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


class Keys:
    """The secrets of webhooks: Ann's."""

    def webhook_secret(self, owner: str) -> str:
        return {"ann": SECRET}[owner]


class Service:
    """Who is called back: what it answers, or how it fails, and what it was sent."""

    def __init__(self) -> None:
        self.answer: int | httpx.TransportError = 204
        self.requests: list[httpx.Request] = []
        self.client = httpx.Client(transport=httpx.MockTransport(self._serve))

    def _serve(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if isinstance(self.answer, httpx.TransportError):
            raise self.answer
        return httpx.Response(self.answer)


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Service:
    service = Service()
    monkeypatch.setattr(wiring, "api_keys", Keys)
    monkeypatch.setattr(wiring, "guarded_http", lambda: service.client)
    return service


def _queued(receives: int = 1) -> tuple[Event, str]:
    made = event("sqs_callback_message")
    (message,) = made["Records"]
    message["attributes"]["ApproximateReceiveCount"] = str(receives)
    return made, message["messageId"]


def test_a_callback_is_made_signed_with_its_owners_secret(
    world: World, context: LambdaContext, service: Service
) -> None:
    assert handler(_queued()[0], context) == {"batchItemFailures": []}
    (request,) = service.requests
    assert str(request.url) == "https://hooks.example.com/nemo?t=1"
    assert Webhook(SECRET).verify(request.content, dict(request.headers)) == {"type": "video.ended"}
    assert world.webhooks.postponed == []


def test_a_service_that_wants_no_more_is_left_alone(
    world: World, context: LambdaContext, service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    service.answer = 410
    assert handler(_queued()[0], context) == {"batchItemFailures": []}
    assert world.webhooks.postponed == []
    assert "webhook refused with 410 Gone" in caplog.text


@pytest.mark.parametrize("answer", [500, 404, 302, httpx.ReadTimeout("slow")])
def test_a_callback_that_is_not_taken_comes_again(
    world: World, context: LambdaContext, service: Service, answer: int | httpx.TransportError
) -> None:
    service.answer = answer
    queued, message_id = _queued()
    assert handler(queued, context) == {"batchItemFailures": [{"itemIdentifier": message_id}]}
    assert world.webhooks.postponed == [(queued["Records"][0]["receiptHandle"], WAITS[0])]


@pytest.mark.parametrize(("receives", "seconds"), [*enumerate(WAITS, 1), (len(WAITS) + 1, WAITS[-1])])
def test_each_try_waits_longer(
    world: World, context: LambdaContext, service: Service, receives: int, seconds: int
) -> None:
    service.answer = 503
    handler(_queued(receives)[0], context)
    assert [waited for _, waited in world.webhooks.postponed] == [seconds]


def test_an_order_that_cannot_be_read_comes_again_and_is_put_aside_in_the_end(
    world: World, context: LambdaContext, service: Service
) -> None:
    queued, message_id = _queued()
    queued["Records"][0]["body"] = "{}"
    assert handler(queued, context) == {"batchItemFailures": [{"itemIdentifier": message_id}]}
    assert (service.requests, world.webhooks.postponed) == ([], [])


@pytest.mark.parametrize("answer", [204, 410, 500])
def test_the_secret_is_not_logged(
    context: LambdaContext,
    service: Service,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    answer: int,
) -> None:
    service.answer = answer
    handler(_queued()[0], context)
    logged = "".join(capsys.readouterr()) + caplog.text
    assert SECRET.removeprefix("whsec_") not in logged
