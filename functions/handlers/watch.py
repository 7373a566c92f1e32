"""The page for people: no key, but a signed link. Its own links are signed afresh at each visit."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from videos.errors import VideoNotFoundError
from videos.links import may_watch
from videos.models import Delivered, Turn, Video
from videos.naming import file_name_of, title_of
from web.pages import Page, WatchView, refusal, watch_page

LINK_SECONDS = 3600

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    request = APIGatewayProxyEvent(event)
    page = _visit(
        request.path_parameters["video_id"],
        expires=request.query_string_parameters.get("expires", ""),
        signature=request.query_string_parameters.get("signature", ""),
    )
    return {"statusCode": page.status.value, "headers": dict(page.headers), "body": page.body}


def _visit(video_id: str, *, expires: str, signature: str) -> Page:
    """The page of the newest version; one and the same refusal for whatever is wrong with the link."""
    try:
        video = wiring.store().video(video_id)
    except VideoNotFoundError:
        return refusal()
    if not may_watch(video, expires=expires, signature=signature, now=datetime.now(UTC)):
        return refusal()
    for turn in reversed(wiring.store().turns(video_id)):
        if turn.delivered:
            return watch_page(_view(video, turn, turn.delivered))
    return refusal()


def _view(video: Video, turn: Turn, delivered: Delivered) -> WatchView:
    title = title_of(video)
    link = wiring.shelf().link
    return WatchView(
        title=title,
        instruction=turn.instruction,
        version=turn.number,
        timeline=turn.timeline.summary if turn.timeline else None,
        duration_seconds=delivered.duration_ms / 1000,
        width=delivered.width,
        height=delivered.height,
        video_url=link(delivered.key, seconds=LINK_SECONDS),
        poster_url=link(delivered.poster_key, seconds=LINK_SECONDS),
        download_url=link(delivered.key, seconds=LINK_SECONDS, download_as=file_name_of(video)),
        expires_on=video.expires_at.date(),
    )
