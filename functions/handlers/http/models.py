"""The shapes of the API."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, JsonValue, model_validator

from videos.budgets import Period
from videos.exports import Way
from videos.failure_codes import FailureCode
from videos.records import Stage, Status
from videos.requests import Instruction, Request
from videos.video import Happening

MAX_ROWS = 500

Code = Annotated[FailureCode | None, Field(description="Why it failed. See the list of failure codes.")]
AgentSays = Annotated[str | None, Field(description="What the agent said, in its own words.")]
SizeBytes = Annotated[int | None, Field(description="Of the newest finished version.")]
Origin = Annotated[
    str | None,
    Field(
        description="Where it came from: the key of the object that was dropped, or the first key or address "
        "of the request, without passwords and signatures. Null if it was asked for in words alone."
    ),
]


class EditRequest(Request):
    """What to change, or the answer to the agent's question."""

    instruction: Instruction


class MessageRequest(Request):
    """Free text: an edit, or a wish that needs no agent, such as “export” or “how many credits are left?”."""

    text: Instruction


class BatchRequest(Request):
    """Many videos at once: the rows themselves, or a file of them. Each row is judged by itself."""

    rows: Annotated[
        list[dict[str, JsonValue]] | None,
        Field(
            min_length=1,
            max_length=MAX_ROWS,
            description="Each as a line of a `batch.jsonl`: the fields of a video, or `file`, or `edit_of`.",
        ),
    ] = None
    s3_key: Annotated[
        str | None,
        Field(min_length=1, max_length=1024, description="A file of rows in the inbox bucket."),
    ] = None
    upload_id: Annotated[str | None, Field(description="A file of rows that was uploaded.")] = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(given is not None for given in (self.rows, self.s3_key, self.upload_id)) != 1:
            raise ValueError("give one of rows, s3_key and upload_id")
        return self


class UploadRequest(Request):
    """What is about to be uploaded."""

    file_name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^/\x00-\x1f]+$")]


class UploadTicket(BaseModel):
    """Where to upload one file, as a form with the fields and then `file`; 15 minutes, 500 MB."""

    upload_id: str
    url: str
    fields: dict[str, str]
    expires_at: datetime
    max_bytes: int


class Links(BaseModel):
    """They live as long as the video, `editor` for a week. Those of files redirect; GET and HEAD work."""

    self: str
    watch: Annotated[str | None, Field(description="The page where people watch it.")] = None
    video: Annotated[str | None, Field(description="The video, to be played.")] = None
    download: Annotated[str | None, Field(description="The video, to be saved under its title.")] = None
    poster: str | None = None
    editor: Annotated[str | None, Field(description="The project in the video service's own editor.")] = None


_ABOUT = (
    "About what it cost. The backend tells only the balance of the account: what that lost is shared out"
    " among the versions that were being made, so all together they never cost more than that."
)


class Version(BaseModel):
    """What one instruction led to, or an export of an earlier version."""

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
    size_bytes: Annotated[int | None, Field(description="Of the file.")] = None
    credits_used: Annotated[float | None, Field(description=f"{_ABOUT} Null while none is known.")] = None
    credits_final: Annotated[bool, Field(description="Whether no late charge can be added.")] = False
    question: str | None = None
    exports: Annotated[int | None, Field(description="The version that it renders again, free.")] = None
    video: str | None = None
    poster: str | None = None


class RetryOffer(BaseModel):
    """What `POST …/retry` would do, and what that is expected to cost."""

    way: Annotated[Way, Field(description="`export` renders the finished timeline again, free of charge.")]
    expected_credits: Annotated[float, Field(description="About what it costs; 0 for an export.")]
    expected: Annotated[str, Field(description="The same in words, with how sure it is.")]


class VideoResource(BaseModel):
    """A video as its owner sees it."""

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
        Field(description="All that it is made of: keys and addresses, without passwords and signatures."),
    ] = ()
    instruction: str
    metadata: dict[str, JsonValue] | None = None
    agent_says: AgentSays = None
    timeline: str | None = None
    duration_seconds: Annotated[float | None, Field(description="Of the newest finished version.")] = None
    size_bytes: SizeBytes = None
    credits_used: Annotated[float | None, Field(description="That of all versions together.")] = None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    history: tuple[Happening, ...]
    waiting: Annotated[
        tuple[str, ...], Field(description="Edits that begin when the version under way has ended.")
    ] = ()
    versions: tuple[Version, ...]
    question: Annotated[
        str | None, Field(description="What the agent asks about the finished video. An edit answers it.")
    ] = None
    retry: Annotated[RetryOffer | None, Field(description="Of a failed or cancelled video alone.")] = None
    links: Links


class BudgetEstimate(BaseModel):
    """What a spending limit leaves for it."""

    of: Annotated[Literal["stack", "owner"], Field(description="Whom the limit holds for.")]
    period: Period
    credits: float
    left: float
    allows: bool
    renews_at: datetime


class Estimate(BaseModel):
    """What a request would cost. Nothing was stored or begun; `allowed` is whether it would begin at once."""

    credits: Annotated[float, Field(description="About what a video costs: the median of recent ones.")]
    at_most: Annotated[float, Field(description="What is set aside in spending limits.")]
    based_on: Annotated[
        int, Field(description="How many recent videos that is learned from. With 0 it is the known price.")
    ]
    expected: Annotated[
        str, Field(description="In words, with how sure it is: “about 10 credits, from the last 8 videos”.")
    ]
    available: Annotated[float, Field(description="The backend's balance.")]
    allowed: bool
    message: str
    budgets: tuple[BudgetEstimate, ...]


class VideoSummary(BaseModel):
    """A video in a list. It has the links to its files when its newest version is ready."""

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
    """A part of the caller's videos, newest first; `cursor` asks for the next part."""

    videos: list[VideoSummary]
    cursor: str | None = None


class BatchLinks(BaseModel):
    """`results` needs no key, and lives as long as the batch; it is there when the batch has ended."""

    self: str
    results: str | None = None


class BatchResource(BaseModel):
    """A batch as its owner sees it. `counts` tells how many rows stand how; those that go on are `open`."""

    id: str
    name: str
    status: Annotated[Status, Field(description="`ready` when every row is, else `failed`.")]
    progress: Annotated[int, Field(description="Percent.")]
    message: str
    rows: Annotated[int | None, Field(description="Unknown until the file has been read.")] = None
    counts: dict[str, int]
    created_at: datetime
    expires_at: datetime
    links: BatchLinks


class MessageAnswer(BaseModel):
    """What was done with a message."""

    done: Literal["edit", "export", "credits", "status", "upload"]
    message: str
    video: VideoResource
    upload_hint: str | None = None


class CreditsAnswer(BaseModel):
    """The backend's balance; `frozen` is reserved by running work."""

    available: float
    frozen: float
    total: float
