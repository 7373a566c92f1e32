"""Recovery job, every 5 minutes: recover versions whose workflow no longer runs, count late charges."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers import wiring
from videos.lifecycle.recovery import Recovered, recover, release_tasks

logger = Logger()
metrics = Metrics(namespace="NemoVideoPipeline")

# Time reserved to complete the current version before the function times out.
RESERVE = timedelta(seconds=20)


@metrics.log_metrics
@logger.inject_lambda_context(clear_state=True)
def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    counts = Counter[str]()
    store, tasks = wiring.store(), wiring.tasks()
    for ref in release_tasks(wiring.dead_letter_messages(), store=store, tasks=tasks):
        logger.warning(
            "instruction found in the dead-letter queue", video_id=ref.video_id, version=ref.version
        )
        counts["released"] += 1
    reserve = int(RESERVE / timedelta(milliseconds=1))
    findings = recover(
        store=store,
        unfinished=store,
        executions=wiring.workflow(),
        workflow=wiring.workflow(),
        now=datetime.now(UTC),
        has_time=lambda: context.get_remaining_time_in_millis() > reserve,
    )
    for finding in findings:
        logger.warning(
            "no execution was working on this version",
            video_id=finding.ref.video_id,
            version=finding.ref.version,
            recovered=finding.recovered,
        )
        counts[finding.recovered] += 1
    wiring.costs().sweep(store)
    metrics.add_metric(name="VideosRecovered", unit=MetricUnit.Count, value=counts.total())
    metrics.add_metric(name="VideosGivenUp", unit=MetricUnit.Count, value=counts[Recovered.GIVEN_UP])
    return dict(counts)
