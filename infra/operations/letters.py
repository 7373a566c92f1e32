"""Dead letters: messages that were tried in vain, what they are about, and sending them again.

A letter is sent first and removed after, so that a crash between the two doubles it and loses nothing. Every
worker takes a doubled message for what it is: the send ledger, the ids of drops, and the ids of announcements
and callbacks see to that.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Literal
from urllib.parse import unquote_plus, urlsplit

from pydantic import BaseModel

from infra.operations.stack import Stack
from videos.announcements import parse_announcement
from videos.callbacks import CallbackOrder
from videos.errors import VideoNotFoundError
from videos.records import Job, SendOrder
from videos.turn import Turn

QueueName = Literal["inbox", "generation", "callback", "notification"]
QUEUES: dict[QueueName, str] = {
    "inbox": "InboxDeadLetters",
    "generation": "GenerationDeadLetters",
    "callback": "CallbackDeadLetters",
    "notification": "NotificationDeadLetters",
}
# How long nobody else sees a letter that is being looked at.
HIDDEN_SECONDS = 60
LISTED = 50  # of each queue
WAIT_SECONDS = 1  # which asks all of the queue's servers, and not some
NO_ERROR = "no error was logged: its worker was killed, or ran out of time"


class Subject(BaseModel):
    """What a letter is about; `identity` is in every log line about it."""

    title: str
    identity: str
    job: Job | None = None


class Letter(BaseModel):
    """A message among the dead letters of a queue."""

    queue: QueueName
    message_id: str
    body: str
    receipt: str
    source_arn: str | None
    sent_at: datetime
    attributes: dict[str, Any] = {}


def subject_of(queue: QueueName, body: str) -> Subject:
    """What the message asks for; an address of a callback is not told whole, for it may hold a secret."""
    try:
        match queue:
            case "generation":
                order = SendOrder.model_validate_json(body)
                job = Job(video_id=order.video_id, turn=order.turn)
                return Subject(title=f"{job.video_id}, version {job.turn}", identity=job.video_id, job=job)
            case "inbox":
                (key, *_) = (
                    unquote_plus(record["s3"]["object"]["key"]) for record in json.loads(body)["Records"]
                )
                return Subject(title=key, identity=key)
            case "callback":
                call = CallbackOrder.model_validate_json(body)
                return Subject(title=f"{call.id} to {urlsplit(call.url).hostname}", identity=call.id)
            case "notification":
                announcement = parse_announcement(body)
                return Subject(title=announcement.id, identity=announcement.id)
    except (ValueError, KeyError, TypeError):
        return Subject(title="a message that makes no sense", identity=body[:80])


def effect(queue: QueueName, turn: Turn | None) -> str:
    """What becomes of the letter when it is sent again. `turn` is an instruction's."""
    if queue == "generation":
        return _effect_of_instruction(turn)
    return {
        "inbox": "The file is taken in; if it is a video by now, nothing changes.",
        "callback": "The service is called once more, with the same id.",
        "notification": "It is told, unless it was told before.",
    }[queue]


def _effect_of_instruction(turn: Turn | None) -> str:
    if turn is None:
        return "Its video is forgotten: nothing changes."
    if turn.ended is not None:
        return f"Its version has ended as {turn.ended.status}: nothing changes. make retry asks anew."
    if turn.sending is not None:
        return "It was posted before. It is not posted again: its result is looked up."
    return "It was never posted: it is posted, once."


class DeadLetters:
    """The dead letters of a stack."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._sqs = stack.client("sqs")

    def peek(self, queue: QueueName, most: int) -> list[Letter]:
        """Up to so many letters of a queue, all of them left where they are."""
        letters = list(islice(self.take(queue), most))
        for letter in letters:  # not before: it would come again
            self.put_back(letter)
        return letters

    def take(self, queue: QueueName) -> Iterator[Letter]:
        """All letters of a queue that lie there now; each is hidden for a minute, or until it is put back."""
        began = datetime.now(UTC)
        while messages := self._receive(queue):
            for message in messages:
                attributes = message["Attributes"]
                sent_at = datetime.fromtimestamp(int(attributes["SentTimestamp"]) / 1000, UTC)
                if sent_at > began:  # sent again just now, and back already
                    return
                yield Letter(
                    queue=queue,
                    message_id=message["MessageId"],
                    body=message["Body"],
                    receipt=message["ReceiptHandle"],
                    source_arn=attributes.get("DeadLetterQueueSourceArn"),
                    sent_at=sent_at,
                    attributes=message.get("MessageAttributes", {}),
                )

    def reason(self, letter: Letter) -> str:
        """Why it was tried in vain, as far as the log tells."""
        subject = subject_of(letter.queue, letter.body)
        return self._stack.last_error(subject.identity, letter.sent_at) or NO_ERROR

    def effect(self, letter: Letter) -> str:
        """What becomes of it when it is sent again."""
        job = subject_of(letter.queue, letter.body).job
        try:
            turn = self._stack.store.turn(job) if job is not None else None
        except VideoNotFoundError:
            turn = None
        return effect(letter.queue, turn)

    def put_back(self, letter: Letter) -> None:
        """Let others see it again."""
        self._sqs.change_message_visibility(
            QueueUrl=self._url(letter.queue), ReceiptHandle=letter.receipt, VisibilityTimeout=0
        )

    def send_again(self, letter: Letter) -> None:
        """Send it to the queue that it came from. Raises: LookupError: Nobody knows which that is."""
        attributes = {
            name: {key: value for key, value in attribute.items() if not key.endswith("ListValues")}
            for name, attribute in letter.attributes.items()
        }
        self._sqs.send_message(
            QueueUrl=self._source(letter), MessageBody=letter.body, MessageAttributes=attributes
        )
        self._sqs.delete_message(QueueUrl=self._url(letter.queue), ReceiptHandle=letter.receipt)

    def _source(self, letter: Letter) -> str:
        if letter.source_arn is not None:
            return str(self._sqs.get_queue_url(QueueName=letter.source_arn.rsplit(":", 1)[-1])["QueueUrl"])
        # Somebody put it there by hand.
        pages = self._sqs.get_paginator("list_dead_letter_source_queues")
        sources = [
            url
            for page in pages.paginate(QueueUrl=self._url(letter.queue))
            for url in page.get("queueUrls", [])
        ]
        if len(sources) != 1:
            raise LookupError(f"{letter.message_id} does not say which queue it came from.")
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
