"""Every hour: submit what lies in the inbox and no event came for, and report what is no video and why."""

import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from videos.sweep import Finding, Summary, sweep

logger = Logger()
metrics = Metrics(namespace="NemoVideoPipeline")

# By then the event has come, and a file has waited for another one, if it ever does.
SETTLED = timedelta(minutes=15)
# Left at the end of the function's time for one more page, and for closing the report.
RESERVE = timedelta(minutes=5)


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """`settled_seconds` in the event asks for a sweep of what is younger, too."""
    began = datetime.now(UTC)
    reserve = int(RESERVE / timedelta(milliseconds=1))
    findings = sweep(
        wiring.intake(),
        listing=wiring.inbox(),
        index=wiring.store(),
        bookmark=wiring.bookmark(),
        now=lambda: datetime.now(UTC),
        settled_for=timedelta(seconds=event.get("settled_seconds", SETTLED.total_seconds())),
        kept_for=timedelta(days=int(os.environ["KEEP_DAYS"])),
        has_time=lambda: context.get_remaining_time_in_millis() > reserve,
    )
    counts = Counter[str]()
    report = f"reports/sweep-{began:%Y-%m-%dT%H-%M-%SZ}.jsonl"
    wiring.shelf().store_stream(report, _lines(findings, counts), "application/jsonl")
    metrics.add_metric(
        name="DropsWithoutEvent", unit=MetricUnit.Count, value=counts["submitted"] + counts["restarted"]
    )
    metrics.add_metric(name="DropsFailed", unit=MetricUnit.Count, value=counts["failed"])
    logger.info("swept", report=report, found=counts)
    return {"report": report, "found": counts}


def _lines(findings: Iterator[Finding | Summary], counts: Counter[str]) -> Iterator[bytes]:
    for finding in findings:
        if isinstance(finding, Finding):
            counts[finding.found] += 1
            if finding.found in {"submitted", "restarted", "failed"}:
                logger.warning("no event had started a video of it", **finding.model_dump(exclude_none=True))
        yield finding.model_dump_json(exclude_none=True).encode() + b"\n"
