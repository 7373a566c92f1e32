"""Routes of videos."""

import os
from contextlib import nullcontext
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Header, Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from backend.intents import Intent, classify
from handlers import wiring
from handlers.http.caller import idempotency_key_in, own_video, owner_with, refuse_unknown_parameters
from handlers.http.estimating import ESTIMATE_PATH, estimate_of
from handlers.http.following import LONGEST_WAIT, entity_tag, follow, is_known
from handlers.http.models import (
    MAX_PAGE,
    EditRequest,
    Estimate,
    MessageAnswer,
    MessageRequest,
    VideoList,
    VideoResource,
)
from handlers.http.presenting import resource_of, summary_of
from handlers.http.responses import ACTING, CHECKED, PLAIN, TAKING, responses
from handlers.page_check import allowed, reachable
from videos.lifecycle.delete import delete_with_files
from videos.lifecycle.edit import NotPossibleError, cancel, edit, export, retry
from videos.lifecycle.submit import Submission, submit
from videos.model.records import Status
from videos.model.texts import in_figures
from videos.model.video import Video
from videos.requests.brand import options_of
from videos.requests.commands import refuse_command
from videos.requests.options import FieldError, VideoRequest
from videos.requests.ownership import made_of
from videos.requests.sources import sources_of, webhook_of
from videos.steps.session import check_logo, check_media

router = APIGatewayRouter()

LIST_PARAMETERS = ("status", "limit", "cursor", "s3_key")
NOT_FOUND, CONFLICT = HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT


@router.post(
    "/v1/videos",
    operation_id="createVideo",
    summary="Create a video",
    description="Starts to make a video. Read it until its `stage` is `ended`, or wait for the webhook.",
    tags=["Videos"],
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(HTTPStatus.ACCEPTED, VideoResource, *TAKING, headers=("Location",)),
)
def create_video(request: Annotated[VideoRequest, Body()]) -> Response[VideoResource]:
    video = submit(
        _submission_of(request),
        store=wiring.store(),
        workflow=wiring.workflow(),
        keep_days=int(os.environ["KEEP_DAYS"]),
    )
    return _accepted(video)


@router.post(
    ESTIMATE_PATH,
    operation_id="estimateVideo",
    summary="Estimate the cost of a video",
    description="Checks a request as `createVideo` does, and estimates its cost. Nothing is stored.",
    tags=["Videos"],
    responses=responses(HTTPStatus.OK, Estimate, HTTPStatus.BAD_GATEWAY, *CHECKED),
)
def estimate_video(request: Annotated[VideoRequest, Body()]) -> Estimate:
    submission = _submission_of(request)
    check_media(submission.media, wiring.inbox())
    check_logo(submission.options.logo, wiring.inbox())
    return estimate_of(submission)


def _submission_of(request: VideoRequest) -> Submission:
    owner = owner_with("write", router.current_event)
    refuse_unknown_parameters(router.current_event)
    if request.instruction is not None:
        refuse_command(request.instruction)
    objects = wiring.named_objects()
    sources = sources_of(request, owner, objects=objects, reachable=reachable)
    options = options_of(request, owner, objects=objects, reachable=reachable)
    return Submission(
        idempotency_key=idempotency_key_in(router.current_event, owner),
        owner=owner,
        source="api",
        instruction=request.instruction or os.environ["DEFAULT_INSTRUCTION"],
        media=sources.media,
        warnings=sources.warnings,
        options=options,
        webhook=webhook_of(request, allowed),
        metadata=request.metadata,
    )


