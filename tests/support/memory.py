"""The domain's ports in memory.

`MemoryStore` is held to the same tests as the table it stands for (`tests/unit/aws/test_video_table.py`).
"""

import hashlib
import io
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from threading import Lock
from typing import TYPE_CHECKING, BinaryIO, Protocol

from videos.batches.batch import BatchesPage, BatchNotFoundError
from videos.events.stages import PROGRESS, begun_message, waiting_message
from videos.lifecycle.change_links import LinkSpending
from videos.model.batch import Batch, BatchEnd, Layout, Refusal, RowOutcome, RowStatus
from videos.model.clock import Clock, utc_now
from videos.model.delivery import Delivery
from videos.model.errors import ContentionError, VideoNotFoundError
from videos.model.media import Drop, InboxFile
from videos.model.ports import (
    BadCursorError,
    InboxFileFacts,
    InboxPage,
    Method,
    Neighbour,
    StoredFile,
    UploadForm,
    VideosPage,
)
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Charge, Cost, Ended, Reservation, SendLock, Version, VersionPart
from videos.model.video import Deleted, HistoryEntry, QueuedEdit, Video, VideoPart
from videos.spending.budgets import Account, Budget, LedgerOutcome
from videos.spending.costs import Costs, Spending
from videos.spending.days import OwnerDay, Spent

_BATCH_PARTS: dict[type, str] = {Layout: "layout", Refusal: "refused", BatchEnd: "ended"}

if TYPE_CHECKING:
    from nemovideo import NemoVideo
    from videos.batches.batch import BatchStore
    from videos.lifecycle.change_links import LinkBook
    from videos.model.delivery import Deliveries
    from videos.model.ports import (
        Checkpoint,
        Inbox,
        InboxListing,
        Unfinished,
        Uploads,
        VideoIndex,
        VideoLibrary,
        VideoStorage,
    )
    from videos.spending.budgets import Ledger
    from videos.spending.costs import CostBook
    from videos.spending.days import SpendingDays


