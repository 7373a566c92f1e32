"""A file was dropped in the inbox."""

import json
import os
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
from videos.batch import NewBatch, accept_batch
from videos.drop import OWNER, DropKind, accept_drop, identity_of, kind_of
from videos.models import InboxFile
from videos.submit import ConflictingRequestError

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
        file, sequencer = _file(dropped), dropped.s3.get_object.sequencer or ""
        match kind_of(file.key):
            case DropKind.NOTHING:
                logger.info("ignored: no input", key=file.key)
            case DropKind.BATCH:
                _accept_batch(file, sequencer)
            case _:
                _accept(file, sequencer)


def _accept(file: InboxFile, sequencer: str) -> None:
    video = accept_drop(
        file,
        sequencer=sequencer,
        store=wiring.store(),
        inbox=wiring.inbox(),
        workflow=wiring.workflow(),
        default_instruction=os.environ["DEFAULT_INSTRUCTION"],
        keep_days=int(os.environ["KEEP_DAYS"]),
    )
    logger.info("accepted", video_id=video.video_id) if video else logger.info("ignored: a folder marker")


def _accept_batch(file: InboxFile, sequencer: str) -> None:
    new = NewBatch(identity=identity_of(file, sequencer), owner=OWNER, source="inbox", file=file)
    try:
        batch = accept_batch(
            new,
            store=wiring.batches(),
            workflow=wiring.batch_workflow(),
            keep_days=int(os.environ["KEEP_DAYS"]),
        )
    except ConflictingRequestError:
        logger.info("ignored: this batch was handed in over the API before")
    else:
        logger.info("accepted", batch_id=batch.batch_id)


def _file(dropped: S3EventRecord) -> InboxFile:
    return InboxFile(
        bucket=dropped.s3.bucket.name,
        key=unquote_plus(dropped.s3.get_object.key),  # S3 form-encodes keys in its events
        version_id=dropped.s3.get_object.version_id or None,
    )
