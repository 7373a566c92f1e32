"""The table of deliveries, the memory that stands for it elsewhere, and the queue that fills it."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from aws.deliveries import DeliveryTable, TrackedWebhooks
from aws.table import VideoTable
from tests.support.builders import NOW, READY, REF, a_version, a_video
from tests.support.memory import MemoryDeliveries
from tests.support.recorded import RecordedWebhooks
from videos.events.webhooks import WebhookOrder, started_order
from videos.model.delivery import Attempt, Deliveries, Delivery, DeliveryState
from videos.model.video import Webhook

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

EXPIRES = NOW + timedelta(days=30)
STARTED = Delivery(
    video_id=REF.video_id,
    delivery_id=f"{REF.execution_name}-started",
    type="video.started",
    version=1,
    created_at=NOW,
    next_attempt_at=NOW,
)


@pytest.fixture(params=["table", "memory"])
def deliveries(request: pytest.FixtureRequest, videos_table: "Table") -> Deliveries:
    return DeliveryTable(videos_table) if request.param == "table" else MemoryDeliveries()


def _after(delivery: Delivery, at_minute: int) -> Delivery:
    attempt = Attempt(at=NOW + timedelta(minutes=at_minute), status_code=204)
    return delivery.after(attempt, redelivery=0, next_attempt_at=None)


def test_a_delivery_is_remembered_once(deliveries: Deliveries) -> None:
    deliveries.add(STARTED, expires_at=EXPIRES)
    done = _after(STARTED, 1)
    assert deliveries.replace(STARTED, done)
    deliveries.add(STARTED, expires_at=EXPIRES)
    assert deliveries.delivery(REF.video_id, STARTED.delivery_id) == done
    assert list(deliveries.of_video(REF.video_id)) == [done]


def test_what_others_have_changed_is_not_written_over(deliveries: Deliveries) -> None:
    deliveries.add(STARTED, expires_at=EXPIRES)
    assert deliveries.replace(STARTED, _after(STARTED, 1))
    assert not deliveries.replace(STARTED, _after(STARTED, 2))


def test_an_attempt_makes_no_record_of_a_deleted_video(deliveries: Deliveries) -> None:
    assert not deliveries.replace(STARTED, _after(STARTED, 1))
    assert deliveries.delivery(REF.video_id, STARTED.delivery_id) is None
    assert list(deliveries.of_video(REF.video_id)) == []


def test_no_id_is_too_long(deliveries: Deliveries) -> None:
    assert deliveries.delivery(REF.video_id, "x" * 2000) is None


def test_deliveries_go_with_their_video(videos_table: "Table") -> None:
    store, deliveries = VideoTable(videos_table), DeliveryTable(videos_table)
    video, version = a_video(), a_version()
    store.create(video, version)
    deliveries.add(STARTED, expires_at=EXPIRES)
    deliveries.add(STARTED.model_copy(update={"video_id": "vid-other"}), expires_at=EXPIRES)
    store.end(REF, READY)
    assert store.remove(store.video(REF.video_id), [version])
    left = {str(item["video_id"]) for item in videos_table.scan()["Items"] if "delivery" in item}
    assert left == {"vid-other"}


def test_deliveries_expire_with_their_video(videos_table: "Table") -> None:
    DeliveryTable(videos_table).add(STARTED, expires_at=EXPIRES)
    (item,) = videos_table.scan()["Items"]
    assert int(str(item["ttl"])) == int(EXPIRES.timestamp())


def _order() -> WebhookOrder:
    video = a_video().model_copy(update={"webhook": Webhook(url="https://hooks.example.com/")})
    return started_order(video, 1, at=NOW)


def test_a_webhook_is_remembered_before_it_is_queued() -> None:
    deliveries = MemoryDeliveries()

    class Queue(RecordedWebhooks):
        def put(self, order: WebhookOrder, *, owner: str) -> None:
            assert deliveries.of_video(REF.video_id)
            super().put(order, owner=owner)

    queue = Queue()
    TrackedWebhooks(queue, deliveries).put(_order(), owner="ann")
    (delivery,) = deliveries.of_video(REF.video_id)
    assert (delivery.delivery_id, delivery.type, delivery.version, delivery.state) == (
        f"{REF.execution_name}-started",
        "video.started",
        1,
        DeliveryState.PENDING,
    )
    assert [order.id for order in queue.orders] == [delivery.delivery_id]


def test_a_webhook_that_cannot_be_remembered_is_sent_all_the_same() -> None:
    class Throttled(MemoryDeliveries):
        def add(self, *_: object, **__: object) -> None:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, "UpdateItem")

    queue = RecordedWebhooks()
    TrackedWebhooks(queue, Throttled()).put(_order(), owner="ann")
    assert len(queue.orders) == 1