@router.get(
    "/v1/videos",
    operation_id="listVideos",
    summary="List videos",
    description="Returns your videos, newest first.",
    tags=["Videos"],
    responses=responses(HTTPStatus.OK, VideoList, *PLAIN),
)
def list_videos(
    status: Annotated[Status | None, Query(description="Only videos with this status.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many to return.")] = 20,
    cursor: Annotated[
        str | None, Query(max_length=500, description="The `cursor` of the previous page.")
    ] = None,
    s3_key: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=1024,
            description="Only the newest video made from this object of the inbox.",
        ),
    ] = None,
) -> VideoList:
    owner = owner_with("read", router.current_event)
    refuse_unknown_parameters(router.current_event, *LIST_PARAMETERS)
    if s3_key is not None:
        made = made_of(s3_key, wiring.store(), wiring.inbox(), os.environ["INBOX_BUCKET"])
        found = [made] if made and made.owner == owner and status in {None, made.status} else []
        return VideoList(videos=[summary_of(video, router.current_event) for video in found])
    page = wiring.store().of_owner(owner, status=status, limit=limit, after=cursor)
    return VideoList(
        videos=[summary_of(video, router.current_event) for video in page.videos], cursor=page.cursor
    )


@router.get(
    "/v1/videos/<video_id>",
    operation_id="getVideo",
    summary="Read a video",
    description="Returns a video with its versions and links. With `wait`, responds when the video ends.",
    tags=["Videos"],
    responses=responses(HTTPStatus.OK, VideoResource, NOT_FOUND, *PLAIN, headers=("ETag",))
    | responses(HTTPStatus.NOT_MODIFIED, None, headers=("ETag",)),
)
def get_video(
    video_id: str,
    wait: Annotated[
        int,
        Query(
            ge=0,
            le=LONGEST_WAIT,
            description="Seconds to wait until the video ends. With If-None-Match: until it changes.",
        ),
    ] = 0,
    if_none_match: Annotated[
        str | None, Header(alias="If-None-Match", description="The ETag of an earlier response.")
    ] = None,
) -> Response[VideoResource | None]:
    event = router.current_event
    refuse_unknown_parameters(router.current_event, "wait")

    def read() -> VideoResource:
        return resource_of(own_video(video_id, "read", event), event)

    with wiring.wait_leases().lease(owner_with("read", event)) if wait else nullcontext() as may_wait:
        resource = follow(read, wait_seconds=wait if may_wait else 0, if_none_match=if_none_match)
    tag = entity_tag(resource)
    if is_known(tag, if_none_match):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={"ETag": tag})
    return Response(
        status_code=HTTPStatus.OK, content_type="application/json", body=resource, headers={"ETag": tag}
    )


@router.delete(
    "/v1/videos/<video_id>",
    operation_id="deleteVideo",
    summary="Delete a video",
    description="Deletes a video and everything that belongs to it, immediately and permanently.",
    tags=["Videos"],
    status_code=HTTPStatus.NO_CONTENT,
    responses=responses(HTTPStatus.NO_CONTENT, None, NOT_FOUND, CONFLICT, *PLAIN),
)
def delete_video(video_id: str) -> Response[str]:
    video = own_video(video_id, "write", router.current_event)
    delete_with_files(
        video, store=wiring.store(), inbox=wiring.inbox_deleter(), storage=wiring.storage_deleter()
    )
    return Response(status_code=HTTPStatus.NO_CONTENT, body="")


@router.post(
    "/v1/videos/<video_id>/edits",
    operation_id="createEdit",
    summary="Edit a video",
    description="Makes the next version of a video. Also answers a question of the agent.",
    tags=["Videos"],
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(
        HTTPStatus.ACCEPTED, VideoResource, NOT_FOUND, HTTPStatus.BAD_GATEWAY, *TAKING, headers=("Location",)
    ),
)
def create_edit(video_id: str, request: Annotated[EditRequest, Body()]) -> Response[VideoResource]:
    video = own_video(video_id, "write", router.current_event)
    match classify(request.instruction):
        case Intent.MESSAGE:
            return _accepted(_edit(video, request.instruction))
        case Intent.EXPORT:
            return _accepted(_export(video))
        case intent:
            raise FieldError("instruction", f"this is a command, not a change. {_answer(intent, video)}")


@router.post(
    "/v1/videos/<video_id>/retry",
    operation_id="retryVideo",
    summary="Retry a video",
    description="Retries a failed or cancelled version in the cheapest way that can work.",
    tags=["Videos"],
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(HTTPStatus.ACCEPTED, VideoResource, NOT_FOUND, *ACTING, headers=("Location",)),
)
def retry_video(video_id: str) -> Response[VideoResource]:
    video = own_video(video_id, "write", router.current_event)
    return _accepted(retry(video, store=wiring.store(), workflow=wiring.workflow(), backend=wiring.backend()))


