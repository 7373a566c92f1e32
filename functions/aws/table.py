"""Videos and versions in one DynamoDB table: partition key `video_id`, sort key `item`.

    item = "video"        the Video
    item = "version#0001"    its first Version
    item = "delivery#…"    a webhook of it (`aws.deliveries`)

    item = "deleted"      under `video_id = "vid-gone#<hash>"`: that a video was deleted, without its id

It also has the videos that were made from an inbox key, in the order of the drops:

    video_id = "inbox#<key>", item = "video#<order of the drop>"

For a batch row, the key is that of its result in the outbox, without an ending.

A version that may still be running has the attribute "unfinished", and is in the index of the same name.

Every method is one conditional write or one strongly consistent read.
"""

import hashlib
import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from boto3.dynamodb.conditions import Attr, Key
from pydantic import BaseModel

from aws.contention import transact, uncontended, update_if
from aws.cursors import cursor_of, position_of
from videos.events.stages import PROGRESS, begun_message, waiting_message
from videos.model.errors import VideoNotFoundError
from videos.model.media import LONGEST_KEY
from videos.model.ports import VideosPage
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Ended, SendLock, Version, VersionPart
from videos.model.video import Deleted, HistoryEntry, QueuedEdit, Video, VideoPart

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

Item = dict[str, Any]

_LONGEST_ID = 2048  # bytes, DynamoDB's limit for a partition key
_BATCH = 100  # keys of one BatchGetItem
_VERSION = "version#"
_TRANSACTION = 100  # writes of one TransactWriteItems
_EXISTS = "attribute_exists(video_id)"
_NEW = "attribute_not_exists(video_id)"
_UNFINISHED = {"unfinished": "version"}

DELIVERY = "delivery#"
"""How the items of a video's webhooks begin (`aws.deliveries`)."""


