"""What the workers of a queue have in common: one message at a time may fail, and says why in the log."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.batch.base import FailureResponse

logger = Logger()


class QueueProcessor(BatchProcessor):
    """Reports failures per message, so that SQS brings back those and no others."""

    def __init__(self) -> None:
        super().__init__(event_type=EventType.SQS, raise_on_entire_batch_failure=False)

    def failure_handler(self, record: Any, exception: Any) -> FailureResponse:  # noqa: ANN401 - Powertools' signature
        logger.warning("the message will come again", exc_info=exception)
        return super().failure_handler(record, exception)
