"""The shapes of the API."""

import json
from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from videos.models import AspectRatio, Happening, Stage, Status

METADATA_BYTES = 1024
MAX_SOURCES = 10

Address = Annotated[str, Field(min_length=1, max_length=2000, json_schema_extra={"format": "uri"})]
"""Text as it was sent: what it means is for the guard to say."""

Instruction = Annotated[str, Field(min_length=1, max_length=5000, pattern=r"\S")]


class Request(BaseModel):
    """A body: unknown fields are errors, for they are mistyped ones."""

    model_config = ConfigDict(extra="forbid")


class VideoRequest(Request):
    """A job: what to make a video of, and how. Sources may be combined, or left out altogether."""

    instruction: Instruction | None = None
    url: Annotated[Address | None, Field(description="A product or web page, or a media file.")] = None
    upload_ids: Annotated[list[str], Field(max_length=MAX_SOURCES)] = []
    s3_key: Annotated[
        str | None, Field(min_length=1, max_length=1024, description="An object in the inbox bucket.")
    ] = None
    s3_keys: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=1024)]], Field(max_length=MAX_SOURCES)
    ] = []
    aspect_ratio: AspectRatio | None = None
    duration_seconds: Annotated[int | None, Field(ge=3, le=60)] = None
    language: Annotated[str | None, Field(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = None
    title: Annotated[str | None, Field(min_length=1, max_length=100, pattern=r'^[^"\x00-\x1f]+$')] = None
    callback_url: Address | None = None
    callback_on_start: bool = False
    metadata: Annotated[
        dict[str, JsonValue] | None, Field(description="At most 1 KB; echoed wherever the video is told of.")
    ] = None

    @field_validator("metadata")
    @classmethod
    def _small(cls, value: dict[str, JsonValue] | None) -> dict[str, JsonValue] | None:
        if value is not None and len(json.dumps(value, ensure_ascii=False).encode()) > METADATA_BYTES:
            raise ValueError(f"it may take {METADATA_BYTES} bytes as JSON at most")
        return value

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.instruction or self.url or self.upload_ids or self.s3_key or self.s3_keys):
            raise ValueError("give an instruction, or something to make the video of")
        return self


class EditRequest(Request):
    """What to change, or the answer to the agent's question."""

    instruction: Instruction


class MessageRequest(Request):
    """Free text: an edit, or a wish that needs no agent, such as “export” or “how many credits are left?”."""

    text: Instruction


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
    """`video`, `download` and `poster` live for an hour, `watch` as long as the video."""

    self: str
    watch: str | None = None
    video: str | None = None
    download: Annotated[str | None, Field(description="The video, to be saved under its title.")] = None
    poster: str | None = None


class Version(BaseModel):
    """What one instruction led to."""

    version: int
    instruction: str
    status: Status
    message: str
    created_at: datetime
    timeline: str | None = None
    changes: tuple[str, ...] = ()
    duration_seconds: float | None = None
    credits_used: float | None = None
    video: str | None = None
    poster: str | None = None


class VideoResource(BaseModel):
    """A video as its owner sees it."""

    id: str
    status: Status
    stage: Stage
    progress: Annotated[int, Field(description="Percent.")]
    message: str
    advice: str | None = None
    instruction: str
    metadata: dict[str, JsonValue] | None = None
    timeline: str | None = None
    credits_used: float | None = None
    created_at: datetime
    updated_at: datetime
    expires_at: datetime
    history: tuple[Happening, ...]
    versions: tuple[Version, ...]
    links: Links


class VideoSummary(BaseModel):
    """A video in a list."""

    id: str
    status: Status
    progress: int
    message: str
    instruction: str
    created_at: datetime
    metadata: dict[str, JsonValue] | None = None
    links: Links


class VideoList(BaseModel):
    """A part of the caller's videos, newest first; `cursor` asks for the next part."""

    videos: list[VideoSummary]
    cursor: str | None = None


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
