"""The domain's ports in memory, and the backend's wire as a script that the real client reads.

`MemoryStore` is held to the same tests as the table it stands for (`tests/unit/aws/test_video_table.py`).
"""

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, BinaryIO

import httpx
from pydantic import BaseModel

from nemovideo import Attribution, FixedToken, NemoVideo
from videos.announcements import Announcement
from videos.callbacks import CallbackOrder
from videos.errors import VideoNotFoundError
from videos.models import Ended, Happening, InboxFile, Job, Stage, Status, Turn, TurnPart, Video, VideoPart
from videos.ports import BadCursorError, InboxFileFacts, Page, StoredFile, UploadForm
from videos.stages import PROGRESS

if TYPE_CHECKING:
    from videos.callbacks import CallbackQueue
    from videos.ports import Inbox, Shelf, Tasks, Topic, Uploads, VideoLibrary, Workflow

TOKEN = "nmv_usr_never-to-be-seen"


class MemoryStore:
    """Implements `videos.ports.VideoLibrary`."""

    def __init__(self) -> None:
        self._videos: dict[str, Video] = {}
        self._turns: dict[Job, Turn] = {}

    def create(self, video: Video, turn: Turn) -> bool:
        if video.video_id in self._videos or turn.job in self._turns:
            return False
        self._videos[video.video_id], self._turns[turn.job] = video, turn
        return True

    def video(self, video_id: str) -> Video:
        if video_id not in self._videos:
            raise VideoNotFoundError(video_id)
        return self._videos[video_id]

    def turn(self, job: Job) -> Turn:
        if job not in self._turns:
            raise VideoNotFoundError(job.video_id)
        return self._turns[job]

    def turns(self, video_id: str) -> list[Turn]:
        return [turn for job, turn in sorted(self._turns.items(), key=_number) if job.video_id == video_id]

    def of_owner(self, owner: str, *, status: Status | None, limit: int, after: str | None) -> Page:
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
        return Page(videos=page, cursor=page[-1].video_id if found[begin + limit :] else None)

    def begin(self, video: Video, turn: Turn) -> bool:
        kept = self.video(video.video_id)
        if (kept.stage, kept.turn) != (Stage.ENDED, turn.number - 1):
            return False
        self._turns[turn.job] = turn
        begun = Happening(at=turn.created_at, stage=Stage.QUEUED, message=f"Version {turn.number} asked for.")
        news = {"turn": turn.number, "status": Status.QUEUED, "stage": Stage.QUEUED, "progress": 0}
        self._videos[video.video_id] = kept.model_copy(
            update=news
            | {
                "message": PROGRESS[Stage.QUEUED][1],
                "updated_at": turn.created_at,
                "history": (*kept.history, begun),
            }
        )
        return True

    def add_to_video(self, video_id: str, part: VideoPart) -> None:
        self._videos[video_id] = self.video(video_id).model_copy(update={part.part: part})

    def write(self, job: Job, part: TurnPart) -> None:
        self._turns[job] = self.turn(job).model_copy(update={part.part: part})

    def write_once(self, job: Job, part: TurnPart) -> bool:
        if getattr(self.turn(job), part.part) is not None:
            return False
        self.write(job, part)
        return True

    def withdraw(self, job: Job, part: TurnPart) -> bool:
        if getattr(self.turn(job), part.part) != part:
            return False
        self._turns[job] = self.turn(job).model_copy(update={part.part: None})
        return True

    def report(self, video_id: str, stage: Stage, progress: int, message: str) -> bool:
        video, now = self.video(video_id), datetime.now(UTC)
        if video.stage is Stage.ENDED:
            return False
        entered = () if video.stage is stage else (Happening(at=now, stage=stage, message=message),)
        news = {"stage": stage, "progress": progress, "message": message, "updated_at": now}
        self._videos[video_id] = video.model_copy(
            update=news | {"status": Status.WORKING, "history": (*video.history, *entered)}
        )
        return bool(entered)

    def end(self, job: Job, ended: Ended) -> bool:
        video, turn = self.video(job.video_id), self.turn(job)
        if turn.ended is not None:
            return False
        self._turns[job] = turn.model_copy(update={"ended": ended})
        happening = Happening(at=ended.at, stage=Stage.ENDED, message=ended.message)
        news = {"status": ended.status, "stage": Stage.ENDED, "progress": 100, "message": ended.message}
        self._videos[job.video_id] = video.model_copy(
            update=news | {"updated_at": ended.at, "history": (*video.history, happening)}
        )
        return True


