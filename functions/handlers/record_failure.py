"""Step: end the turn as failed."""

from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.step import Event, logger, problem_in, step
from videos.finish import record_failure
from videos.records import Job


def handler(event: Event, context: LambdaContext) -> Event:
    error = event.get("given_up", {})  # an execution begun before a deployment tells none

    def end(job: Job) -> None:
        if error:
            logger.warning("a step was given up", error=error)
        record_failure(
            job,
            reason=problem_in(error),
            store=wiring.store(),
            backend=wiring.backend(),
            costs=wiring.costs(),
        )

    return step(end)(event, context)