class MemoryStore:
    """Implements `videos.model.ports.VideoLibrary`, `VideoIndex` and `Unfinished`."""

    def __init__(self, clock: Clock = utc_now) -> None:
        self._clock = clock
        self._videos: dict[str, Video] = {}
        self._versions: dict[VersionRef, Version] = {}
        self._over: set[VersionRef] = set()
        self._deleted: dict[str, Deleted] = {}
        self._made: dict[str, dict[str, str]] = {}

    def create(self, video: Video, version: Version) -> bool:
        if video.video_id in {*self._videos, *self._deleted} or version.ref in self._versions:
            return False
        self._videos[video.video_id], self._versions[version.ref] = video, version
        for key, order in video.places:
            self._made.setdefault(key, {})[order] = video.video_id
        return True

    def made_of(self, key: str) -> Video | None:
        made = self._made.get(key)
        return self._videos.get(made[max(made)]) if made else None

    def remove(self, video: Video, versions: Collection[Version]) -> bool:
        kept = self.video(video.video_id)
        if (kept.stage, kept.version) != (Stage.ENDED, video.version):
            return False
        del self._videos[video.video_id]
        self._deleted[video.video_id] = Deleted(video_id=video.video_id, link_key=video.link_key)
        for version in versions:
            del self._versions[version.ref]
        for key, made in self._made.items():
            self._made[key] = {order: id_ for order, id_ in made.items() if id_ != video.video_id}
        return True

    def video(self, video_id: str) -> Video:
        if video_id not in self._videos:
            raise VideoNotFoundError(video_id)
        return self._videos[video_id]

    def deleted(self, video_id: str) -> Deleted | None:
        return self._deleted.get(video_id)

    def note(self, video_id: str, message: str) -> None:
        video = self.video(video_id)
        if message not in {line.message for line in video.history}:
            line = HistoryEntry(at=self._clock(), stage=video.stage_of_notes, message=message)
            self._videos[video_id] = video.model_copy(update={"history": (*video.history, line)})

    def version(self, ref: VersionRef) -> Version:
        if ref not in self._versions:
            raise VideoNotFoundError(ref.video_id)
        return self._versions[ref]

    def versions(self, video_id: str) -> list[Version]:
        return [
            version
            for ref, version in sorted(self._versions.items(), key=_number)
            if ref.video_id == video_id
        ]

    def all_versions(self) -> list[Version]:
        """Return the versions of all videos, in the order in which they were begun."""
        return list(self._versions.values())

    def stages(self, video_ids: Collection[str]) -> dict[str, Stage]:
        return {id_: video.stage for id_, video in self._videos.items() if id_ in video_ids}

    def begun_before(self, moment: datetime) -> Iterator[VersionRef]:
        begun = sorted(self._versions.items(), key=lambda item: item[1].created_at)
        yield from (ref for ref, version in begun if version.created_at < moment and ref not in self._over)

    def is_over(self, ref: VersionRef) -> None:
        self._over.add(ref)

    def of_owner(self, owner: str, *, status: Status | None, limit: int, after: str | None) -> VideosPage:
        found = [
            video
            for video in self._videos.values()
            if video.owner == owner and (status is None or video.status is status)
        ]
        found.sort(key=lambda video: video.created_at, reverse=True)
        ids = [video.video_id for video in found]
        if after is not None and after not in ids:
            raise BadCursorError(after)
        begin = ids.index(after) + 1 if after is not None else 0
        page = found[begin : begin + limit]
        return VideosPage(videos=page, cursor=page[-1].video_id if found[begin + limit :] else None)

    def begin(self, video: Video, version: Version) -> bool:
        kept = self.video(video.video_id)
        rest = tuple(change for change in video.waiting if change.idempotency_key != version.idempotency_key)
        if (kept.stage, kept.version) != (Stage.ENDED, version.number - 1):
            return False
        if rest == video.waiting:
            rest = kept.waiting
        elif kept.waiting != video.waiting:
            return False
        self._versions[version.ref] = version
        begun = HistoryEntry(
            at=version.created_at, stage=Stage.QUEUED, message=begun_message(version.number, version.exports)
        )
        news = {"version": version.number, "status": Status.QUEUED, "stage": Stage.QUEUED, "progress": 0}
        self._videos[video.video_id] = kept.model_copy(
            update=news
            | {
                "message": PROGRESS[Stage.QUEUED][1],
                "code": None,
                "updated_at": version.created_at,
                "history": (*kept.history, begun),
                "waiting": rest,
            }
        )
        return True

    def line_up(self, video: Video, change: QueuedEdit) -> bool:
        kept = self.video(video.video_id)
        if kept.stage is Stage.ENDED or kept.waiting != video.waiting:
            return False
        waits = waiting_message(video.version, change.instruction)
        entry = HistoryEntry(at=self._clock(), stage=video.stage, message=waits)
        news = {"waiting": (*kept.waiting, change), "history": (*kept.history, entry)}
        self._videos[video.video_id] = kept.model_copy(update=news)
        return True

    def add_to_video(self, video_id: str, part: VideoPart) -> None:
        self._videos[video_id] = self.video(video_id).model_copy(update={part.part: part})

    def write(self, ref: VersionRef, part: VersionPart) -> None:
        self._versions[ref] = self.version(ref).model_copy(update={part.part: part})

    def write_once(self, ref: VersionRef, part: VersionPart) -> bool:
        if getattr(self.version(ref), part.part) not in (None, part):
            return False
        self.write(ref, part)
        return True

    def lock(self, ref: VersionRef, send_lock: SendLock) -> bool:
        return self.version(ref).ended is None and self.write_once(ref, send_lock)

    def withdraw(self, ref: VersionRef, part: VersionPart) -> bool:
        if getattr(self.version(ref), part.part) != part:
            return False
        self._versions[ref] = self.version(ref).model_copy(update={part.part: None})
        return True

    def report(self, video_id: str, stage: Stage, progress: int, message: str) -> bool:
        video, now = self.video(video_id), self._clock()
        if video.stage is Stage.ENDED:
            return False
        entered = () if video.stage is stage else (HistoryEntry(at=now, stage=stage, message=message),)
        news = {"stage": stage, "progress": progress, "message": message, "updated_at": now}
        self._videos[video_id] = video.model_copy(
            update=news
            | {
                "status": Status.QUEUED if stage is Stage.QUEUED else Status.WORKING,
                "history": (*video.history, *entered),
            }
        )
        return bool(entered)

    def end(self, ref: VersionRef, ended: Ended) -> bool:
        video, version = self.video(ref.video_id), self.version(ref)
        if version.ended is not None:
            return False
        self._versions[ref] = version.model_copy(update={"ended": ended})
        entry = HistoryEntry(at=ended.at, stage=Stage.ENDED, message=ended.message)
        news: dict[str, object] = {"status": ended.status, "stage": Stage.ENDED, "progress": 100}
        news |= {"message": ended.message, "code": ended.code}
        self._videos[ref.video_id] = video.model_copy(
            update=news | {"updated_at": ended.at, "history": (*video.history, entry)}
        )
        return True


