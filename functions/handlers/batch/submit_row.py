"""Step of a row's child workflow: submit the video of the row."""

import os
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.page_check import allowed, reachable
from videos.batches.submit_row import Dependencies, RowOrder, submit_row

logger = Logger()


@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    order = RowOrder.model_validate(event)
    logger.append_keys(batch_id=order.batch_id, row=order.row)
    given = Dependencies(
        batches=wiring.batches(),
        store=wiring.store(),
        workflow=wiring.workflow(),
        tasks=wiring.tasks(),
        objects=wiring.named_objects(),
        reachable=reachable,
        allowed=allowed,
        default_instruction=os.environ["DEFAULT_INSTRUCTION"],
        keep_days=int(os.environ["KEEP_DAYS"]),
        public_url=os.environ["PUBLIC_URL"],
    )
    return submit_row(order, given).model_dump(mode="json")
