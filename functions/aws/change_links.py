"""Spending of change links, in the item of their video: it goes with the video.

"change#<link id>"    a `LinkSpending`
"calls#<link id>"     {minute, count}: how often the link was used in this minute
"""

from typing import TYPE_CHECKING

from aws.contention import update_if
from aws.table import Item, as_item, video_key
from videos.lifecycle.change_links import LinkSpending

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

_EXISTS = "attribute_exists(video_id)"


class ChangeLinkTable:
    """Implements `videos.lifecycle.change_links.LinkBook`."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def spending(self, video_id: str, link_id: str) -> LinkSpending:
        item = self._table.get_item(
            Key=video_key(video_id),
            ConsistentRead=True,
            ProjectionExpression="#change",
            ExpressionAttributeNames={"#change": f"change#{link_id}"},
        ).get("Item", {})
        return LinkSpending.model_validate(item.get(f"change#{link_id}", {}))

    def spend(self, video_id: str, link_id: str, after: LinkSpending) -> bool:
        was = "attribute_not_exists(#change)" if after.revision == 1 else "#change.revision = :before"
        values: Item = {":after": as_item(after)}
        if after.revision > 1:
            values[":before"] = after.revision - 1
        return self._update(
            {
                "Key": video_key(video_id),
                "UpdateExpression": "SET #change = :after",
                "ConditionExpression": f"{_EXISTS} AND {was}",
                "ExpressionAttributeNames": {"#change": f"change#{link_id}"},
                "ExpressionAttributeValues": values,
            }
        )

    def call(self, video_id: str, link_id: str, *, minute: int, most: int) -> bool:
        update: Item = {
            "Key": video_key(video_id),
            "ExpressionAttributeNames": {"#calls": f"calls#{link_id}", "#minute": "minute"},
        }
        another = {
            "UpdateExpression": "SET #calls.#count = #calls.#count + :one",
            "ConditionExpression": f"{_EXISTS} AND #calls.#minute = :minute AND #calls.#count < :most",
            "ExpressionAttributeNames": {**update["ExpressionAttributeNames"], "#count": "count"},
            "ExpressionAttributeValues": {":one": 1, ":minute": minute, ":most": most},
        }
        first = {
            "UpdateExpression": "SET #calls = :first",
            "ConditionExpression": f"{_EXISTS} AND"
            " (attribute_not_exists(#calls) OR #calls.#minute < :minute)",
            "ExpressionAttributeValues": {":first": {"minute": minute, "count": 1}, ":minute": minute},
        }
        # Two that are the first at once: one begins the minute, and the other one is counted in it.
        return any(self._update({**update, **way}) for way in (another, first, another))

    def _update(self, update: Item) -> bool:
        return update_if(self._table, update)
