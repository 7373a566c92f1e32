"""Models of API requests and responses."""

import datetime as dt
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, Field, JsonValue, model_validator

from videos.lifecycle.exports import Way
from videos.model.delivery import DeliveryState, WebhookType
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

    instruction: Annotated[Instruction, Field(description="What to change, or the answer.")]


class DeletionRequest(Request):
    """A deletion with a change link. It repeats the id, so that nothing is deleted by mistake."""

    video_id: Annotated[str, Field(description="The id of the video.")]


class LinkRequest(Request):
    """The address to which a link for signing in shall be mailed, and the language of the browser."""

    email: Annotated[str, Field(min_length=1, max_length=254, description="The e-mail address.")]
    language: Annotated[str, Field(max_length=35, description="A tag such as `de-AT`.")] = ""


class SessionRequest(Request):
    """The secret part of a mailed link."""

    token: Annotated[str, Field(max_length=100, description="What follows `#sign-in=`.")]


class SessionEnd(Request):
    """The session that ends."""

    key: Annotated[str, Field(max_length=100, description="The key of the session.")]


class MessageRequest(Request):
    """Free text: an edit, or a command such as “export” or “how many credits are left?”."""

    text: Annotated[Instruction, Field(description="The message.")]


class BatchRequest(Request):
    """Many videos at once, as rows or as a file of rows. Each row is validated separately."""

    rows: Annotated[
        list[dict[str, JsonValue]] | None,
        Field(
            min_length=1,
            max_length=MAX_ROWS,
            description="Each row is like a line of `batch.jsonl`: fields of a video, `file` or `edit_of`.",
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
            raise ValueError("give exactly one of rows, s3_key and upload_id")
        return self


class UploadRequest(Request):
    """The file to upload."""

    file_name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            pattern=r"^[^/\x00-\x1f]+$",
            description="Its name, with the ending of an accepted format.",
        ),
    ]


class UploadTicket(BaseModel):
    """A form to upload one file: first `fields`, then `file` of at most `max_bytes`. Valid for 15 minutes."""

    upload_id: Annotated[str, Field(description="Identifies the file in later requests.")]
    url: Annotated[str, Field(description="Where to post the form.")]
    fields: Annotated[dict[str, str], Field(description="Fields of the form. Post them before the file.")]
    expires_at: Annotated[datetime, Field(description="The form is invalid after this time.")]
    max_bytes: Annotated[int, Field(description="Maximum size of the file.")]


class Links(BaseModel):
    """Valid as long as the video, `editor` for a week. Links to files answer GET and HEAD; most redirect."""

    self: Annotated[str, Field(description="The video in the API.")]
    watch: Annotated[str | None, Field(description="The page on which people watch the video.")] = None
    video: Annotated[str | None, Field(description="The video, to play.")] = None
    download: Annotated[str | None, Field(description="The video, to save under its title.")] = None
    poster: Annotated[str | None, Field(description="A picture of the video.")] = None
    captions: Annotated[
        str | None,
        Field(description="The words of the video, as WebVTT. Null in a list, or without words."),
    ] = None
    editor: Annotated[str | None, Field(description="The project in the video service's own editor.")] = None


_ABOUT = (
    "Approximate cost. The video service reports only the balance of the account. Each decrease is divided"
    " among the versions in progress, so their sum is never more than the decrease."
)


class VersionResource(BaseModel):
    """The result of one instruction, or an export of an earlier version."""

    version: Annotated[int, Field(description="The number of the version, from 1.")]
    instruction: Annotated[str, Field(description="What the version should show or change.")]
    status: Annotated[Status, Field(description="The status of the version.")]
    message: Annotated[str, Field(description="The status in one sentence.")]
    code: Code = None
    created_at: Annotated[datetime, Field(description="When it was requested.")]
    agent_says: AgentSays = None
    timeline: Annotated[str | None, Field(description="The timeline of the version in words.")] = None
    changes: Annotated[tuple[str, ...], Field(description="What is different from the version before.")] = ()
    duration_seconds: Annotated[float | None, Field(description="Duration of the file.")] = None
    size_bytes: Annotated[int | None, Field(description="Size of the file.")] = None
    credits_used: Annotated[float | None, Field(description=f"{_ABOUT} Null until it is known.")] = None
    credits_final: Annotated[bool, Field(description="True when the cost can no longer change.")] = False
    question: Annotated[str | None, Field(description="What the agent asks. Answer it with an edit.")] = None
    exports: Annotated[
        int | None, Field(description="The version that this export renders again, free of charge.")
    ] = None
    video: Annotated[str | None, Field(description="The video of this version, to play.")] = None
    poster: Annotated[str | None, Field(description="A picture of this version.")] = None
    captions: Annotated[str | None, Field(description="The words of this version, as WebVTT.")] = None


