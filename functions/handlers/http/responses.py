"""What each operation may answer, for the OpenAPI document."""

from http import HTTPStatus

from aws_lambda_powertools.event_handler.openapi.types import OpenAPIResponse
from pydantic import BaseModel

from handlers.http.problems import JSON, Problem

_SAID: dict[HTTPStatus, str] = {
    HTTPStatus.BAD_REQUEST: "The body is not JSON.",
    HTTPStatus.UNAUTHORIZED: "No key.",
    HTTPStatus.FORBIDDEN: "The key is unknown, or lacks the scope.",
    HTTPStatus.NOT_FOUND: "No such video, or not the caller's.",
    HTTPStatus.CONFLICT: "Not now: see the detail.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "The body is too large.",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "The body is not JSON.",
    HTTPStatus.UNPROCESSABLE_ENTITY: "A field is invalid. See `field` in the response.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many requests.",
    HTTPStatus.GONE: "The video that this request made was deleted.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too busy: see Retry-After.",
    HTTPStatus.BAD_GATEWAY: "The backend could not be asked.",
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
# What an operation that takes a body may answer beside its success.
TAKING = (*_WITH_BODY, *_ALWAYS)
# What one that takes none may answer.
PLAIN = (HTTPStatus.UNPROCESSABLE_ENTITY, *_ALWAYS)


class GatewayAnswer(BaseModel):
    """What API Gateway itself answers where it has not been taught problem details."""

    message: str | None = None
    Message: str | None = None


def responses(
    success: HTTPStatus, model: type[BaseModel] | None, *problems: HTTPStatus
) -> dict[int, OpenAPIResponse]:
    """The documented answers of one operation; without a model, success has no body."""
    documented: dict[int, OpenAPIResponse] = {success.value: {"description": success.phrase, "content": {}}}
    if model is not None:
        documented[success.value]["content"] = {"application/json": {"model": model}}
    for status in problems:
        documented[status.value] = {"description": _SAID[status], "content": {JSON: {"model": Problem}}}
        if status in _ALWAYS:
            documented[status.value]["content"]["application/json"] = {"model": GatewayAnswer}
    return documented
