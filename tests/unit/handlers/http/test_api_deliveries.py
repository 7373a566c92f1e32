"""The webhooks of a video: how they were received, and sending one again."""

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.http import answering
from tests.events.payloads import Event
from tests.support.builders import DELIVERED, NOW, READY, REF, TIMELINE, a_version, a_video
from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import call, content, header, problem
from videos.model.clock import utc_now
from videos.model.delivery import Attempt, Delivery, DeliveryState, WebhookType
from videos.model.video import Webhook

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

HOOK = "https://user:pass@hooks.example.com/nemo?token=abcdef0123456789&shop=7"
PATH = f"/v1/videos/{REF.video_id}/deliveries"
STARTED, HALF, ENDED = (f"{REF.execution_name}-{name}" for name in ("started", "progress-55", "ready"))


@pytest.fixture(autouse=True)
def _video(world: World) -> None:
    """A ready video of Ann with three webhooks. The service did not accept the last one."""
    video = a_video().model_copy(
        update={"owner": "ann", "webhook": Webhook(url=HOOK, on_start=True), "metadata": {"order": 7}}
    )
    world.store.create(video, a_version(delivered=DELIVERED, timeline=TIMELINE))
    world.store.end(REF, READY)
    _add(world, STARTED, "video.started", 0)
    _add(world, HALF, "video.progress", 1)
    _add(world, ENDED, "video.ended", 2)
    before = _recorded(world, ENDED)
    failed = Attempt(at=NOW, status_code=500, error="The service answered with HTTP 500.")
    world.deliveries.replace(before, before.after(failed, redelivery=0, next_attempt_at=None))


def _add(world: World, delivery_id: str, kind: WebhookType, minute: int) -> None:
    made = Delivery(
        video_id=REF.video_id,
        delivery_id=delivery_id,
        type=kind,
        version=1,
        created_at=NOW + timedelta(minutes=minute),
    )
    world.deliveries.add(made, expires_at=NOW)


def _recorded(world: World, delivery_id: str) -> Delivery:
    delivery = world.deliveries.delivery(REF.video_id, delivery_id)
    assert delivery is not None
    return delivery


def _redeliver(context: LambdaContext, delivery_id: str, **parts: Any) -> Event:  # noqa: ANN401 - of `call`
    return call(context, "POST", f"{PATH}/{delivery_id}/redeliver", **parts)


def test_the_newest_webhooks_come_first_and_show_no_secret(context: LambdaContext) -> None:
    answer = call(context, "GET", PATH)
    deliveries = content(answer, 200)["deliveries"]
    assert [one["id"] for one in deliveries] == [ENDED, HALF, STARTED]
    assert deliveries[0] == {
        "id": ENDED,
        "video_id": REF.video_id,
        "type": "video.ended",
        "version": 1,
        "url": "https://hooks.example.com/nemo?shop=7",
        "state": "given_up",
        "created_at": "2026-05-04T12:02:00Z",
        "next_attempt_at": None,
        "attempts": [
            {"at": "2026-05-04T12:00:00Z", "status_code": 500, "error": "The service answered with HTTP 500."}
        ],
    }
    assert "abcdef0123456789" not in answer["body"]


def test_at_most_a_hundred_are_shown(world: World, context: LambdaContext) -> None:
    for number in range(120):
        _add(world, f"{REF.video_id}-{number}-ready", "video.ended", 10 + number)
    deliveries = content(call(context, "GET", PATH), 200)["deliveries"]
    assert [one["id"] for one in deliveries] == [f"{REF.video_id}-{n}-ready" for n in range(119, 19, -1)]


def test_an_end_is_sent_again_under_its_id(world: World, context: LambdaContext) -> None:
    accepted = content(_redeliver(context, ENDED), 202)
    assert (accepted["id"], accepted["state"]) == (ENDED, "pending")
    (order,) = world.webhooks.orders
    body = json.loads(order.body)
    assert (order.id, order.url, order.redelivery, order.owner) == (ENDED, HOOK, 1, "ann")
    assert (body["type"], body["data"]["id"], body["data"]["status"]) == ("video.ended", ENDED, "ready")
    assert body["data"]["links"]["watch"].startswith("https://videos.example/watch/")
    assert body["data"]["change_url"] is None
    assert world.webhooks.owners == ["ann"]


