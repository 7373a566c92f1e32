"""SQS queues whose messages are processed one by one, and retried after a wait of their own."""

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from pydantic import BaseModel, ValidationError

from aws.messages import message_of
from videos.model.records import SendOrder
from videos.spending.fairness import message_group

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import SendMessageRequestTypeDef

logger = Logger(child=True)

_LOOK_SECONDS = 30
_ASK_ALL_SECONDS = 1  # long polling, which queries all servers of the queue
_MOST_READS = 100  # of ten messages each


class MessageQueue:
    """Implements `videos.events.webhooks.WebhookQueue`."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def put(self, message: BaseModel, *, owner: str | None = None, delay_seconds: int = 0) -> None:
        """Send a message that is visible after the delay. With an owner, use the owner's message group."""
        request: SendMessageRequestTypeDef = {
            "QueueUrl": self._url,
            "MessageBody": message_of(message),
            "DelaySeconds": delay_seconds,
        }
        if owner is not None:
            request["MessageGroupId"] = message_group(owner)
        self._sqs.send_message(**request)

    def postpone(self, receipt_handle: str, seconds: int) -> None:
        """Have a received message delivered again after `seconds`."""
        self._sqs.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )


class DeadLetterMessages:
    """Implements `videos.model.ports.DeadLetters`."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def orders(self) -> list[SendOrder]:
        found: list[SendOrder] = []
        for _ in range(_MOST_READS):
            # Messages are hidden until all are read, so that none is read twice. Then they reappear.
            answer = self._sqs.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=10,
                VisibilityTimeout=_LOOK_SECONDS,
                WaitTimeSeconds=_ASK_ALL_SECONDS,
            )
            if not (messages := answer.get("Messages", [])):
                break
            for message in messages:
                try:
                    found.append(SendOrder.model_validate_json(message["Body"]))
                except ValidationError:
                    logger.warning(
                        "dead-letter message is not an instruction", message_id=message["MessageId"]
                    )
        return found
