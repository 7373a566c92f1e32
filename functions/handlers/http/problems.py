"""All errors of the API, as RFC 9457 problem details."""

import math
from collections.abc import Callable
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field

from aws.contention import is_overload
from backend.errors import NemoVideoError
from handlers.http.models import (
    BatchRequest,
    DeletionRequest,
    EditRequest,
    LinkRequest,
    MessageRequest,
    SessionEnd,
    SessionRequest,
    UploadRequest,
)
from videos.batches.batch import BatchNotFoundError
from videos.lifecycle.edit import BusyError, NotPossibleError
from videos.lifecycle.redeliver import DeliveryNotFoundError, TooSoonError
from videos.lifecycle.submit import ConflictingRequestError
from videos.model.errors import RefusedError, VideoDeletedError, VideoNotFoundError, problem_of
from videos.model.failure_codes import FailureCode
from videos.model.ports import BadCursorError
from videos.model.redaction import without_secrets
from videos.requests.json_reader import UnreadableJsonError
from videos.requests.options import FieldError, Request, VideoRequest, mistake_in

logger = Logger(child=True)

JSON = "application/problem+json"
TYPE = "urn:nemo-video:problem:"
# Values of Retry-After: for a short conflict, a backend failure, and a version in progress.
SECONDS, BACKEND_SECONDS, BUSY_SECONDS = "2", "10", "15"


class ProblemDetails(BaseModel):
    """An RFC 9457 problem."""

    type: Annotated[str, Field(description="Identifies the kind of problem. New types may be added.")]
    title: Annotated[str, Field(description="The status in words.")]
    status: Annotated[int, Field(description="The status of the response.")]
    detail: Annotated[str, Field(description="What is wrong, and what to do.")]
    field: Annotated[str | None, Field(description="The invalid field of the request.")] = None
    code: Annotated[FailureCode | None, Field(description="A video would fail with this code.")] = None


class InvalidSignedLinkError(Exception):
    """A signed link is invalid or has expired."""


class ForbiddenScopeError(Exception):
    """The API key lacks a scope."""


def problem(
    status: HTTPStatus,
    kind: str,
    detail: str,
    *,
    field: str | None = None,
    code: FailureCode | None = None,
    headers: dict[str, str] | None = None,
) -> Response[str]:
    """Return an error response."""
    body = ProblemDetails(
        type=TYPE + kind,
        title=status.phrase,
        status=status,
        detail=without_secrets(detail),
        field=field,
        code=code,
    )
    return Response(
        status_code=int(status),
        content_type=JSON,
        body=body.model_dump_json(exclude_none=True),
        headers=dict(headers or {}),
    )


def plain(response: Response[str]) -> dict[str, Any]:
    """Return an error response as the gateway takes it."""
    return {
        "statusCode": response.status_code,
        "multiValueHeaders": {name: [value] for name, value in response.headers.items()},
        "body": response.body,
        "isBase64Encoded": False,
    }


_BODIES: dict[str, type[Request]] = {
    "batches": BatchRequest,
    "changes": EditRequest,
    "deletion": DeletionRequest,
    "edits": EditRequest,
    "sign-in/end": SessionEnd,
    "sign-in/link": LinkRequest,
    "sign-in/session": SessionRequest,
    "videos/estimate": VideoRequest,
    "estimate": EditRequest,
    "messages": MessageRequest,
    "uploads": UploadRequest,
    "videos": VideoRequest,
}
"""Models of request bodies, by the end of the path."""


def of_validation(error: RequestValidationError, path: str) -> Response[str]:
    """Return the response to an invalid request."""
    kind = next((kind for end, kind in _BODIES.items() if path.rstrip("/").endswith(f"/{end}")), Request)
    # A location begins with the part of the request. Positions in lists are left out of the field's name.
    errors = [
        {**item, "loc": [part for part in item["loc"][1:] if isinstance(part, str)]}
        for item in error.errors()
    ]
    mistake = mistake_in(errors, kind, whole="body")
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", f"{mistake.field}: {mistake}", field=mistake.field
    )


def of_backend(error: NemoVideoError) -> Response[str]:
    """Return the response to a failure of the backend."""
    said = problem_of(error)
    detail = f"{said.message} {said.advice}"
    if (seconds := getattr(error, "retry_after", None)) is not None:
        wait = {"Retry-After": str(math.ceil(seconds))}
        return problem(HTTPStatus.SERVICE_UNAVAILABLE, "backend-busy", detail, code=said.code, headers=wait)
    wait = {"Retry-After": BACKEND_SECONDS} if error.retryable else {}
    return problem(HTTPStatus.BAD_GATEWAY, "backend", detail, code=said.code, headers=wait)