class VideoTable:
    """Implements `videos.model.ports.VideoLibrary`, `VideoIndex` and `Unfinished`."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def create(self, video: Video, version: Version) -> bool:
        items = [
            {**as_item(video), **video_key(video.video_id), **_ttl(video)},
            {**as_item(version), **version_key(version.ref), **_ttl(video), **_UNFINISHED},
        ]
        writes: list[Item] = [{"Put": {"Item": item, "ConditionExpression": _NEW}} for item in items]
        # The name of the execution is used up: a new video with a deleted video's id would never start.
        writes.append({"ConditionCheck": {"Key": _deleted_key(video.video_id), "ConditionExpression": _NEW}})
        for key, order in video.places:
            made = {"video_id": _drops_of(key), "item": f"video#{order}"}
            writes.append({"Put": {"Item": {**made, "made": video.video_id, **_ttl(video)}}})
        return self._all_or_none(writes)

    def video(self, video_id: str) -> Video:
        return Video.model_validate(self._get(video_key(video_id)))

    def deleted(self, video_id: str) -> Deleted | None:
        item = self._table.get_item(Key=_deleted_key(video_id), ConsistentRead=True).get("Item")
        if item is None:
            return None
        return Deleted(video_id=video_id, link_key=str(item["link_key"]))

    def version(self, ref: VersionRef) -> Version:
        return Version.model_validate(self._get(version_key(ref)))

    def versions(self, video_id: str) -> list[Version]:
        query: Item = {
            "KeyConditionExpression": Key("video_id").eq(video_id) & Key("item").begins_with(_VERSION),
            "ConsistentRead": True,
        }
        versions: list[Version] = []
        while True:
            answer = self._table.query(**query)
            versions += [Version.model_validate(item) for item in answer["Items"]]
            if "LastEvaluatedKey" not in answer:
                return versions
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def made_of(self, key: str) -> Video | None:
        made = self._made_of(key)
        try:
            return self.video(made) if made is not None else None
        except VideoNotFoundError:  # both expire, but not at the same moment
            return None

    def _made_of(self, key: str) -> str | None:
        if len(key.encode()) > LONGEST_KEY:
            return None
        # "newest", written by earlier releases, sorts before "video#…".
        newest = self._table.query(
            KeyConditionExpression=Key("video_id").eq(_drops_of(key)),
            ScanIndexForward=False,
            Limit=1,
            ConsistentRead=True,
        )["Items"]
        return str(newest[0]["made"]) if newest else None

    def _drops_that_made(self, video: Video) -> Iterator[Item]:
        for place, _ in video.places:
            query: Item = {
                "KeyConditionExpression": Key("video_id").eq(_drops_of(place)),
                "FilterExpression": Attr("made").eq(video.video_id),
                "ConsistentRead": True,
            }
            while True:
                answer = self._table.query(**query)
                yield from answer["Items"]
                if "LastEvaluatedKey" not in answer:
                    break
                query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def remove(self, video: Video, versions: Collection[Version]) -> bool:
        writes: list[Item] = [
            {
                "Delete": {
                    "Key": video_key(video.video_id),
                    "ConditionExpression": "#stage = :ended AND #version = :version",
                    "ExpressionAttributeNames": {"#stage": "stage", "#version": "version"},
                    "ExpressionAttributeValues": {":ended": Stage.ENDED, ":version": video.version},
                }
            },
            {"Put": {"Item": {**_deleted_key(video.video_id), "link_key": video.link_key, **_ttl(video)}}},
            *({"Delete": _removed_drop(item)} for item in self._drops_that_made(video)),
            *({"Delete": {"Key": version_key(version.ref)}} for version in versions),
            *({"Delete": {"Key": key}} for key in self._deliveries_of(video.video_id)),
        ]
        if not self._all_or_none(writes[:_TRANSACTION]):
            return False
        for write in writes[_TRANSACTION:]:
            uncontended(partial(self._table.delete_item, **write["Delete"]))
        return True

    def _deliveries_of(self, video_id: str) -> Iterator[Item]:
        """Yield the keys of a video's deliveries (`aws.deliveries`)."""
        query: Item = {
            "KeyConditionExpression": Key("video_id").eq(video_id) & Key("item").begins_with(DELIVERY),
            "ProjectionExpression": "video_id, #item",
            "ExpressionAttributeNames": {"#item": "item"},
            "ConsistentRead": True,
        }
        while True:
            answer = self._table.query(**query)
            yield from answer["Items"]
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def stages(self, video_ids: Collection[str]) -> dict[str, Stage]:
        found: dict[str, Stage] = {}
        rest = [video_key(video_id) for video_id in sorted(video_ids)]
        while rest:
            asked, rest = rest[:_BATCH], rest[_BATCH:]
            wanted: Item = {
                "Keys": asked,
                "ProjectionExpression": "video_id, #stage",
                "ExpressionAttributeNames": {"#stage": "stage"},
                "ConsistentRead": True,
            }
            answer: Item = dict(
                self._table.meta.client.batch_get_item(RequestItems={self._table.name: wanted})  # type: ignore[dict-item]
            )
            items = answer["Responses"].get(self._table.name, [])
            found |= {item["video_id"]: Stage(item["stage"]) for item in items}
            rest += answer["UnprocessedKeys"].get(self._table.name, {}).get("Keys", [])
        return found

    def of_owner(self, owner: str, *, status: Status | None, limit: int, after: str | None) -> VideosPage:
        query: Item = {
            "IndexName": "by-owner",
            "KeyConditionExpression": Key("owner").eq(owner),
            "ScanIndexForward": False,
        }
        if status is not None:
            query["FilterExpression"] = Attr("status").eq(status)
        if after is not None:
            video_id, created_at = position_of(after)
            query["ExclusiveStartKey"] = {**video_key(video_id), "owner": owner, "created_at": created_at}
        videos: list[Video] = []
        while True:
            answer = self._table.query(**query)
            videos += [Video.model_validate(item) for item in answer["Items"]]
            if len(videos) > limit or "LastEvaluatedKey" not in answer:
                break
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]
        last = videos[limit - 1] if len(videos) > limit else None
        cursor = cursor_of(last.video_id, as_item(last)["created_at"]) if last else None
        return VideosPage(videos=videos[:limit], cursor=cursor)

    def begin(self, video: Video, version: Version) -> bool:
        begun = HistoryEntry(
            at=version.created_at, stage=Stage.QUEUED, message=begun_message(version.number, version.exports)
        )
        update = _update(
            video_key(version.video_id),
            {
                "version": version.number,
                "status": Status.QUEUED,
                "stage": Stage.QUEUED,
                "progress": 0,
                "message": PROGRESS[Stage.QUEUED][1],
                "code": None,
                "updated_at": version.created_at.isoformat(),
            },
            f"{_EXISTS} AND #version = :before AND #stage = :ended",
            entry=begun,
        )
        update["ExpressionAttributeValues"][":before"] = version.number - 1
        rest = tuple(change for change in video.waiting if change.idempotency_key != version.idempotency_key)
        if rest != video.waiting:
            _move_line(update, video, rest)
        item = {**as_item(version), **version_key(version.ref), **_ttl(video), **_UNFINISHED}
        return self._all_or_none([{"Update": update}, {"Put": {"Item": item, "ConditionExpression": _NEW}}])

    def line_up(self, video: Video, change: QueuedEdit) -> bool:
        at = datetime.now(UTC)
        waits = waiting_message(video.version, change.instruction)
        update = _update(
            video_key(video.video_id),
            {"updated_at": at.isoformat()},
            f"{_EXISTS} AND #stage <> :ended",
            entry=HistoryEntry(at=at, stage=video.stage, message=waits),
        )
        update["ExpressionAttributeNames"]["#stage"] = "stage"
        _move_line(update, video, (*video.waiting, change))
        return self._update(update)

    def add_to_video(self, video_id: str, part: VideoPart) -> None:
        if not self._set(video_key(video_id), {part.part: as_item(part)}, _EXISTS):
            raise VideoNotFoundError(video_id)

    def write(self, ref: VersionRef, part: VersionPart) -> None:
        if not self._set(version_key(ref), {part.part: as_item(part)}, _EXISTS):
            raise VideoNotFoundError(ref.execution_name)

    def write_once(self, ref: VersionRef, part: VersionPart) -> bool:
        # The existing value may be from this same write, because the SDK retries requests without a response.
        unless_other = f"(attribute_not_exists({part.part}) OR {part.part} = :{part.part})"
        return self._set(version_key(ref), {part.part: as_item(part)}, f"{_EXISTS} AND {unless_other}")

    def lock(self, ref: VersionRef, send_lock: SendLock) -> bool:
        free = f"(attribute_not_exists({send_lock.part}) OR {send_lock.part} = :{send_lock.part})"
        condition = f"{_EXISTS} AND attribute_not_exists(ended) AND {free}"
        return self._set(version_key(ref), {send_lock.part: as_item(send_lock)}, condition)

    def withdraw(self, ref: VersionRef, part: VersionPart) -> bool:
        return self._update(
            {
                "Key": version_key(ref),
                "UpdateExpression": f"REMOVE {part.part}",
                "ConditionExpression": f"{part.part} = :part",
                "ExpressionAttributeValues": {":part": as_item(part)},
            }
        )

    def note(self, video_id: str, message: str) -> None:
        video = self.video(video_id)
        if message not in {line.message for line in video.history}:
            line = HistoryEntry(at=datetime.now(UTC), stage=video.stage_of_notes, message=message)
            self._set(video_key(video_id), {}, _EXISTS, entry=line)

    def report(self, video_id: str, stage: Stage, progress: int, message: str) -> bool:
        key, now = video_key(video_id), datetime.now(UTC)
        news = {
            "status": Status.QUEUED if stage is Stage.QUEUED else Status.WORKING,
            "stage": stage,
            "progress": progress,
            "message": message,
            "updated_at": now.isoformat(),
        }
        # Only a new stage adds a line to the history. A video that has ended does not change.
        entering = f"{_EXISTS} AND NOT #stage IN (:stage, :ended)"
        entry = HistoryEntry(at=now, stage=stage, message=message)
        entered = self._set(key, news, entering, entry=entry)
        if not entered:
            self._set(key, news, f"{_EXISTS} AND #stage <> :ended")
        return entered

    def end(self, ref: VersionRef, ended: Ended) -> bool:
        version = _update(
            version_key(ref), {"ended": as_item(ended)}, f"{_EXISTS} AND attribute_not_exists(ended)"
        )
        video = _update(
            video_key(ref.video_id),
            {
                "status": ended.status,
                "stage": Stage.ENDED,
                "progress": 100,
                "message": ended.message,
                "code": ended.code,
                "updated_at": ended.at.isoformat(),
            },
            _EXISTS,
            entry=HistoryEntry(at=ended.at, stage=Stage.ENDED, message=ended.message),
        )
        return self._all_or_none([{"Update": version}, {"Update": video}])

    def begun_before(self, moment: datetime) -> Iterator[VersionRef]:
        begun = Key("created_at").lt(moment.isoformat())
        query: Item = {
            "IndexName": "unfinished",
            "KeyConditionExpression": Key("unfinished").eq(_UNFINISHED["unfinished"]) & begun,
        }
        while True:
            answer = self._table.query(**query)
            for item in answer["Items"]:
                number = str(item["item"]).removeprefix(_VERSION)
                yield VersionRef.model_validate({"video_id": item["video_id"], "version": number})
            if "LastEvaluatedKey" not in answer:
                return
            query["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def is_over(self, ref: VersionRef) -> None:
        self._update(
            {
                "Key": version_key(ref),
                "UpdateExpression": "REMOVE unfinished",
                "ConditionExpression": _EXISTS,
            }
        )

    def _get(self, key: Item) -> Item:
        known = len(str(key["video_id"]).encode()) <= _LONGEST_ID
        item = self._table.get_item(Key=key, ConsistentRead=True).get("Item") if known else None
        if item is None:
            raise VideoNotFoundError(key["video_id"])
        return item

    def _set(self, key: Item, changes: Item, condition: str, *, entry: HistoryEntry | None = None) -> bool:
        return self._update(_update(key, changes, condition, entry=entry))

    def _update(self, update: Item) -> bool:
        return update_if(self._table, update)

    def _all_or_none(self, writes: list[Item]) -> bool:
        return not transact(self._table, writes)


def _update(key: Item, changes: Item, condition: str, *, entry: HistoryEntry | None = None) -> Item:
    sets = [f"#{name} = :{name}" for name in changes]
    values = {f":{name}": value for name, value in changes.items()}
    names = {f"#{name}": name for name in changes}
    if entry is not None:
        sets.append("#history = list_append(#history, :entry)")
        values[":entry"] = [as_item(entry)]
        names["#history"] = "history"
    if ":ended" in condition:
        values[":ended"] = Stage.ENDED
    return {
        "Key": key,
        "UpdateExpression": "SET " + ", ".join(sets),
        "ConditionExpression": condition,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": values,
    }


def _move_line(update: Item, video: Video, after: tuple[QueuedEdit, ...]) -> None:
    """Add the queued edits to the update, on condition that they are still as in `video`."""
    was = "#waiting = :waiting_before"
    if not video.waiting:
        was = f"(attribute_not_exists(#waiting) OR {was})"
    update["UpdateExpression"] += ", #waiting = :waiting"
    update["ConditionExpression"] += f" AND {was}"
    update["ExpressionAttributeNames"]["#waiting"] = "waiting"
    update["ExpressionAttributeValues"] |= {
        ":waiting": [as_item(change) for change in after],
        ":waiting_before": [as_item(change) for change in video.waiting],
    }


def _ttl(video: Video) -> Item:
    return {"ttl": int(video.expires_at.timestamp())}


def video_key(video_id: str) -> Item:
    return {"video_id": video_id, "item": "video"}


def _drops_of(key: str) -> str:
    return f"inbox#{key}"


def _removed_drop(item: Item) -> Item:
    return {
        "Key": {"video_id": item["video_id"], "item": item["item"]},
        "ConditionExpression": "attribute_not_exists(made) OR made = :video",
        "ExpressionAttributeValues": {":video": item["made"]},
    }


def _deleted_key(video_id: str) -> Item:
    """Return a key with a hash of the id, so that no deleted video is named."""
    name = hashlib.sha256(video_id.encode(errors="replace")).hexdigest()
    return {"video_id": f"vid-gone#{name}", "item": "deleted"}


def version_key(ref: VersionRef) -> Item:
    return {"video_id": ref.video_id, "item": f"{_VERSION}{ref.version:04d}"}


def as_item(model: BaseModel) -> Item:
    """Return the model as DynamoDB stores it: without floats and absent values."""
    item: Item = json.loads(model.model_dump_json(exclude_none=True), parse_float=Decimal)
    return item
