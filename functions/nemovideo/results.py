"""What the calls return, read from every form the vendor's documents show."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Literal, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from nemovideo.errors import UnexpectedAnswerError


def _or_none(value: object, validate: ValidatorFunctionWrapHandler) -> object:
    try:
        return validate(value)
    except ValidationError:
        return None


_T = TypeVar("_T")
# A field that may be missing may also be odd: neither is worth losing the rest of the answer.
_Optional = Annotated[_T | None, WrapValidator(_or_none)]
_Id = Annotated[str, Field(min_length=1)]


class _Result(BaseModel):
    model_config = ConfigDict(frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)


class Session(_Result):
    session_id: _Id
    task_id: _Optional[str] = None
    user_id: _Optional[str] = None


class ClaimToken(_Result):
    """A link with which a person takes the session over in a browser. `expires_in` is in seconds."""

    token: _Id = Field(repr=False)
    expires_in: int
    link: str = Field(repr=False)


class AnonymousToken(_Result):
    """A token of nobody's own. `expires_at` is an aware datetime."""

    token: _Id = Field(repr=False)
    user_id: _Optional[str] = None
    credits: _Optional[float] = None
    expires_at: _Optional[datetime] = None


class UploadedFile(_Result):
    """A file in the session. Width and height are pixels, `fps` frames per second, `duration` as sent."""

    url: _Id
    filename: _Optional[str] = None
    file_type: _Optional[str] = None
    duration: _Optional[float] = None
    width: _Optional[int] = None
    height: _Optional[int] = None
    fps: _Optional[float] = None
    hash: _Optional[str] = None


class Credits(_Result):
    """`frozen` are reserved by running work; `total` is `available` and `frozen` together."""

    available: float
    frozen: float
    total: float


class SessionState(_Result):
    """The session as the backend has it. The draft is kept to the letter, None when there is none yet."""

    draft: dict[str, object] | None = None
    video_infos: object = None
    generated_media: object = None
    canvas_config: object = None
    user_id: _Optional[str] = None


class Render(_Result):
    """The backend's job of making an MP4. `progress` is percent, `url` the MP4 once completed."""

    id: _Id
    status: Literal["pending", "processing", "completed", "failed"]
    progress: _Optional[float] = None
    url: _Optional[str] = None
    error: _Optional[str] = None


_Any = TypeVar("_Any", bound=_Result)


def session(data: Mapping[str, object]) -> Session:
    return _read(Session, data)


def claim_token(data: Mapping[str, object], web_url: str) -> ClaimToken:
    token = data.get("claim_token")
    return _read(
        ClaimToken,
        {
            "token": token,
            "expires_in": data.get("expires_in", 7 * 24 * 3600),
            "link": f"{web_url}/workspace/claim?ct={token}",
        },
    )


def anonymous_token(data: Mapping[str, object]) -> AnonymousToken:
    token = _read(AnonymousToken, data)
    if token.expires_at and token.expires_at.tzinfo is None:
        return token.model_copy(update={"expires_at": token.expires_at.replace(tzinfo=UTC)})
    return token


def uploaded_files(data: Mapping[str, object]) -> list[UploadedFile]:
    files = data.get("files", data.get("uploaded_files"))
    if not isinstance(files, list) or not all(isinstance(file, dict) for file in files):
        raise UnexpectedAnswerError("The backend took the upload but did not list its files.")
    return [_read(UploadedFile, file | {"url": file.get("cdn_url") or file.get("url")}) for file in files]


def credits_(data: Mapping[str, object]) -> Credits:
    available, frozen = data.get("available"), data.get("frozen", 0)
    total = data.get("total")
    if total is None and isinstance(available, int | float) and isinstance(frozen, int | float):
        total = available + frozen
    return _read(Credits, {"available": available, "frozen": frozen, "total": total})


def session_state(data: Mapping[str, object]) -> SessionState:
    state = data.get("state")
    if not isinstance(state, dict):
        raise UnexpectedAnswerError("The backend answered without the session's state.")
    return _read(SessionState, {"user_id": data.get("user_id")} | state)


def render(data: Mapping[str, object], render_id: str) -> Render:
    output, error = data.get("output"), data.get("error") or data.get("message")
    return _read(
        Render,
        {
            "id": render_id,
            "status": data.get("status"),
            "progress": data.get("progress"),
            "url": (output.get("url") if isinstance(output, dict) else None) or data.get("outputUrl"),
            "error": error.get("message") if isinstance(error, dict) else error,
        },
    )


def _read(model: type[_Any], data: Mapping[str, object]) -> _Any:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, detail["loc"])) for detail in error.errors(include_input=False))
        raise UnexpectedAnswerError(
            f"The backend's answer lacks what is needed or has it wrong: {where}."
        ) from error
