"""Worker of the event bus queue: put one announcement on the event bus."""

from botocore.exceptions import BotoCoreError, ClientError

from handlers import wiring
from handlers.queues.notifying import RetryLaterError, notifier
from videos.events.announcements import Announcement
from videos.events.bus_events import EventNotAcceptedError, bus_event_of


def _put(announcement: Announcement) -> None:
    try:
        wiring.event_bus().put(bus_event_of(announcement))
    except (EventNotAcceptedError, BotoCoreError, ClientError) as error:
        raise RetryLaterError(str(error)) from error


handler = notifier(__name__, _put)
