"""The position at which the sweep continues, as an item of the videos table."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

_KEY = {"video_id": "sweep", "item": "place"}


class SweepCheckpoint:
    """Implements `videos.model.ports.Checkpoint`."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def place(self) -> str | None:
        item = self._table.get_item(Key=_KEY, ConsistentRead=True).get("Item", {})
        return str(item["place"]) if "place" in item else None

    def put(self, place: str | None) -> None:
        if place is None:
            self._table.delete_item(Key=_KEY)
        else:
            self._table.put_item(Item={**_KEY, "place": place})
