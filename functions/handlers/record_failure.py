"""Step: end the turn as failed."""

from functools import partial

from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.step import Event, did_not_pass, step
from videos.finish import record_failure


def handler(event: Event, context: LambdaContext) -> Event:
    reason = did_not_pass(event.get("error", {}))  # an execution begun before a deployment tells none
    end = partial(record_failure, reason=reason, store=wiring.store(), backend=wiring.backend())
    return step(end)(event, context)
