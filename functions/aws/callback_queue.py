"""The SQS queue of callbacks."""

from typing import TYPE_CHECKING

from videos.callbacks import CallbackOrder

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient


class CallbackMessages:
    """Implements `videos.callbacks.CallbackQueue`."""

    def __init__(self, sqs: "SQSClient", url: str) -> None:
        self._sqs = sqs
        self._url = url

    def put(self, order: CallbackOrder) -> None:
        self._sqs.send_message(QueueUrl=self._url, MessageBody=order.model_dump_json())

    def postpone(self, receipt_handle: str, seconds: int) -> None:
        """Let a message that was received come again after so many seconds."""
        self._sqs.change_message_visibility(
            QueueUrl=self._url, ReceiptHandle=receipt_handle, VisibilityTimeout=seconds
        )
