"""A file was dropped in the inbox."""

import json
import os
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.s3_event import S3Event, S3EventRecord
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.queue import QueueProcessor
from videos.drop import DropKind, accept_drop, kind_of
from videos.edit_notes import LOOK_AGAIN_SECONDS, NotYetError, accept_edit_note
from videos.follow_up import BusyError
from videos.models import InboxFile

logger = Logger()
processor = QueueProcessor()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event=event, record_handler=_ingest, processor=processor, context=context)


def _ingest(record: SQSRecord) -> None:
    body = json.loads(record.body)
    if body.get("Event") == "s3:TestEvent":  # S3 sends one when the notification is set up
        return
    for dropped in S3Event(body).records:
        if kind_of(_file(dropped).key) is DropKind.EDIT:
            _edit(dropped, record)
            continue
        video = accept_drop(
            _file(dropped),
            sequencer=dropped.s3.get_object.sequencer or "",
            store=wiring.store(),
            inbox=wiring.inbox(),
            workflow=wiring.workflow(),
            default_instruction=os.environ["DEFAULT_INSTRUCTION"],
            keep_days=int(os.environ["KEEP_DAYS"]),
        )
        logger.info("accepted", video_id=video.video_id) if video else logger.info("ignored: a folder marker")


def _edit(dropped: S3EventRecord, record: SQSRecord) -> None:
    try:
        video = accept_edit_note(
            _file(dropped),
            sequencer=dropped.s3.get_object.sequencer or "",
            dropped_at=datetime.fromisoformat(dropped.event_time),
            store=wiring.store(),
            inbox=wiring.inbox(),
            workflow=wiring.workflow(),
            keep_days=int(os.environ["KEEP_DAYS"]),
        )
    except (NotYetError, BusyError):
        wiring.drops().postpone(record.receipt_handle, LOOK_AGAIN_SECONDS)
        raise
    logger.info("accepted a change", video_id=video.video_id)


def _file(dropped: S3EventRecord) -> InboxFile:
    return InboxFile(
        bucket=dropped.s3.bucket.name,
        key=unquote_plus(dropped.s3.get_object.key),  # S3 form-encodes keys in its events
        version_id=dropped.s3.get_object.version_id or None,
    )
