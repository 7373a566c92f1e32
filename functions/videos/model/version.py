"""What the pipeline remembers of a version: each step writes its own part."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from backend.captions import Cue
from videos.model.failure_codes import FailureCode
from videos.model.records import BatchRow, Problem, Record, Status, VersionRef


class Inspected(Record):
    """The input has been inspected and can be used."""

    part: ClassVar[str] = "inspected"
    at: datetime


class Forgotten(Record):
    """The backend no longer knew this session when the version needed it."""

    part: ClassVar[str] = "forgotten"
    session_id: str


class SendLock(Record):
    """The send lock: written once, before the instruction is posted.

    It is kept after the post, whatever its result. `baseline` is the fingerprint of the session's draft
    as it was before, `draft_before` the draft of the version before as JSON, unless it is too large to
    keep. After `alive_until` the worker that took the lock is dead.
    """

    part: ClassVar[str] = "send_lock"
    worker: str
    at: datetime
    alive_until: datetime
    baseline: str
    draft_before: str
    session_id: str = ""


class SendOutcome(StrEnum):
    """How sending ended, as far as the stream showed."""

    ANSWERED = "answered"
    SILENT = "silent"
    AGENT_ERROR = "agent_error"
    UNKNOWN = "unknown"


class Reply(Record):
    """What came back for an instruction."""

    part: ClassVar[str] = "reply"
    outcome: SendOutcome
    at: datetime
    text: str = ""
    is_question: bool = False
    problem: Problem | None = None


class DraftReads(Record):
    """What the reads of the state have shown so far."""

    part: ClassVar[str] = "draft_reads"
    fingerprint: str
    reads: int = 1
    equal_reads: int = 0


class Timeline(Record):
    """The stable draft: what will be rendered. `draft` is itself as JSON, unless it is too large to keep.

    The video may last from `shortest_ms` to `longest_ms`; None where the draft does not say for certain.
    `restless` is a draft that never stopped changing: it is rendered as it is when the render starts.
    """

    part: ClassVar[str] = "timeline"
    fingerprint: str
    summary: str
    draft: str = "{}"
    duration_ms: int
    shortest_ms: int | None = None
    longest_ms: int | None = None
    restless: bool = False
    changes: tuple[str, ...] = ()
    cues: tuple[Cue, ...] = ()
    """What is shown and spoken, and when."""


class Rendering(Record):
    """The render of this version; its id is stored before it is asked for. `draft` is what it renders.

    `attempt` counts the renders of the same draft. `own_id` is the id that the video service gave it instead
    of ours. `answered` is whether the video service has accepted it, and `asked_again` whether it was
    requested once more because the video service no longer knew it.
    """

    part: ClassVar[str] = "rendering"
    render_id: str
    draft: str
    attempt: int
    asked_at: datetime
    failed: bool = False
    answered: bool = False
    asked_again: bool = False
    own_id: str | None = None

    @property
    def known_as(self) -> str:
        """The id under which the video service knows the render."""
        return self.own_id or self.render_id


class Outage(Record):
    """Seconds that were waited, after the payment, for usable answers to each call."""

    part: ClassVar[str] = "outage"
    waited: dict[str, int] = Field(default_factory=dict)


class Delivered(Record):
    """The finished video, stored and checked."""

    part: ClassVar[str] = "delivered"
    bucket: str
    key: str
    poster_key: str
    captions_key: str | None = None
    """A WebVTT file. None if there are no words, or the file could not be stored."""
    size: int
    sha256: str
    duration_ms: int
    width: int
    height: int


class Editor(Record):
    """The link with which a person opens the project in the video service's own editor, for some days."""

    part: ClassVar[str] = "editor"
    link: str
    expires_at: datetime


class Ended(Record):
    """The end of a version. There is exactly one."""

    part: ClassVar[str] = "ended"
    status: Literal[Status.READY, Status.FAILED, Status.CANCELLED, Status.NEEDS_ANSWER, Status.SUPERSEDED]
    at: datetime
    message: str
    code: FailureCode | None = None
    """Why it failed."""


class Cost(Record):
    """What the version has cost as far as is known (`videos.spending.costs`).

    It may still grow unless it is `final`. `available` is the balance as the version has left it.
    """

    part: ClassVar[str] = "cost"
    credits: float
    available: float | None = None
    final: bool = False


class Announced(Record):
    """The end was published under this message id."""

    part: ClassVar[str] = "announced"
    at: datetime
    message_id: str


class Reservation(Record):
    """Credits set aside for a version before anything is spent, in each of these budgets."""

    part: ClassVar[str] = "reservation"
    at: datetime
    credits: float
    budgets: tuple[str, ...]


class Charge(Record):
    """The end of the reservation: this much was spent, the rest is released."""

    part: ClassVar[str] = "charge"
    at: datetime
    credits: float


VersionPart = (
    Reservation
    | Charge
    | Cost
    | Inspected
    | Forgotten
    | SendLock
    | Reply
    | DraftReads
    | Timeline
    | Rendering
    | Outage
    | Delivered
    | Editor
    | Problem
    | Announced
)


class Version(Record):
    """One instruction to the agent and all that came of it; each step writes its own part."""

    video_id: str
    number: int
    instruction: str
    created_at: datetime
    idempotency_key: str | None = None
    """Equal for the same request, where a caller may repeat it."""
    batch: BatchRow | None = None
    step: int | None = None
    """Its place in a sequence, from 1; edits have none."""
    exports: int | None = None
    """The version whose timeline it renders again, without an instruction and free of charge."""
    automatic: bool = False
    """Whether nobody asked for this export: a failure of it is not announced."""
    reservation: Reservation | None = None
    charge: Charge | None = None
    cost: Cost | None = None
    inspected: Inspected | None = None
    forgotten: Forgotten | None = None
    send_lock: SendLock | None = None
    reply: Reply | None = None
    draft_reads: DraftReads | None = None
    timeline: Timeline | None = None
    rendering: Rendering | None = None
    outage: Outage | None = None
    delivered: Delivered | None = None
    editor: Editor | None = None
    problem: Problem | None = None
    ended: Ended | None = None
    announced: Announced | None = None

    @property
    def credits_used(self) -> float | None:
        """About what the version has cost; None while that is not known, as a charge may come late."""
        if self.cost is not None and (self.cost.credits > 0 or self.cost.final):
            return self.cost.credits
        return 0.0 if self._is_free else None

    @property
    def credits_final(self) -> bool:
        """Whether `credits_used` will not change."""
        return self._is_free or (self.cost is not None and self.cost.final)

    @property
    def credits_left(self) -> float | None:
        """The balance after the version; None while that is not known."""
        return self.cost.available if self.cost is not None else None

    @property
    def _is_free(self) -> bool:
        """Whether it sends no instruction, or has ended without having sent it."""
        return self.exports is not None or (self.send_lock is None and self.ended is not None)

    @property
    def ref(self) -> VersionRef:
        """What names this version's workflow execution."""
        return VersionRef(video_id=self.video_id, version=self.number)


def editor_link(versions: Sequence[Version], now: datetime) -> str | None:
    """Return the newest link to the project in the video service's own editor, if it is still valid."""
    editor = next((version.editor for version in reversed(versions) if version.editor), None)
    return editor.link if editor is not None and editor.expires_at > now else None
