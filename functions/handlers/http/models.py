"""Models of API requests and responses."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, JsonValue, model_validator

from videos.lifecycle.exports import Way
from videos.model.failure_codes import FailureCode
from videos.model.records import Stage, Status
from videos.model.video import HistoryEntry
from videos.requests.options import Instruction, Request
from videos.spending.budgets import Period

MAX_ROWS = 500
MAX_PAGE = 100
"""Items of one page of a list."""

Code = Annotated[FailureCode | None, Field(description="Why it failed. See the list of failure codes.")]
AgentSays = Annotated[str | None, Field(description="The agent's own words.")]
SizeBytes = Annotated[int | None, Field(description="Size of the newest finished version.")]
Origin = Annotated[
    str | None,
    Field(
        description="The key of the dropped object, or the first key or URL of the request, without "
        "passwords and signatures. Null if the request had only an instruction."
    ),
]


class EditRequest(Request):
    """A change, or the answer to the agent's question."""

    instruction: Instruction


class DeletionRequest(Request):
    """A deletion with a change link. It repeats the id, so that nothing is deleted by mistake."""

    video_id: str


class MessageRequest(Request):
    """Free text: an edit, or a command such as “export” or “how many credits are left?”."""

    text: Instruction


class BatchRequest(Request):
    """Many videos at once, as rows or as a file of rows. Each row is validated separately."""

    rows: Annotated[
        list[dict[str, JsonValue]] | None,
        Field(
            min_length=1,
            max_length=MAX_ROWS,
            description="Each like a line of `batch.jsonl`: the fields of a video, or `file`, or `edit_of`.",
        ),
    ] = None
    s3_key: Annotated[
        str | None,
        Field(min_length=1, max_length=1024, description="A file of rows in the inbox bucket."),
    ] = None
    upload_id: Annotated[str | None, Field(description="The id of an uploaded file of rows.")] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(given is not None for given in (self.rows, self.s3_key, self.upload_id)) != 1:
            raise ValueError("give one of rows, s3_key and upload_id")
        return self


class UploadRequest(Request):
    """The file to upload."""

    file_name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^/\x00-\x1f]+$")]


class UploadTicket(BaseModel):
    """A form to upload one file: first `fields`, then `file` of at most `max_bytes`. Valid for 15 minutes."""

    upload_id: str
    url: str
    fields: dict[str, str]
    expires_at: datetime
    max_bytes: int


class Links(BaseModel):
    """Valid as long as the video, `editor` for a week. Links to files answer GET and HEAD; most redirect."""

    self: str
    watch: Annotated[str | None, Field(description="The page on which people watch the video.")] = None
    video: Annotated[str | None, Field(description="The video, to play.")] = None
    download: Annotated[str | None, Field(description="The video, to save under its title.")] = None
    poster: str | None = None
    captions: Annotated[
        str | None,
        Field(description="The words of the video, as WebVTT. Null in a list, or without words."),
    ] = None
    editor: Annotated[str | None, Field(description="The project in the video service's own editor.")] = None


_ABOUT = (
    "Approximate cost. The backend reports only the balance of the account. Each decrease is divided among"
    " the versions in progress, so their sum is never more than the decrease."
)


class VersionResource(BaseModel):
    """The result of one instruction, or an export of an earlier version."""

    version: int
    instruction: str
    status: Status
    message: str
    code: Code = None
    created_at: datetime
    agent_says: AgentSays = None
    timeline: str | None = None
    changes: tuple[str, ...] = ()
    duration_seconds: float | None = None
    size_bytes: Annotated[int | None, Field(description="Size of the file.")] = None
    credits_used: Annotated[float | None, Field(description=f"{_ABOUT} Null until it is known.")] = None
    credits_final: Annotated[bool, Field(description="True when the cost can no longer change.")] = False
    question: str | None = None
    exports: Annotated[
        int | None, Field(description="The version that this export renders again, free of charge.")
    ] = None
    video: str | None = None
    poster: str | None = None
    captions: str | None = None


