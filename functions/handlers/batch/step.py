"""Shared by all steps of the batch workflow: parse the event, set up the log."""

from collections.abc import Callable
from typing import Any, cast

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

logger = Logger()

Event = dict[str, Any]


class BatchJob(BaseModel):
    """The input of a batch step."""

    batch_id: str


def batch_step(use_case: Callable[[BatchJob], BaseModel | None]) -> Callable[[Event, LambdaContext], Event]:
    """Return a Lambda handler for one step of a batch."""

    @logger.inject_lambda_context(clear_state=True)
    def handler(event: Event, _context: LambdaContext) -> Event:
        ref = BatchJob.model_validate(event)
        logger.append_keys(batch_id=ref.batch_id)
        result = use_case(ref)
        return result.model_dump(mode="json") if result is not None else {}

    return cast("Callable[[Event, LambdaContext], Event]", handler)
