"""The shapes of the HTTP API."""

from datetime import datetime
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, model_validator

from videos.models import Happening, Stage, Status


class VideoRequest(BaseModel):
    """A job: what to make a video of, and how. One of `url` and `s3_key`, or nothing but the instruction."""

    model_config = ConfigDict(extra="forbid")

    instruction: Annotated[str, Field(min_length=1, max_length=5000)] | None = None
    url: HttpUrl | None = None
    s3_key: Annotated[str, Field(min_length=1, max_length=1024)] | None = None

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if self.url is not None and self.s3_key is not None:
            raise ValueError("give either url or s3_key, not both")
        if self.url is None and self.s3_key is None and self.instruction is None:
            raise ValueError("give an instruction, a url or an s3_key")
        return self


class Links(BaseModel):
    """`video` and `poster` live for an hour, `watch` as long as the video."""

    self: str
    watch: str | None = None
    video: str | None = None
    poster: str | None = None


class VideoResource(BaseModel):
    """A video as its owner sees it."""

    id: str
    status: Status
    stage: Stage
    progress: int
    message: str
    advice: str | None = None
    instruction: str
    timeline: str | None = None
    created_at: datetime
    updated_at: datetime
    history: tuple[Happening, ...]
    links: Links


class Problem(BaseModel):
    """RFC 9457 problem details."""

    type: str
    title: str
    status: int
    detail: str
    field: str | None = None