@router.post(
    "/v1/videos/<video_id>/export",
    operation_id="exportVideo",
    summary="Export a video",
    description="Renders the newest timeline again, free of charge.",
    tags=["Videos"],
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(HTTPStatus.ACCEPTED, VideoResource, NOT_FOUND, *ACTING, headers=("Location",)),
)
def export_video(video_id: str) -> Response[VideoResource]:
    video = own_video(video_id, "write", router.current_event)
    return _accepted(_export(video))


@router.post(
    "/v1/videos/<video_id>/cancel",
    operation_id="cancelVideo",
    summary="Cancel a video",
    description="Cancels the current version and its render. A second call gives the same result.",
    tags=["Videos"],
    responses=responses(HTTPStatus.OK, VideoResource, NOT_FOUND, *ACTING),
)
def cancel_video(video_id: str) -> VideoResource:
    video = own_video(video_id, "write", router.current_event)
    cancelled = cancel(video, store=wiring.store(), workflow=wiring.workflow(), backend=wiring.backend())
    return resource_of(cancelled, router.current_event)


@router.post(
    "/v1/videos/<video_id>/messages",
    operation_id="createMessage",
    summary="Send a message",
    description="Accepts free text. A change becomes an edit. A command is carried out or answered.",
    tags=["Videos"],
    responses=responses(HTTPStatus.OK, MessageAnswer, NOT_FOUND, HTTPStatus.BAD_GATEWAY, *TAKING),
)
def create_message(video_id: str, request: Annotated[MessageRequest, Body()]) -> MessageAnswer:
    video = own_video(video_id, "write", router.current_event)
    intent = classify(request.text)
    match intent:
        case Intent.MESSAGE:
            video = _edit(video, request.text)
            done, said = "edit", f"Version {video.version} is being made."
        case Intent.EXPORT:
            done = "export"
            video, said = _exported(video)
        case _:
            done, said = intent.value, _answer(intent, video)
    return MessageAnswer.model_validate(
        {"done": done, "message": said, "video": resource_of(video, router.current_event)}
    )


def _answer(intent: Intent, video: Video) -> str:
    """Return the answer to a command that changes nothing."""
    if intent is Intent.CREDITS:
        return _credits()
    if intent is Intent.UPLOAD:
        return "To upload a file, get a form from POST /v1/uploads. Then use its upload_id to create a video."
    return video.message


def _credits() -> str:
    balance = wiring.backend().credits()
    return f"{in_figures(balance.available)} credits are left, {in_figures(balance.frozen)} are reserved."


def _export(video: Video) -> Video:
    return export(video, store=wiring.store(), workflow=wiring.workflow(), idempotency_key=_repeatable(video))


def _exported(video: Video) -> tuple[Video, str]:
    """Start an export, and return the video and a message. If it is not possible, the message says why."""
    if video.running:
        return video, "It is rendered automatically when its timeline is stable."
    try:
        exported = _export(video)
    except NotPossibleError as error:
        return video, str(error)
    if exported.version == video.version:
        return exported, "It is already rendered. See links.video."
    return exported, f"Version {exported.version} exports the finished timeline again, free of charge."


def _accepted(video: Video) -> Response[VideoResource]:
    resource = resource_of(video, router.current_event)
    return Response(
        status_code=HTTPStatus.ACCEPTED,
        content_type="application/json",
        body=resource,
        headers={"Location": resource.links.self},
    )


def _edit(video: Video, instruction: str) -> Video:
    return edit(
        video,
        instruction,
        store=wiring.store(),
        workflow=wiring.workflow(),
        idempotency_key=_repeatable(video),
    )


def _repeatable(video: Video) -> str | None:
    """Return an id that is the same for repeated requests, or None without an Idempotency-Key."""
    is_repeatable = router.current_event.headers.get("Idempotency-Key") is not None
    return idempotency_key_in(router.current_event, video.owner) if is_repeatable else None
