"""What a video service returns: sessions, files, balances, drafts and renders."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

RenderStatus = Literal["pending", "processing", "completed", "failed"]


def _or_none(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    try:
        return validate(value)
    except ValidationError:
        return None


_T = TypeVar("_T")
# A field that may be missing may also be odd: neither is worth losing the rest of the answer.
_Optional = Annotated[_T | None, WrapValidator(_or_none)]
_Id = Annotated[str, Field(min_length=1)]


class Result(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)


class Session(Result):
    session_id: _Id
    task_id: _Optional[str] = None
    user_id: _Optional[str] = None


class ClaimToken(Result):
    """A link with which a person takes the session over in a browser. `expires_in` is in seconds."""

    token: _Id = Field(repr=False)
    expires_in: int
    link: str = Field(repr=False)


class AnonymousToken(Result):
    """A token of nobody's own. `expires_at` is an aware datetime."""

    token: _Id = Field(repr=False)
    user_id: _Optional[str] = None
    credits: _Optional[float] = None
    expires_at: _Optional[datetime] = None


class UploadedFile(Result):
    """A file in the session. Width and height are pixels, `fps` frames per second, `duration` as sent."""

    url: _Id
    filename: _Optional[str] = None
    file_type: _Optional[str] = None
    duration: _Optional[float] = None
    width: _Optional[int] = None
    height: _Optional[int] = None
    fps: _Optional[float] = None
    hash: _Optional[str] = None


class Credits(Result):
    """`frozen` are reserved by running work; `total` is `available` and `frozen` together.

    `account` identifies the account: a digest of the token with which the balance was read.
    """

    available: float
    frozen: float
    total: float
    account: str = ""


class DraftFormat(StrEnum):
    """Which form of draft the session has; only `TRACKS` can be read and rendered here."""

    TRACKS = "tracks"
    V3 = "v3"


class SessionState(Result):
    """The session as the backend has it. The draft is kept unchanged, None when there is none yet.

    `files` are the objects with a `cdn_url` and an `s3_key` that the state lists under `files:…`.
    """

    draft: dict[str, object] | None = None
    draft_format: DraftFormat = DraftFormat.TRACKS
    files: tuple[dict[str, object], ...] = ()
    video_infos: object = None
    generated_media: object = None
    canvas_config: object = None
    user_id: _Optional[str] = None


class Render(Result):
    """The backend's job of making an MP4. `progress` is percent, `url` the MP4 once completed."""

    id: _Id
    status: RenderStatus
    progress: _Optional[float] = None
    url: _Optional[str] = None
    error: _Optional[str] = None
