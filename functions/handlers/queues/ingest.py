"""Worker of the inbox queue: process S3 events of dropped files."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.s3_event import S3Event, S3EventRecord
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel, ConfigDict, Field

from handlers import wiring
from handlers.queues.queue import QueueProcessor
from videos.inbox.drop import Accepted, AcceptedBatch, Ignored, Waiting
from videos.model.media import Drop, InboxFile

logger = Logger()
processor = QueueProcessor()


class Notification(BaseModel):
    """An S3 event of one object, to be sent to the queue again."""

    model_config = ConfigDict(serialize_by_alias=True)

    records: list[dict[str, Any]] = Field(serialization_alias="Records")


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event=event, record_handler=_ingest, processor=processor, context=context)


def _ingest(record: SQSRecord) -> None:
    body = json.loads(record.body)
    if body.get("Event") == "s3:TestEvent":  # sent once, when the notification is configured
        return
    for event in S3Event(body).records:
        # Includes copies, replicas and multipart uploads. A restored object existed before.
        if event.event_name.startswith("ObjectCreated:"):
            _take(event)


def _take(event: S3EventRecord) -> None:
    drop = _drop(event)
    logger.append_keys(key=drop.file.key)
    match wiring.intake().take(drop, now=datetime.now(UTC)):
        case Accepted(video):
            logger.info("drop accepted", video_id=video.video_id, version=video.version)
        case AcceptedBatch(batch):
            logger.info("batch accepted", batch_id=batch.batch_id)
        case Ignored(reason):
            logger.info("drop ignored", reason=reason)
        case Waiting(seconds, reason):
            # A new message, because postponing the old one counts as a failed delivery.
            wiring.dropped_again().put(Notification(records=[event.raw_event]), delay_seconds=seconds)
            logger.info("drop will be checked again later", seconds=seconds, reason=reason)


def _drop(event: S3EventRecord) -> Drop:
    file = InboxFile(
        bucket=event.s3.bucket.name,
        key=unquote_plus(event.s3.get_object.key),  # S3 form-encodes keys in its events
        version_id=event.s3.get_object.version_id or None,
    )
    return Drop(
        file=file,
        at=datetime.fromisoformat(event.event_time),
        sequencer=event.s3.get_object.sequencer or "",
        copied=event.event_name == "ObjectCreated:Copy",
    )
