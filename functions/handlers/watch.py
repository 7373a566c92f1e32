"""For people: the page of a video, its poster, its download. No key, but a signed link that lives long."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from videos.errors import VideoNotFoundError
from videos.links import POSTER_FILE, VIDEO_FILE, may_watch
from videos.naming import file_name_of, title_of
from videos.turn import Delivered, Turn
from videos.video import Video
from web.pages import Page, WatchView, refusal, watch_page

LINK_SECONDS = 3600

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    answer = _answered(APIGatewayProxyEvent(event))
    return answer | {"body": ""} if event.get("httpMethod") == "HEAD" else answer


def _answered(request: APIGatewayProxyEvent) -> dict[str, Any]:
    path, query = request.path_parameters, request.query_string_parameters
    logger.append_keys(video_id=path["video_id"])
    seen = _seen(path["video_id"], query)
    if seen is None:
        return _answer(refusal())
    match path.get("file"):
        case None:
            return _answer(watch_page(_view(seen)))
        case name if name == POSTER_FILE:
            return _redirect(_poster(seen))
        case name if name == VIDEO_FILE:
            return _redirect(_download(seen))
    return _answer(refusal())


@dataclass(frozen=True)
class _Seen:
    """A finished version that the visitor may see."""

    video: Video
    turn: Turn
    delivered: Delivered


def _seen(video_id: str, query: Mapping[str, str]) -> _Seen | None:
    """The version that the link names, else the newest; None for whatever is wrong with the link."""
    try:
        video = wiring.store().video(video_id)
    except VideoNotFoundError:
        return None
    expires, signature, version = (query.get(name, "") for name in ("expires", "signature", "version"))
    if not may_watch(video, expires=expires, signature=signature, now=datetime.now(UTC)):
        return None
    for turn in reversed(wiring.store().turns(video_id)):
        if turn.delivered and version in {"", str(turn.number)}:
            return _Seen(video, turn, turn.delivered)
    return None


def _answer(page: Page) -> dict[str, Any]:
    return {"statusCode": page.status.value, "headers": dict(page.headers), "body": page.body}


def _redirect(url: str) -> dict[str, Any]:
    headers = {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return {"statusCode": HTTPStatus.FOUND.value, "headers": headers, "body": ""}


def _poster(seen: _Seen) -> str:
    return wiring.shelf().link(seen.delivered.poster_key, seconds=LINK_SECONDS)


def _download(seen: _Seen) -> str:
    file_name = file_name_of(seen.video)
    return wiring.shelf().link(seen.delivered.key, seconds=LINK_SECONDS, download_as=file_name)


def _view(seen: _Seen) -> WatchView:
    video, turn, delivered = seen.video, seen.turn, seen.delivered
    return WatchView(
        title=title_of(video),
        instruction=turn.instruction,
        version=turn.number,
        timeline=turn.timeline.summary if turn.timeline else None,
        duration_seconds=delivered.duration_ms / 1000,
        width=delivered.width,
        height=delivered.height,
        video_url=wiring.shelf().link(delivered.key, seconds=LINK_SECONDS),
        poster_url=_poster(seen),
        download_url=_download(seen),
        expires_on=video.expires_at.date(),
    )
