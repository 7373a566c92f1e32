"""An event bus of EventBridge."""

from typing import TYPE_CHECKING

from aws.messages import message_of
from videos.events.bus_events import BusEvent, EventNotAcceptedError

if TYPE_CHECKING:
    from types_boto3_events import EventBridgeClient

SOURCE = "nemo-video-pipeline"


class EventBus:
    """Puts events on one bus of this account and region.

    An event fits: EventBridge accepts 256 KB, and the topic accepts no more for the event and its text.
    """

    def __init__(self, events: "EventBridgeClient", bus: str) -> None:
        self._events = events
        self._bus = bus

    def put(self, event: BusEvent) -> None:
        """Put an event on the bus.

        Raises:
            EventNotAcceptedError: EventBridge did not accept this event.
            ClientError: It rejected the request, for example because a permission is missing.
            BotoCoreError: It could not be reached.
        """
        answer = self._events.put_events(
            Entries=[
                {
                    "EventBusName": self._bus,
                    "Source": SOURCE,
                    "DetailType": type(event).__name__,
                    "Detail": message_of(event),
                    "Time": event.at,
                }
            ]
        )
        if answer["FailedEntryCount"]:
            entry = answer["Entries"][0]
            raise EventNotAcceptedError(f"{entry.get('ErrorCode')}: {entry.get('ErrorMessage')}")
