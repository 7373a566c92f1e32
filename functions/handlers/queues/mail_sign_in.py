"""Worker of the sign-in queue: mail a link, if the address can sign in."""

import os
from datetime import UTC, datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.batch.types import PartialItemFailureResponse
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.queues.queue import QueueProcessor
from notifications.sign_in import sign_in_mail
from videos.events.sign_in import LINK_SECONDS, SignInOrder
from videos.events.signed_links import sign_in_url

logger = Logger()
processor = QueueProcessor()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> PartialItemFailureResponse:
    return process_partial_response(event=event, record_handler=_mail, processor=processor, context=context)


def _mail(record: SQSRecord) -> None:
    order = SignInOrder.model_validate_json(record.body)
    logger.append_keys(sign_in_id=order.id)
    if (datetime.now(UTC) - order.asked_at).total_seconds() > LINK_SECONDS:
        logger.warning("the request for a link is too old, nothing is mailed")
        return
    address = wiring.sign_in_addresses().of(order.address)
    if address is None:
        logger.info("a link was asked for an address that cannot sign in")
        return
    token = wiring.sign_ins().make_link(order.address, address.owner)
    url = sign_in_url(os.environ["PUBLIC_URL"], token)
    # To the address as the operator wrote it, not as somebody typed it.
    wiring.mailer_to(address.email).send(sign_in_mail(address.owner, url, order.language))
    logger.info("a link was mailed", owner=address.owner)
