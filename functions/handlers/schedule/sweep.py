"""Sweep, every hour: submit files of the inbox whose event was lost, and report files that cannot be used."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from videos.inbox.sweep import Summary, SweptObject, sweep

logger = Logger()
metrics = Metrics(namespace="NemoVideoPipeline")

# By then events have arrived, and files have stopped waiting for their sidecar.
MIN_AGE = timedelta(minutes=15)
# Time reserved for one more page and the end of the report before the function times out.
RESERVE = timedelta(minutes=5)


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Sweep the inbox. `min_age_seconds` in the event replaces the minimum age of a file."""
    began = datetime.now(UTC)
    reserve = int(RESERVE / timedelta(milliseconds=1))
    findings = sweep(
        wiring.intake(),
        listing=wiring.inbox(),
        index=wiring.store(),
        checkpoint=wiring.checkpoint(),
        now=lambda: datetime.now(UTC),
        min_age=timedelta(seconds=event.get("min_age_seconds", MIN_AGE.total_seconds())),
        kept_for=timedelta(days=int(os.environ["KEEP_DAYS"])),
        has_time=lambda: context.get_remaining_time_in_millis() > reserve,
    )
    counts = Counter[str]()
    report = f"reports/sweep-{began:%Y-%m-%dT%H-%M-%SZ}.jsonl"
    wiring.storage().store_stream(report, _lines(findings, counts), "application/jsonl")
    metrics.add_metric(
        name="DropsWithoutEvent", unit=MetricUnit.Count, value=counts["submitted"] + counts["restarted"]
    )
    metrics.add_metric(name="DropsFailed", unit=MetricUnit.Count, value=counts["failed"])
    logger.info("sweep completed", report=report, found=counts)
    return {"report": report, "found": counts}


def _lines(findings: Iterator[SweptObject | Summary], counts: Counter[str]) -> Iterator[bytes]:
    for finding in findings:
        if isinstance(finding, SweptObject):
            counts[finding.found] += 1
            if finding.found in {"submitted", "restarted", "failed"}:
                logger.warning("file was found without an event", **finding.model_dump(exclude_none=True))
        yield finding.model_dump_json(exclude_none=True).encode() + b"\n"
