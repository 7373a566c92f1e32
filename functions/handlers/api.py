"""The HTTP API: hand in a job, follow it, watch what came of it."""

import os
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.exceptions import NotFoundError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.api_models import Links, Problem, VideoRequest, VideoResource
from videos.errors import RefusedError, VideoNotFoundError
from videos.links import may_watch, watch_url
from videos.models import InboxFile, Media, Status, Video, WebAddress
from videos.submit import ConflictingRequestError, Submission, submit

logger = Logger()
app = APIGatewayRestResolver(enable_validation=True)

LINK_SECONDS = 3600
PROBLEM_JSON = "application/problem+json"


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    return app.resolve(event, context)


@app.post("/v1/videos", status_code=HTTPStatus.ACCEPTED)
def create_video(request: Annotated[VideoRequest, Body()]) -> Response[VideoResource]:
    video = submit(
        Submission(
            identity=_identity(),
            owner=_owner(),
            source="api",
            instruction=request.instruction or os.environ["DEFAULT_INSTRUCTION"],
            media=_media(request),
        ),
        store=wiring.store(),
        workflow=wiring.workflow(),
        keep_days=int(os.environ["KEEP_DAYS"]),
    )
    resource = _resource(video)
    return Response(
        status_code=HTTPStatus.ACCEPTED,
        content_type="application/json",
        body=resource,
        headers={"Location": resource.links.self},
    )


@app.get("/v1/videos/<video_id>")
def get_video(video_id: str) -> VideoResource:
    video = wiring.store().video(video_id)
    if video.owner != _owner():
        raise VideoNotFoundError(video_id)
    return _resource(video)


@app.get("/watch/<video_id>")
def watch(
    video_id: str, expires: Annotated[str, Query()] = "", signature: Annotated[str, Query()] = ""
) -> Response[str]:
    try:
        video = wiring.store().video(video_id)
    except VideoNotFoundError:
        return _no_longer()
    delivered = wiring.store().turn(video.job).delivered
    if delivered is None or not may_watch(video, expires=expires, signature=signature, now=datetime.now(UTC)):
        return _no_longer()
    fresh = wiring.shelf().link(delivered.key, seconds=LINK_SECONDS)
    headers = {"Location": fresh, "Cache-Control": "no-store"}
    return Response(status_code=HTTPStatus.FOUND, headers=headers, body="")


@app.exception_handler(RequestValidationError)  # type: ignore[untyped-decorator]
def invalid_request(error: RequestValidationError) -> Response[str]:
    first = error.errors()[0]
    field = ".".join(part for part in first["loc"] if isinstance(part, str) and part != "body") or "body"
    return _problem(
        HTTPStatus.BAD_REQUEST,
        "invalid-request",
        f"{field}: {first['msg'].removeprefix('Value error, ')}.",
        field=field,
    )


@app.exception_handler(RefusedError)  # type: ignore[untyped-decorator]
def refused(error: RefusedError) -> Response[str]:
    return _problem(
        HTTPStatus.BAD_REQUEST, "invalid-request", f"{error} {error.problem.advice}", field="s3_key"
    )


@app.exception_handler(ConflictingRequestError)  # type: ignore[untyped-decorator]
def conflicting(_error: ConflictingRequestError) -> Response[str]:
    return _problem(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "idempotency-key-reused",
        "This Idempotency-Key was used before, for another request. Use a new key for a new request.",
        field="Idempotency-Key",
    )


@app.exception_handler([VideoNotFoundError, NotFoundError])  # type: ignore[untyped-decorator]
def not_found(_error: Exception) -> Response[str]:
    return _problem(
        HTTPStatus.NOT_FOUND, "not-found", "There is nothing at this address, or it is not yours."
    )


def _problem(status: HTTPStatus, kind: str, detail: str, *, field: str | None = None) -> Response[str]:
    problem = Problem(
        type=f"urn:nemo-video:{kind}", title=status.phrase, status=status, detail=detail, field=field
    )
    return Response(
        status_code=status, content_type=PROBLEM_JSON, body=problem.model_dump_json(exclude_none=True)
    )


def _no_longer() -> Response[str]:
    return Response(
        status_code=HTTPStatus.FORBIDDEN,
        content_type="text/plain; charset=utf-8",
        body="This link has expired or is incomplete. Ask whoever sent it for a new one.",
    )


def _base_url() -> str:
    """The address of its own, when the API has one; else as this caller reached it."""
    context = app.current_event.request_context
    return os.environ["PUBLIC_URL"].rstrip("/") or f"https://{context.domain_name}/{context.stage}"


def _owner() -> str:
    return str(app.current_event.request_context.authorizer["owner"])


def _identity() -> str:
    """Equal for the same request repeated with its key; else as unique as API Gateway's own request id."""
    key = app.current_event.headers.get("Idempotency-Key")
    if key:
        return f"api:{_owner()}:key:{key}"
    return f"api:{_owner()}:request:{app.current_event.request_context.request_id}"


def _media(request: VideoRequest) -> tuple[Media, ...]:
    if request.url is not None:
        return (WebAddress(url=str(request.url)),)
    if request.s3_key is not None:
        return (_pinned(InboxFile(bucket=os.environ["INBOX_BUCKET"], key=request.s3_key)),)
    return ()


def _pinned(file: InboxFile) -> InboxFile:
    """The version that is there now, so that what is overwritten later does not change the job."""
    try:
        return file.model_copy(update={"version_id": wiring.inbox().describe(file).version_id})
    except FileNotFoundError as error:
        raise RefusedError(
            f"s3_key: there is no “{file.key}” in the inbox bucket.", advice="Upload it there first."
        ) from error


def _resource(video: Video) -> VideoResource:
    base = _base_url()
    ready = video.status is Status.READY
    job = video.job
    turn = wiring.store().turn(job) if ready or video.status is Status.FAILED else None
    delivered = turn.delivered if turn else None
    return VideoResource(
        id=video.video_id,
        status=video.status,
        stage=video.stage,
        progress=video.progress,
        message=video.message,
        advice=turn.problem.advice if turn and turn.problem else None,
        instruction=video.instruction,
        timeline=turn.timeline.summary if turn and turn.timeline else None,
        created_at=video.created_at,
        updated_at=video.updated_at,
        history=video.history,
        links=Links(
            self=f"{base}/v1/videos/{video.video_id}",
            watch=watch_url(base, video) if delivered else None,
            video=wiring.shelf().link(delivered.key, seconds=LINK_SECONDS) if delivered else None,
            poster=wiring.shelf().link(delivered.poster_key, seconds=LINK_SECONDS) if delivered else None,
        ),
    )
