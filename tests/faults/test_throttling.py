"""More functions asked for at once than may run. Nothing is lost by it, and no try is."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from infra.local.cloud import embedded_cloud
from tests.faults.channels import chat_channel
from tests.faults.endurance import await_rest, drop, outcome_of
from tests.faults.ledger_gate import ledger_gate
from tests.faults.pipeline import THROTTLED, GatedPipeline
from tests.faults.scripted import scripted
from tests.support.scripted_backend.answers import says
from tests.support.scripted_backend.server import Script, scripted_backend

pytestmark = pytest.mark.thorough

DROPS = 8
# The embedded cloud gives an expression one second, as AWS does, on a busy machine, too.
SLOW = "States.QueryEvaluationError"


@pytest.mark.timeout(900)  # less than the visibility timeout of a message that is not offered again
def test_what_is_throttled_comes_again_until_it_runs(tmp_path: Path) -> None:
    with scripted_backend() as backend, chat_channel() as slack:
        backend.play(Script(says("Done."), raw_reads=0))
        # Long enough waits for the tries of a slow machine.
        settings = replace(scripted(tmp_path, backend, slack), functions_at_once=2, wait_scale=0.05)
        with embedded_cloud(settings) as endpoints, ledger_gate(endpoints.aws_endpoint_url) as gate:
            pipeline = GatedPipeline(endpoints, backend, slack, gate)
            jobs = drop(pipeline, DROPS, within_seconds=0)
            await_rest(pipeline, lambda _: None)
            outcome = outcome_of(pipeline, jobs)
            errors = sum((pipeline.errors_of(ref) for ref in jobs), Counter())
    assert outcome.broken == []
    assert outcome.statuses == {"ready": DROPS}
    assert set(errors) - {SLOW} == {THROTTLED}
