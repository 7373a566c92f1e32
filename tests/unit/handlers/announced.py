"""An announcement as the topic puts it into the queue of a notification worker."""

from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse

from tests.events.payloads import Event, event
from tests.support.builders import DELIVERED, READY, TIMELINE, a_version, a_video
from videos.events.announcements import Announcement, VideoEnded, end_of

END: VideoEnded = end_of(
    a_video(name="kettle.png"),
    a_version(ended=READY, delivered=DELIVERED, timeline=TIMELINE),
    "https://videos.example",
)
DONE: PartialItemFailureResponse = {"batchItemFailures": []}
RECEIPT = "AQEBzWwaftRI0KuVm4tP+announced"


def queued(announcement: Announcement | None = None, *, receives: int = 1) -> Event:
    """What Lambda is called with when the message is received for the so-manieth time."""
    made = event("sqs_callback_message")
    (message,) = made["Records"]
    message |= {"body": (announcement or END).model_dump_json(), "receiptHandle": RECEIPT}
    message["attributes"]["ApproximateReceiveCount"] = str(receives)
    return made


def failed(made: Event) -> PartialItemFailureResponse:
    """The answer by which its one message comes again."""
    return {"batchItemFailures": [{"itemIdentifier": made["Records"][0]["messageId"]}]}
