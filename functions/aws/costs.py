"""Costs in the videos table: one item for the account, and the cost of each version with the version.

video_id = "costs", item = "account"   a `Spending`
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from aws.contention import is_contention, transact
from aws.table import Item, as_item, version_key
from videos.model.errors import ContentionError
from videos.model.records import VersionRef
from videos.model.version import Cost
from videos.spending.costs import Spending

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

_KEY = {"video_id": "costs", "item": "account"}


class CostTable:
    """Implements `videos.spending.costs.CostBook`."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def spending(self) -> Spending:
        item = self._table.get_item(Key=_KEY, ConsistentRead=True).get("Item", {})
        return Spending.model_validate(item.get("spending", {}))

    def change(self, before: Spending, after: Spending, costs: Mapping[VersionRef, Cost]) -> set[VersionRef]:
        writes = [{"Update": _account(before, after)}]
        writes += [{"Update": _cost(ref, cost)} for ref, cost in costs.items()]
        try:
            failed = transact(self._table, writes)
        except ClientError as error:
            if is_contention(error):
                raise ContentionError(_KEY["video_id"]) from error
            raise
        if failed and failed[0]:
            raise ContentionError(_KEY["video_id"])
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


def _cost(ref: VersionRef, cost: Cost) -> Item:
    return {
        "Key": version_key(ref),
        "UpdateExpression": "SET cost = :cost",
        "ConditionExpression": "attribute_exists(video_id)",
        "ExpressionAttributeValues": {":cost": as_item(cost)},
    }
