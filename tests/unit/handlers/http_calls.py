"""Calling the API's handler as API Gateway does, and reading its answers."""

import json
from typing import Any
from urllib.parse import quote

from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.http import api
from tests.events.payloads import Event, event
from tests.support.builders import DELIVERED, NOW, REF, TIMELINE, a_version, a_video
from tests.unit.handlers.conftest import World
from videos.model.records import Stage, Status
from videos.model.version import Ended
from videos.model.video import Video

ID = REF.video_id


def call(  # noqa: PLR0913 - a request has many parts, and most tests leave most out
    context: LambdaContext,
    method: str,
    path: str,
    body: object = None,
    *,
    headers: dict[str, str] | None = None,
    query: dict[str, str] | None = None,
    owner: str = "ann",
    scopes: str = "read write",
    request_id: str = "request-1",
    raw_id: str | None = None,
) -> Event:
    """Send a request; the body as JSON unless it is text. `raw_id` replaces `the-id` in the path."""
    asked = event("api_gateway_get_video" if method == "GET" else "api_gateway_post_video")
    asked |= {"httpMethod": method, "path": quote(path), "pathParameters": {"proxy": path[4:]}}
    if raw_id is not None:
        asked["path"] = asked["path"].replace("the-id", raw_id)
    asked["body"] = body if isinstance(body, str) or body is None else json.dumps(body)
    asked["headers"] |= headers or {}
    asked["multiValueHeaders"] |= {name: [value] for name, value in (headers or {}).items()}
    asked["queryStringParameters"] = query
    asked["multiValueQueryStringParameters"] = {
        name: [value] for name, value in (query or {}).items()
    } or None
    asked["requestContext"] |= {"requestId": request_id, "httpMethod": method}
    asked["requestContext"]["authorizer"] |= {"owner": owner, "scopes": scopes}
    return api.handler(asked, context)


def header(answer: Event, name: str) -> str:
    """One header of an answer."""
    (value,) = answer["multiValueHeaders"][name]
    return str(value)


def content(answer: Event, status: int) -> dict[str, Any]:
    """What an answer with this status says."""
    assert answer["statusCode"] == status, answer
    assert header(answer, "Content-Type") == "application/json"
    said: dict[str, Any] = json.loads(answer["body"])
    return said


def problem(answer: Event, status: int, kind: str) -> dict[str, Any]:
    """The problem details of an answer, of this status and kind."""
    assert answer["statusCode"] == status, answer
    assert header(answer, "Content-Type") == "application/problem+json"
    said: dict[str, Any] = json.loads(answer["body"])
    assert (said["status"], said["type"]) == (status, f"urn:nemo-video:problem:{kind}")
    assert said["title"]
    assert said["detail"].endswith((".", "?"))
    return said


def a_video_of_ann(world: World, status: Status, **parts: object) -> Video:
    """Ann's video with one version, which has come so far."""
    video = a_video().model_copy(update={"owner": "ann"})
    delivered = {"delivered": DELIVERED, "timeline": TIMELINE} if status is Status.READY else {}
    world.store.create(video, a_version(**delivered | parts))
    if status is Status.WORKING:
        world.store.report(video.video_id, Stage.GENERATING, 20, "The agent is at work.")
    elif status is not Status.QUEUED:
        ended = {"status": status, "at": NOW, "message": f"It is {status.replace('_', ' ')}."}
        world.store.end(video.ref, Ended.model_validate(ended))
    return world.store.video(video.video_id)
