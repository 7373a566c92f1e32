"""Batches and their rows in one DynamoDB table: partition key `batch_id`, sort key `item`.

item = "batch"          the Batch
item = "counts"         the number of completed rows for each status, one attribute each
item = "row#0000017"    a row: its result, and the token of the task that waits for it

Only batches have an owner, so the index `by-owner` has no rows.
"""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Key
from pydantic import BaseModel, TypeAdapter

from aws.cursors import cursor_of, position_of
from videos.batches.batch import BatchesPage, BatchNotFoundError
from videos.model.batch import Batch, BatchEnd, Layout, Refusal, RowOutcome, RowStatus
from videos.model.records import Status

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

Item = dict[str, Any]

_LONGEST_ID = 2048  # bytes, DynamoDB's limit for a partition key
_COUNTS: TypeAdapter[dict[RowStatus, int]] = TypeAdapter(dict[RowStatus, int])
_PARTS: dict[type[BaseModel], str] = {Layout: "layout", Refusal: "refused", BatchEnd: "ended"}


class BatchTable:
    """Implements `videos.batches.batch.BatchStore`."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def create(self, batch: Batch) -> bool:
        item = {**_item(batch), "item": "batch", "ttl": int(batch.expires_at.timestamp())}
        try:
            self._table.put_item(Item=item, ConditionExpression="attribute_not_exists(batch_id)")
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def batch(self, batch_id: str) -> Batch:
        known = len(batch_id.encode()) <= _LONGEST_ID
        item = self._get(batch_id, "batch") if known else None
        if item is None:
            raise BatchNotFoundError(batch_id)
        return Batch.model_validate(item)

    def of_owner(self, owner: str, *, status: Status | None, limit: int, after: str | None) -> BatchesPage:
        query: Item = {
            "IndexName": "by-owner",
            "KeyConditionExpression": Key("owner").eq(owner),
            "ScanIndexForward": False,
        }
        if after is not None:
            batch_id, created_at = position_of(after)
            place = {"batch_id": batch_id, "item": "batch", "owner": owner, "created_at": created_at}
            query["ExclusiveStartKey"] = place
        batches: list[Batch] = []
        while True:
            answer = self._table.query(**query)
            found = map(Batch.model_validate, answer["Items"])
            batches += [batch for batch in found if status in {None, batch.status}]
            if len(batches) > limit or "LastEvaluatedKey" not in answer:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        last = batches[limit - 1] if len(batches) > limit else None
        cursor = cursor_of(last.batch_id, _item(last)["created_at"]) if last else None
        return BatchesPage(batches=batches[:limit], cursor=cursor)

    def add_to_batch(self, batch_id: str, part: Layout | Refusal | BatchEnd) -> None:
        try:
            self._table.update_item(
                Key={"batch_id": batch_id, "item": "batch"},
                UpdateExpression="SET #part = :part",
                ConditionExpression="attribute_exists(batch_id)",
                ExpressionAttributeNames={"#part": _PARTS[type(part)]},
                ExpressionAttributeValues={":part": _item(part)},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            raise BatchNotFoundError(batch_id) from error

    def complete(self, batch_id: str, outcome: RowOutcome, *, expires_at: datetime) -> str | None:
        # The outcome and the token of the waiting task are in one item. The second write finds the first,
        # so no task waits for an outcome that was written before.
        item = row_item(outcome.row)
        ttl = int(expires_at.timestamp())
        try:
            completed = self._table.update_item(
                Key={"batch_id": batch_id, "item": item},
                UpdateExpression="SET outcome = :outcome, #ttl = :ttl",
                ConditionExpression="attribute_not_exists(outcome)",
                ExpressionAttributeNames={"#ttl": "ttl"},
                ExpressionAttributeValues={":outcome": _item(outcome), ":ttl": ttl},
                ReturnValues="ALL_NEW",
            )["Attributes"]
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            completed = self._get(batch_id, item) or {}
        else:
            self._count(batch_id, outcome, ttl)
        token = completed.get("task_token")
        return str(token) if token is not None else None

    def outcomes(self, batch_id: str) -> Iterator[RowOutcome]:
        query: Item = {
            "KeyConditionExpression": Key("batch_id").eq(batch_id) & Key("item").begins_with("row#"),
            "ProjectionExpression": "outcome",
            "ConsistentRead": True,
        }
        while True:
            page = self._table.query(**query)
            for item in page["Items"]:
                if "outcome" in item:
                    yield RowOutcome.model_validate(item["outcome"])
            if "LastEvaluatedKey" not in page:
                return
            query["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def counts(self, batch_id: str) -> dict[RowStatus, int]:
        item = self._get(batch_id, "counts") or {}
        return _COUNTS.validate_python(
            {k: v for k, v in item.items() if k not in {"batch_id", "item", "ttl"}}
        )

    def _count(self, batch_id: str, outcome: RowOutcome, ttl: int) -> None:
        # Only shown while the batch runs. The announcement of its end counts the outcomes themselves.
        self._table.update_item(
            Key={"batch_id": batch_id, "item": "counts"},
            UpdateExpression="ADD #status :one SET #ttl = :ttl",
            ExpressionAttributeNames={"#status": outcome.status, "#ttl": "ttl"},
            ExpressionAttributeValues={":one": 1, ":ttl": ttl},
        )

    def _get(self, batch_id: str, item: str) -> Item | None:
        return self._table.get_item(Key={"batch_id": batch_id, "item": item}, ConsistentRead=True).get("Item")


def row_item(row: int) -> str:
    """Return the sort key of a row. infra/batch.asl.json builds the same."""
    return f"row#{row:07d}"


def _item(model: BaseModel) -> Item:
    item: Item = json.loads(model.model_dump_json(exclude_none=True))
    return item
