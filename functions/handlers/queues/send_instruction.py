"""Worker of the generation queue: send one instruction, read its stream to the end, start the render."""

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
from handlers.queues.queue import QueueProcessor
from videos.model.records import SendOrder, VersionRef
from videos.model.version import Reply, Version
from videos.model.video import Video
from videos.steps.generate import begin_render
from videos.steps.send_instruction import ComeBackError, Worker, send_instruction
from videos.steps.superseded import refuse_superseded

logger = Logger()
processor = QueueProcessor()

# Time reserved to store the result and resume the workflow before the function times out.
HANDOVER = timedelta(seconds=30)

LONGEST_VISIBILITY = 12 * 3600
"""Seconds. SQS allows no more."""


class _TextsWhenNeeded:
    """The video bucket. Its client is created only if a text is too large for the table."""

    def store(self, key: str, body: bytes, content_type: str) -> None:
        wiring.storage().store(key, body, content_type)


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=partial(_send, context), processor=processor, context=context
    )


def _send(context: LambdaContext, record: SQSRecord) -> None:
    order = SendOrder.model_validate_json(record.body)
    logger.append_keys(video_id=order.video_id, version=order.version)
    receives = int(record.attributes.approximate_receive_count)
    remaining = timedelta(milliseconds=context.get_remaining_time_in_millis())
    worker = Worker(
        name=context.aws_request_id,
        now=lambda: datetime.now(UTC),
        alive_until=datetime.now(UTC) + remaining,
        stream_seconds=max((remaining - HANDOVER).total_seconds(), 1),
        last_try=receives >= int(os.environ["MAX_RECEIVES"]),
        receives=receives,
    )
    try:
        send_instruction(
            order,
            worker,
            store=wiring.store(),
            backend=wiring.backend(),
            costs=wiring.costs(),
            tasks=wiring.tasks(),
            texts=_TextsWhenNeeded(),
            refuse_superseded=_refuse_superseded,
            begin_render=_begin_render,
        )
    except ComeBackError as error:
        # Otherwise SQS delivers it again only after this worker's visibility timeout.
        wiring.generations().postpone(record.receipt_handle, min(round(error.seconds), LONGEST_VISIBILITY))
        raise
    logger.info("instruction processed")


def _refuse_superseded(video: Video, version: Version) -> None:
    refuse_superseded(video, version, inbox=wiring.inbox(), tags=wiring.tags())


def _begin_render(ref: VersionRef, worker: Worker, reply: Reply) -> int:
    def failed(error: Exception) -> None:
        logger.warning("render not started, the next step will start it", exc_info=error)

    return begin_render(
        ref,
        worker,
        reply,
        store=wiring.store(),
        backend=wiring.backend(),
        costs=wiring.costs(),
        failed=failed,
    )
