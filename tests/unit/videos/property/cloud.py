"""What the pipeline has of AWS, in memory: every call can be hit by a fault of the world."""

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

from pydantic import BaseModel

from tests.support.memory import MemoryCostBook, MemoryLedger
from tests.template.sam import properties
from tests.unit.videos.property.world import World
from videos.events.announcements import Announcement, VideoEnded
from videos.model.errors import VideoNotFoundError
from videos.model.ports import Method, StoredFile
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Charge, Cost, Ended, Reservation, SendLock, Version, VersionPart
from videos.model.video import BackendSession, Deleted, Video, VideoPart
from videos.spending.budgets import Account, Budget, LedgerOutcome
from videos.spending.costs import Spending
from videos.steps.send_instruction import ComeBackError

if TYPE_CHECKING:
    from tests.unit.videos.property.workflow import Task


class Store:
    """Implements `videos.model.ports.VideoStore`; keeps the history of ends to judge by."""

    def __init__(self, world: World) -> None:
        self.videos: dict[str, Video] = {}
        self.versions: dict[str, Version] = {}
        self.ends: list[tuple[str, float]] = []
        self.sessions: dict[str, list[str]] = {}
        self.locked: dict[str, float] = {}
        """When the send lock of a version was taken."""
        self._world = world

    def create(self, video: Video, version: Version) -> bool:
        self.videos[video.video_id] = video
        self.versions[version.ref.execution_name] = version
        return True

    def video(self, video_id: str) -> Video:
        return self._world.call("store.video", lambda: self.videos[video_id])

    def deleted(self, video_id: str) -> Deleted | None:  # noqa: ARG002 - nothing is deleted here
        return None

    def made_of(self, key: str) -> Video | None:  # noqa: ARG002 - nothing is dropped here
        return None

    def note(self, video_id: str, message: str) -> None:
        """Nobody reads the history here."""

    def version(self, ref: VersionRef) -> Version:
        return self._world.call("store.version", lambda: self._version(ref))

    def add_to_video(self, video_id: str, part: VideoPart) -> None:
        def effect() -> None:
            self._change(video_id, {part.part: part})
            if isinstance(part, BackendSession):
                self.sessions.setdefault(video_id, []).append(part.session_id)

        self._world.call(f"store.add_to_video:{part.part}", effect)

    def write(self, ref: VersionRef, part: VersionPart) -> None:
        self._world.call(f"store.write:{part.part}", lambda: self._put(ref, part.part, part))

    def write_once(self, ref: VersionRef, part: VersionPart) -> bool:
        def effect() -> bool:
            if getattr(self._version(ref), part.part) not in (None, part):
                return False
            self._put(ref, part.part, part)
            return True

        return self._world.call(f"store.write_once:{part.part}", effect)

    def lock(self, ref: VersionRef, send_lock: SendLock) -> bool:
        def effect() -> bool:
            version = self._version(ref)
            if version.ended is not None or version.send_lock not in (None, send_lock):
                return False
            self._put(ref, send_lock.part, send_lock)
            self.locked[ref.execution_name] = self._world.seconds
            return True

        return self._world.call("store.write_once:send_lock", effect)

    def withdraw(self, ref: VersionRef, part: VersionPart) -> bool:
        def effect() -> bool:
            if getattr(self._version(ref), part.part) != part:
                return False
            self._put(ref, part.part, None)
            return True

        return self._world.call(f"store.withdraw:{part.part}", effect)

    def report(self, video_id: str, stage: Stage, progress: int, message: str) -> bool:
        news = {"status": Status.WORKING, "stage": stage, "progress": progress, "message": message}

        def effect() -> bool:
            before = self.videos[video_id].stage
            if before is not Stage.ENDED:
                self._change(video_id, news)
            return before not in {stage, Stage.ENDED}

        return self._world.call("store.report", effect)

    def end(self, ref: VersionRef, ended: Ended) -> bool:
        def effect() -> bool:
            if self._version(ref).ended is not None:
                return False
            self._put(ref, "ended", ended)
            self._change(ref.video_id, {"status": ended.status, "stage": Stage.ENDED})
            self.ends.append((ref.execution_name, self._world.seconds))
            return True

        return self._world.call("store.end", effect)

    def _version(self, ref: VersionRef) -> Version:
        try:
            return self.versions[ref.execution_name]
        except KeyError as error:
            raise VideoNotFoundError(ref.video_id) from error

    def _put(self, ref: VersionRef, name: str, part: VersionPart | Ended | None) -> None:
        self.versions[ref.execution_name] = self._version(ref).model_copy(update={name: part})

    def _change(self, video_id: str, changes: dict[str, object]) -> None:
        self.videos[video_id] = self.videos[video_id].model_copy(update=changes)


