"""Documented responses of each operation, for the OpenAPI document."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Literal

from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel

from handlers.http.problems import JSON, ProblemDetails

_SAID: dict[HTTPStatus, str] = {
    HTTPStatus.OK: "The request succeeded.",
    HTTPStatus.CREATED: "It was created.",
    HTTPStatus.ACCEPTED: "The request was accepted and is being processed.",
    HTTPStatus.NO_CONTENT: "It was deleted.",
    HTTPStatus.NOT_MODIFIED: "Nothing has changed since the response with this `ETag`.",
    HTTPStatus.BAD_REQUEST: "The request cannot be read, for example because its body is not JSON.",
    HTTPStatus.UNAUTHORIZED: "The key is missing.",
    HTTPStatus.FORBIDDEN: "The key is invalid, or lacks the scope.",
    HTTPStatus.NOT_FOUND: "The resource does not exist, or has another owner.",
    HTTPStatus.CONFLICT: "Not possible at the moment. See `detail` in the response.",
    HTTPStatus.GONE: "The video that this request made was deleted.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The content type is not JSON.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A field is invalid. See `field` in the response.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests. Retry after the time in `Retry-After`.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "An error in the pipeline. Retry with an `Idempotency-Key`.",
    HTTPStatus.BAD_GATEWAY: "The video service failed. Retry if there is a `Retry-After`.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too busy. Retry after the time in `Retry-After`.",
    HTTPStatus.GATEWAY_TIMEOUT: "The request took too long. Retry after the time in `Retry-After`.",
}
_MAY_RETRY = frozenset(
    {
        HTTPStatus.CONFLICT,
        HTTPStatus.TOO_MANY_REQUESTS,
        HTTPStatus.BAD_GATEWAY,
        HTTPStatus.SERVICE_UNAVAILABLE,
        HTTPStatus.GATEWAY_TIMEOUT,
    }
)
_ALWAYS = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
)
# Errors of an operation without a body that reads or deletes.
PLAIN = (HTTPStatus.UNPROCESSABLE_ENTITY, *_ALWAYS)
# Errors of an operation without a body that takes an Idempotency-Key.
ACTING = (HTTPStatus.CONFLICT, HTTPStatus.GONE, *PLAIN)
# Errors of an operation with a body that takes no Idempotency-Key.
CHECKED = (HTTPStatus.REQUEST_ENTITY_TOO_LARGE, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, *PLAIN)
# Errors of an operation with a body that takes an Idempotency-Key.
TAKING = (HTTPStatus.CONFLICT, HTTPStatus.GONE, *CHECKED)

Header = Literal["ETag", "Location", "Retry-After"]
_HEADERS: dict[Header, tuple[str, dict[str, object]]] = {
    "ETag": (
        "Identifies this state of the resource. Send it as `If-None-Match`.",
        {"type": "string", "examples": ['"5d41402abc4b2a76b9719d911017c592"']},
    ),
    "Location": (
        "The URL of the resource.",
        {"type": "string", "format": "uri", "examples": ["https://api.example.com/v1/videos/vid-0123456789"]},
    ),
    "Retry-After": (
        "Seconds to wait before the next attempt.",
        {"type": "integer", "minimum": 0, "examples": [2]},
    ),
}


def responses(
    success: HTTPStatus,
    model: type[BaseModel] | None,
    *problems: HTTPStatus,
    headers: Sequence[Header] = (),
) -> dict[int, OpenAPIResponse]:
    """Return the documented responses of one operation.

    Without a model, success has no body. `headers` are always sent on success.
    """
    documented: dict[int, OpenAPIResponse] = {success.value: {"description": _SAID[success], "content": {}}}
    if model is not None:
        documented[success.value]["content"] = {"application/json": {"model": model}}
    if headers:
        documented[success.value]["headers"] = {
            name: {"description": _HEADERS[name][0], "schema": _HEADERS[name][1]} for name in headers
        }
    for status in problems:
        documented[status.value] = {
            "description": _SAID[status],
            "content": {JSON: {"model": ProblemDetails}},
        }
        if status in _MAY_RETRY:
            description, schema = _HEADERS["Retry-After"]
            documented[status.value]["headers"] = {
                "Retry-After": {"description": description, "schema": schema}
            }
    return documented