class RetryOffer(BaseModel):
    """What `POST …/retry` would do, and its expected cost."""

    way: Annotated[Way, Field(description="`export` renders the finished timeline again, free of charge.")]
    expected_credits: Annotated[float, Field(description="Approximate cost. 0 for an export.")]
    expected: Annotated[
        str, Field(description="The same in words, with the number of videos it is based on.")
    ]


class VideoResource(BaseModel):
    """A video."""

    id: Annotated[str, Field(description="The id of the video.")]
    status: Annotated[Status, Field(description="The status of the video.")]
    stage: Annotated[Stage, Field(description="What the pipeline is doing.")]
    progress: Annotated[int, Field(description="Percent.")]
    message: Annotated[str, Field(description="The status in one sentence.")]
    code: Code = None
    advice: Annotated[str | None, Field(description="What to do, if there is something.")] = None
    source: Origin = None
    media: Annotated[
        tuple[str, ...],
        Field(description="All inputs: keys and URLs, without passwords and signatures."),
    ] = ()
    instruction: Annotated[str, Field(description="What the video should show.")]
    metadata: Annotated[dict[str, JsonValue] | None, Field(description="The metadata of the request.")] = None
    agent_says: AgentSays = None
    timeline: Annotated[str | None, Field(description="The timeline of the newest version in words.")] = None
    duration_seconds: Annotated[
        float | None, Field(description="Duration of the newest finished version.")
    ] = None
    size_bytes: SizeBytes = None
    credits_used: Annotated[float | None, Field(description="Sum of all versions.")] = None
    created_at: Annotated[datetime, Field(description="When it was requested.")]
    updated_at: Annotated[datetime, Field(description="When it last changed.")]
    expires_at: Annotated[datetime, Field(description="When it is deleted.")]
    history: Annotated[tuple[HistoryEntry, ...], Field(description="What happened, in order.")]
    waiting: Annotated[
        tuple[str, ...], Field(description="Edits that start when the current version ends.")
    ] = ()
    versions: Annotated[tuple[VersionResource, ...], Field(description="All versions, in order.")]
    question: Annotated[
        str | None,
        Field(description="The agent's question about the finished video. Answer it with an edit."),
    ] = None
    retry: Annotated[RetryOffer | None, Field(description="Only for a failed or cancelled video.")] = None
    links: Annotated[Links, Field(description="Links to the video and its files.")]


class BudgetLeft(BaseModel):
    """A spending limit, and what is left of it."""

    of: Annotated[Literal["stack", "owner"], Field(description="Whose spending limit it is.")]
    period: Annotated[Period, Field(description="The period of the limit.")]
    credits: Annotated[float, Field(description="The limit.")]
    left: Annotated[float, Field(description="What is left of it.")]
    renews_at: Annotated[datetime, Field(description="When the limit renews.")]


class BudgetEstimate(BudgetLeft):
    """A spending limit, what is left of it, and whether that is enough."""

    allows: Annotated[bool, Field(description="Whether enough is left for the video.")]


class Estimate(BaseModel):
    """The expected cost of a request. Nothing was stored or started. `allowed`: it would start at once."""

    credits: Annotated[float, Field(description="Expected cost: the median of recent videos.")]
    at_most: Annotated[float, Field(description="The amount reserved in spending limits.")]
    based_on: Annotated[int, Field(description="Number of recent videos it is based on. 0: the known price.")]
    expected: Annotated[
        str, Field(description="The same in words: “about 10 credits, from the last 8 videos”.")
    ]
    available: Annotated[float, Field(description="Credits available at the video service.")]
    allowed: Annotated[bool, Field(description="Whether the video would start at once.")]
    message: Annotated[str, Field(description="The estimate in one or two sentences.")]
    budgets: Annotated[tuple[BudgetEstimate, ...], Field(description="Each spending limit.")]


class VideoSummary(BaseModel):
    """A video in a list. It has links to its files if its newest version is ready."""

    id: Annotated[str, Field(description="The id of the video.")]
    status: Annotated[Status, Field(description="The status of the video.")]
    progress: Annotated[int, Field(description="Percent.")]
    message: Annotated[str, Field(description="The status in one sentence.")]
    code: Code = None
    source: Origin = None
    instruction: Annotated[str, Field(description="What the video should show.")]
    created_at: Annotated[datetime, Field(description="When it was requested.")]
    metadata: Annotated[dict[str, JsonValue] | None, Field(description="The metadata of the request.")] = None
    links: Annotated[Links, Field(description="Links to the video and its files.")]


