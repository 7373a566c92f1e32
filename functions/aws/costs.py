"""Costs in the videos table: one item for the account, and the cost of each version with the version.

video_id = "costs", item = "account"                a `Spending`
video_id = "spending#<owner>", item = "<day>"       what the owner has spent on the day
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from boto3.dynamodb.conditions import Key
from botocore.exceptions import ClientError

from aws.contention import is_contention, transact
from aws.table import Item, as_item, version_key
from videos.model.errors import ContentionError
from videos.model.records import VersionRef
from videos.model.version import Cost
from videos.spending.costs import Spending
from videos.spending.days import MOST_DAYS, OwnerDay, Spent

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

_TRANSACTION = 100  # writes of one TransactWriteItems
_DAYS_KEPT = timedelta(days=MOST_DAYS + 31)
_KEY = {"video_id": "costs", "item": "account"}


class CostTable:
    """Implements `videos.spending.costs.CostBook` and `videos.spending.days.SpendingDays`."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def spending(self) -> Spending:
        item = self._table.get_item(Key=_KEY, ConsistentRead=True).get("Item", {})
        return Spending.model_validate(item.get("spending", {}))

    def spent(self, owner: str, first: date, last: date) -> dict[date, Spent]:
        found = self._table.query(
            KeyConditionExpression=Key("video_id").eq(_days_of(owner))
            & Key("item").between(first.isoformat(), last.isoformat())
        )["Items"]  # a year has less than one page
        return {date.fromisoformat(str(item["item"])): Spent.model_validate(item) for item in found}

    def change(
        self,
        before: Spending,
        after: Spending,
        costs: Mapping[VersionRef, Cost],
        days: Mapping[OwnerDay, Spent],
    ) -> set[VersionRef]:
        writes = [{"Update": _account(before, after)}]
        writes += [{"Update": _cost(ref, cost)} for ref, cost in costs.items()]
        of_days = [_day(day, change) for day, change in days.items()]
        room = max(_TRANSACTION - len(writes), 0)
        writes += [{"Update": update} for update in of_days[:room]]
        try:
            failed = transact(self._table, writes)
        except ClientError as error:
            if is_contention(error):
                raise ContentionError(_KEY["video_id"]) from error
            raise
        if failed and failed[0]:
            raise ContentionError(_KEY["video_id"])
        if not failed:
            for update in of_days[room:]:  # of very many owners at once; a crash here loses these
                self._table.update_item(**update)
        return {ref for ref, is_gone in zip(costs, failed[1:], strict=False) if is_gone}


def _account(before: Spending, after: Spending) -> Item:
    is_first = before.revision == 0
    values: Item = {":after": as_item(after)}
    if not is_first:
        values[":before"] = before.revision
    return {
        "Key": _KEY,
        "UpdateExpression": "SET spending = :after",
        "ConditionExpression": "attribute_not_exists(spending)"
        if is_first
        else "spending.revision = :before",
        "ExpressionAttributeValues": values,
    }


def _days_of(owner: str) -> str:
    return f"spending#{owner}"


def _day(day: OwnerDay, change: Spent) -> Item:
    kept_until = datetime(day.day.year, day.day.month, day.day.day, tzinfo=UTC) + _DAYS_KEPT
    return {
        "Key": {"video_id": _days_of(day.owner), "item": day.day.isoformat()},
        "UpdateExpression": "SET #ttl = :ttl ADD credits :credits, videos :videos, edits :edits",
        "ExpressionAttributeNames": {"#ttl": "ttl"},
        "ExpressionAttributeValues": {
            ":ttl": int(kept_until.timestamp()),
            ":credits": Decimal(str(change.credits)),
            ":videos": change.videos,
            ":edits": change.edits,
        },
    }


def _cost(ref: VersionRef, cost: Cost) -> Item:
    return {
        "Key": version_key(ref),
        "UpdateExpression": "SET cost = :cost",
        "ConditionExpression": "attribute_exists(video_id)",
        "ExpressionAttributeValues": {":cost": as_item(cost)},
    }
