"""What may go wrong between the pipeline and the backend, and what is promised all the same.

Whatever happens: a message is posted at most once, no two renders run at once, there are at most two of them,
and the video ends once and is announced once. Here the scenarios come one by one: those that have something
in common with others, a worker or an account, and one of each kind.
`tests/unit/videos/steps/test_scenarios.py` plays them all.
"""

import pytest

from tests.faults.pipeline import GatedPipeline
from tests.faults.promises import broken_promises
from tests.faults.scenarios import SCENARIOS

# One of each kind.
QUICK = (
    "nothing",
    "killed after the post",
    "claim throttled",
    "502, agent works",
    "a stream that breaks off",
    "2001",
    "render fails once",
    "truncated",
)
# Cancellations at a moment of the account are played by `tests/unit/videos/steps/test_scenarios.py`.
ALONE = [
    name
    for name, scenario in SCENARIOS.items()
    if scenario.alone and not (scenario.variation or scenario.cancelled_at)
]


def _param(name: str) -> object:
    return pytest.param(name, marks=[] if name in QUICK else pytest.mark.thorough)


@pytest.mark.parametrize("name", list(map(_param, dict.fromkeys((*QUICK, *ALONE)))))
def test_fault(pipeline: GatedPipeline, name: str) -> None:
    scenario = SCENARIOS[name]
    pipeline.gate.guard = scenario.guard
    end = pipeline.end_of(pipeline.drop(scenario.script()))

    assert broken_promises(end) == []
    came_of_it = (end.video.status, len(end.script.messages), len(end.script.started_renders))
    assert came_of_it == (scenario.ends, scenario.posts, scenario.renders), end.message
    assert [words for words in scenario.words if words not in end.message] == [], end.message