class Ledger:
    """Implements `videos.spending.budgets.Ledger`."""

    def __init__(self, world: World, store: Store) -> None:
        self.kept = MemoryLedger(_Kept(store))
        self._world = world

    def account(self, at: datetime) -> Account:
        return self._world.call("ledger.account", lambda: self.kept.account(at))

    def committed(self, budget: Budget) -> float:
        return self.kept.committed(budget)

    def reserve(
        self,
        ref: VersionRef,
        reservation: Reservation,
        budgets: tuple[Budget, ...],
        before: Account,
        after: Account,
    ) -> tuple[LedgerOutcome, tuple[Budget, ...]]:
        return self._world.call(
            "ledger.reserve", lambda: self.kept.reserve(ref, reservation, budgets, before, after)
        )

    def charge(
        self, ref: VersionRef, reservation: Reservation, charge: Charge, before: Account, after: Account
    ) -> LedgerOutcome:
        return self._world.call(
            "ledger.charge", lambda: self.kept.charge(ref, reservation, charge, before, after)
        )


class CostBook:
    """Implements `videos.spending.costs.CostBook`."""

    def __init__(self, world: World, store: Store) -> None:
        self._kept = MemoryCostBook(_Kept(store))
        self._world = world

    def spending(self) -> Spending:
        return self._world.call("costs.spending", self._kept.spending)

    def change(self, before: Spending, after: Spending, costs: Mapping[VersionRef, Cost]) -> set[VersionRef]:
        return self._world.call("costs.change", lambda: self._kept.change(before, after, costs))


class _Kept:
    """A store as its table sees it: what is written together with something else is no call of its own."""

    def __init__(self, store: Store) -> None:
        self._versions = store.versions

    def version(self, ref: VersionRef) -> Version:
        return self._versions[ref.execution_name]

    def write(self, ref: VersionRef, part: VersionPart) -> None:
        self._versions[ref.execution_name] = self.version(ref).model_copy(update={part.part: part})


class Tasks:
    """Implements `videos.model.ports.Tasks`."""

    def __init__(self, world: World) -> None:
        self.tokens: dict[str, Task] = {}
        self._world = world

    def succeed(self, task_token: str, output: BaseModel) -> None:
        task, result = self.tokens[task_token], output.model_dump(mode="json")
        self._world.call("tasks.succeed", lambda: self._world.after(0, lambda: task.end(result)))

    def fail(self, task_token: str, code: str, message: str) -> bool:
        assert message
        task = self.tokens[task_token]
        self._world.call("tasks.fail", lambda: self._world.after(0, lambda: task.fail(code)))
        return True


@dataclass(frozen=True)
class Delivery:
    """A message as a worker gets it."""

    body: dict[str, object]
    receive_count: int


@dataclass(frozen=True)
class QueueSettings:
    """Of the generation queue and its worker, as the template has them. Seconds and receives."""

    visibility: float
    retention: float
    max_receives: int
    worker_lifetime: float
    worker_max_receives: int


