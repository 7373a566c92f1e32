"""An event bus whose every event a rule sends to a queue, as a service would read it."""

import json
import threading
from typing import TYPE_CHECKING, Any

from infra.local.access import Access
from infra.verification.template import EVERYTHING

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

BUS = EVERYTHING["EventBus"]
QUEUE = "target-of-the-event-bus"


class ListenedBus:
    """Made when it is deployed to; afterwards it knows all events that were ever put on it."""

    def __init__(self, access: Access) -> None:
        events = access.client("events")
        self._sqs: SQSClient = access.client("sqs")
        self._queue = self._sqs.create_queue(QueueName=QUEUE)["QueueUrl"]
        arn = self._sqs.get_queue_attributes(QueueUrl=self._queue, AttributeNames=["QueueArn"])["Attributes"]
        events.create_event_bus(Name=BUS)
        pattern = json.dumps({"source": ["nemo-video-pipeline"]})
        events.put_rule(Name="everything", EventBusName=BUS, EventPattern=pattern)
        target = {"Id": "queue", "Arn": arn["QueueArn"]}
        events.put_targets(Rule="everything", EventBusName=BUS, Targets=[target])
        self._events: list[dict[str, Any]] = []
        self._lock = threading.Lock()

    def all_events(self) -> list[dict[str, Any]]:
        """All events, as a target gets them."""
        with self._lock:
            while messages := self._sqs.receive_message(
                QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=0
            ).get("Messages", []):
                for message in messages:
                    self._events.append(json.loads(message["Body"]))
                    self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=message["ReceiptHandle"])
            return list(self._events)

    def ends(self, video_id: str, version: int = 1) -> list[dict[str, Any]]:
        """The events that say that a version has ended."""
        return [
            event
            for event in self.all_events()
            if (event["detail"].get("video_id"), event["detail"].get("version")) == (video_id, version)
            and event["detail-type"] != "VideoProgress"
        ]
