"""What the notification workers share: each announcement is told once, and later again if that failed."""

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
from handlers.queue import QueueProcessor
from videos.announcements import Announcement, BatchEnded, parse_announcement
from videos.callbacks import WAITS, next_wait

KEPT_SECONDS = 14 * 24 * 3600  # as long as a message can live in a queue

logger = Logger()
processor = QueueProcessor()

Handler = Callable[[dict[str, Any], LambdaContext], PartialItemFailureResponse]


class NotNowError(Exception):
    """The channel could not take it; `after` is how many seconds it asked for, if it did."""

    def __init__(self, reason: str, after: int | None = None) -> None:
        super().__init__(reason)
        self.after = after


def notifier(tell: Callable[[Announcement], None]) -> Handler:
    """A Lambda handler that tells each announcement of its queue to one channel, once.

    `tell` raises NotNowError when it has to be tried again, with growing waits over a day.
    """

    @logger.inject_lambda_context(clear_state=True)
    def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
        once = _once(tell, context)
        return process_partial_response(
            event=event, record_handler=partial(_tell, once), processor=processor, context=context
        )

    return cast("Handler", handler)


def _tell(once: Callable[..., None], record: SQSRecord) -> None:
    announcement = parse_announcement(record.body)
    logger.append_keys(announcement_id=announcement.id, owner=announcement.owner)
    if not isinstance(announcement, BatchEnded):
        logger.append_keys(video_id=announcement.video_id, turn=announcement.turn)
    try:
        once(announcement=announcement)
    except NotNowError as error:
        tries = int(record.attributes.approximate_receive_count)
        wait = min(error.after or next_wait(tries), WAITS[-1])  # SQS refuses more than twelve hours
        wiring.notifications().postpone(record.receipt_handle, wait)
        raise
    logger.info("told")


def _once(tell: Callable[[Announcement], None], context: LambdaContext) -> Callable[..., None]:
    """Tells nothing twice: a repeated message is known by its announcement's id."""

    def told(*, announcement: Announcement) -> None:
        tell(announcement)

    config = IdempotencyConfig(event_key_jmespath="id", expires_after_seconds=KEPT_SECONDS)
    config.register_lambda_context(context)
    return cast(
        "Callable[..., None]",
        idempotent_function(
            told,
            data_keyword_argument="announcement",
            persistence_store=_persistence(),
            config=config,
            key_prefix=tell.__module__,
        ),
    )


@cache
def _persistence() -> DynamoDBPersistenceLayer:
    return DynamoDBPersistenceLayer(table_name=wiring.idempotency_table())
