"""What everything that the store keeps has in common, and what names it."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from backend.texts import whole_characters
from videos.model.failure_codes import FailureCode
from videos.model.redaction import without_secrets


def _whole(value: object) -> object:
    if isinstance(value, str):
        return whole_characters(value)
    if isinstance(value, list | tuple):
        return type(value)(_whole(item) for item in value)
    return value


class Record(BaseModel):
    """A piece of the store: frozen, tolerant of fields that a newer release wrote."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _storable(cls, data: object) -> object:
        """Replace halves of surrogate pairs, which JSON may hold and no table takes."""
        if not isinstance(data, dict):
            return data
        return {name: _whole(value) for name, value in data.items()}


class Status(StrEnum):
    """The status of a video. `queued` and `working` are in progress. All others are final for a version.

    `superseded` is a drop that was overwritten or deleted before work on it began.
    """

    QUEUED = "queued"
    WORKING = "working"
    NEEDS_ANSWER = "needs_answer"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class Stage(StrEnum):
    """What the pipeline is doing for a video, in order."""

    QUEUED = "queued"
    INSPECTING = "inspecting"
    OPENING_SESSION = "opening_session"
    UPLOADING = "uploading"
    GENERATING = "generating"
    STABILIZING = "stabilizing"
    RENDERING = "rendering"
    DELIVERING = "delivering"
    ENDED = "ended"


class VersionRef(Record):
    """The input of one workflow execution, and of each of its steps."""

    video_id: str
    version: int

    @property
    def execution_name(self) -> str:
        """Names the execution, so that starting it twice starts it once."""
        return f"{self.video_id}-{self.version}"


class SendOrder(VersionRef):
    """A message of the generation queue: carry out the version, then complete the task that waits for it."""

    task_token: str


class BatchRow(Record):
    """The row of a batch that asked for a version."""

    batch_id: Annotated[str, Field(description="The id of the batch.")]
    row: Annotated[int, Field(description="The number of the row, as a spreadsheet shows it.")]


class Problem(Record):
    """Why a version failed, in words for the person who asked: what happened, and the one thing to do."""

    part: ClassVar[str] = "problem"
    code: FailureCode
    message: Annotated[str, AfterValidator(without_secrets)]
    advice: Annotated[str, AfterValidator(without_secrets)]
