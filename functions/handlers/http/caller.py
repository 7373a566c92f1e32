"""The caller and its permissions, as the authorizer returned them."""

from typing import Literal

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from handlers import wiring
from handlers.http.problems import ForbiddenScopeError
from videos.model.errors import VideoNotFoundError
from videos.model.video import Video
from videos.requests.options import FieldError

logger = Logger(child=True)

Scope = Literal["read", "write"]


def owner_with(scope: Scope, event: APIGatewayProxyEvent) -> str:
    """Return the owner of the caller's key.

    Raises:
        ForbiddenScopeError: The key lacks the scope.
    """
    authorizer = event.request_context.authorizer
    if scope not in str(authorizer["scopes"]).split():
        raise ForbiddenScopeError(scope)
    return str(authorizer["owner"])


def own_video(video_id: str, scope: Scope, event: APIGatewayProxyEvent) -> Video:
    """Return a video of the caller.

    Raises:
        ForbiddenScopeError: The key lacks the scope.
        VideoNotFoundError: The video does not exist, or has another owner.
    """
    logger.append_keys(video_id=video_id)
    owner = owner_with(scope, event)
    video = wiring.store().video(video_id)
    if video.owner != owner:
        raise VideoNotFoundError(video_id)
    return video


def refuse_unknown_parameters(event: APIGatewayProxyEvent, *known: str) -> None:
    """Reject unknown query parameters, because they are probably mistyped.

    Raises:
        FieldError: There is one.
    """
    for name in event.query_string_parameters:
        if name not in known:
            allowed = ", ".join(known) or "none"
            raise FieldError(name, f"unknown query parameter. Allowed: {allowed}.")


def idempotency_key_in(event: APIGatewayProxyEvent, owner: str) -> str:
    """Return an id of the request. It is the same for requests with the same Idempotency-Key."""
    key = event.headers.get("Idempotency-Key")
    return f"api:{owner}:key:{key}" if key else f"api:{owner}:request:{event.request_context.request_id}"
