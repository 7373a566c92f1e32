"""Step: record a failure, announce the end, charge credits, start the next version."""

import os

from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.metrics import measure_end
from handlers.workflow.step import Event, logger, problem_in, step
from videos.batches.submit_row import settle_row
from videos.lifecycle.edit import begin_next
from videos.model.records import Job
from videos.model.version import Turn
from videos.steps.finish import Finishing, finish
from videos.steps.result import StepResult


def handler(event: Event, context: LambdaContext) -> Event:
    before = event.get("before", {})  # result of the previous step, or its last error

    def end(job: Job) -> StepResult:
        if "Error" in before:
            logger.warning("step failed after all retries", error=before)
        given = Finishing(
            store=wiring.store(),
            backend=wiring.backend(),
            costs=wiring.costs(),
            ledger=wiring.ledger(),
            topic=wiring.topic(),
            callbacks=wiring.callbacks(),
            tags=wiring.tags(),
            public_url=os.environ["PUBLIC_URL"],
            row_ended=_row_ended,
            begin_next=_begin_next,
            measure=measure_end,
        )
        return finish(job, given, reason=problem_in(before))

    return step(end)(event, context)


def _row_ended(turn: Turn) -> None:
    settle_row(
        turn,
        store=wiring.store(),
        batches=wiring.batches(),
        tasks=wiring.tasks(),
        public_url=os.environ["PUBLIC_URL"],
    )


def _begin_next(job: Job) -> None:
    begin_next(job, store=wiring.store(), workflow=wiring.workflow())
