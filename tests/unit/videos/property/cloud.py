"""What the pipeline has of AWS, in memory: every call can be hit by a fault of the world."""

import hashlib
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, BinaryIO

from pydantic import BaseModel

from tests.template.sam import properties
from tests.unit.videos.memory import MemoryCostBook, MemoryLedger
from tests.unit.videos.property.world import World
from videos.events.announcements import Announcement, VideoEnded
from videos.model.errors import VideoNotFoundError
from videos.model.ports import Method, StoredFile
from videos.model.records import Job, Stage, Status
from videos.model.version import Cost, Ended, Reservation, Sending, Settlement, Turn, TurnPart
from videos.model.video import Deleted, Session, Video, VideoPart
from videos.spending.budgets import Account, Budget, Outcome
from videos.spending.costs import Spending
from videos.steps.send_instruction import ComeBackError

if TYPE_CHECKING:
    from tests.unit.videos.property.workflow import Task


class Store:
    """Implements `videos.model.ports.VideoStore`; keeps the history of ends to judge by."""

    def __init__(self, world: World) -> None:
        self.videos: dict[str, Video] = {}
        self.turns: dict[str, Turn] = {}
        self.ends: list[tuple[str, float]] = []
        self.sessions: dict[str, list[str]] = {}
        self.locked: dict[str, float] = {}
        """When the send lock of a turn was taken."""
        self._world = world

    def create(self, video: Video, turn: Turn) -> bool:
        self.videos[video.video_id] = video
        self.turns[turn.job.execution_name] = turn
        return True

    def video(self, video_id: str) -> Video:
        return self._world.call("store.video", lambda: self.videos[video_id])

    def deleted(self, video_id: str) -> Deleted | None:  # noqa: ARG002 - nothing is deleted here
        return None

    def note(self, video_id: str, message: str) -> None:
        """Nobody reads the history here."""

    def turn(self, job: Job) -> Turn:
        return self._world.call("store.turn", lambda: self._turn(job))

    def add_to_video(self, video_id: str, part: VideoPart) -> None:
        def effect() -> None:
            self._change(video_id, {part.part: part})
            if isinstance(part, Session):
                self.sessions.setdefault(video_id, []).append(part.session_id)

        self._world.call(f"store.add_to_video:{part.part}", effect)

    def write(self, job: Job, part: TurnPart) -> None:
        self._world.call(f"store.write:{part.part}", lambda: self._put(job, part.part, part))

    def write_once(self, job: Job, part: TurnPart) -> bool:
        def effect() -> bool:
            if getattr(self._turn(job), part.part) not in (None, part):
                return False
            self._put(job, part.part, part)
            return True

        return self._world.call(f"store.write_once:{part.part}", effect)

    def lock(self, job: Job, sending: Sending) -> bool:
        def effect() -> bool:
            turn = self._turn(job)
            if turn.ended is not None or turn.sending not in (None, sending):
                return False
            self._put(job, sending.part, sending)
            self.locked[job.execution_name] = self._world.seconds
            return True

        return self._world.call("store.write_once:sending", effect)

    def withdraw(self, job: Job, part: TurnPart) -> bool:
        def effect() -> bool:
            if getattr(self._turn(job), part.part) != part:
                return False
            self._put(job, part.part, None)
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

    def end(self, job: Job, ended: Ended) -> bool:
        def effect() -> bool:
            if self._turn(job).ended is not None:
                return False
            self._put(job, "ended", ended)
            self._change(job.video_id, {"status": ended.status, "stage": Stage.ENDED})
            self.ends.append((job.execution_name, self._world.seconds))
            return True

        return self._world.call("store.end", effect)

    def _turn(self, job: Job) -> Turn:
        try:
            return self.turns[job.execution_name]
        except KeyError as error:
            raise VideoNotFoundError(job.video_id) from error

    def _put(self, job: Job, name: str, part: TurnPart | Ended | None) -> None:
        self.turns[job.execution_name] = self._turn(job).model_copy(update={name: part})

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
        self, job: Job, reservation: Reservation, budgets: tuple[Budget, ...], before: Account, after: Account
    ) -> tuple[Outcome, tuple[Budget, ...]]:
        return self._world.call(
            "ledger.reserve", lambda: self.kept.reserve(job, reservation, budgets, before, after)
        )

    def settle(
        self, job: Job, reservation: Reservation, settlement: Settlement, before: Account, after: Account
    ) -> Outcome:
        return self._world.call(
            "ledger.settle", lambda: self.kept.settle(job, reservation, settlement, before, after)
        )


class CostBook:
    """Implements `videos.spending.costs.CostBook`."""

    def __init__(self, world: World, store: Store) -> None:
        self._kept = MemoryCostBook(_Kept(store))
        self._world = world

    def spending(self) -> Spending:
        return self._world.call("costs.spending", self._kept.spending)

    def change(self, before: Spending, after: Spending, costs: Mapping[Job, Cost]) -> set[Job]:
        return self._world.call("costs.change", lambda: self._kept.change(before, after, costs))


class _Kept:
    """A store as its table sees it: what is written together with something else is no call of its own."""

    def __init__(self, store: Store) -> None:
        self._turns = store.turns

    def turn(self, job: Job) -> Turn:
        return self._turns[job.execution_name]

    def write(self, job: Job, part: TurnPart) -> None:
        self._turns[job.execution_name] = self.turn(job).model_copy(update={part.part: part})


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


class Shelf:
    """Implements `videos.model.ports.Shelf`."""

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

    def remove(self, key: str) -> None:
        self.files.pop(key, None)

    def link(self, key: str, *, seconds: int, download_as: str | None = None, method: Method = "GET") -> str:
        raise NotImplementedError((key, seconds, download_as, method))
