"""The step that announces an end is killed when it has done so, and announces it again."""

import pytest

from tests.faults.ledger_gate import killing_before
from tests.faults.pipeline import GatedPipeline
from tests.faults.promises import broken_promises
from tests.support.scripted_backend.answers import says
from tests.support.scripted_backend.server import Script

DONE = says("Your video is on the timeline.")


@pytest.mark.thorough
def test_the_announcing_step_dies_when_it_has_announced(pipeline: GatedPipeline) -> None:
    pipeline.gate.guard = killing_before("announced")
    end = pipeline.end_of(pipeline.drop(Script(DONE)))

    assert len(end.bus_events) == 1
    first, again = end.announcements  # SNS is at least once, too; a machine knows them by their id
    assert first == again
    assert broken_promises(end) == ["an end is announced once"]
    assert end.version.announced is not None
