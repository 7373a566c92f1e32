"""Dead-message messages: what they are about, and sending them again.

A message is sent first and deleted afterwards. A crash between the two may double it, but loses nothing. The
send lock and the ids of drops, announcements and webhooks make a doubled message harmless.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Literal
from urllib.parse import unquote_plus, urlsplit

from pydantic import BaseModel, ValidationError

from infra.operations.stack import Stack
from videos.events.announcements import parse_announcement
from videos.events.sign_in import SignInOrder
from videos.events.webhooks import WebhookOrder
from videos.model.errors import VideoNotFoundError
from videos.model.records import SendOrder, VersionRef
from videos.model.version import Version

QueueName = Literal["inbox", "generation", "webhook", "notification"]
QUEUES: dict[QueueName, str] = {
    "inbox": "InboxDeadLetters",
    "generation": "GenerationDeadLetters",
    "webhook": "WebhookDeadLetters",
    "notification": "NotificationDeadLetters",
}
# While a message is read, it is hidden from other readers.
HIDDEN_SECONDS = 60
LISTED = 50  # of each queue
WAIT_SECONDS = 1  # long polling queries all servers of the queue
NO_ERROR = "no error was logged: its worker was killed, or ran out of time"


class Subject(BaseModel):
    """What a message is about. `identity` is in every log line about it."""

    title: str
    identity: str
    ref: VersionRef | None = None


class DeadLetterMessage(BaseModel):
    """A message in a dead-message queue."""

    queue: QueueName
    message_id: str
    body: str
    receipt: str
    source_arn: str | None
    sent_at: datetime
    attributes: dict[str, Any] = {}


def subject_of(queue: QueueName, body: str) -> Subject:
    """Return what a message is about. Of a webhook only the host is shown: its URL may hold a secret."""
    try:
        match queue:
            case "generation":
                order = SendOrder.model_validate_json(body)
                ref = VersionRef(video_id=order.video_id, version=order.version)
                return Subject(title=f"{ref.video_id}, version {ref.version}", identity=ref.video_id, ref=ref)
            case "inbox":
                (key, *_) = (
                    unquote_plus(record["s3"]["object"]["key"]) for record in json.loads(body)["Records"]
                )
                return Subject(title=key, identity=key)
            case "webhook":
                call = WebhookOrder.model_validate_json(body)
                return Subject(title=f"{call.id} to {urlsplit(call.url).hostname}", identity=call.id)
            case "notification":
                identity = _id_of_notification(body)
                return Subject(title=identity, identity=identity)
    except (ValueError, KeyError, TypeError):
        return Subject(title="an invalid message", identity=body[:80])


def _id_of_notification(body: str) -> str:
    try:
        return SignInOrder.model_validate_json(body).id
    except ValidationError:
        return parse_announcement(body).id


def effect(queue: QueueName, version: Version | None) -> str:
    """Return what happens when a message is sent again. `version` is the version of an instruction."""
    if queue == "generation":
        return _effect_of_instruction(version)
    return {
        "inbox": "The file is submitted. If it already is a video, nothing changes.",
        "webhook": "The webhook is delivered again, with the same id.",
        "notification": "It is delivered, unless it already was.",
    }[queue]


def _effect_of_instruction(version: Version | None) -> str:
    if version is None:
        return "Its video has been deleted. Nothing changes."
    if version.ended is not None:
        return (
            f"Its version has ended as {version.ended.status}. Nothing changes. To try again, run make retry."
        )
    if version.send_lock is not None:
        return "It was already sent. It is not sent again. The pipeline looks up its result."
    return "It was never sent. It is sent once."


class DeadLetterQueues:
    """The dead-message queues of a stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._sqs = stack.client("sqs")

    def peek(self, queue: QueueName, most: int) -> list[DeadLetterMessage]:
        """Return up to `most` messages of a queue, and leave all of them in it."""
        messages = list(islice(self.take(queue), most))
        for message in messages:  # not before, or it would be received again
            self.put_back(message)
        return messages

    def take(self, queue: QueueName) -> Iterator[DeadLetterMessage]:
        """Yield the messages that are in a queue now. Each is hidden for a minute, or until `put_back`."""
        began = datetime.now(UTC)
        while messages := self._receive(queue):
            for message in messages:
                attributes = message["Attributes"]
                sent_at = datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC)
                if sent_at > began:  # it was sent again just now, and failed again
                    return
                yield DeadLetterMessage(
                    queue=queue,
                    message_id=message["MessageId"],
                    body=message["Body"],
                    receipt=message["ReceiptHandle"],
                    source_arn=attributes.get("DeadLetterQueueSourceArn"),
                    sent_at=sent_at,
                    attributes=message.get("MessageAttributes", {}),
                )

    def reason(self, message: DeadLetterMessage) -> str:
        """Return why a message failed, if the log has an error."""
        subject = subject_of(message.queue, message.body)
        return self._stack.last_error(subject.identity, message.sent_at) or NO_ERROR

    def effect(self, message: DeadLetterMessage) -> str:
        """Return what happens when a message is sent again."""
        ref = subject_of(message.queue, message.body).ref
        try:
            version = self._stack.store.version(ref) if ref is not None else None
        except VideoNotFoundError:
            version = None
        return effect(message.queue, version)

    def put_back(self, message: DeadLetterMessage) -> None:
        """Make a message visible again."""
        self._sqs.change_message_visibility(
            QueueUrl=self._url(message.queue), ReceiptHandle=message.receipt, VisibilityTimeout=0
        )

    def send_again(self, message: DeadLetterMessage) -> None:
        """Send a message to the queue that it came from.

        Raises:
            LookupError: That queue is unknown.
        """
        attributes = {
            name: {key: value for key, value in attribute.items() if not key.endswith("ListValues")}
            for name, attribute in message.attributes.items()
        }
        self._sqs.send_message(
            QueueUrl=self._source(message), MessageBody=message.body, MessageAttributes=attributes
        )
        self._sqs.delete_message(QueueUrl=self._url(message.queue), ReceiptHandle=message.receipt)

    def _source(self, message: DeadLetterMessage) -> str:
        if message.source_arn is not None:
            return str(self._sqs.get_queue_url(QueueName=message.source_arn.rsplit(":", 1)[-1])["QueueUrl"])
        # Somebody sent it to the dead-message queue by hand.
        pages = self._sqs.get_paginator("list_dead_letter_source_queues")
        sources = [
            url
            for page in pages.paginate(QueueUrl=self._url(message.queue))
            for url in page.get("queueUrls", [])
        ]
        if len(sources) != 1:
            raise LookupError(f"The source queue of message {message.message_id} is unknown.")
        return str(sources[0])

    def _receive(self, queue: QueueName) -> list[dict[str, Any]]:
        answer = self._sqs.receive_message(
            QueueUrl=self._url(queue),
            MaxNumberOfMessages=10,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=WAIT_SECONDS,
            MessageSystemAttributeNames=["SentTimestamp", "DeadLetterQueueSourceArn"],
            MessageAttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def _url(self, queue: QueueName) -> str:
        return self._stack.queues[QUEUES[queue]]