class MemoryDeliveries:
    """Implements `videos.model.delivery.Deliveries`; held to the table's tests (`test_deliveries.py`)."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], Delivery] = {}

    def add(self, delivery: Delivery, *, expires_at: datetime) -> None:  # noqa: ARG002 - nothing expires here
        self._kept.setdefault((delivery.video_id, delivery.delivery_id), delivery)

    def delivery(self, video_id: str, delivery_id: str) -> Delivery | None:
        return self._kept.get((video_id, delivery_id))

    def of_video(self, video_id: str) -> list[Delivery]:
        return [delivery for (of, _), delivery in self._kept.items() if of == video_id]

    def replace(self, before: Delivery, after: Delivery) -> bool:
        key = (before.video_id, before.delivery_id)
        if key not in self._kept or self._kept[key].revision != before.revision:
            return False
        self._kept[key] = after
        return True


class Versions(Protocol):
    """As much of a store as a ledger needs."""

    def version(self, ref: VersionRef) -> Version: ...

    def write(self, ref: VersionRef, part: VersionPart) -> None: ...


class MemoryLedger:
    """Implements `videos.spending.budgets.Ledger`."""

    def __init__(self, store: Versions) -> None:
        self._store = store
        self._accounts: dict[str, Account] = {}
        self._committed: Counter[str] = Counter()

    def account(self, at: datetime) -> Account:
        return self._accounts.get(f"{at:%Y-%m}", Account())

    def committed(self, budget: Budget) -> float:
        return self._committed[budget.key]

    def reserve(
        self,
        ref: VersionRef,
        reservation: Reservation,
        budgets: tuple[Budget, ...],
        before: Account,
        after: Account,
    ) -> tuple[LedgerOutcome, tuple[Budget, ...]]:
        version, price = self._store.version(ref), reservation.credits
        if version.reservation is not None or version.ended is not None:
            return LedgerOutcome.CONTENTION, ()
        used_up = tuple(budget for budget in budgets if self.committed(budget) > budget.credits - price)
        if used_up:
            return LedgerOutcome.USED_UP, used_up
        if not self._move(reservation, before, after):
            return LedgerOutcome.CONTENTION, ()
        self._store.write(ref, reservation)
        self._committed.update(dict.fromkeys(reservation.budgets, price))
        return LedgerOutcome.DONE, ()

    def charge(
        self, ref: VersionRef, reservation: Reservation, charge: Charge, before: Account, after: Account
    ) -> LedgerOutcome:
        if self._store.version(ref).charge is not None or not self._move(reservation, before, after):
            return LedgerOutcome.CONTENTION
        self._store.write(ref, charge)
        change = charge.credits - reservation.credits
        self._committed.update(dict.fromkeys(reservation.budgets, change))
        return LedgerOutcome.DONE

    def _move(self, reservation: Reservation, before: Account, after: Account) -> bool:
        if self.account(reservation.at) != before:
            return False
        self._accounts[f"{reservation.at:%Y-%m}"] = after
        return True


class MemoryLinkBook:
    """Implements `videos.lifecycle.change_links.LinkBook`. What it keeps goes with the video."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self._lock = Lock()
        self._spending: dict[tuple[str, str], LinkSpending] = {}
        self._calls: dict[tuple[str, str], tuple[int, int]] = {}

    def spending(self, video_id: str, link_id: str) -> LinkSpending:
        return self._spending.get((video_id, link_id), LinkSpending())

    def spend(self, video_id: str, link_id: str, after: LinkSpending) -> bool:
        with self._lock:
            if not self._is_there(video_id):
                return False
            if self.spending(video_id, link_id).revision != after.revision - 1:
                return False
            self._spending[video_id, link_id] = after
            return True

    def call(self, video_id: str, link_id: str, *, minute: int, most: int) -> bool:
        with self._lock:
            last, count = self._calls.get((video_id, link_id), (-1, 0))
            count = count if last == minute else 0
            if last > minute or count >= most or not self._is_there(video_id):
                return False
            self._calls[video_id, link_id] = minute, count + 1
            return True

    def _is_there(self, video_id: str) -> bool:
        return bool(self._store.stages([video_id]))


