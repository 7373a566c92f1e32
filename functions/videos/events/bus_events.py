"""Events of an event bus: one type for each way in which things go on, so that rules can choose by it.

The name of a class is the `detail-type` of its events. docs/events has the JSON Schema of each.
"""

from typing import Literal

from videos.events.announcements import Announcement, BatchEnded, VideoEnded, VideoProgress, for_services
from videos.model.records import Status


class EventNotAcceptedError(Exception):
    """The bus answered, but did not accept the event. Says why."""


class VideoReady(VideoEnded):
    """A version of a video is ready."""

    status: Literal[Status.READY]
    change_url: None = None


class VideoFailed(VideoEnded):
    """A version of a video has failed."""

    status: Literal[Status.FAILED]
    change_url: None = None


class VideoNeedsAnswer(VideoEnded):
    """A version of a video ended with a question of the agent."""

    status: Literal[Status.NEEDS_ANSWER]
    change_url: None = None


class VideoCancelled(VideoEnded):
    """A version of a video was cancelled."""

    status: Literal[Status.CANCELLED]
    change_url: None = None


BusEvent = VideoReady | VideoFailed | VideoNeedsAnswer | VideoCancelled | VideoProgress | BatchEnded

_ENDS: dict[Status, type[VideoReady | VideoFailed | VideoNeedsAnswer | VideoCancelled]] = {
    Status.READY: VideoReady,
    Status.FAILED: VideoFailed,
    Status.NEEDS_ANSWER: VideoNeedsAnswer,
    Status.CANCELLED: VideoCancelled,
}
BUS_EVENTS: tuple[type[BusEvent], ...] = (*_ENDS.values(), VideoProgress, BatchEnded)


def bus_event_of(announcement: Announcement) -> BusEvent:
    """Return the announcement as an event of the bus. Its readers are services: they get no change link."""
    if not isinstance(announcement, VideoEnded):
        return announcement
    return _ENDS[announcement.status].model_validate(dict(for_services(announcement)))
