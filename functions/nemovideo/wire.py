"""From an HTTP answer to the data in it, or to the error it stands for. Pure: no I/O here."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum, auto
from http import HTTPStatus

from backend import errors
from backend.assumptions import (
    ANONYMOUS_TOKEN_PREFIX,
    RATE_LIMIT_SECONDS,
    SERVER_FAULT_CODES,
    STATUS_NAMES,
)
from backend.texts import quote

# Answers of a web server or a firewall as well: under a page they are not the backend's word.
_A_PROXY_SAYS_TOO = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND}


class Subject(Enum):
    """What a call is about, which decides what a plain HTTP status means."""

    ACCOUNT = auto()
    ANONYMOUS_TOKEN = auto()
    SESSION = auto()
    NEW_RENDER = auto()
    RENDER = auto()


_RENDERS = {Subject.NEW_RENDER, Subject.RENDER}

_BY_STATUS: dict[int, type[errors.BackendError]] = {
    HTTPStatus.UNAUTHORIZED: errors.TokenExpiredError,
    HTTPStatus.PAYMENT_REQUIRED: errors.ExportBlockedError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: errors.FileTooLargeError,
}
_BY_SUBJECT: dict[Subject, dict[int, type[errors.BackendError]]] = {
    Subject.ACCOUNT: {},
    Subject.ANONYMOUS_TOKEN: {HTTPStatus.BAD_REQUEST: errors.ClientIdMissingError},
    Subject.SESSION: {HTTPStatus.NOT_FOUND: errors.SessionNotFoundError},
    Subject.NEW_RENDER: {
        HTTPStatus.FORBIDDEN: errors.ExportBlockedError,
        HTTPStatus.NOT_FOUND: errors.SessionNotFoundError,
    },
    Subject.RENDER: {
        HTTPStatus.FORBIDDEN: errors.ExportBlockedError,
        HTTPStatus.NOT_FOUND: errors.RenderNotFoundError,
    },
}


@dataclass(frozen=True, slots=True)
class Caller:
    """What an error must know of who called: how to help, and what not to repeat."""

    token: str = field(repr=False)
    registration_link: str

    @property
    def is_anonymous(self) -> bool:
        return self.token.startswith(ANONYMOUS_TOKEN_PREFIX)


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer that has been read whole."""

    status: int
    body: bytes = field(repr=False)
    retry_after: str | None = None

    @property
    def is_page(self) -> bool:
        """Whether the body is a web page, as a proxy or a firewall sends: the backend itself sends JSON."""
        return self.body.lstrip()[:1] == b"<"


def data_of(answer: Answer, subject: Subject, caller: Caller | None = None) -> dict[str, object]:
    """The `data` of an envelope, or the answer itself when it comes without one.

    Raises:
        BackendError: the answer says no, by its HTTP status or by the `code` of its envelope.
        UnexpectedAnswerError: it is not a JSON object, or says no in a way nobody documented.
    """
    body = _json_object(answer.body)
    code = _code(body)
    if code or not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        raise _error(answer, body or {}, code, subject, caller)
    if body is None:
        raise errors.UnexpectedAnswerError("The backend did not answer with JSON.", code=answer.status)
    if body.get("success") is False or (
        body.get("error") and not _has_status(body)
    ):  # a failed render has both
        raise errors.UnexpectedAnswerError(_said(body, caller), code=answer.status)
    data = body.get("data")
    if not isinstance(data, dict):
        return body
    # A render's fields are beside the envelope or in it (both were seen).
    return body | data if subject in _RENDERS else data


def _error(
    answer: Answer, body: Mapping[str, object], code: int | None, subject: Subject, caller: Caller | None
) -> errors.NemoVideoError:
    message = f"{_said(body, caller)} ({code or f'HTTP {answer.status}'})"
    error = errors.error_of_code(code, message)
    if isinstance(error, errors.OutOfCreditsError) and caller and caller.is_anonymous:
        error.is_anonymous = True
        error.advice = f"Register to get more credits: {caller.registration_link}"
    if error:
        return error
    return _error_of_status(answer, code, subject, message)


def _error_of_status(
    answer: Answer, code: int | None, subject: Subject, message: str
) -> errors.NemoVideoError:
    # The envelope may carry an HTTP status as its code, under HTTP 200.
    status = code if code and _is_error_status(code) else answer.status
    kind = _BY_SUBJECT[subject].get(status) or _BY_STATUS.get(status)
    if kind:
        is_unclear = status in _A_PROXY_SAYS_TOO and answer.is_page
        return (errors.UnexpectedAnswerError if is_unclear else kind)(message, code=status)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return errors.RateLimitedError(message, retry_after=_seconds(answer.retry_after), code=status)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        was_refused = status == HTTPStatus.SERVICE_UNAVAILABLE and answer.retry_after
        wait = _seconds(answer.retry_after) if was_refused else None
        return errors.ServerError(message, code=status, retry_after=wait)
    if status >= HTTPStatus.BAD_REQUEST:
        return errors.BackendError(message, code=code or status)
    if status >= HTTPStatus.MULTIPLE_CHOICES:
        return errors.UnexpectedAnswerError(message, code=status, refused=True)
    return errors.UnknownCodeError(message, code=code or status, retryable=code in SERVER_FAULT_CODES)


def _is_error_status(code: int) -> bool:
    return HTTPStatus.BAD_REQUEST <= code < 600  # noqa: PLR2004 - where HTTP's statuses end


def _said(body: Mapping[str, object], caller: Caller | None) -> str:
    error = body.get("error")
    words = [
        body.get("message"),
        error.get("message") if isinstance(error, dict) else error,
        body.get("detail"),
    ]
    said = next((word for word in words if isinstance(word, str) and word.strip()), None)
    if said is None:
        return "The backend rejected the request without a reason."
    return f"The backend said: {quote(said, *([caller.token] if caller else []))}"


def _code(body: Mapping[str, object] | None) -> int | None:
    """The envelope's code; None when there is none, or when it says success."""
    code = body.get("code") if body else None
    if isinstance(code, str) and code.isdecimal() and len(code) <= len("1001"):
        code = int(code)
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    return code if code and not HTTPStatus.OK <= code < HTTPStatus.MULTIPLE_CHOICES else None


def _has_status(body: Mapping[str, object]) -> bool:
    return any(name in body for name in STATUS_NAMES)


def _json_object(body: bytes) -> dict[str, object] | None:
    try:
        value: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _seconds(retry_after: str | None) -> float:
    """Retry-After as seconds, from a number or from a date, never above the documented wait."""
    if not retry_after:
        return RATE_LIMIT_SECONDS
    if retry_after.isdecimal():
        return min(float(retry_after), RATE_LIMIT_SECONDS)
    try:
        seconds = (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return RATE_LIMIT_SECONDS
    return min(max(seconds, 0.0), RATE_LIMIT_SECONDS)