class MemoryCostBook:
    """Implements `videos.spending.costs.CostBook` and `videos.spending.days.SpendingDays`."""

    def __init__(self, store: Versions) -> None:
        self._store = store
        self._spending = Spending()
        self._days: dict[OwnerDay, Spent] = {}

    def spending(self) -> Spending:
        return self._spending

    def spent(self, owner: str, first: date, last: date) -> dict[date, Spent]:
        return {
            of.day: spent for of, spent in self._days.items() if of.owner == owner and first <= of.day <= last
        }

    def change(
        self,
        before: Spending,
        after: Spending,
        costs: Mapping[VersionRef, Cost],
        days: Mapping[OwnerDay, Spent],
    ) -> set[VersionRef]:
        if self._spending.revision != before.revision:
            raise ContentionError
        gone = {ref for ref in costs if not self._is_known(ref)}
        if not gone:
            self._spending = after
            for ref, cost in costs.items():
                self._store.write(ref, cost)
            for day, change in days.items():
                self._days[day] = self._days.get(day, Spent()) + change
        return gone

    def _is_known(self, ref: VersionRef) -> bool:
        try:
            self._store.version(ref)
        except VideoNotFoundError:
            return False
        return True


@dataclass
class MemoryBatches:
    """Implements `videos.batches.batch.BatchStore`; held to the table's tests (`test_batch_table.py`).

    `tokens` are what waiting tasks left with their rows.
    """

    tokens: dict[int, str] = field(default_factory=dict)
    completed: dict[int, RowOutcome] = field(default_factory=dict)
    _batches: dict[str, Batch] = field(default_factory=dict)

    def create(self, batch: Batch) -> bool:
        if batch.batch_id in self._batches:
            return False
        self._batches[batch.batch_id] = batch
        return True

    def batch(self, batch_id: str) -> Batch:
        if batch_id not in self._batches:
            raise BatchNotFoundError(batch_id)
        return self._batches[batch_id]

    def of_owner(self, owner: str, *, status: Status | None, limit: int, after: str | None) -> BatchesPage:
        found = [
            batch
            for batch in self._batches.values()
            if batch.owner == owner and status in {None, batch.status}
        ]
        found.sort(key=lambda batch: batch.created_at, reverse=True)
        ids = [batch.batch_id for batch in found]
        if after is not None and after not in ids:
            raise BadCursorError(after)
        begin = ids.index(after) + 1 if after is not None else 0
        page = found[begin : begin + limit]
        return BatchesPage(batches=page, cursor=page[-1].batch_id if found[begin + limit :] else None)

    def add_to_batch(self, batch_id: str, part: Layout | Refusal | BatchEnd) -> None:
        self._batches[batch_id] = self.batch(batch_id).model_copy(update={_BATCH_PARTS[type(part)]: part})

    def complete(self, batch_id: str, outcome: RowOutcome, *, expires_at: datetime) -> str | None:  # noqa: ARG002
        self.completed.setdefault(outcome.row, outcome)
        return self.tokens.get(outcome.row)

    def outcomes(self, batch_id: str) -> Iterator[RowOutcome]:  # noqa: ARG002
        yield from (outcome for _, outcome in sorted(self.completed.items()))

    def counts(self, batch_id: str) -> dict[RowStatus, int]:  # noqa: ARG002
        counts: dict[RowStatus, int] = {}
        for outcome in self.completed.values():
            counts[outcome.status] = counts.get(outcome.status, 0) + 1
        return counts


def costs_of(store: Versions, backend: "NemoVideo", clock: Clock = utc_now) -> Costs:
    """The costs of what a store knows, beginning with nothing."""
    return Costs(MemoryCostBook(store), backend, clock)


