"""Worker of the generation queue: send one instruction, and hold its stream to the end."""

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.queue import QueueProcessor
from videos.records import SendOrder
from videos.send_instruction import Worker, send_instruction

logger = Logger()
processor = QueueProcessor()

# Left at the end of the function's time to record what is known and tell the workflow.
HANDOVER = timedelta(seconds=30)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=partial(_send, context), processor=processor, context=context
    )


def _send(context: LambdaContext, record: SQSRecord) -> None:
    order = SendOrder.model_validate_json(record.body)
    logger.append_keys(video_id=order.video_id, turn=order.turn)
    remaining = timedelta(milliseconds=context.get_remaining_time_in_millis())
    worker = Worker(
        name=context.aws_request_id,
        now=lambda: datetime.now(UTC),
        alive_until=datetime.now(UTC) + remaining,
        stream_seconds=max((remaining - HANDOVER).total_seconds(), 1),
        last_try=int(record.attributes.approximate_receive_count) >= int(os.environ["MAX_RECEIVES"]),
    )
    send_instruction(order, worker, store=wiring.store(), backend=wiring.backend(), tasks=wiring.tasks())
    logger.info("the instruction is done with")
