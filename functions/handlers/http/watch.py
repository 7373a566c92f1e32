"""The watch page of a video, its poster and its download. They need a signed link, but no API key."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from videos.events.announcements import question_of, said_by_agent
from videos.events.signed_links import (
    DOWNLOAD_FILE,
    POSTER_FILE,
    VIDEO_FILE,
    download_url,
    may_watch,
    poster_url,
    video_url,
)
from videos.model.errors import VideoNotFoundError
from videos.model.redaction import without_secrets
from videos.model.version import Delivered, Version
from videos.model.video import Deleted, Video
from videos.requests.titles import file_name_of, title_of
from watch_page.pages import HtmlPage, WatchView, gone, refusal, watch_page

if TYPE_CHECKING:
    from videos.model.ports import Method

LINK_SECONDS = 3600
FILES = frozenset({VIDEO_FILE, DOWNLOAD_FILE, POSTER_FILE})
BESIDE = ".."
"""Relative URL of this stack, which works for every host name that a visitor uses."""

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    answer = _answered(APIGatewayProxyEvent(event))
    return answer | {"body": ""} if event.get("httpMethod") == "HEAD" else answer


def _answered(request: APIGatewayProxyEvent) -> dict[str, Any]:
    path, query = request.path_parameters, request.query_string_parameters
    video_id, file = path["video_id"], path.get("file")
    logger.append_keys(video_id=video_id)
    try:
        video = wiring.store().video(video_id)
    except VideoNotFoundError:
        return _answer(gone() if _was_deleted(video_id, query) else refusal())
    seen = _seen(video, query)
    if seen is None or file not in {None, *FILES}:
        return _answer(refusal())
    return _answer(watch_page(_view(seen))) if file is None else _redirect(_signed(file, seen, request))


@dataclass(frozen=True)
class _Seen:
    """A finished version that the visitor may see."""

    video: Video
    version: Version
    delivered: Delivered


def _seen(video: Video, query: Mapping[str, str]) -> _Seen | None:
    """Return the version that the link names, or else the newest. None if the link is invalid."""
    if not _may_watch(video, query):
        return None
    for version in reversed(wiring.store().versions(video.video_id)):
        if version.delivered and query.get("version", "") in {"", str(version.number)}:
            return _Seen(video, version, version.delivered)
    return None


def _was_deleted(video_id: str, query: Mapping[str, str]) -> bool:
    """Return whether this is a valid link to a deleted video. Only its holder learns that it existed."""
    deleted = wiring.store().deleted(video_id)
    return deleted is not None and _may_watch(deleted, query)


def _may_watch(video: Video | Deleted, query: Mapping[str, str]) -> bool:
    expires, signature = query.get("expires", ""), query.get("signature", "")
    return may_watch(video, expires=expires, signature=signature, now=datetime.now(UTC))


def _answer(page: HtmlPage) -> dict[str, Any]:
    return {"statusCode": page.status.value, "headers": dict(page.headers), "body": page.body}


def _redirect(url: str) -> dict[str, Any]:
    headers = {"Location": url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return {"statusCode": HTTPStatus.FOUND.value, "headers": headers, "body": ""}


def _signed(file: str, seen: _Seen, request: APIGatewayProxyEvent) -> str:
    """Return a link for this visit. S3 accepts it only for the method that it was signed for."""
    method: Method = "HEAD" if request.http_method == "HEAD" else "GET"
    key = seen.delivered.poster_key if file == POSTER_FILE else seen.delivered.key
    name = file_name_of(seen.video) if file == DOWNLOAD_FILE else None
    return wiring.storage().link(key, seconds=LINK_SECONDS, download_as=name, method=method)


def _view(seen: _Seen) -> WatchView:
    video, version, delivered = seen.video, seen.version, seen.delivered
    stored = urlsplit(wiring.storage().link(delivered.key, seconds=LINK_SECONDS))
    return WatchView(
        title=title_of(video),
        instruction=without_secrets(version.instruction),
        agent_says=None if question_of(version) else said_by_agent(version),
        version=version.number,
        timeline=without_secrets(version.timeline.summary) if version.timeline else None,
        duration_seconds=delivered.duration_ms / 1000,
        width=delivered.width,
        height=delivered.height,
        video_url=video_url(BESIDE, video, version.number),
        poster_url=poster_url(BESIDE, video, version.number),
        download_url=download_url(BESIDE, video, version.number),
        files_origin=f"{stored.scheme}://{stored.netloc}",
        expires_on=video.expires_at.date(),
    )
