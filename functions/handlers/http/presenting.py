"""Representations of a video in API responses."""

import os
from datetime import UTC, datetime

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from handlers import wiring
from handlers.http.models import Links, RetryOffer, Version, VideoResource, VideoSummary
from videos.events.announcements import advice_of, question_of, said_by_agent
from videos.events.signed_links import download_url, poster_url, video_url, watch_url
from videos.lifecycle.exports import Way, way_of_retry
from videos.model.failure_codes import FailureCode
from videos.model.records import Status
from videos.model.redaction import without_secrets
from videos.model.version import Turn
from videos.model.video import Video
from videos.spending.costs import expected_price
from videos.spending.prices import kind_of


def resource_of(video: Video, event: APIGatewayProxyEvent) -> VideoResource:
    """Return the video with its history, its versions and its valid links."""
    # A version that started after the video was read would get the video's old status.
    turns = [turn for turn in wiring.store().turns(video.video_id) if turn.number <= video.turn]
    current = turns[-1]
    versions = tuple(_version(video, turn, event) for turn in turns)
    finished = next((turn for turn in reversed(turns) if turn.delivered), None)
    delivered = finished.delivered if finished is not None else None
    used = [version.credits_used for version in versions if version.credits_used is not None]
    return VideoResource(
        id=video.video_id,
        status=video.status,
        stage=video.stage,
        progress=video.progress,
        message=without_secrets(video.message),
        code=_code_of(current),
        advice=advice_of(current),
        source=video.origin,
        media=tuple(item.origin for item in video.media),
        instruction=without_secrets(video.instruction),
        metadata=video.metadata,
        agent_says=said_by_agent(current),
        timeline=without_secrets(current.timeline.summary) if current.timeline else None,
        duration_seconds=delivered.duration_ms / 1000 if delivered else None,
        size_bytes=delivered.size if delivered else None,
        credits_used=sum(used) if used else None,
        created_at=video.created_at,
        updated_at=video.updated_at,
        expires_at=video.expires_at,
        history=tuple(
            line.model_copy(update={"message": without_secrets(line.message)}) for line in video.history
        ),
        waiting=tuple(without_secrets(change.instruction) for change in video.waiting),
        versions=versions,
        question=question_of(current),
        retry=_retry_of(video, turns),
        links=_links(video, event, version=finished.number if finished else None, editor=_editor(turns)),
    )


def _retry_of(video: Video, turns: list[Turn]) -> RetryOffer | None:
    if video.status not in {Status.FAILED, Status.CANCELLED}:
        return None
    way = way_of_retry(video, turns)
    version = next(turn for turn in reversed(turns) if turn.exports is None)
    if way is Way.EXPORT:
        return RetryOffer(way=way, expected_credits=0, expected="free of charge")
    price = expected_price(kind_of(video, version, turns), wiring.cost_book())
    return RetryOffer(way=way, expected_credits=price.credits, expected=price.text)


def _editor(turns: list[Turn]) -> str | None:
    editor = next((turn.editor for turn in reversed(turns) if turn.editor), None)
    return editor.link if editor is not None and editor.expires_at > datetime.now(UTC) else None


def summary_of(video: Video, event: APIGatewayProxyEvent) -> VideoSummary:
    """Return the video as an item of a list."""
    version = video.turn if video.status is Status.READY else None
    return VideoSummary(
        id=video.video_id,
        status=video.status,
        progress=video.progress,
        message=without_secrets(video.message),
        code=video.code,
        source=video.origin,
        instruction=without_secrets(video.instruction),
        created_at=video.created_at,
        metadata=video.metadata,
        links=_links(video, event, version=version),
    )


def _links(
    video: Video, event: APIGatewayProxyEvent, *, version: int | None, editor: str | None = None
) -> Links:
    if version is None:
        return Links(self=_self(video, event), editor=editor)
    here = base_url(event)
    return Links(
        self=_self(video, event),
        watch=watch_url(here, video),
        video=video_url(here, video, version),
        download=download_url(here, video, version),
        poster=poster_url(here, video, version),
        editor=editor,
    )


def _code_of(turn: Turn) -> FailureCode | None:
    is_failed = turn.ended is not None and turn.ended.status is Status.FAILED
    return turn.problem.code if is_failed and turn.problem is not None else None


def _version(video: Video, turn: Turn, event: APIGatewayProxyEvent) -> Version:
    delivered, timeline, here = turn.delivered, turn.timeline, base_url(event)
    return Version(
        version=turn.number,
        instruction=without_secrets(turn.instruction),
        status=turn.ended.status if turn.ended else video.status,
        message=without_secrets(turn.ended.message if turn.ended else video.message),
        code=_code_of(turn),
        created_at=turn.created_at,
        agent_says=said_by_agent(turn),
        timeline=without_secrets(timeline.summary) if timeline else None,
        changes=tuple(map(without_secrets, timeline.changes)) if timeline else (),
        duration_seconds=delivered.duration_ms / 1000 if delivered else None,
        size_bytes=delivered.size if delivered else None,
        credits_used=turn.credits_used,
        credits_final=turn.credits_final,
        question=question_of(turn),
        exports=turn.exports,
        video=video_url(here, video, turn.number) if delivered else None,
        poster=poster_url(here, video, turn.number) if delivered else None,
    )


def _self(video: Video, event: APIGatewayProxyEvent) -> str:
    return f"{base_url(event)}/v1/videos/{video.video_id}"


def base_url(event: APIGatewayProxyEvent) -> str:
    """Return the API's public URL if it is configured, or else the URL that the caller used."""
    context = event.request_context
    return os.environ["PUBLIC_URL"].rstrip("/") or f"https://{context.domain_name}/{context.stage}"
