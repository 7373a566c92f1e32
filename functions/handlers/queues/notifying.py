"""Shared by the notification workers: send each announcement once, and retry failures."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.queues.queue import QueueProcessor
from videos.events.announcements import Announcement, BatchEnded, parse_announcement
from videos.events.webhooks import WAITS, next_wait

KEPT_SECONDS = 14 * 24 * 3600  # the longest retention of an SQS queue

logger = Logger()
processor = QueueProcessor()

Handler = Callable[[dict[str, Any], LambdaContext], PartialItemFailureResponse]


class RetryLaterError(Exception):
    """A temporary failure of the channel. `after` is the wait that it asked for, in seconds, or None."""

    def __init__(self, reason: str, after: int | None = None) -> None:
        super().__init__(reason)
        self.after = after


def notifier(name: str, send: Callable[[Announcement], None]) -> Handler:
    """Return a Lambda handler that sends each announcement of its queue to one channel, once.

    `name` distinguishes the channel from others. It is the name of the handler's module.
    `send` raises RetryLaterError for a temporary failure. It is retried with growing waits for more than a
    day.
    """

    @logger.inject_lambda_context(clear_state=True)
    def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        once = _once(name, send, context)
        return process_partial_response(
            event=event, record_handler=partial(_send, once), processor=processor, context=context
        )

    return cast("Handler", handler)


def _send(once: Callable[..., None], record: SQSRecord) -> None:
    announcement = parse_announcement(record.body)
    logger.append_keys(announcement_id=announcement.id, owner=announcement.owner)
    if not isinstance(announcement, BatchEnded):
        logger.append_keys(video_id=announcement.video_id, version=announcement.version)
    try:
        once(announcement=announcement)
    except RetryLaterError as error:
        tries = int(record.attributes.approximate_receive_count)
        wait = min(error.after or next_wait(tries), WAITS[-1])  # SQS allows at most 12 hours
        wiring.notifications().postpone(record.receipt_handle, wait)
        raise
    logger.info("notification sent")


def _once(name: str, send: Callable[[Announcement], None], context: LambdaContext) -> Callable[..., None]:
    """Return `send`, made idempotent by the id of the announcement."""

    def send_once(*, announcement: Announcement) -> None:
        send(announcement)

    config = IdempotencyConfig(event_key_jmespath="id", expires_after_seconds=KEPT_SECONDS)
    config.register_lambda_context(context)
    return cast(
        "Callable[..., None]",
        idempotent_function(
            send_once,
            data_keyword_argument="announcement",
            persistence_store=_persistence(),
            config=config,
            key_prefix=name,
        ),
    )


@cache
def _persistence() -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(table_name=wiring.idempotency_table())
