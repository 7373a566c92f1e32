"""Webhooks: sent when a version begins and when it has ended, retried with growing waits until answered."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, Field, JsonValue

from videos.events.announcements import VideoEnded
from videos.model.video import Video

# Seconds until the next try, by the tries so far: over a day in all.
WAITS = (10, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 36000)


class WebhookOrder(BaseModel):
    """A message of the webhook queue. The id is the same however often it is sent."""

    id: str
    owner: str
    url: str
    body: str
    video_id: str | None = None


class WebhookQueue(Protocol):
    """Where webhooks wait to be made."""

    def put(self, order: WebhookOrder, *, owner: str) -> None: ...


class VideoStarted(BaseModel):
    """A version of a video begins."""

    video_id: Annotated[str, Field(description="The id of the video.")]
    version: Annotated[int, Field(description="The number of the version.")]
    metadata: Annotated[dict[str, JsonValue] | None, Field(description="The metadata of the request.")]


class StartedEvent(BaseModel):
    """The webhook that is sent when a version begins."""

    type: Literal["video.started"] = "video.started"
    timestamp: Annotated[datetime, Field(description="When the webhook was queued.")]
    data: Annotated[VideoStarted, Field(description="What began.")]


class EndedEvent(BaseModel):
    """The webhook that is sent when a version ends."""

    type: Literal["video.ended"] = "video.ended"
    timestamp: Annotated[datetime, Field(description="When the webhook was queued.")]
    data: Annotated[VideoEnded, Field(description="What ended, and how.")]


def call_back_at_start(video: Video, queue: WebhookQueue) -> None:
    """Queue the webhook for the beginning of a version, if it was asked for."""
    if video.webhook is None or not video.webhook.on_start:
        return
    data = VideoStarted(video_id=video.video_id, version=video.version, metadata=video.metadata)
    event = StartedEvent(timestamp=datetime.now(UTC), data=data)
    queue.put(_order(video, f"{video.ref.execution_name}-started", event), owner=video.owner)


def call_back_at_end(video: Video, announcement: VideoEnded, queue: WebhookQueue) -> None:
    """Queue the webhook for the end of a version."""
    if video.webhook is not None:
        event = EndedEvent(timestamp=datetime.now(UTC), data=announcement)
        queue.put(_order(video, announcement.id, event), owner=video.owner)


def _order(video: Video, event_id: str, event: BaseModel) -> WebhookOrder:
    if video.webhook is None:
        raise ValueError("nobody wants to be called back")
    return WebhookOrder(
        id=event_id,
        owner=video.owner,
        url=video.webhook.url,
        body=event.model_dump_json(),
        video_id=video.video_id,
    )


def next_wait(tries: int) -> int:
    """Seconds until the next try after so many."""
    return WAITS[min(tries, len(WAITS)) - 1]
