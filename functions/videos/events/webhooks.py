"""Telling a service that a version begins or has ended, again with growing waits until it has answered."""

from datetime import UTC, datetime
from typing import Protocol

from pydantic import BaseModel

from videos.events.announcements import VideoEnded
from videos.model.video import Video

# Seconds until the next try, by the tries so far: over a day in all.
WAITS = (10, 30, 120, 600, 1800, 3600, 7200, 14400, 28800, 36000)


class CallbackOrder(BaseModel):
    """A message of the callback queue. The id is the same however often it is sent."""

    id: str
    owner: str
    url: str
    body: str
    video_id: str | None = None


class CallbackQueue(Protocol):
    """Where callbacks wait to be made."""

    def put(self, order: CallbackOrder, *, owner: str) -> None: ...


class Started(BaseModel):
    """What a service is told when a version begins."""

    type: str = "video.started"
    timestamp: datetime
    data: dict[str, object]


class Ended(BaseModel):
    """What a service is told when a version ends."""

    type: str = "video.ended"
    timestamp: datetime
    data: VideoEnded


def call_back_at_start(video: Video, queue: CallbackQueue) -> None:
    """Queue the callback for the beginning of a version, if it was asked for."""
    if video.callback is None or not video.callback.on_start:
        return
    data: dict[str, object] = {"video_id": video.video_id, "turn": video.turn, "metadata": video.metadata}
    event = Started(timestamp=datetime.now(UTC), data=data)
    queue.put(_order(video, f"{video.job.execution_name}-started", event), owner=video.owner)


def call_back_at_end(video: Video, announcement: VideoEnded, queue: CallbackQueue) -> None:
    """Queue the callback for the end of a version."""
    if video.callback is not None:
        event = Ended(timestamp=datetime.now(UTC), data=announcement)
        queue.put(_order(video, announcement.id, event), owner=video.owner)


def _order(video: Video, event_id: str, event: BaseModel) -> CallbackOrder:
    if video.callback is None:
        raise ValueError("nobody wants to be called back")
    return CallbackOrder(
        id=event_id,
        owner=video.owner,
        url=video.callback.url,
        body=event.model_dump_json(),
        video_id=video.video_id,
    )


def next_wait(tries: int) -> int:
    """Seconds until the next try after so many."""
    return WAITS[min(tries, len(WAITS)) - 1]
