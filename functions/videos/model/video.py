"""What the pipeline remembers of a video."""

import json
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, JsonValue, PlainSerializer

from videos.model.failure_codes import FailureCode
from videos.model.media import Drop, InboxFile, Media, dropped_files
from videos.model.records import BatchRow, Record, Stage, Status, VersionRef


class BackendSession(Record):
    """The backend's session of a video's versions, until the backend deletes it.

    `opened_in` is the version that opened it, `attempt` how many that version has opened.
    """

    part: ClassVar[str] = "backend_session"
    session_id: str
    task_id: str | None = None
    user_id: str | None = None
    opened_in: int = 1
    attempt: int = 1


class Uploaded(Record):
    """What has reached this session, in its order, and what is still to follow."""

    part: ClassVar[str] = "uploaded"
    at: datetime
    session_id: str
    media: tuple[Media, ...] = ()
    to_come: tuple[Media, ...] = ()


class QueuedEdit(Record):
    """An edit that waits until the version under way has ended.

    `idempotency_key` is equal for the same request.
    """

    idempotency_key: str
    instruction: str
    batch: BatchRow | None = None


class HistoryEntry(Record):
    """One line of a video's history."""

    at: Annotated[datetime, Field(description="When it happened.")]
    stage: Annotated[Stage, Field(description="What the pipeline was doing.")]
    message: Annotated[str, Field(description="What happened, in one sentence.")]


class Planned(Record):
    """One step of a sequence: what is made of which media."""

    instruction: str
    media: tuple[Media, ...]


OUTBOX = "outbox/"
"""Where results are copied to, in the bucket of the inbox."""
AspectRatio = Literal["16:9", "9:16", "1:1"]


class PageFacts(Record):
    """What a web page says of itself; `text` is a passage that the user selected.

    See `videos.requests.page_material`.
    """

    title: str | None = None
    description: str | None = None
    url: str | None = None
    text: str | None = None


class Brand(Record):
    """The brand that a video shows. The prompt describes it to the agent (`videos.requests.brand`).

    `colors` are `#rrggbb`, the main one first.
    """

    logo: Media | None = None
    colors: tuple[str, ...] = ()
    font: str | None = None
    call_to_action: str | None = None


class Options(Record):
    """What the video should be like, apart from the instruction."""

    aspect_ratio: AspectRatio | None = None
    duration_seconds: int | None = None
    language: str | None = None
    title: str | None = None
    page: PageFacts | None = None
    brand: Brand | None = None

    @property
    def logo(self) -> Media | None:
        """The logo of the brand."""
        return self.brand.logo if self.brand is not None else None


class Webhook(Record):
    """Where a service wants to be called when a version ends; if it asks for it, also earlier."""

    url: str
    on_start: bool = False
    on_progress: bool = False


def _parsed(value: object) -> object:
    return json.loads(value) if isinstance(value, str) else value


Metadata = Annotated[
    # Kept as text: a table knows numbers, lists and maps, but not which of them it was given.
    dict[str, JsonValue], BeforeValidator(_parsed), PlainSerializer(json.dumps, when_used="json")
]
"""What a caller attached to a video, to be echoed."""


class RowResult(Record):
    """Where the result of a batch row is copied to: a path below `outbox/`, without an ending.

    `order` sorts the batches that may write there by when they were accepted.
    """

    bucket: str
    path: str
    order: str


class Deleted(Record):
    """What is left of a deleted video until it would have expired: enough to recognize a link to it."""

    video_id: str
    link_key: str


class Video(Record):
    """The resource: the request, its owner, its media, and its status.

    `dropped` is the drop that asked for it. A `sequence` is made one step after the other.
    """

    video_id: str
    owner: str
    source: Literal["inbox", "api"]
    dropped: Drop | None = None
    row_result: RowResult | None = None
    media: tuple[Media, ...] = ()
    sequence: tuple[Planned, ...] = ()
    instruction: str
    options: Options = Options()
    webhook: Webhook | None = None
    metadata: Metadata | None = None
    request_fingerprint: str
    link_key: str
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    version: int = 1
    status: Status = Status.QUEUED
    stage: Stage = Stage.QUEUED
    progress: int = 0
    message: str = "Waiting to start."
    code: FailureCode | None = None
    """Why the newest version failed."""
    history: tuple[HistoryEntry, ...] = ()
    backend_session: BackendSession | None = None
    uploaded: Uploaded | None = None
    waiting: tuple[QueuedEdit, ...] = ()
    """Edits that begin, one after the other, when the version under way has ended."""

    @property
    def running(self) -> bool:
        """Whether a version is under way."""
        return self.status in {Status.QUEUED, Status.WORKING}

    @property
    def stage_of_notes(self) -> Stage:
        """The stage of a line that is added to the history now. Only the end itself is of stage `ended`."""
        return Stage.DELIVERING if self.stage is Stage.ENDED else self.stage

    @property
    def asked_for(self) -> int:
        """How many versions were asked for, those that wait included."""
        return self.version + len(self.waiting)

    @property
    def dropped_files(self) -> tuple[InboxFile, ...]:
        """What was dropped to make it: what is dropped beside one of these speaks of this video."""
        return dropped_files(self.dropped, self.media)

    @property
    def places(self) -> tuple[tuple[str, str], ...]:
        """The keys by which the video is found while it is the newest one there, each with its order."""
        files = self.dropped_files if self.dropped is not None else ()
        places = [(file.key, self.dropped.order) for file in files if self.dropped is not None]
        if self.row_result is not None:
            places.append((f"{OUTBOX}{self.row_result.path}", self.row_result.order))
        return tuple(places)

    @property
    def origin(self) -> str | None:
        """Where it came from, for its owner: the dropped file, or the first source of the request."""
        first = self.dropped.file if self.dropped is not None else next(iter(self.media), None)
        return first.origin if first is not None else None

    @property
    def logo(self) -> Media | None:
        """The logo of its brand. It may be that of other videos, too."""
        return self.options.logo

    @property
    def ref(self) -> VersionRef:
        """The version that the video is at."""
        return VersionRef(video_id=self.video_id, version=self.version)

    @property
    def name(self) -> str:
        """What a person would call it: the file or the address it is made from."""
        return self.media[0].name if self.media else self.instruction[:60]


VideoPart = BackendSession | Uploaded
