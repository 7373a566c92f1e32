"""Step: record a failure, announce the end, charge credits, start the next version."""

import os

from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from handlers.metrics import measure_end
from handlers.workflow.step import Event, logger, problem_in, step
from videos.batches.submit_row import complete_row
from videos.lifecycle.edit import begin_next
from videos.model.records import VersionRef
from videos.model.version import Version
from videos.steps.finish import Finishing, finish
from videos.steps.result import StepResult


def handler(event: Event, context: LambdaContext) -> Event:
    before = event.get("before", {})  # result of the previous step, or its last error

    def end(ref: VersionRef) -> StepResult:
        if "Error" in before:
            logger.warning("step failed after all retries", error=before)
        given = Finishing(
            store=wiring.store(),
            backend=wiring.backend(),
            costs=wiring.costs(),
            ledger=wiring.ledger(),
            topic=wiring.topic(),
            webhooks=wiring.tracked_webhooks(),
            tags=wiring.tags(),
            public_url=os.environ["PUBLIC_URL"],
            row_ended=_row_ended,
            begin_next=_begin_next,
            measure=measure_end,
            change_days=_change_days(),
        )
        return finish(ref, given, reason=problem_in(before))

    return step(end)(event, context)


def _change_days() -> int | None:
    return int(os.environ["CHANGE_LINK_DAYS"]) if os.environ["CHANGE_LINKS"] == "true" else None


def _row_ended(version: Version) -> None:
    complete_row(
        version,
        store=wiring.store(),
        batches=wiring.batches(),
        tasks=wiring.tasks(),
        public_url=os.environ["PUBLIC_URL"],
    )


def _begin_next(ref: VersionRef) -> None:
    begin_next(ref, store=wiring.store(), workflow=wiring.workflow())
