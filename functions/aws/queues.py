"""SQS queues that are read one message at a time, and where a message that failed chooses its own wait."""

from typing import TYPE_CHECKING

from pydantic import BaseModel

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


class MessageQueue:
    """Implements `videos.callbacks.CallbackQueue`."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def put(self, message: BaseModel, *, delay_seconds: int = 0) -> None:
        self._sqs.send_message(
            QueueUrl=self._url, MessageBody=message.model_dump_json(), DelaySeconds=delay_seconds
        )

    def postpone(self, receipt_handle: str, seconds: int) -> None:
        """Let a message that was received come again after so many seconds."""
        self._sqs.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )
