"""Worker of the webhook queue: send one webhook."""

from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.queues.queue import QueueProcessor
from safe_http.webhooks import WebhookFailedError, WebhookRefusedError, call_back
from videos.events.webhooks import WebhookOrder, next_wait

logger = Logger()
processor = QueueProcessor()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=_deliver, processor=processor, context=context
    )


def _deliver(record: SQSRecord) -> None:
    order = WebhookOrder.model_validate_json(record.body)
    logger.append_keys(callback_id=order.id, owner=order.owner, video_id=order.video_id)
    secret = wiring.api_keys().webhook_secret(order.owner)
    try:
        call_back(order, secret, http=wiring.guarded_http(), now=datetime.now(UTC))
    except WebhookRefusedError:
        logger.warning("webhook refused with 410 Gone, it will not be retried")
    except WebhookFailedError:
        tries = int(record.attributes.approximate_receive_count)
        wiring.webhooks().postpone(record.receipt_handle, next_wait(tries))
        raise
    else:
        logger.info("webhook sent")
