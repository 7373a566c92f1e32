"""Deliveries of webhooks in the videos table, with their video.

video_id = "vid-…", item = "delivery#<webhook-id>"   a `Delivery`
"""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from boto3.dynamodb.conditions import Key
from botocore.exceptions import BotoCoreError, ClientError

from aws.contention import update_if
from aws.table import DELIVERY, as_item
from videos.events.webhooks import WebhookOrder, WebhookQueue
from videos.model.delivery import Deliveries, Delivery

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

logger = Logger(child=True)

Item = dict[str, Any]


class DeliveryTable:
    """Implements `videos.model.delivery.Deliveries`."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def add(self, delivery: Delivery, *, expires_at: datetime) -> None:
        update_if(
            self._table,
            {
                "Key": _key(delivery.video_id, delivery.delivery_id),
                "UpdateExpression": "SET delivery = :delivery, #ttl = :ttl",
                "ConditionExpression": "attribute_not_exists(video_id)",
                "ExpressionAttributeNames": {"#ttl": "ttl"},
                "ExpressionAttributeValues": {
                    ":delivery": as_item(delivery),
                    ":ttl": int(expires_at.timestamp()),
                },
            },
        )

    def delivery(self, video_id: str, delivery_id: str) -> Delivery | None:
        if len(delivery_id.encode(errors="replace")) > _LONGEST_ID:
            return None
        item = self._table.get_item(Key=_key(video_id, delivery_id), ConsistentRead=True).get("Item")
        return Delivery.model_validate(item["delivery"]) if item is not None else None

    def of_video(self, video_id: str) -> list[Delivery]:
        query: Item = {
            "KeyConditionExpression": Key("video_id").eq(video_id) & Key("item").begins_with(DELIVERY),
            "ConsistentRead": True,
        }
        found: list[Delivery] = []
        while True:
            answer = self._table.query(**query)
            found += [Delivery.model_validate(item["delivery"]) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return found
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def replace(self, before: Delivery, after: Delivery) -> bool:
        return update_if(
            self._table,
            {
                "Key": _key(before.video_id, before.delivery_id),
                "UpdateExpression": "SET delivery = :after",
                "ConditionExpression": "delivery.revision = :before",
                "ExpressionAttributeValues": {":after": as_item(after), ":before": before.revision},
            },
        )


class TrackedWebhooks:
    """Implements `videos.events.webhooks.WebhookQueue`: remembers each webhook before it is queued.

    A webhook is sent even if it could not be remembered.
    """

    def __init__(self, queue: WebhookQueue, deliveries: Deliveries) -> None:
        self._queue = queue
        self._deliveries = deliveries

    def put(self, order: WebhookOrder, *, owner: str) -> None:
        try:
            self._remember(order)
        except (BotoCoreError, ClientError) as error:
            logger.warning("delivery was not recorded", exc_info=error)
        self._queue.put(order, owner=owner)

    def _remember(self, order: WebhookOrder) -> None:
        if order.video_id is None or order.type is None or order.version is None or order.expires_at is None:
            return
        now = datetime.now(UTC)
        delivery = Delivery(
            video_id=order.video_id,
            delivery_id=order.id,
            type=order.type,
            version=order.version,
            created_at=now,
            next_attempt_at=now,
        )
        self._deliveries.add(delivery, expires_at=order.expires_at)


_LONGEST_ID = 1000  # bytes; DynamoDB's limit for a sort key is 1,024


def _key(video_id: str, delivery_id: str) -> Item:
    return {"video_id": video_id, "item": f"{DELIVERY}{delivery_id}"}