@cache
def queue_settings() -> QueueSettings:
    queue, worker = properties("GenerationQueue"), properties("SendInstructionFunction")
    return QueueSettings(
        visibility=queue["VisibilityTimeout"],
        retention=queue["MessageRetentionPeriod"],
        max_receives=queue["RedrivePolicy"]["maxReceiveCount"],
        worker_lifetime=worker["Timeout"],
        worker_max_receives=int(worker["Environment"]["Variables"]["MAX_RECEIVES"]),
    )


class Queue:
    """SQS at its worst: what is not deleted comes again, and besides come `copies`, after so many seconds."""

    def __init__(self, world: World, copies: tuple[float, ...], work: Callable[[Delivery], None]) -> None:
        self._world = world
        self._copies = copies
        self._work = work

    def send(self, body: dict[str, object]) -> None:
        message = _Message(body)
        self._world.after(0, lambda: self._receive(message))
        for delay in self._copies:
            self._world.after(delay, lambda: self._hand_out(message))

    def _receive(self, message: "_Message") -> None:
        if not message.deleted and message.received < queue_settings().max_receives:
            message.visible = self._world.seconds + queue_settings().visibility
            self._world.after(queue_settings().visibility, lambda: self._receive_again(message))
            self._hand_out(message)

    def _receive_again(self, message: "_Message") -> None:
        if self._world.seconds >= message.visible:
            self._receive(message)

    def _hand_out(self, message: "_Message") -> None:
        message.received += 1
        delivery = Delivery(message.body, message.received)
        self._world.spawn(
            lambda: self._work(delivery),
            queue_settings().worker_lifetime,
            lambda outcome: self._settle(message, outcome),
        )

    def _settle(self, message: "_Message", outcome: object | BaseException) -> None:
        if isinstance(outcome, ComeBackError):
            message.visible = self._world.seconds + outcome.seconds
            self._world.after(outcome.seconds, lambda: self._receive_again(message))
        message.settle(outcome)


class _Message:
    def __init__(self, body: dict[str, object]) -> None:
        self.body = body
        self.received = 0
        self.deleted = False
        self.visible = 0.0

    def settle(self, outcome: object | BaseException) -> None:
        self.deleted = self.deleted or not isinstance(outcome, BaseException)


class Topic:
    """Implements `videos.model.ports.Topic`."""

    def __init__(self, world: World) -> None:
        self.ends: list[VideoEnded] = []
        self.told: list[float] = []
        """When each of them was published."""
        self._world = world

    def publish(self, announcement: Announcement) -> str:
        def effect() -> str:
            assert isinstance(announcement, VideoEnded)
            self.ends.append(announcement)
            self.told.append(self._world.seconds)
            return f"message-{len(self.ends)}"

        return self._world.call("topic.publish", effect)


class VideoStorage:
    """Implements `videos.model.ports.VideoStorage`."""

    bucket = "shelf"

    def __init__(self, world: World) -> None:
        self.files: dict[str, bytes] = {}
        self._world = world

    def store_stream(self, key: str, chunks: Iterator[bytes], content_type: str) -> StoredFile:
        assert content_type == "video/mp4"
        body = b"".join(chunks)
        self._world.call("shelf.store_stream", lambda: self.files.__setitem__(key, body))
        return StoredFile(size=len(body), sha256=hashlib.sha256(body).hexdigest())

    def store(self, key: str, body: bytes, content_type: str) -> None:
        assert content_type
        self._world.call("shelf.store", lambda: self.files.__setitem__(key, body))

    def open(self, key: str) -> BinaryIO:
        return io.BytesIO(self._world.call("shelf.open", lambda: self.files[key]))

    def read(self, key: str) -> bytes:
        raise NotImplementedError(key)

    def remove(self, key: str) -> None:
        self.files.pop(key, None)

    def link(self, key: str, *, seconds: int, download_as: str | None = None, method: Method = "GET") -> str:
        raise NotImplementedError((key, seconds, download_as, method))