def test_a_start_is_sent_again_as_it_was(world: World, context: LambdaContext) -> None:
    content(_redeliver(context, STARTED), 202)
    body = json.loads(world.webhooks.orders[0].body)
    assert body["data"] == {"video_id": REF.video_id, "version": 1, "metadata": {"order": 7}}
    assert body["timestamp"] == "2026-05-04T12:00:00Z"


def test_a_repeated_request_sends_it_once(world: World, context: LambdaContext) -> None:
    answers = [content(_redeliver(context, ENDED), 202) for _ in range(3)]
    assert answers[0] == answers[1] == answers[2]
    assert len(world.webhooks.orders) == 1


def test_a_repeated_key_gets_the_first_answer(
    world: World, context: LambdaContext, answers_table: "Table", monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = DynamoDBPersistenceLayer(answers_table.name)
    monkeypatch.setattr(answering, "_persistence", lambda: layer)
    before = _recorded(world, ENDED)
    answers = [
        call(context, "POST", f"{PATH}/{ENDED}/redeliver", headers={"Idempotency-Key": "again"})
        for _ in range(2)
    ]
    assert [content(answer, 202)["id"] for answer in answers] == [ENDED] * 2
    assert (len(world.webhooks.orders), _recorded(world, ENDED).redelivery) == (1, before.redelivery + 1)


def test_it_is_sent_at_most_once_a_minute(world: World, context: LambdaContext) -> None:
    content(_redeliver(context, ENDED), 202)
    before = _recorded(world, ENDED)
    done = before.after(Attempt(at=NOW, status_code=204), redelivery=1, next_attempt_at=None)
    assert done.state is DeliveryState.DELIVERED
    world.deliveries.replace(before, done)
    answer = _redeliver(context, ENDED)
    problem(answer, 429, "throttled")
    assert 0 < int(header(answer, "Retry-After") or "") <= 60
    later = done.model_copy(update={"redelivered_at": utc_now() - timedelta(minutes=2), "revision": 9})
    world.deliveries.replace(done, later)
    content(_redeliver(context, ENDED), 202)
    assert [order.redelivery for order in world.webhooks.orders] == [1, 2]


def test_a_webhook_whose_queue_did_not_take_it_is_queued_after_a_minute(
    world: World, context: LambdaContext
) -> None:
    before = _recorded(world, ENDED)
    world.deliveries.replace(before, before.again(utc_now() - timedelta(minutes=2)))
    content(_redeliver(context, ENDED), 202)
    assert len(world.webhooks.orders) == 1


def test_progress_is_not_sent_again(world: World, context: LambdaContext) -> None:
    refused = problem(_redeliver(context, HALF), 409, "not-possible")
    assert "Read the video instead." in refused["detail"]
    assert world.webhooks.orders == []
    assert _recorded(world, HALF).redelivery == 0


def test_only_the_owner_sees_them_and_who_may_write_sends_them(world: World, context: LambdaContext) -> None:
    problem(call(context, "GET", PATH, owner="bob"), 404, "not-found")
    problem(_redeliver(context, ENDED, owner="bob"), 404, "not-found")
    problem(call(context, "GET", PATH, scopes="write"), 403, "scope")
    problem(_redeliver(context, ENDED, scopes="read"), 403, "scope")
    for unknown in ("none", "x" * 2000, f"{REF.video_id}-2-ready"):
        problem(_redeliver(context, unknown), 404, "not-found")
    assert world.webhooks.orders == []


def test_a_delivery_of_another_video_is_not_this_ones(world: World, context: LambdaContext) -> None:
    other = _recorded(world, ENDED).model_copy(
        update={"video_id": "vid-bob", "delivery_id": "vid-bob-1-ready"}
    )
    world.deliveries.add(other, expires_at=NOW)
    world.store.create(a_video().model_copy(update={"video_id": "vid-bob"}), a_version(video_id="vid-bob"))
    problem(_redeliver(context, "vid-bob-1-ready"), 404, "not-found")