class RetryOffer(BaseModel):
    """What `POST …/retry` would do, and its expected cost."""

    way: Annotated[Way, Field(description="`export` renders the finished timeline again, free of charge.")]
    expected_credits: Annotated[float, Field(description="Approximate cost. 0 for an export.")]
    expected: Annotated[
        str, Field(description="The same in words, with the number of videos it is based on.")
    ]


class VideoResource(BaseModel):
    """A video."""

    id: str
    status: Status
    stage: Stage
    progress: Annotated[int, Field(description="Percent.")]
    message: str
    code: Code = None
    advice: str | None = None
    source: Origin = None
    media: Annotated[
        tuple[str, ...],
        Field(description="All inputs: keys and URLs, without passwords and signatures."),
    ] = ()
    instruction: str
    metadata: dict[str, JsonValue] | None = None
    agent_says: AgentSays = None
    timeline: str | None = None
    duration_seconds: Annotated[
        float | None, Field(description="Duration of the newest finished version.")
    ] = None
    size_bytes: SizeBytes = None
    credits_used: Annotated[float | None, Field(description="Sum of all versions.")] = None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    history: tuple[HistoryEntry, ...]
    waiting: Annotated[
        tuple[str, ...], Field(description="Edits that start when the current version ends.")
    ] = ()
    versions: tuple[VersionResource, ...]
    question: Annotated[
        str | None,
        Field(description="The agent's question about the finished video. Answer it with an edit."),
    ] = None
    retry: Annotated[RetryOffer | None, Field(description="Only for a failed or cancelled video.")] = None
    links: Links


class BudgetEstimate(BaseModel):
    """A spending limit, and what is left of it."""

    of: Annotated[Literal["stack", "owner"], Field(description="Whose spending limit it is.")]
    period: Period
    credits: float
    left: float
    allows: bool
    renews_at: datetime


class Estimate(BaseModel):
    """The expected cost of a request. Nothing was stored or started. `allowed`: it would start at once."""

    credits: Annotated[float, Field(description="Expected cost: the median of recent videos.")]
    at_most: Annotated[float, Field(description="The amount reserved in spending limits.")]
    based_on: Annotated[int, Field(description="Number of recent videos it is based on. 0: the known price.")]
    expected: Annotated[
        str, Field(description="The same in words: “about 10 credits, from the last 8 videos”.")
    ]
    available: Annotated[float, Field(description="The backend's balance.")]
    allowed: bool
    message: str
    budgets: tuple[BudgetEstimate, ...]


class VideoSummary(BaseModel):
    """A video in a list. It has links to its files if its newest version is ready."""

    id: str
    status: Status
    progress: int
    message: str
    code: Code = None
    source: Origin = None
    instruction: str
    created_at: datetime
    metadata: dict[str, JsonValue] | None = None
    links: Links


class VideoList(BaseModel):
    """A page of the caller's videos, newest first. Send `cursor` to get the next page."""

    videos: list[VideoSummary]
    cursor: str | None = None


class BatchLinks(BaseModel):
    """`results` is set when the batch has ended. The link needs no key, and is valid as long as the batch."""

    self: str
    results: str | None = None


class BatchResource(BaseModel):
    """A batch. `counts` has the number of rows for each status. `open` counts rows in progress."""

    id: str
    name: str
    status: Annotated[
        Status, Field(description="When the batch ends: `ready` if every row is ready, or else `failed`.")
    ]
    progress: Annotated[int, Field(description="Percent.")]
    message: str
    rows: Annotated[int | None, Field(description="Null until the file has been read.")] = None
    counts: dict[str, int]
    created_at: datetime
    expires_at: datetime
    links: BatchLinks


class BatchList(BaseModel):
    """A page of the caller's batches, newest first. Send `cursor` to get the next page."""

    batches: list[BatchResource]
    cursor: str | None = None


class MessageAnswer(BaseModel):
    """The result of a message."""

    done: Literal["edit", "export", "credits", "status", "upload"]
    message: str
    video: VideoResource
    upload_hint: str | None = None


class CreditsAnswer(BaseModel):
    """The balance of the backend's account. `frozen` is reserved by running work."""

    available: float
    frozen: float
    total: float
