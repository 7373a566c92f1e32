"""Representations of a video in API responses."""

import os
from datetime import UTC, datetime

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from handlers import wiring
from handlers.http.models import Links, RetryOffer, VersionResource, VideoResource, VideoSummary
from videos.events.announcements import advice_of, question_of, said_by_agent
from videos.events.signed_links import captions_url, download_url, poster_url, video_url, watch_url
from videos.lifecycle.exports import Way, way_of_retry
from videos.model.failure_codes import FailureCode
from videos.model.records import Status
from videos.model.redaction import without_secrets
from videos.model.version import Version, editor_link
from videos.model.video import Video
from videos.spending.costs import expected_price
from videos.spending.prices import kind_of


def resource_of(video: Video, event: APIGatewayProxyEvent) -> VideoResource:
    """Return the video with its history, its versions and its valid links."""
    # A version that started after the video was read would get the video's old status.
    versions = [
        version for version in wiring.store().versions(video.video_id) if version.number <= video.version
    ]
    current = versions[-1]
    resources = tuple(_version(video, version, event) for version in versions)
    finished = next((version for version in reversed(versions) if version.delivered), None)
    delivered = finished.delivered if finished is not None else None
    used = [resource.credits_used for resource in resources if resource.credits_used is not None]
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
        versions=resources,
        question=question_of(current),
        retry=_retry_of(video, versions),
        links=_links(
            video,
            event,
            version=finished.number if finished else None,
            captions=_captions(video, finished, event) if finished else None,
            editor=editor_link(versions, datetime.now(UTC)),
        ),
    )


def _retry_of(video: Video, versions: list[Version]) -> RetryOffer | None:
    if video.status not in {Status.FAILED, Status.CANCELLED}:
        return None
    way = way_of_retry(video, versions)
    version = next(version for version in reversed(versions) if version.exports is None)
    if way is Way.EXPORT:
        return RetryOffer(way=way, expected_credits=0, expected="free of charge")
    price = expected_price(kind_of(video, version, versions), wiring.cost_book())
    return RetryOffer(way=way, expected_credits=price.credits, expected=price.text)


def summary_of(video: Video, event: APIGatewayProxyEvent) -> VideoSummary:
    """Return the video as an item of a list."""
    version = video.version if video.status is Status.READY else None
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
    video: Video,
    event: APIGatewayProxyEvent,
    *,
    version: int | None,
    captions: str | None = None,
    editor: str | None = None,
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
        captions=captions,
        editor=editor,
    )


def _captions(video: Video, version: Version, event: APIGatewayProxyEvent) -> str | None:
    if version.delivered is None or version.delivered.captions_key is None:
        return None
    return captions_url(base_url(event), video, version.number)


def _code_of(version: Version) -> FailureCode | None:
    is_failed = version.ended is not None and version.ended.status is Status.FAILED
    return version.problem.code if is_failed and version.problem is not None else None


def _version(video: Video, version: Version, event: APIGatewayProxyEvent) -> VersionResource:
    delivered, timeline, here = version.delivered, version.timeline, base_url(event)
    return VersionResource(
        version=version.number,
        instruction=without_secrets(version.instruction),
        status=version.ended.status if version.ended else video.status,
        message=without_secrets(version.ended.message if version.ended else video.message),
        code=_code_of(version),
        created_at=version.created_at,
        agent_says=said_by_agent(version),
        timeline=without_secrets(timeline.summary) if timeline else None,
        changes=tuple(map(without_secrets, timeline.changes)) if timeline else (),
        duration_seconds=delivered.duration_ms / 1000 if delivered else None,
        size_bytes=delivered.size if delivered else None,
        credits_used=version.credits_used,
        credits_final=version.credits_final,
        question=question_of(version),
        exports=version.exports,
        video=video_url(here, video, version.number) if delivered else None,
        poster=poster_url(here, video, version.number) if delivered else None,
        captions=_captions(video, version, event),
    )


def _self(video: Video, event: APIGatewayProxyEvent) -> str:
    return f"{base_url(event)}/v1/videos/{video.video_id}"


def base_url(event: APIGatewayProxyEvent) -> str:
    """Return the API's public URL if it is configured, or else the URL that the caller used."""
    context = event.request_context
    return os.environ["PUBLIC_URL"].rstrip("/") or f"https://{context.domain_name}/{context.stage}"
