"""The domain's ports as records of what was asked of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from pydantic import BaseModel

from videos.events.announcements import Announcement
from videos.events.webhooks import WebhookOrder
from videos.model.errors import UnusableUrlError
from videos.model.media import InboxFile
from videos.model.ports import Past, Picture, Unmarked
from videos.model.records import SendOrder, VersionRef
from videos.model.version import Reply
from videos.steps.outbox import OutboxError
from videos.steps.send_instruction import Worker
from videos.steps.stabilize import first_wait

if TYPE_CHECKING:
    from videos.batches.batch import BatchWorkflow
    from videos.events.announcements import Topic
    from videos.events.webhooks import WebhookQueue
    from videos.model.ports import DeadLetters, Deleter, Executions, Pictures, Tags, Tasks, Workflow
    from videos.steps.outbox import Outbox


@dataclass
class RecordedDeleter:
    """Implements `videos.model.ports.Deleter`."""

    files: list[InboxFile] = field(default_factory=list)
    prefixes: list[str] = field(default_factory=list)

    def remove_versions(self, file: InboxFile) -> None:
        self.files.append(file)

    def remove_below(self, prefix: str) -> None:
        self.prefixes.append(prefix)


@dataclass
class RecordedOutbox:
    """Implements `videos.steps.outbox.Outbox`: which file lies under which key. With `error`, it fails."""

    files: dict[str, str] = field(default_factory=dict)
    error: str | None = None

    def copy(self, key: str, *, to: str) -> None:
        if self.error is not None:
            raise OutboxError(self.error)
        self.files[to] = key

    def remove_captions(self, key: str) -> None:
        self.files.pop(key, None)


@dataclass
class RecordedWorkflow:
    """Implements `videos.model.ports.Workflow` and `Executions`; with `crashes`, so many starts fail first.

    A version has had what `pasts` says, else nothing.
    """

    started: list[VersionRef] = field(default_factory=list)
    cancelled: list[VersionRef] = field(default_factory=list)
    taken_over: list[tuple[VersionRef, int]] = field(default_factory=list)
    pasts: dict[VersionRef, Past | None] = field(default_factory=dict)
    crashes: int = 0

    def start(self, ref: VersionRef) -> None:
        if self.crashes:
            self.crashes -= 1
            raise ConnectionError("the workflow could not be reached")
        if ref not in self.started:
            self.started.append(ref)

    def cancel(self, ref: VersionRef) -> None:
        self.cancelled.append(ref)

    def running(self) -> set[str]:
        return {ref.execution_name for ref, past in self.pasts.items() if past is None}

    def past(self, ref: VersionRef) -> Past | None:
        return self.pasts.get(ref, Past(begun=False, takeovers=0))

    def take_over(self, ref: VersionRef, *, attempt: int) -> None:
        self.taken_over.append((ref, attempt))


@dataclass
class RecordedTags:
    """Implements `videos.model.ports.Tags`: the marks of each key."""

    by_key: dict[str, dict[str, str]] = field(default_factory=dict)
    unmarked: Unmarked | None = None

    def marks(self, file: InboxFile) -> dict[str, str]:
        return self.by_key.get(file.key, {})

    def mark(self, file: InboxFile, marks: Mapping[str, str]) -> Unmarked | None:
        self.by_key[file.key] = self.marks(file) | dict(marks)
        return self.unmarked


@dataclass
class RecordedTasks:
    """Implements `videos.model.ports.Tasks`."""

    succeeded: list[tuple[str, BaseModel]] = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)
    gone: set[str] = field(default_factory=set)

    def succeed(self, task_token: str, output: BaseModel) -> None:
        self.succeeded.append((task_token, output))

    def fail(self, task_token: str, code: str, message: str) -> bool:
        self.failed.append((task_token, code, message))
        return task_token not in self.gone


@dataclass
class MemoryDeadLetters:
    """Implements `videos.model.ports.DeadLetters`."""

    lying: list[SendOrder] = field(default_factory=list)

    def orders(self) -> list[SendOrder]:
        return self.lying


@dataclass
class RecordedTopic:
    """Implements `videos.events.announcements.Topic`."""

    published: list[Announcement] = field(default_factory=list)

    def publish(self, announcement: Announcement) -> str:
        self.published.append(announcement)
        return f"message-{len(self.published)}"


@dataclass
class RecordedQueue:
    """A queue as its worker sees it: the receipts of messages that shall come again, and after how long."""

    postponed: list[tuple[str, int]] = field(default_factory=list)

    def postpone(self, receipt_handle: str, seconds: int) -> None:
        self.postponed.append((receipt_handle, seconds))


@dataclass
class RecordedWebhooks(RecordedQueue):
    """Implements `videos.events.webhooks.WebhookQueue`, and lets its worker postpone."""

    orders: list[WebhookOrder] = field(default_factory=list)

    owners: list[str] = field(default_factory=list)

    def put(self, order: WebhookOrder, *, owner: str) -> None:
        self.orders.append(order)
        self.owners.append(owner)


@dataclass
class RecordedMessages:
    """A queue as one who puts messages into it sees it: each with its delay in seconds."""

    messages: list[tuple[BaseModel, int]] = field(default_factory=list)

    def put(self, message: BaseModel, *, owner: str | None = None, delay_seconds: int = 0) -> None:
        assert owner is None, "S3 sends its events without a group"
        self.messages.append((message, delay_seconds))


@dataclass
class RecordedBatchWorkflow:
    """Implements `videos.batches.batch.BatchWorkflow`."""

    started: list[str] = field(default_factory=list)

    def start_batch(self, batch_id: str) -> None:
        if batch_id not in self.started:
            self.started.append(batch_id)


@dataclass
class RecordedPictures:
    """Implements `videos.model.ports.Pictures`: converts all to what it says is a JPEG. `there` is by URL."""

    there: dict[str, Picture] = field(default_factory=dict)

    def converted(self, name: str, content: BinaryIO) -> Picture:
        return Picture(name=f"{name}.jpg", mime="image/jpeg", content=b"converted " + content.read())

    def at(self, url: str) -> Picture | None:
        return self.there.get(url)

    def picture_at(self, url: str) -> Picture:
        if url not in self.there:
            raise UnusableUrlError("There is no picture.", advice="Check the URL.")
        return self.there[url]


NO_PICTURES = RecordedPictures()
"""None that has to be converted."""


def hands_over(_ref: VersionRef, _worker: Worker, reply: Reply) -> int:
    """What a worker does that leaves the render to the workflow."""
    return first_wait(reply.outcome)


if TYPE_CHECKING:
    # What stands in for a port has to be one.
    _tags: Tags = RecordedTags()
    _deleter: Deleter = RecordedDeleter()
    _workflow: Workflow = RecordedWorkflow()
    _executions: Executions = RecordedWorkflow()
    _orders: DeadLetters = MemoryDeadLetters()
    _tasks: Tasks = RecordedTasks()
    _topic: Topic = RecordedTopic()
    _webhooks: WebhookQueue = RecordedWebhooks()
    _batch_workflow: BatchWorkflow = RecordedBatchWorkflow()
    _outbox: Outbox = RecordedOutbox()
    _pictures: Pictures = RecordedPictures()
