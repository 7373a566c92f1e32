"""Webhooks: sent when a version begins, goes on and has ended, retried with growing waits until answered."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Protocol

from pydantic import BaseModel, Field, JsonValue

from videos.events.announcements import VideoEnded
from videos.model.delivery import WebhookType
from videos.model.records import Stage
from videos.model.video import Video

# Seconds until the next try, by the tries so far: over a day in all.
WAITS = (10, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 36000)
PROGRESS_TRIES = 2
"""Progress that comes later than ten seconds is no news."""
PROGRESS_STEP = 10
"""Percent between two webhooks about progress."""


class WebhookOrder(BaseModel):
    """A message of the webhook queue. The id is the same however often it is sent.

    `version`, `type` and `expires_at` are for its record, which lives as long as the video. `redelivery` is
    how often somebody had asked for it again. After `most_tries` it is given up.
    """

    id: str
    owner: str
    url: str
    body: str
    video_id: str | None = None
    version: int | None = None
    type: WebhookType | None = None
    expires_at: datetime | None = None
    redelivery: int = 0
    most_tries: int = len(WAITS) + 1

    @property
    def is_news(self) -> bool:
        """Whether it is worth nothing later. It then becomes no dead-letter message."""
        return self.type == "video.progress"


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


class VersionProgress(VideoStarted):
    """A version of a video is being made."""

    stage: Annotated[Stage, Field(description="What the pipeline is doing.")]
    progress: Annotated[int, Field(description="Percent. It only grows, but webhooks may arrive late.")]


class ProgressEvent(BaseModel):
    """The webhook that is sent while a version is made."""

    type: Literal["video.progress"] = "video.progress"
    timestamp: Annotated[datetime, Field(description="When the webhook was queued.")]
    data: Annotated[VersionProgress, Field(description="How far it is.")]


class EndedEvent(BaseModel):
    """The webhook that is sent when a version ends."""

    type: Literal["video.ended"] = "video.ended"
    timestamp: Annotated[datetime, Field(description="When the webhook was queued.")]
    data: Annotated[VideoEnded, Field(description="What ended, and how.")]


def call_back_at_start(video: Video, queue: WebhookQueue) -> None:
    """Queue the webhook for the beginning of a version, if it was asked for."""
    if video.webhook is not None and video.webhook.on_start:
        queue.put(started_order(video, video.version, at=datetime.now(UTC)), owner=video.owner)


def call_back_on_progress(video: Video, stage: Stage, progress: int, queue: WebhookQueue) -> None:
    """Queue the webhook for the progress of a version. `progress` is in percent."""
    data = VersionProgress(
        video_id=video.video_id,
        version=video.version,
        metadata=video.metadata,
        stage=stage,
        progress=progress,
    )
    event = ProgressEvent(timestamp=datetime.now(UTC), data=data)
    order = _order(video, f"{video.ref.execution_name}-progress-{progress}", video.version, event)
    queue.put(order.model_copy(update={"most_tries": PROGRESS_TRIES}), owner=video.owner)


def call_back_at_end(video: Video, announcement: VideoEnded, queue: WebhookQueue) -> None:
    """Queue the webhook for the end of a version."""
    if video.webhook is not None:
        queue.put(ended_order(video, announcement, at=datetime.now(UTC)), owner=video.owner)


def started_order(video: Video, version: int, *, at: datetime) -> WebhookOrder:
    """Return the webhook for the beginning of a version."""
    data = VideoStarted(video_id=video.video_id, version=version, metadata=video.metadata)
    event = StartedEvent(timestamp=at, data=data)
    return _order(video, f"{video.video_id}-{version}-started", version, event)


def ended_order(video: Video, announcement: VideoEnded, *, at: datetime) -> WebhookOrder:
    """Return the webhook for the end of a version."""
    event = EndedEvent(timestamp=at, data=announcement)
    return _order(video, announcement.id, announcement.version, event)


def _order(
    video: Video, event_id: str, version: int, event: StartedEvent | ProgressEvent | EndedEvent
) -> WebhookOrder:
    if video.webhook is None:
        raise ValueError("nobody wants to be called back")
    return WebhookOrder(
        id=event_id,
        owner=video.owner,
        url=video.webhook.url,
        body=event.model_dump_json(),
        video_id=video.video_id,
        version=version,
        type=event.type,
        expires_at=video.expires_at,
    )


def next_wait(tries: int) -> int:
    """Seconds until the next try after so many."""
    return WAITS[min(tries, len(WAITS)) - 1]
