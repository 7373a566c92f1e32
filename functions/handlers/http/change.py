"""Changes of a video by somebody without a key, who has a change link. Only POST reaches this function."""

import os
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers import wiring
from handlers.http import problems
from handlers.http.models import DeletionRequest, EditRequest
from handlers.http.own_page import Event, answered
from handlers.http.signed_query import change_link_in
from videos.events.signed_links import ChangeLink
from videos.lifecycle.change_links import Changes, LinkUsedUpError, TooManyCallsError
from videos.lifecycle.delete import delete_with_files
from videos.model.errors import VideoNotFoundError
from videos.model.texts import in_figures
from videos.model.video import Video
from videos.requests.options import FieldError

logger = Logger()

A_MINUTE = "60"
"""Value of Retry-After."""


class ChangeOffer(BaseModel):
    """What a change is expected to cost, in words, and what the link has left."""

    expected: str
    left: str


class ChangeBegun(BaseModel):
    """The version that is made."""

    version: int


class InvalidChangeLinkError(Exception):
    """The link is not genuine, has expired, or the stack has no change links."""


class VideoGoneError(Exception):
    """The link was valid until its video was deleted."""


app = APIGatewayRestResolver(enable_validation=True)
problems.install(app)
app.not_found(lambda _: _no_link())
app.exception_handler(InvalidChangeLinkError)(lambda _: _no_link())
app.exception_handler(VideoGoneError)(
    lambda _: problems.problem(HTTPStatus.GONE, "deleted", "This video was deleted.")
)
app.exception_handler(LinkUsedUpError)(
    lambda error: problems.problem(
        HTTPStatus.FORBIDDEN, "link-used-up", f"{error} Use the link in a newer message about this video."
    )
)
app.exception_handler(TooManyCallsError)(
    lambda _: problems.problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "throttled",
        "This link was used too often. Try again in a minute.",
        headers={"Retry-After": A_MINUTE},
    )
)


@logger.inject_lambda_context(clear_state=True)
def handler(event: Event, context: LambdaContext) -> Event:
    return answered(app, event, context)


@app.post("/watch/<video_id>/estimate")
def estimate(video_id: str, request: Annotated[EditRequest, Body()]) -> ChangeOffer:
    offer = _changes(video_id).offer(request.instruction)
    expected = offer.price.text if offer.price is not None else "free of charge"
    changes = "1 more change" if offer.changes_left == 1 else f"{offer.changes_left} more changes"
    return ChangeOffer(expected=expected, left=f"{changes}, {in_figures(offer.credits_left)} credits")


@app.post("/watch/<video_id>/changes", status_code=HTTPStatus.ACCEPTED)
def change(video_id: str, request: Annotated[EditRequest, Body()]) -> ChangeBegun:
    changes = _changes(video_id)
    video = changes.change(request.instruction, _idempotency_key())
    return ChangeBegun(version=video.version)


@app.post("/watch/<video_id>/deletion", status_code=HTTPStatus.NO_CONTENT)
def delete(video_id: str, request: Annotated[DeletionRequest, Body()]) -> Response[str]:
    changes = _changes(video_id)
    if request.video_id != video_id:
        raise FieldError("video_id", "this is another video. Send the id of the video in the address.")
    inbox, storage = wiring.inbox_deleter(), wiring.storage_deleter()
    delete_with_files(changes.video, store=wiring.store(), inbox=inbox, storage=storage)
    return Response(status_code=HTTPStatus.NO_CONTENT, body="")


def _changes(video_id: str) -> Changes:
    """Return the changes that the link of this request permits.

    Raises:
        InvalidChangeLinkError: The link permits none.
        TooManyCallsError: The link was used too often.
        VideoGoneError: The link was valid until its video was deleted.
    """
    logger.append_keys(video_id=video_id)
    video, link = _permitted(video_id)
    changes = Changes(
        video=video,
        link_id=link.link_id,
        limits=wiring.link_limits(),
        store=wiring.store(),
        workflow=wiring.workflow(),
        links=wiring.change_links(),
        costs=wiring.cost_book(),
    )
    changes.count_call()
    return changes


def _permitted(video_id: str) -> tuple[Video, ChangeLink]:
    if os.environ["CHANGE_LINKS"] != "true":
        raise InvalidChangeLinkError
    try:
        video = wiring.store().video(video_id)
    except VideoNotFoundError:
        deleted = wiring.store().deleted(video_id)
        if deleted is not None and _alive(change_link_in(app.current_event.raw_event, deleted)):
            raise VideoGoneError from None
        raise InvalidChangeLinkError from None
    link = change_link_in(app.current_event.raw_event, video)
    if link is None or not _alive(link):
        raise InvalidChangeLinkError
    return video, link


def _alive(link: ChangeLink | None) -> bool:
    return link is not None and link.is_alive(datetime.now(UTC))


def _idempotency_key() -> str:
    key = app.current_event.headers.get("idempotency-key")
    if not key:
        raise FieldError("Idempotency-Key", "this header is required. Send a new key for each change.")
    return key


def _no_link() -> Response[str]:
    return problems.problem(
        HTTPStatus.FORBIDDEN,
        "link",
        "This link cannot change the video. It is incomplete, or it has expired."
        " Use the link in the newest message about this video.",
    )
