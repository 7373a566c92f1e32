"""Documented responses of each operation, for the OpenAPI document."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel

from handlers.http.problems import JSON, ProblemDetails

_SAID: dict[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "The body is not JSON.",
    HTTPStatus.UNAUTHORIZED: "The key is missing.",
    HTTPStatus.FORBIDDEN: "The key is invalid, or lacks the scope.",
    HTTPStatus.NOT_FOUND: "The resource does not exist, or has another owner.",
    HTTPStatus.CONFLICT: "Not possible at the moment. See `detail` in the response.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not JSON.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A field is invalid. See `field` in the response.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests.",
    HTTPStatus.GONE: "The video that this request made was deleted.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too busy. Retry after the time in `Retry-After`.",
    HTTPStatus.BAD_GATEWAY: "The backend failed.",
}
_ALWAYS = (
    HTTPStatus.UNAUTHORIZED,
    HTTPStatus.FORBIDDEN,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.SERVICE_UNAVAILABLE,
)
_WITH_BODY = (
    HTTPStatus.BAD_REQUEST,
    HTTPStatus.CONFLICT,
    HTTPStatus.GONE,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    HTTPStatus.UNPROCESSABLE_ENTITY,
)
# Errors of an operation with a body.
TAKING = (*_WITH_BODY, *_ALWAYS)
# Errors of an operation without a body.
PLAIN = (HTTPStatus.UNPROCESSABLE_ENTITY, *_ALWAYS)


class GatewayAnswer(BaseModel):
    """An error of API Gateway itself, for which no problem details are configured."""

    message: str | None = None
    Message: str | None = None


def responses(
    success: HTTPStatus, model: type[BaseModel] | None, *problems: HTTPStatus
) -> dict[int, OpenAPIResponse]:
    """Return the documented responses of one operation. Without a model, success has no body."""
    documented: dict[int, OpenAPIResponse] = {success.value: {"description": success.phrase, "content": {}}}
    if model is not None:
        documented[success.value]["content"] = {"application/json": {"model": model}}
    for status in problems:
        documented[status.value] = {
            "description": _SAID[status],
            "content": {JSON: {"model": ProblemDetails}},
        }
        if status in _ALWAYS:
            documented[status.value]["content"]["application/json"] = {"model": GatewayAnswer}
    return documented
