"""The worker of the webhook queue, fed as SQS feeds it."""

import json
from typing import Any

import httpx
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from standardwebhooks import Webhook

from handlers import wiring
from handlers.queues.deliver_webhook import handler
from tests.events.payloads import Event, event
from tests.support.builders import NOW
from tests.unit.handlers.conftest import World
from videos.events.webhooks import WAITS
from videos.model.delivery import Delivery, DeliveryState

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


ID = "vid-s3cr2aab-1-ready"


def _recorded(world: World) -> Delivery:
    delivery = world.deliveries.delivery("vid-s3cr2aab", ID)
    assert delivery is not None
    return delivery


def _send(context: LambdaContext, receives: int = 1, **changes: object) -> list[Any]:
    """Let the worker send the webhook; return the messages that come again."""
    queued, _ = _queued(receives)
    body = json.loads(queued["Records"][0]["body"]) | {"video_id": "vid-s3cr2aab"} | changes
    queued["Records"][0]["body"] = json.dumps(body)
    failures: list[Any] = handler(queued, context)["batchItemFailures"]
    return failures


@pytest.fixture
def tracked(world: World) -> World:
    """The webhook has a record, as those have that were queued."""
    world.deliveries.add(
        Delivery(video_id="vid-s3cr2aab", delivery_id=ID, type="video.ended", version=1, created_at=NOW),
        expires_at=NOW,
    )
    return world


def test_an_attempt_that_is_accepted_is_recorded(
    tracked: World, context: LambdaContext, service: Service
) -> None:
    assert service.answer == 204
    _send(context)
    delivery = _recorded(tracked)
    assert (delivery.state, delivery.next_attempt_at) == (DeliveryState.DELIVERED, None)
    assert [(attempt.status_code, attempt.error) for attempt in delivery.attempts] == [(204, None)]


@pytest.mark.parametrize(
    ("answer", "status", "error"),
    [
        (500, 500, "The service answered with HTTP 500."),
        (302, 302, "The service answered with HTTP 302."),
        (httpx.ReadTimeout("slow"), None, "hooks.example.com did not answer in time."),
        (httpx.ConnectError("no"), None, "No connection to hooks.example.com could be made"),
    ],
)
def test_an_attempt_that_fails_is_recorded_with_the_next_one(  # noqa: PLR0917 - a table
    tracked: World,
    context: LambdaContext,
    service: Service,
    answer: int | httpx.TransportError,
    status: int | None,
    error: str,
) -> None:
    service.answer = answer
    assert _send(context, receives=2)
    delivery = _recorded(tracked)
    (attempt,) = delivery.attempts
    assert attempt.status_code == status
    assert attempt.error is not None
    assert attempt.error.startswith(error)
    assert "t=1" not in attempt.error
    assert delivery.state is DeliveryState.PENDING
    assert delivery.next_attempt_at is not None
    assert (delivery.next_attempt_at - attempt.at).total_seconds() == WAITS[1]


@pytest.mark.parametrize(("answer", "receives"), [(410, 1), (500, len(WAITS) + 1)])
def test_a_webhook_that_is_given_up_says_so(
    tracked: World, context: LambdaContext, service: Service, answer: int, receives: int
) -> None:
    service.answer = answer
    _send(context, receives)
    delivery = _recorded(tracked)
    assert (delivery.state, delivery.next_attempt_at) == (DeliveryState.GIVEN_UP, None)


def test_a_message_that_comes_again_after_its_webhook_was_accepted_is_not_sent(
    tracked: World, context: LambdaContext, service: Service
) -> None:
    for _ in range(2):
        assert _send(context) == []
    assert len(service.requests) == 1
    assert len(_recorded(tracked).attempts) == 1


def test_a_webhook_that_is_asked_for_again_is_sent_although_it_was_accepted(
    tracked: World, context: LambdaContext, service: Service
) -> None:
    _send(context)
    before = _recorded(tracked)
    assert tracked.deliveries.replace(before, before.again(NOW))
    _send(context, redelivery=1)
    assert len(service.requests) == 2
    assert {request.headers["webhook-id"] for request in service.requests} == {ID}
    assert _recorded(tracked).state is DeliveryState.DELIVERED


def test_an_earlier_message_that_fails_says_nothing_of_a_later_one(
    tracked: World, context: LambdaContext, service: Service
) -> None:
    before = _recorded(tracked)
    again = before.again(NOW)
    tracked.deliveries.replace(before, again)
    service.answer = 500
    _send(context, receives=len(WAITS) + 1)
    delivery = _recorded(tracked)
    assert (delivery.state, delivery.next_attempt_at) == (DeliveryState.PENDING, again.next_attempt_at)
    assert len(delivery.attempts) == 1


def test_progress_is_given_up_soon_and_is_no_dead_letter(
    tracked: World, context: LambdaContext, service: Service
) -> None:
    service.answer = 500
    news = {"type": "video.progress", "most_tries": 2}
    assert _send(context, 1, **news)
    assert _send(context, 2, **news) == []
    assert _recorded(tracked).state is DeliveryState.GIVEN_UP


@pytest.mark.parametrize("broken", ["delivery", "replace"])
@pytest.mark.parametrize("answer", [204, 500])
def test_a_record_that_fails_neither_loses_nor_repeats_a_webhook(  # noqa: PLR0917 - a table
    tracked: World,
    context: LambdaContext,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
    answer: int,
) -> None:
    def fail(*_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(tracked.deliveries, broken, fail)
    service.answer = answer
    assert bool(_send(context)) is (answer == 500)
    assert len(service.requests) == 1


def test_no_more_attempts_are_kept_than_a_record_takes(
    tracked: World, context: LambdaContext, service: Service
) -> None:
    service.answer = 500
    for _ in range(40):
        _send(context)
    assert len(_recorded(tracked).attempts) == 30