class VideoList(BaseModel):
    """A page of the caller's videos, newest first. Send `cursor` to get the next page."""

    videos: Annotated[list[VideoSummary], Field(description="The videos of this page.")]
    cursor: Annotated[
        str | None, Field(description="Send it to get the next page. Null on the last page.")
    ] = None


class BatchLinks(BaseModel):
    """`results` is set when the batch has ended. The link needs no key, and is valid as long as the batch."""

    self: Annotated[str, Field(description="The batch in the API.")]
    results: Annotated[
        str | None, Field(description="The results as a CSV file. Null until the batch has ended.")
    ] = None


class BatchResource(BaseModel):
    """A batch. `counts` has the number of rows for each status. `open` counts rows in progress."""

    id: Annotated[str, Field(description="The id of the batch.")]
    name: Annotated[str, Field(description="The name of the file, or of the rows.")]
    status: Annotated[
        Status, Field(description="When the batch ends: `ready` if every row is ready, or else `failed`.")
    ]
    progress: Annotated[int, Field(description="Percent.")]
    message: Annotated[str, Field(description="The status in one sentence.")]
    rows: Annotated[int | None, Field(description="Number of rows. Null until the file has been read.")] = (
        None
    )
    counts: Annotated[dict[str, int], Field(description="The number of rows by their status.")]
    created_at: Annotated[datetime, Field(description="When it was requested.")]
    expires_at: Annotated[datetime, Field(description="When it is deleted.")]
    links: Annotated[BatchLinks, Field(description="Links to the batch and its results.")]


class BatchList(BaseModel):
    """A page of the caller's batches, newest first. Send `cursor` to get the next page."""

    batches: Annotated[list[BatchResource], Field(description="The batches of this page.")]
    cursor: Annotated[
        str | None, Field(description="Send it to get the next page. Null on the last page.")
    ] = None


class AttemptResource(BaseModel):
    """One attempt to deliver a webhook."""

    at: Annotated[datetime, Field(description="When it began.")]
    status_code: Annotated[int | None, Field(description="The HTTP status that the service returned.")] = None
    error: Annotated[str | None, Field(description="Why it failed. Null if the service accepted it.")] = None


class DeliveryResource(BaseModel):
    """A webhook of a video, and how it was received."""

    id: Annotated[str, Field(description="The `webhook-id`. It is the same in each attempt.")]
    video_id: Annotated[str, Field(description="The id of the video.")]
    type: Annotated[WebhookType, Field(description="The event.")]
    version: Annotated[int, Field(description="The number of the version.")]
    url: Annotated[str | None, Field(description="Without passwords and signatures.")] = None
    state: Annotated[
        DeliveryState,
        Field(description="`given_up`: the webhook is not retried automatically. It can be redelivered."),
    ]
    created_at: Annotated[datetime, Field(description="When it was queued for the first time.")]
    next_attempt_at: Annotated[datetime | None, Field(description="Null if no attempt follows.")] = None
    attempts: Annotated[
        tuple[AttemptResource, ...], Field(description="The last 30 attempts, oldest first.")
    ] = ()


class DeliveryList(BaseModel):
    """The newest 100 webhooks of a video, newest first."""

    deliveries: Annotated[list[DeliveryResource], Field(description="The webhooks.")]


class MessageAnswer(BaseModel):
    """The result of a message."""

    done: Annotated[
        Literal["edit", "export", "credits", "status", "upload"], Field(description="What was done.")
    ]
    message: Annotated[str, Field(description="The answer in words.")]
    video: Annotated[VideoResource, Field(description="The video afterwards.")]


class CreditsAnswer(BaseModel):
    """The balance at the video service. `frozen` is reserved by running work."""

    available: Annotated[float, Field(description="Credits that can be spent.")]
    frozen: Annotated[float, Field(description="Credits that running work has reserved.")]
    total: Annotated[float, Field(description="The sum of both.")]


class DaySpending(BaseModel):
    """What was spent on a day."""

    date: Annotated[dt.date, Field(description="The day in UTC.")]
    credits: Annotated[float, Field(description="Approximate cost of all versions that started on this day.")]
    videos: Annotated[int, Field(description="Videos whose first instruction was sent.")]
    edits: Annotated[int, Field(description="Edits whose instruction was sent.")]


class SpendingAnswer(BaseModel):
    """What the caller has spent on each day, and what is left of each spending limit."""

    credits: Annotated[float, Field(description="The sum of all days.")]
    days: Annotated[
        list[DaySpending], Field(description="One for each day, oldest first. The last is today.")
    ]
    budgets: Annotated[list[BudgetLeft], Field(description="The spending limits that apply.")]
