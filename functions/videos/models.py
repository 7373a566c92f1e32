"""What the pipeline remembers of a video and of each of its turns."""

import json
from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, JsonValue, PlainSerializer


class Record(BaseModel):
    """A piece of the store: frozen, tolerant of fields that a newer release wrote."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Status(StrEnum):
    """Where a video stands. All but the first two are ends of a turn."""

    QUEUED = "queued"
    WORKING = "working"
    NEEDS_ANSWER = "needs_answer"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Stage(StrEnum):
    """What the pipeline is doing for a video, in order."""

    QUEUED = "queued"
    INSPECTING = "inspecting"
    OPENING_SESSION = "opening_session"
    UPLOADING = "uploading"
    GENERATING = "generating"
    SETTLING = "settling"
    RENDERING = "rendering"
    DELIVERING = "delivering"
    ENDED = "ended"


class Job(Record):
    """The input of one workflow execution, and of each of its steps."""

    video_id: str
    turn: int

    @property
    def execution_name(self) -> str:
        """Names the execution, so that starting it twice starts it once."""
        return f"{self.video_id}-{self.turn}"


class SendOrder(Job):
    """A message of the generation queue: carry out the turn, and tell the task that waits for it."""

    task_token: str


class InboxFile(Record):
    """An object in the inbox bucket; `version_id` pins the bytes that were dropped."""

    kind: Literal["inbox_file"] = "inbox_file"
    bucket: str
    key: str
    version_id: str | None = None

    @property
    def name(self) -> str:
        """The file name, for people and for the backend."""
        return self.key.rsplit("/", 1)[-1]


class Drop(Record):
    """An object that appeared in the inbox. `at` is when; `sequencer` tells one write from the next."""

    file: InboxFile
    at: datetime
    sequencer: str = ""


class WebAddress(Record):
    """A page, a product or a media file on the web; the backend fetches it."""

    kind: Literal["web_address"] = "web_address"
    url: str

    @property
    def name(self) -> str:
        """The address itself."""
        return self.url


Media = Annotated[InboxFile | WebAddress, Field(discriminator="kind")]


class BatchRow(Record):
    """The row of a batch that asked for a turn."""

    batch_id: str
    row: int


def dropped_files(dropped: Drop | None, media: Iterable[Media]) -> tuple[InboxFile, ...]:
    """A drop and the files that it names; none where nothing was dropped."""
    if dropped is None:
        return ()
    return tuple(dict.fromkeys((dropped.file, *(item for item in media if isinstance(item, InboxFile)))))


class Session(Record):
    """The backend's session in which the turns of a video happen, until the backend forgets it.

    `opened_in` is the turn that opened it, `attempt` how many that turn has opened.
    """

    part: ClassVar[str] = "backend_session"
    session_id: str
    task_id: str | None = None
    user_id: str | None = None
    opened_in: int = 1
    attempt: int = 1


class Uploaded(Record):
    """What has reached this session, in its order."""

    part: ClassVar[str] = "uploaded"
    at: datetime
    session_id: str
    media: tuple[Media, ...] = ()


class Change(Record):
    """An edit that waits until the turn under way has ended. `asked_by` is equal for the same request."""

    asked_by: str
    instruction: str
    batch: BatchRow | None = None


class Happening(Record):
    """One line of a video's history."""

    at: datetime
    stage: Stage
    message: str


class Problem(Record):
    """Why a turn failed, in words for the person who asked: what happened, and the one thing to do."""

    part: ClassVar[str] = "problem"
    code: str
    message: str
    advice: str


class Forgotten(Record):
    """The backend no longer knew this session when the turn needed it."""

    part: ClassVar[str] = "forgotten"
    session_id: str


class Sending(Record):
    """The send ledger's claim: written once, before the instruction is posted.

    It outlives the post, whatever becomes of that. `baseline` is the fingerprint of the session's draft
    as it was before, `draft_before` the draft of the version before as JSON, unless it is too large to
    keep; `alive_until` is when the claiming worker is dead at the latest.
    """

    part: ClassVar[str] = "sending"
    worker: str
    at: datetime
    alive_until: datetime
    baseline: str
    draft_before: str
    credits_before: float
    session_id: str = ""


class Outcome(StrEnum):
    """How sending ended, as far as the stream told."""

    ANSWERED = "answered"
    SILENT = "silent"
    AGENT_ERROR = "agent_error"
    UNKNOWN = "unknown"


class Reply(Record):
    """What came back for an instruction."""

    part: ClassVar[str] = "reply"
    outcome: Outcome
    at: datetime
    text: str = ""
    is_question: bool = False
    problem: Problem | None = None


class Settling(Record):
    """What the reads of the state have shown so far."""

    part: ClassVar[str] = "settling"
    fingerprint: str
    reads: int = 1
    equal_reads: int = 0


class Timeline(Record):
    """The settled draft: what will be rendered. `draft` is itself as JSON, unless it is too large to keep."""

    part: ClassVar[str] = "timeline"
    fingerprint: str
    summary: str
    draft: str = "{}"
    duration_ms: int
    changes: tuple[str, ...] = ()
    credits_used: float | None = None


