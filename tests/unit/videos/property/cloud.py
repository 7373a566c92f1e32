"""What the pipeline has of AWS, in memory: every call can be hit by a fault of the world."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

from pydantic import BaseModel

from tests.support.memory import MemoryCostBook, MemoryLedger, MemoryStorage, MemoryStore
from tests.template.sam import properties
from tests.unit.videos.property.world import World
from videos.events.announcements import Announcement, VideoEnded
from videos.model.ports import Method, StoredFile, VideosPage
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Charge, Cost, Ended, Reservation, SendLock, Version, VersionPart
from videos.model.video import BackendSession, Deleted, QueuedEdit, Video, VideoPart
from videos.spending.budgets import Account, Budget, LedgerOutcome
from videos.spending.costs import Spending
from videos.spending.days import OwnerDay, Spent
from videos.steps.send_instruction import ComeBackError

if TYPE_CHECKING:
    from tests.unit.videos.property.workflow import Task
    from videos.events.announcements import Topic
    from videos.model.ports import Tasks, Unfinished, VideoLibrary, VideoStorage
    from videos.spending.budgets import Ledger
    from videos.spending.costs import CostBook


class FaultyStore:
    """Implements `videos.model.ports.VideoLibrary` and `Unfinished`; keeps what a run is judged by.

    `kept` is what is stored. To read it is no call of the pipeline.
    """

    def __init__(self, world: World) -> None:
        self.kept = MemoryStore(world.now)
        self.ends: list[tuple[str, float]] = []
        self.sessions: dict[str, list[str]] = {}
        self.locked: dict[str, float] = {}
        """When the send lock of a version was taken."""
        self._world = world

    def create(self, video: Video, version: Version) -> bool:
        return self.kept.create(video, version)

    def video(self, video_id: str) -> Video:
        return self._world.call("store.video", lambda: self.kept.video(video_id))

    def deleted(self, video_id: str) -> Deleted | None:
        return self.kept.deleted(video_id)

    def made_of(self, key: str) -> Video | None:
        return self.kept.made_of(key)

    def note(self, video_id: str, message: str) -> None:
        self.kept.note(video_id, message)

    def version(self, ref: VersionRef) -> Version:
        return self._world.call("store.version", lambda: self.kept.version(ref))

    def versions(self, video_id: str) -> list[Version]:
        return self.kept.versions(video_id)

    def of_owner(self, owner: str, *, status: Status | None, limit: int, after: str | None) -> VideosPage:
        return self.kept.of_owner(owner, status=status, limit=limit, after=after)

    def add_to_video(self, video_id: str, part: VideoPart) -> None:
        def effect() -> None:
            self.kept.add_to_video(video_id, part)
            if isinstance(part, BackendSession):
                self.sessions.setdefault(video_id, []).append(part.session_id)

        self._world.call(f"store.add_to_video:{part.part}", effect)

    def write(self, ref: VersionRef, part: VersionPart) -> None:
        self._world.call(f"store.write:{part.part}", lambda: self.kept.write(ref, part))

    def write_once(self, ref: VersionRef, part: VersionPart) -> bool:
        return self._world.call(f"store.write_once:{part.part}", lambda: self.kept.write_once(ref, part))

    def lock(self, ref: VersionRef, send_lock: SendLock) -> bool:
        def effect() -> bool:
            locked = self.kept.lock(ref, send_lock)
            if locked:
                self.locked[ref.execution_name] = self._world.seconds
            return locked

        return self._world.call("store.write_once:send_lock", effect)

    def withdraw(self, ref: VersionRef, part: VersionPart) -> bool:
        return self._world.call(f"store.withdraw:{part.part}", lambda: self.kept.withdraw(ref, part))

    def report(self, video_id: str, stage: Stage, progress: int, message: str) -> bool:
        return self._world.call("store.report", lambda: self.kept.report(video_id, stage, progress, message))

    def end(self, ref: VersionRef, ended: Ended) -> bool:
        def effect() -> bool:
            is_first = self.kept.end(ref, ended)
            if is_first:
                self.ends.append((ref.execution_name, self._world.seconds))
            return is_first

        return self._world.call("store.end", effect)

    def begin(self, video: Video, version: Version) -> bool:
        return self._world.call("store.begin", lambda: self.kept.begin(video, version))

    def line_up(self, video: Video, change: QueuedEdit) -> bool:
        return self.kept.line_up(video, change)

    def remove(self, video: Video, versions: Collection[Version]) -> bool:
        return self.kept.remove(video, versions)

    def begun_before(self, moment: datetime) -> Iterator[VersionRef]:
        """Yield all that may not be over: a retry is stored with the real time, which is not the world's."""
        assert moment.tzinfo
        return self.kept.begun_before(datetime.max.replace(tzinfo=UTC))

    def is_over(self, ref: VersionRef) -> None:
        self.kept.is_over(ref)


