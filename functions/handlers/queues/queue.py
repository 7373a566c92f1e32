"""Shared by the queue workers: messages fail one by one, and each failure is logged."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.batch.base import FailureResponse

logger = Logger()


class QueueProcessor(BatchProcessor):
    """Reports failures per message, so that SQS delivers only the failed messages again."""

    def __init__(self) -> None:
        super().__init__(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def failure_handler(self, record: Any, exception: Any) -> FailureResponse:  # noqa: ANN401 - Powertools' signature
        logger.warning("message failed, SQS will deliver it again", exc_info=exception)
        return super().failure_handler(record, exception)