def unforeseen(error: Exception) -> Response[str]:
    """Return the response to an unexpected error. Its details are only in the log."""
    if is_overload(error):
        logger.warning("request failed because of contention or throttling", exc_info=error)
        return problem(
            HTTPStatus.SERVICE_UNAVAILABLE,
            "overloaded",
            "The service is busy. Retry in a few seconds.",
            headers={"Retry-After": SECONDS},
        )
    logger.error("request failed with an unexpected error", exc_info=error)
    return problem(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal",
        "Something went wrong inside the pipeline. With an Idempotency-Key it is safe to retry.",
    )


_ANSWERS: dict[type[Exception], Callable[..., Response[str]]] = {
    NemoVideoError: of_backend,
    FieldError: lambda error: problem(
        HTTPStatus.UNPROCESSABLE_ENTITY, "invalid-request", f"{error.field}: {error}", field=error.field
    ),
    RefusedError: lambda error: problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "refused",
        f"{error} {error.problem.advice}",
        code=error.problem.code,
    ),
    BadCursorError: lambda _: problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-request",
        "Invalid cursor. Omit it to start from the first page.",
        field="cursor",
    ),
    ConflictingRequestError: lambda _: key_reused(),
    VideoNotFoundError: lambda _: problem(
        HTTPStatus.NOT_FOUND, "not-found", "There is no such video, or it is not yours."
    ),
    VideoDeletedError: lambda _: deleted(),
    DeliveryNotFoundError: lambda _: problem(
        HTTPStatus.NOT_FOUND, "not-found", "There is no such webhook of this video."
    ),
    TooSoonError: lambda error: problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "throttled",
        "This webhook was sent again less than a minute ago. Wait before you send it once more.",
        headers={"Retry-After": str(error.seconds)},
    ),
    BatchNotFoundError: lambda _: problem(
        HTTPStatus.NOT_FOUND, "not-found", "There is no such batch, or it is not yours."
    ),
    BusyError: lambda _: problem(
        HTTPStatus.CONFLICT,
        "busy",
        "A version is in progress. Wait until it ends, or cancel it first.",
        headers={"Retry-After": BUSY_SECONDS},
    ),
    NotPossibleError: lambda error: problem(HTTPStatus.CONFLICT, "not-possible", str(error)),
    Exception: unforeseen,
    InvalidSignedLinkError: lambda _: problem(
        HTTPStatus.FORBIDDEN,
        "link",
        "This link is incomplete, or it has expired. GET /v1/batches/{id} returns a new one.",
    ),
    ForbiddenScopeError: lambda error: problem(
        HTTPStatus.FORBIDDEN, "scope", f"This key lacks the scope “{error}”. Ask for a key that has it."
    ),
}


def key_reused() -> Response[str]:
    """Return the response to an Idempotency-Key that was used for another request."""
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "idempotency-key-reused",
        "This Idempotency-Key was used before, for another request. Use a new key for a new request.",
        field="Idempotency-Key",
    )


def deleted() -> Response[str]:
    """Return the response to a repeated request whose video was deleted."""
    return problem(
        HTTPStatus.GONE,
        "deleted",
        "The video that this request made was deleted. To make it again, use a new Idempotency-Key.",
        field="Idempotency-Key",
    )


def in_progress() -> Response[str]:
    """Return the response to a repeated request while the first one is in progress."""
    return problem(
        HTTPStatus.CONFLICT,
        "in-progress",
        "The first request with this Idempotency-Key is still being processed. Retry in a few seconds.",
        headers={"Retry-After": SECONDS},
    )


def malformed(error: UnreadableJsonError) -> Response[str]:
    """Return the response to a body that is not JSON or cannot be stored."""
    detail = f"The body cannot be read: {error}. Correct it, and send it again."
    return problem(HTTPStatus.BAD_REQUEST, "malformed-json", detail, field="body")


def not_text() -> Response[str]:
    """Return the response to a path or a query string that is not UTF-8."""
    detail = "The path or the query string is not UTF-8. Encode it with percent signs."
    return problem(HTTPStatus.BAD_REQUEST, "malformed-request", detail)


def bad_key(most: int) -> Response[str]:
    """Return the response to an invalid Idempotency-Key."""
    return problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "invalid-request",
        f"Invalid Idempotency-Key. Use at most {most} visible characters, such as a UUID.",
        field="Idempotency-Key",
    )


def not_json() -> Response[str]:
    """Return the response to a body with another content type."""
    return problem(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "not-json", "Send JSON, with Content-Type: application/json."
    )


def too_large(most: int) -> Response[str]:
    """Return the response to a body that is too large."""
    return problem(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "too-large",
        f"The body is too large. The limit is {most:,} characters. Send files with POST /v1/uploads.",
    )


def install(app: APIGatewayRestResolver) -> None:
    """Register an error handler for each type of error."""
    app.exception_handler(RequestValidationError)(lambda error: of_validation(error, app.current_event.path))
    for kind, answer in _ANSWERS.items():
        app.exception_handler(kind)(answer)
