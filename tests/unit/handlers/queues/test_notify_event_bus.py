"""The worker of the event bus queue."""

from typing import TYPE_CHECKING

import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.exceptions import ClientError, EndpointConnectionError

from handlers import wiring
from handlers.queues import notifying
from handlers.queues.notify_event_bus import handler
from tests.support.builders import a_video
from tests.unit.handlers.announced import DONE, END, RECEIPT, failed, queued
from tests.unit.handlers.conftest import World
from videos.events.announcements import Announcement, progress_of
from videos.events.bus_events import BusEvent, EventNotAcceptedError, bus_event_of
from videos.events.webhooks import WAITS
from videos.model.records import Stage

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table


class Bus:
    """Accepts events once its errors are used up."""

    def __init__(self) -> None:
        self.errors: list[Exception] = []
        self.events: list[BusEvent] = []

    def put(self, event: BusEvent) -> None:
        if self.errors:
            raise self.errors.pop(0)
        self.events.append(event)


@pytest.fixture
def bus(answers_table: "Table", monkeypatch: pytest.MonkeyPatch) -> Bus:
    layer, bus = DynamoDBPersistenceLayer(answers_table.name), Bus()
    monkeypatch.setattr(notifying, "_persistence", lambda: layer)
    monkeypatch.setattr(wiring, "event_bus", lambda: bus)
    return bus


@pytest.mark.parametrize("announcement", [END, progress_of(a_video(), Stage.RENDERING, "Rendering.")])
def test_an_announcement_is_put_once(
    world: World, context: LambdaContext, bus: Bus, announcement: Announcement
) -> None:
    assert [handler(queued(announcement), context) for _ in range(2)] == [DONE, DONE]
    assert bus.events == [bus_event_of(announcement)]
    assert world.notifications.postponed == []


@pytest.mark.parametrize(
    "error",
    [
        EventNotAcceptedError("ThrottlingException: slow down"),
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutEvents"),
        EndpointConnectionError(endpoint_url="https://events.example"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_the_bus_does_not_accept_is_put_later(
    world: World, context: LambdaContext, bus: Bus, error: Exception
) -> None:
    bus.errors = [error]
    made = queued()
    assert handler(made, context) == failed(made)
    assert world.notifications.postponed == [(RECEIPT, WAITS[0])]
    assert handler(queued(receives=2), context) == DONE
    assert bus.events == [bus_event_of(END)]
