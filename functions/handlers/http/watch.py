"""The watch page of a video, and its files. They need a signed link, but no API key. And the home page.

A change link shows more, and still changes nothing: this function can only read.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.http.change_page import BESIDE, STATE_FILE, change_view
from handlers.http.home import home
from handlers.http.signed_query import change_link_in
from videos.events.announcements import question_of, said_by_agent
from videos.events.signed_links import (
    CAPTIONS_FILE,
    DOWNLOAD_FILE,
    POSTER_FILE,
    VIDEO_FILE,
    ChangeLink,
    captions_url,
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
from watch_page.pages import (
    WatchView,
    gone,
    refusal,
    unfinished_page,
    watch_page,
)
from watch_page.rendering import HtmlPage

if TYPE_CHECKING:
    from videos.model.ports import Method

LINK_SECONDS = 3600
FILES = frozenset({VIDEO_FILE, DOWNLOAD_FILE, POSTER_FILE, CAPTIONS_FILE})

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    request = APIGatewayProxyEvent(event)
    answer = _answered(request) if request.path_parameters else _answer(home())
    return answer | {"body": ""} if event.get("httpMethod") == "HEAD" else answer


def _answered(request: APIGatewayProxyEvent) -> dict[str, Any]:
    path, query = request.path_parameters, request.query_string_parameters
    video_id, file = path["video_id"], path.get("file")
    logger.append_keys(video_id=video_id)
    try:
        video = wiring.store().video(video_id)
    except VideoNotFoundError:
        return _answer(gone() if _was_deleted(video_id, query) else refusal())
    link = change_link_in(request.raw_event, video) if os.environ["CHANGE_LINKS"] == "true" else None
    if file == STATE_FILE:
        return _state(video) if _is_alive(link) else _answer(refusal())
    if not _may_watch(video, query):
        return _answer(refusal())
    versions = wiring.store().versions(video.video_id)
    seen = _seen(video, versions, query)
    if file is None:
        return _answer(_page(video, versions, seen, link))
    if seen is None or file not in FILES:
        return _answer(refusal())
    is_text = file == CAPTIONS_FILE
    return _captions(seen.delivered.captions_key) if is_text else _redirect(_signed(file, seen, request))


@dataclass(frozen=True)
class _Seen:
    """A finished version that the visitor may see."""

    video: Video
    version: Version
    delivered: Delivered


def _seen(video: Video, versions: Sequence[Version], query: Mapping[str, str]) -> _Seen | None:
    """Return the version that the link names, or else the newest."""
    for version in reversed(versions):
        if version.delivered and query.get("version", "") in {"", str(version.number)}:
            return _Seen(video, version, version.delivered)
    return None


def _page(video: Video, versions: Sequence[Version], seen: _Seen | None, link: ChangeLink | None) -> HtmlPage:
    if link is None or not _is_alive(link):
        return watch_page(_view(seen, link)) if seen is not None else refusal()
    shown = seen.version.number if seen is not None else None
    change = change_view(video, versions, link, shown=shown)
    if seen is not None:
        return watch_page(_view(seen), change)
    is_unfinished = not any(version.delivered for version in versions)
    return unfinished_page(title_of(video), change) if is_unfinished else refusal()


def _is_alive(link: ChangeLink | None) -> bool:
    return link is not None and link.is_alive(datetime.now(UTC))


def _state(video: Video) -> dict[str, Any]:
    state = {
        "running": video.running,
        "version": video.version,
        "progress": video.progress,
        "message": without_secrets(video.message),
    }
    headers = {
        "Content-Type": "application/json",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return {"statusCode": HTTPStatus.OK.value, "headers": headers, "body": json.dumps(state)}


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


def _captions(key: str | None) -> dict[str, Any]:
    """Return the file itself: browsers follow no redirect of captions to another site."""
    if key is None:
        return _answer(refusal())
    headers = {
        "Content-Type": "text/vtt; charset=utf-8",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    try:
        body = wiring.storage().read(key).decode()
    except FileNotFoundError:
        return _answer(refusal())
    return {"statusCode": HTTPStatus.OK.value, "headers": headers, "body": body}


def _signed(file: str, seen: _Seen, request: APIGatewayProxyEvent) -> str:
    """Return a link for this visit. S3 accepts it only for the method that it was signed for."""
    method: Method = "HEAD" if request.http_method == "HEAD" else "GET"
    key = seen.delivered.poster_key if file == POSTER_FILE else seen.delivered.key
    name = file_name_of(seen.video) if file == DOWNLOAD_FILE else None
    return wiring.storage().link(key, seconds=LINK_SECONDS, download_as=name, method=method)


def _view(seen: _Seen, ended: ChangeLink | None = None) -> WatchView:
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
        captions_url=captions_url(BESIDE, video, version.number) if delivered.captions_key else None,
        download_url=download_url(BESIDE, video, version.number),
        files_origin=f"{stored.scheme}://{stored.netloc}",
        expires_on=video.expires_at.date(),
        changes_ended_on=datetime.fromtimestamp(ended.expires, UTC).date() if ended is not None else None,
    )