@dataclass
class MemoryInbox:
    """Implements `videos.model.ports.Inbox`, `InboxListing` and `Uploads`.

    Bodies by key, each of one version; and the instruction that came with all. `dropped` says when, where
    that is not `dropped_at`.
    """

    bodies: dict[str, bytes] = field(default_factory=dict)
    instruction: str | None = None
    version_id: str | None = "v1"
    dropped_at: datetime = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    dropped: dict[str, datetime] = field(default_factory=dict)
    page_size: int = 1000

    def describe(self, file: InboxFile) -> InboxFileFacts:
        size = len(self._body(file))
        return InboxFileFacts(size=size, version_id=self.version_id, instruction=self.instruction)

    def head(self, file: InboxFile, count: int) -> bytes:
        return self._body(file)[:count]

    def open(self, file: InboxFile) -> BinaryIO:
        return io.BytesIO(self._body(file))

    def upload_form(self, key: str, *, max_bytes: int, seconds: int) -> UploadForm:
        fields = {"key": key, "policy": f"{max_bytes} bytes, {seconds} seconds"}
        return UploadForm(url="https://inbox.example", fields=fields)

    def link(self, file: InboxFile, *, seconds: int, method: Method = "GET") -> str:
        return f"https://inbox.example/{file.key}?version={file.version_id}&seconds={seconds}&method={method}"

    def list(self, prefix: str) -> list[str]:
        return sorted(key for key in self.bodies if key.startswith(prefix))

    def names(self, folder: str, beginning: str = "") -> tuple[str, ...]:
        found = [key.removeprefix(folder) for key in self.list(f"{folder}{beginning}")]
        return tuple(name for name in found if name and "/" not in name)[:1000]

    def neighbours(self, file: InboxFile) -> tuple[Neighbour, ...]:
        folder = file.key.removesuffix(file.name)
        return tuple(
            Neighbour(name=name, at=self.dropped.get(f"{folder}{name}", self.dropped_at))
            for name in self.names(folder)
        )

    def versions_before(self, file: InboxFile) -> Iterator[InboxFile]:  # noqa: ARG002 - each has one
        yield from ()

    def same_content(self, file: InboxFile, other: InboxFile) -> bool:
        return self._body(file) == self._body(other)

    def page(self, after: str | None) -> InboxPage:
        keys = [key for key in self.list("inbox/") if key > (after or "")]
        drops = [
            Drop(file=InboxFile(bucket="the-inbox", key=key, version_id=self.version_id), at=self.dropped_at)
            for key in keys[: self.page_size]
        ]
        return InboxPage(drops=drops, cursor=drops[-1].file.key if keys[self.page_size :] else None)

    def _body(self, file: InboxFile) -> bytes:
        if file.key not in self.bodies:
            raise FileNotFoundError(file.key)
        return self.bodies[file.key]


class MemoryStorage:
    """Implements `videos.model.ports.VideoStorage`."""

    def __init__(self) -> None:
        self.bucket = "shelf"
        self.bodies: dict[str, bytes] = {}
        self.content_types: dict[str, str] = {}

    def store_stream(self, key: str, chunks: Iterator[bytes], content_type: str) -> StoredFile:
        body = b"".join(chunks)
        self.store(key, body, content_type)
        return StoredFile(size=len(body), sha256=hashlib.sha256(body).hexdigest())

    def store(self, key: str, body: bytes, content_type: str) -> None:
        self.bodies[key], self.content_types[key] = body, content_type

    def open(self, key: str) -> BinaryIO:
        return io.BytesIO(self.bodies[key])

    def read(self, key: str) -> bytes:
        return self.bodies[key]

    def remove(self, key: str) -> None:
        self.bodies.pop(key, None)

    def link(self, key: str, *, seconds: int, download_as: str | None = None, method: Method = "GET") -> str:
        return f"https://shelf.example/{key}?seconds={seconds}&as={download_as}&method={method}"


class InboxStorage(MemoryStorage):
    """The inbox bucket as a place to store files: what is stored there can be read from the inbox."""

    def __init__(self, inbox: MemoryInbox) -> None:
        super().__init__()
        self._inbox = inbox

    def store(self, key: str, body: bytes, content_type: str) -> None:
        super().store(key, body, content_type)
        self._inbox.bodies[key] = body


@dataclass
class MemoryCheckpoint:
    """Implements `videos.model.ports.Checkpoint`."""

    kept: str | None = None

    def place(self) -> str | None:
        return self.kept

    def put(self, place: str | None) -> None:
        self.kept = place


def _number(item: tuple[VersionRef, Version]) -> int:
    return item[0].version


if TYPE_CHECKING:
    # What stands in for a port has to be one.
    _library: VideoLibrary = MemoryStore()
    _ledger: Ledger = MemoryLedger(MemoryStore())
    _links: LinkBook = MemoryLinkBook(MemoryStore())
    _deliveries: Deliveries = MemoryDeliveries()
    _costs: CostBook = MemoryCostBook(MemoryStore())
    _days: SpendingDays = MemoryCostBook(MemoryStore())
    _inbox: Inbox = MemoryInbox()
    _listing: InboxListing = MemoryInbox()
    _uploads: Uploads = MemoryInbox()
    _index: VideoIndex = MemoryStore()
    _batches: BatchStore = MemoryBatches()
    _checkpoint: Checkpoint = MemoryCheckpoint()
    _storage: VideoStorage = MemoryStorage()
    _unfinished: Unfinished = MemoryStore()
