"""Worker of the webhook queue: send one webhook, and record the attempt."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
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
from videos.model.delivery import Attempt, Delivery

logger = Logger()
processor = QueueProcessor()

_RECORD_TRIES = 3  # others may record an attempt of the same webhook at this moment


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(
        event=event, record_handler=_deliver, processor=processor, context=context
    )


def _deliver(record: SQSRecord) -> None:
    order = WebhookOrder.model_validate_json(record.body)
    logger.append_keys(callback_id=order.id, owner=order.owner, video_id=order.video_id)
    if (known := _recorded(order)) is not None and known.is_delivered(order.redelivery):
        logger.info("webhook was accepted before, it is not sent again")
        return
    secret = wiring.api_keys().webhook_secret(order.owner)
    now, tries = datetime.now(UTC), int(record.attributes.approximate_receive_count)
    try:
        status = call_back(order, secret, http=wiring.guarded_http(), now=now)
    except WebhookRefusedError:
        logger.warning("webhook refused with 410 Gone, it will not be retried")
        _record(
            order, Attempt(at=now, status_code=HTTPStatus.GONE, error="The service wants no more webhooks.")
        )
    except WebhookFailedError as error:
        failed = Attempt(at=now, status_code=error.status_code, error=str(error))
        if tries >= order.most_tries:
            _record(order, failed)
            if order.is_news:
                logger.warning("webhook about progress failed, it will not be retried", exc_info=error)
                return
        else:
            _record(order, failed, wait_seconds=next_wait(tries))
        wiring.webhooks().postpone(record.receipt_handle, next_wait(tries))
        raise
    else:
        logger.info("webhook sent")
        _record(order, Attempt(at=now, status_code=status))


def _recorded(order: WebhookOrder) -> Delivery | None:
    """Return the record of a webhook. Without one, the webhook is sent all the same."""
    if order.video_id is None:
        return None
    try:
        return wiring.deliveries().delivery(order.video_id, order.id)
    except Exception as error:  # a record must not cost a webhook
        logger.warning("record of the delivery could not be read", exc_info=error)
        return None


def _record(order: WebhookOrder, attempt: Attempt, *, wait_seconds: int | None = None) -> None:
    """Record an attempt; without seconds to wait, no further one follows."""
    later = attempt.at + timedelta(seconds=wait_seconds) if wait_seconds is not None else None
    try:
        for _ in range(_RECORD_TRIES):
            before = _recorded(order)
            if before is None:
                return
            after = before.after(attempt, redelivery=order.redelivery, next_attempt_at=later)
            if wiring.deliveries().replace(before, after):
                return
    except Exception as error:  # the webhook was sent
        logger.warning("delivery was not recorded", exc_info=error)
