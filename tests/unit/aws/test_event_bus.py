import json
from typing import TYPE_CHECKING, Any

import pytest

from aws.event_bus import EventBus
from aws.messages import message_of
from aws.topic import AnnouncementTopic
from tests.notifications.samples import announcements
from videos.events.announcements import Announcement
from videos.events.bus_events import EventNotAcceptedError, bus_event_of

if TYPE_CHECKING:
    from tests.unit.conftest import Clients

SAMPLES = announcements()
READY = bus_event_of(SAMPLES["ready"])
LIMIT = 256 * 1024


@pytest.fixture
def _bus(cloud: "Clients") -> None:
    cloud.events.create_event_bus(Name="videos")


def _received(cloud: "Clients", pattern: dict[str, Any], *events: Announcement) -> list[dict[str, Any]]:
    """What the target of a rule gets when these are put on the bus."""
    queue = cloud.sqs.create_queue(QueueName="target")["QueueUrl"]
    cloud.events.put_rule(Name="rule", EventBusName="videos", EventPattern=json.dumps(pattern))
    arn = "arn:aws:sqs:us-east-1:123456789012:target"
    cloud.events.put_targets(Rule="rule", EventBusName="videos", Targets=[{"Id": "target", "Arn": arn}])
    for event in events:
        EventBus(cloud.events, "videos").put(bus_event_of(event))
    messages = cloud.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(message["Body"]) for message in messages]


@pytest.mark.usefixtures("_bus")
def test_a_rule_gets_the_whole_event(cloud: "Clients") -> None:
    (event,) = _received(cloud, {"source": ["nemo-video-pipeline"]}, SAMPLES["ready"])
    assert event["detail-type"] == "VideoReady"
    assert event["detail"] == json.loads(message_of(READY))
    assert event["detail"]["id"] == SAMPLES["ready"].id


@pytest.mark.usefixtures("_bus")
def test_rules_choose_by_type_and_by_what_happened(cloud: "Clients") -> None:
    pattern = {"detail-type": ["VideoFailed"], "detail": {"code": ["out_of_credits"]}}
    events = _received(cloud, pattern, *SAMPLES.values())
    assert {event["detail"]["code"] for event in events} == {"out_of_credits"}


def test_an_event_has_the_time_of_what_happened(cloud: "Clients", monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []

    def put_events(**request: Any) -> dict[str, Any]:  # noqa: ANN401 - boto3's own
        asked.extend(request["Entries"])
        return {"FailedEntryCount": 0, "Entries": [{"EventId": "e"}]}

    monkeypatch.setattr(cloud.events, "put_events", put_events)
    EventBus(cloud.events, "videos").put(READY)
    (entry,) = asked
    assert (entry["EventBusName"], entry["Time"]) == ("videos", READY.at)


def test_an_event_that_is_not_accepted_is_an_error(cloud: "Clients", monkeypatch: pytest.MonkeyPatch) -> None:
    failed = {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
    answer = {"FailedEntryCount": 1, "Entries": [failed]}
    monkeypatch.setattr(cloud.events, "put_events", lambda **_: answer)
    with pytest.raises(EventNotAcceptedError, match="ThrottlingException: slow down"):
        EventBus(cloud.events, "videos").put(READY)


@pytest.mark.parametrize("name", SAMPLES)
def test_what_the_topic_accepts_fits(cloud: "Clients", monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Both have the same limit, and the topic's message has the text of the mail as well."""
    sent: list[dict[str, Any]] = []

    def publish(**request: Any) -> dict[str, str]:  # noqa: ANN401 - boto3's own
        sent.append(request)
        return {"MessageId": "m"}

    def put_events(**request: Any) -> dict[str, int]:  # noqa: ANN401 - boto3's own
        sent.extend(request["Entries"])
        return {"FailedEntryCount": 0}

    monkeypatch.setattr(cloud.sns, "publish", publish)
    monkeypatch.setattr(cloud.events, "put_events", put_events)
    AnnouncementTopic(cloud.sns, "topic").publish(SAMPLES[name])
    EventBus(cloud.events, "videos").put(bus_event_of(SAMPLES[name]))
    message, entry = sent
    # As AWS counts it: 14 bytes for the time, and the length of the texts in UTF-8.
    size = 14 + sum(len(entry[field].encode()) for field in ("Source", "DetailType", "Detail"))
    assert size <= len(message["Message"].encode()) <= LIMIT
