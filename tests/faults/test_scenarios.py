"""Every scenario of the list in front of the deployed pipeline: many drops at once, and then each end."""

from dataclasses import replace
from functools import partial

import pytest

from tests.faults.backend import Script
from tests.faults.pipeline import HASTE, Drop, End, Pipeline
from tests.faults.promises import broken_promises
from tests.faults.scenarios import DONE, SCENARIOS, Act, Scenario
from tests.faults.test_faults import QUICK
from videos.records import Status

pytestmark = pytest.mark.thorough

TOGETHER = {
    name: scenario
    for name, scenario in SCENARIOS.items()
    if not (scenario.alone or scenario.variation) and name not in QUICK
}


AT_ONCE = 8
# Workers of a busy machine must not die before they have begun.
LIVES = {worker: (3 * seconds, 3 * redelivery) for worker, (seconds, redelivery) in HASTE.items()}


@pytest.fixture(scope="module")
def ends(deployed: Pipeline) -> dict[str, End]:
    """What came of them, by their names."""
    deployed.set_lives(LIVES)
    deployed.backend.play(Script(DONE))
    names = list(TOGETHER)
    drops: dict[str, Drop] = {}
    for first in range(0, len(names), AT_ONCE):
        drops |= _come_to_their_ends(deployed, names[first : first + AT_ONCE], first)
    return {name: deployed.what_came_of(drop) for name, drop in drops.items()}


def _come_to_their_ends(pipeline: Pipeline, names: list[str], first: int) -> dict[str, Drop]:
    drops = {name: _drop(pipeline, number, TOGETHER[name]) for number, name in enumerate(names, first)}
    _await_all(pipeline, drops)
    for name, drop in drops.items():
        if act := TOGETHER[name].then:
            assert pipeline.store.video(drop.job.video_id).status is TOGETHER[name].ends, name
            _ask(pipeline, drop, act)
            drops[name] = replace(drop, turn=2)
    _await_all(pipeline, drops)
    return drops


def _await_all(pipeline: Pipeline, drops: dict[str, Drop]) -> None:
    for name, drop in drops.items():
        pipeline.until(partial(pipeline.has_ended, drop.job), f"{name} has ended")
    pipeline.until(pipeline.is_quiet, "all messages are done with")


@pytest.mark.parametrize("name", TOGETHER)
def test_scenario(ends: dict[str, End], name: str) -> None:
    scenario, end = TOGETHER[name], ends[name]
    script = end.script
    if scenario.then is None and not scenario.cancelled_at:
        assert broken_promises(end) == []
    status = scenario.ends if scenario.then is None else Status.READY
    came_of_it = (end.video.status, len(script.messages), len(script.started_renders))
    assert came_of_it == (status, scenario.posts, scenario.renders), end.told
    assert [words for words in scenario.told if words not in end.told] == [], end.told
    assert len(end.announcements) == 1
    assert not any(render.runs for render in script.started_renders), "a render is orphaned"
    assert ("video.mp4" in end.stored) is (status is Status.READY)
    assert scenario.holds(script)


def test_the_protocol_was_kept(ends: dict[str, End], deployed: Pipeline) -> None:
    assert ends
    assert deployed.backend.faults == []


def _drop(pipeline: Pipeline, number: int, scenario: Scenario) -> Drop:
    script, drops = scenario.script(), list[Drop]()
    if scenario.cancelled_at:
        script.meanwhile[scenario.cancelled_at] = lambda: pipeline.ask(drops[0].job, "cancel")
    drops.append(pipeline.drop_beside_others(script, f"scenario-{number}.png"))
    return drops[0]


def _ask(pipeline: Pipeline, drop: Drop, act: Act) -> None:
    match act:
        case Act.EXPORT:
            pipeline.ask(drop.job, "export")
        case Act.ASK_FOR_THE_FILE:
            pipeline.ask(drop.job, "messages", text="send me the video")
        case Act.RETRY:
            pipeline.ask(drop.job, "retry")