@dataclass
class MemoryInbox:
    """Implements `videos.ports.Inbox` and `Uploads`: bodies by key, the instruction that came with all."""

    bodies: dict[str, bytes] = field(default_factory=dict)
    instruction: str | None = None
    version_id: str | None = "v1"

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

    def link(self, file: InboxFile, *, seconds: int) -> str:
        return f"https://inbox.example/{file.key}?version={file.version_id}&seconds={seconds}"

    def list(self, prefix: str) -> list[str]:
        return sorted(key for key in self.bodies if key.startswith(prefix))

    def _body(self, file: InboxFile) -> bytes:
        if file.key not in self.bodies:
            raise FileNotFoundError(file.key)
        return self.bodies[file.key]


class MemoryShelf:
    """Implements `videos.ports.Shelf`."""

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

    def remove(self, key: str) -> None:
        del self.bodies[key]

    def link(self, key: str, *, seconds: int, download_as: str | None = None) -> str:
        return f"https://shelf.example/{key}?seconds={seconds}&as={download_as}"


@dataclass
class RecordedWorkflow:
    """Implements `videos.ports.Workflow`; with `crashes`, so many starts fail first."""

    started: list[Job] = field(default_factory=list)
    cancelled: list[Job] = field(default_factory=list)
    crashes: int = 0

    def start(self, job: Job) -> None:
        if self.crashes:
            self.crashes -= 1
            raise ConnectionError("the workflow could not be reached")
        if job not in self.started:
            self.started.append(job)

    def cancel(self, job: Job) -> None:
        self.cancelled.append(job)


@dataclass
class RecordedTasks:
    """Implements `videos.ports.Tasks`."""

    succeeded: list[tuple[str, BaseModel]] = field(default_factory=list)
    failed: list[tuple[str, str, str]] = field(default_factory=list)

    def succeed(self, task_token: str, output: BaseModel) -> None:
        self.succeeded.append((task_token, output))

    def fail(self, task_token: str, code: str, message: str) -> None:
        self.failed.append((task_token, code, message))


@dataclass
class RecordedTopic:
    """Implements `videos.ports.Topic`."""

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
class RecordedCallbacks(RecordedQueue):
    """Implements `videos.callbacks.CallbackQueue`, and lets its worker postpone."""

    orders: list[CallbackOrder] = field(default_factory=list)

    def put(self, order: CallbackOrder) -> None:
        self.orders.append(order)


@dataclass(frozen=True)
class Answer:
    """One answer of the backend's. `body` is sent as JSON unless it is bytes."""

    body: Mapping[str, object] | bytes
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> httpx.Response:
        if isinstance(self.body, bytes):
            return httpx.Response(self.status, content=self.body, headers=dict(self.headers))
        return httpx.Response(self.status, json=self.body, headers=dict(self.headers))


class Backend:
    """What the NemoVideo agent API answers to each call, in order; the last answer stays.

    A call is `"GET /path"`, with `*` for any characters. A call without a script fails the test.
    """

    def __init__(self) -> None:
        self._script: dict[str, list[Answer | httpx.TransportError]] = {}
        self.requests: list[httpx.Request] = []
        self.client = NemoVideo(
            "https://backend.example",
            FixedToken(TOKEN),
            attribution=Attribution(platform="unknown"),
            http=httpx.Client(transport=httpx.MockTransport(self._answer)),
        )

    def on(self, call: str, *answers: Answer | httpx.TransportError) -> None:
        self._script[call] = list(answers)

    def calls(self, call: str) -> list[httpx.Request]:
        """The requests that were made of a call."""
        return [request for request in self.requests if fnmatchcase(_name(request), call)]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        call = next((call for call in self._script if fnmatchcase(_name(request), call)), None)
        if call is None:
            raise AssertionError(f"unexpected: {_name(request)}")
        answers = self._script[call]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, httpx.TransportError):
            raise answer
        return answer.response()


def stream(*events: str) -> Answer:
    """Server-sent events, one for each string of JSON."""
    body = "".join(f"data: {event}\n\n" for event in events).encode()
    return Answer(body, headers={"Content-Type": "text/event-stream"})


def _number(item: tuple[Job, Turn]) -> int:
    return item[0].turn


def _name(request: httpx.Request) -> str:
    return f"{request.method} {request.url.path}"


if TYPE_CHECKING:
    # What stands in for a port has to be one.
    _library: VideoLibrary = MemoryStore()
    _inbox: Inbox = MemoryInbox()
    _uploads: Uploads = MemoryInbox()
    _shelf: Shelf = MemoryShelf()
    _workflow: Workflow = RecordedWorkflow()
    _tasks: Tasks = RecordedTasks()
    _topic: Topic = RecordedTopic()
    _callbacks: CallbackQueue = RecordedCallbacks()