class FaultyLedger:
    """Implements `videos.spending.budgets.Ledger`."""

    def __init__(self, world: World, store: MemoryStore) -> None:
        self.kept = MemoryLedger(store)
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


class FaultyCostBook:
    """Implements `videos.spending.costs.CostBook`."""

    def __init__(self, world: World, store: MemoryStore) -> None:
        self._kept = MemoryCostBook(store)
        self._world = world

    def spending(self) -> Spending:
        return self._world.call("costs.spending", self._kept.spending)

    def change(
        self,
        before: Spending,
        after: Spending,
        costs: Mapping[VersionRef, Cost],
        days: Mapping[OwnerDay, Spent],
    ) -> set[VersionRef]:
        return self._world.call("costs.change", lambda: self._kept.change(before, after, costs, days))


class FaultyTasks:
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


class FaultyTopic:
    """Implements `videos.events.announcements.Topic`."""

    def __init__(self, world: World) -> None:
        self.ends: list[VideoEnded] = []
        self.announced_at: list[float] = []
        """When each of them was published."""
        self._world = world

    def publish(self, announcement: Announcement) -> str:
        def effect() -> str:
            assert isinstance(announcement, VideoEnded)
            self.ends.append(announcement)
            self.announced_at.append(self._world.seconds)
            return f"message-{len(self.ends)}"

        return self._world.call("topic.publish", effect)


class FaultyStorage:
    """Implements `videos.model.ports.VideoStorage`."""

    def __init__(self, world: World) -> None:
        self.kept = MemoryStorage()
        self.bucket = self.kept.bucket
        self._world = world

    def store_stream(self, key: str, chunks: Iterator[bytes], content_type: str) -> StoredFile:
        body = b"".join(chunks)
        return self._world.call(
            "storage.store_stream", lambda: self.kept.store_stream(key, iter([body]), content_type)
        )

    def store(self, key: str, body: bytes, content_type: str) -> None:
        self._world.call("storage.store", lambda: self.kept.store(key, body, content_type))

    def open(self, key: str) -> BinaryIO:
        return self._world.call("storage.open", lambda: self.kept.open(key))

    def read(self, key: str) -> bytes:
        return self.kept.read(key)

    def remove(self, key: str) -> None:
        self.kept.remove(key)

    def link(self, key: str, *, seconds: int, download_as: str | None = None, method: Method = "GET") -> str:
        return self.kept.link(key, seconds=seconds, download_as=download_as, method=method)


if TYPE_CHECKING:
    # What stands in for a port has to be one.
    _world = World()
    _library: VideoLibrary = FaultyStore(_world)
    _unfinished: Unfinished = FaultyStore(_world)
    _ledger: Ledger = FaultyLedger(_world, MemoryStore())
    _costs: CostBook = FaultyCostBook(_world, MemoryStore())
    _tasks: Tasks = FaultyTasks(_world)
    _topic: Topic = FaultyTopic(_world)
    _storage: VideoStorage = FaultyStorage(_world)