class Rendering(Record):
    """The render of this turn; its id is stored before it is asked for. `draft` is what it renders."""

    part: ClassVar[str] = "rendering"
    render_id: str
    draft: str
    attempt: int
    asked_at: datetime
    failed: bool = False


class Delivered(Record):
    """The finished video, stored and checked."""

    part: ClassVar[str] = "delivered"
    bucket: str
    key: str
    poster_key: str
    size: int
    sha256: str
    duration_ms: int
    width: int
    height: int


class Ended(Record):
    """The end of a turn. There is exactly one."""

    part: ClassVar[str] = "ended"
    status: Literal[Status.READY, Status.FAILED, Status.CANCELLED, Status.NEEDS_ANSWER]
    at: datetime
    message: str
    credits_used: float | None = None


class Announced(Record):
    """The end was published under this message id."""

    part: ClassVar[str] = "announced"
    at: datetime
    message_id: str


class Reservation(Record):
    """Credits set aside for a turn before anything is spent, in each of these budgets."""

    part: ClassVar[str] = "reservation"
    at: datetime
    credits: float
    budgets: tuple[str, ...]


class Settlement(Record):
    """What became of the reservation: so much was spent, the rest is free again."""

    part: ClassVar[str] = "settlement"
    at: datetime
    credits: float


TurnPart = (
    Reservation
    | Settlement
    | Forgotten
    | Sending
    | Reply
    | Settling
    | Timeline
    | Rendering
    | Delivered
    | Problem
    | Announced
)


class Planned(Record):
    """One step of a sequence: what is made of which media."""

    instruction: str
    media: tuple[Media, ...]


class Turn(Record):
    """One instruction to the agent and all that came of it; each step writes its own part."""

    video_id: str
    number: int
    instruction: str
    created_at: datetime
    asked_by: str | None = None
    """Equal for the same request, where whoever asked may ask again."""
    batch: BatchRow | None = None
    step: int | None = None
    """Its place in a sequence, from 1; edits have none."""
    reservation: Reservation | None = None
    settlement: Settlement | None = None
    forgotten: Forgotten | None = None
    sending: Sending | None = None
    reply: Reply | None = None
    settling: Settling | None = None
    timeline: Timeline | None = None
    rendering: Rendering | None = None
    delivered: Delivered | None = None
    problem: Problem | None = None
    ended: Ended | None = None
    announced: Announced | None = None

    @property
    def credits_used(self) -> float | None:
        """What the turn cost, from the balance before and after; None while that is not known."""
        if self.timeline is not None:
            return self.timeline.credits_used
        return self.ended.credits_used if self.ended is not None else None

    @property
    def job(self) -> Job:
        """What names this turn's workflow execution."""
        return Job(video_id=self.video_id, turn=self.number)


AspectRatio = Literal["16:9", "9:16", "1:1"]


class Wishes(Record):
    """What the video should be like, apart from the instruction."""

    aspect_ratio: AspectRatio | None = None
    duration_seconds: int | None = None
    language: str | None = None
    title: str | None = None


class Callback(Record):
    """Where a service wants to be called when a turn ends, and if it asks for it, when one starts."""

    url: str
    on_start: bool = False


def _parsed(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


Metadata = Annotated[
    # Kept as text: a table knows numbers, lists and maps, but not which of them it was given.
    dict[str, JsonValue], BeforeValidator(_parsed), PlainSerializer(json.dumps, when_used="json")
]
"""What a caller attached to a video, to be echoed."""


class Video(Record):
    """The resource: what was asked for, by whom, from what, and where it stands.

    `dropped` is the drop that asked for it. A `sequence` is made one step after the other.
    """

    video_id: str
    owner: str
    source: Literal["inbox", "api"]
    dropped: Drop | None = None
    media: tuple[Media, ...] = ()
    sequence: tuple[Planned, ...] = ()
    instruction: str
    wishes: Wishes = Wishes()
    callback: Callback | None = None
    metadata: Metadata | None = None
    request_fingerprint: str
    link_key: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    turn: int = 1
    status: Status = Status.QUEUED
    stage: Stage = Stage.QUEUED
    progress: int = 0
    message: str = "Waiting to start."
    history: tuple[Happening, ...] = ()
    backend_session: Session | None = None
    uploaded: Uploaded | None = None
    waiting: tuple[Change, ...] = ()
    """Edits that begin, one after the other, when the turn under way has ended."""

    @property
    def running(self) -> bool:
        """Whether a turn is under way."""
        return self.status in {Status.QUEUED, Status.WORKING}

    @property
    def asked_for(self) -> int:
        """How many versions were asked for, those that wait included."""
        return self.turn + len(self.waiting)

    @property
    def dropped_files(self) -> tuple[InboxFile, ...]:
        """What was dropped to make it: what is dropped beside one of these speaks of this video."""
        return dropped_files(self.dropped, self.media)

    @property
    def job(self) -> Job:
        """The turn that the video is at."""
        return Job(video_id=self.video_id, turn=self.turn)

    @property
    def name(self) -> str:
        """What a person would call it: the file or the address it is made from."""
        return self.media[0].name if self.media else self.instruction[:60]


VideoPart = Session | Uploaded
