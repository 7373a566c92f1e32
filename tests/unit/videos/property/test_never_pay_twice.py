"""Whatever fails, and when: no instruction is paid for twice, and no video is without an end.

Each example is a schedule: how the backend behaves, which calls fail or stall or kill their process, and
which queue messages come more than once. Thousands run by default; `SCHEDULES=100000` runs that many.
"""

import os
from collections import Counter
from itertools import product

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from backend.draft import fingerprint
from tests.unit.videos.property.backend import Behaviour, Ending, RenderFate
from tests.unit.videos.property.simulation import Schedule, Simulation
from tests.unit.videos.property.world import POINTS, Fate, Fault
from videos.model.records import Status
from videos.model.version import Version
from videos.spending.budgets import Limits

SCHEDULES = int(os.environ.get("SCHEDULES", "2000"))

ANNOUNCING = {"topic.publish", "store.write_once:announced"}
# The recovery of the vendor skill document waits 30 s, then four times 60 s, for a draft to change.
RECOVERABLE_SECONDS = 30 + 4 * 60

DELAYS = st.sampled_from([0.0, 0.0, 0.005, 0.03, 1.0, 130.0, 800.0, 899.0, 960.0])
FAULTS = st.builds(
    Fault,
    point=st.sampled_from(POINTS),
    nth=st.sampled_from([0, 0, 0, 1, 2, 5]),
    fate=st.sampled_from([None, *Fate]),
    before=DELAYS,
    after=DELAYS,
)
BEHAVIOURS = st.builds(
    Behaviour,
    ending=st.sampled_from([Ending.CLOSES, Ending.CLOSES, Ending.BREAKS, *Ending]),
    text=st.sampled_from(["Done.", "", "Which of the two clips do you mean?"]),
    stream_seconds=st.sampled_from([0.0, 60.0, 60.0, 60.0, 300.0, 869.0, 2000.0]),
    changes=st.lists(st.sampled_from([0.0, 2.0, 31.0, 62.0, 64.0, 66.0, 200.0, 500.0]), max_size=4).map(
        lambda changes: tuple(sorted(changes))
    ),
    renders=st.lists(st.sampled_from([RenderFate.COMPLETES, *RenderFate]), min_size=1, max_size=2).map(tuple),
    render_seconds=st.sampled_from([0.0, 40.0, 90.0, 1700.0]),
    broken_downloads=st.sampled_from([(), (), (), (0,), (1, 2), (0, 1, 2, 3)]),
    outage=st.tuples(
        st.sampled_from([0.0, 0.05, 0.2, 61.0, 64.2, 66.0, 150.0, 1000.0]), st.sampled_from([0.0, 90.0, 1e9])
    ),
    forgets=st.lists(
        st.sampled_from([0.045, 0.065, 0.085, 0.1, 0.13, 0.16, 0.2, 0.25, 2.0, 62.0, 900.0]), max_size=5
    ).map(tuple),
    price=st.sampled_from([0.0, 100.0, 100.0, 250.0]),
)
SCHEDULE = st.builds(
    Schedule,
    behaviour=BEHAVIOURS,
    faults=st.lists(FAULTS, max_size=5).map(tuple),
    copies=st.lists(
        st.sampled_from([0.0, 0.005, 0.02, 0.025, 1.0, 100.0, 899.0, 901.0, 961.0, 2000.0]), max_size=2
    ).map(tuple),
    starts=st.sampled_from([(0.0,), (0.0,), (0.0, 0.0), (0.0, 0.005)]),
    limits=st.sampled_from([Limits(), Limits(credits_per_day=100), Limits(owner_credits_per_month=1000)]),
)


@pytest.mark.examples
@settings(
    max_examples=SCHEDULES,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(SCHEDULE)
def test_whatever_fails(schedule: Schedule) -> None:
    pipeline = Simulation(schedule)
    _keeps_its_promises(pipeline)
    for version in pipeline.store.kept.all_versions():
        event(f"ended as {version.ended and version.ended.status}")


@pytest.mark.thorough
@pytest.mark.parametrize("copies", [(), (0.005, 100.0)], ids=["one message", "three copies"])
@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(Behaviour(), id="all is well"),
        pytest.param(Behaviour(text="", changes=(64, 70)), id="silent, late changes"),
        pytest.param(Behaviour(ending=Ending.BREAKS, changes=(20, 100)), id="the stream breaks"),
        pytest.param(Behaviour(text="Which one?", changes=(63, 90)), id="a question, then changes"),
        pytest.param(Behaviour(ending=Ending.OUT_OF_CREDITS), id="no credits"),
        pytest.param(Behaviour(renders=(RenderFate.FAILS, RenderFate.COMPLETES)), id="first render fails"),
        pytest.param(Behaviour(renders=(RenderFate.STICKS, RenderFate.FAILS)), id="no render is completed"),
        pytest.param(Behaviour(broken_downloads=(1, 2)), id="later downloads are broken"),
        pytest.param(Behaviour(broken_downloads=(0, 1)), id="all downloads are broken"),
        pytest.param(Behaviour(outage=(0.05, 2000)), id="down for half an hour"),
        pytest.param(Behaviour(forgets=(0.1,)), id="the session is forgotten before it is used"),
        pytest.param(Behaviour(forgets=(0.06, 0.15, 0.2, 0.3, 0.4, 0.5)), id="sessions are forgotten"),
    ],
)
@pytest.mark.parametrize("limits", [Limits(), Limits(credits_per_day=200)], ids=["no limit", "a limit"])
def test_whichever_call_fails(behaviour: Behaviour, copies: tuple[float, ...], limits: Limits) -> None:
    """Every call of the run, one run for each, in every way that a call can fail."""
    calls = Simulation(Schedule(behaviour, copies=copies, limits=limits)).world.calls
    for point, count in calls.items():
        for nth, fate in product(range(min(count, 6)), Fate):
            fault = Fault(point, nth, fate)
            try:
                _keeps_its_promises(Simulation(Schedule(behaviour, (fault,), copies, limits=limits)))
            except AssertionError as error:
                raise AssertionError(f"{error} - when {fault}") from error


# The claim stands, and nobody knows whether the instruction was posted: it is not posted again.
UNKNOWN_WHETHER_POSTED = {
    Fault("store.write_once:send_lock", 0, Fate.DIES_AFTER),
    Fault("store.write_once:send_lock", 0, Fate.FAILS_AFTER),
    Fault("backend.send_message", 0, Fate.DIES_BEFORE),
}


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param(Limits(), id="no limit"),
        pytest.param(Limits(credits_per_day=200), id="a limit", marks=pytest.mark.thorough),
    ],
)
def test_no_single_fault_costs_a_video_but_where_nobody_knows_whether_it_was_paid_for(limits: Limits) -> None:
    calls = Simulation(Schedule(limits=limits)).world.calls
    points = [(point, nth) for point, count in calls.items() for nth in range(count)]
    faults = [Fault(point, nth, fate) for (point, nth), fate in product(points, Fate)]
    lost = set()
    for fault in faults:
        (version,) = Simulation(Schedule(faults=(fault,), limits=limits)).store.kept.all_versions()
        if version.ended is None or version.ended.status is not Status.READY:
            lost.add(fault)
    assert lost == UNKNOWN_WHETHER_POSTED


@pytest.mark.examples
@settings(max_examples=SCHEDULES // 10, print_blob=True)
@given(
    ending=st.sampled_from(
        [Ending.CLOSES, Ending.BREAKS, Ending.HANGS, Ending.NO_ANSWER, Ending.SERVER_ERROR]
    ),
    text=st.sampled_from(["", "Done."]),
    changes=st.lists(st.floats(0, RECOVERABLE_SECONDS), min_size=2, max_size=2),
    dies_at=st.sampled_from(["backend.send_message", "store.write:reply", "tasks.succeed", None]),
    fate=st.sampled_from([Fate.DIES_AFTER, Fate.FAILS_AFTER]),
)
def test_what_was_paid_for_is_found_again(
    ending: Ending, text: str, changes: list[float], dies_at: str | None, fate: Fate
) -> None:
    """However the stream ended or its worker died, a draft that came in time becomes a video."""
    first, second = sorted(changes)
    seconds = second if ending is Ending.CLOSES else first / 2
    pipeline = Simulation(
        Schedule(
            Behaviour(ending=ending, text=text, changes=(first, second), stream_seconds=seconds),
            faults=(Fault(dies_at, 0, fate),) if dies_at else (),
        )
    )
    (version,) = pipeline.store.kept.all_versions()
    _paid_at_most_once(pipeline, version)
    assert version.ended
    assert version.ended.status is Status.READY


def test_a_copy_of_the_message_leaves_a_living_worker_alone() -> None:
    """Taken for dead, it would be given up while the agent is at work: after five unchanged reads."""
    pipeline = Simulation(Schedule(Behaviour(changes=(500, 700), stream_seconds=700), copies=(5, 300)))
    (version,) = pipeline.store.kept.all_versions()
    assert version.ended
    assert version.ended.status is Status.READY


def test_schedules_reach_every_call() -> None:
    """A fault at a point that nothing calls would test nothing."""
    unlucky = (RenderFate.FAILS, RenderFate.STICKS)
    down = Behaviour(outage=(0.05, 1e9))
    runs = [
        Simulation(Schedule(down)),
        Simulation(Schedule(Behaviour(outage=(62, 600)))),
        Simulation(Schedule(Behaviour(stream_seconds=300), cancels=(100,), retries=(101,))),
        Simulation(Schedule(Behaviour(renders=unlucky))),
        Simulation(Schedule(Behaviour(ending=Ending.OUT_OF_CREDITS))),
        Simulation(Schedule(faults=(Fault("backend.send_message", 0, Fate.FAILS_BEFORE),))),
        Simulation(Schedule(faults=(Fault("store.write:reply", 0, Fate.DIES_BEFORE),))),
        Simulation(Schedule(Behaviour(forgets=(0.15,)), limits=Limits(credits_per_day=100))),
        # The early start fails, and the draft changes between the looks at it and the next start.
        Simulation(
            Schedule(
                Behaviour(changes=(30, 50, 64)),
                (
                    Fault("backend.start_render", 0, Fate.FAILS_BEFORE),
                    Fault("store.write:timeline", 0, before=5),
                ),
            )
        ),
    ]
    reached = sum((run.world.calls for run in runs), Counter[str]())
    assert set(reached) == set(POINTS)


@pytest.mark.parametrize("starts", [(0.0,), (0.0, 0.0)])
def test_without_a_fault_a_video_is_ready(starts: tuple[float, ...]) -> None:
    pipeline = Simulation(Schedule(starts=starts))
    assert [version.ended and version.ended.status for version in pipeline.store.kept.all_versions()] == [
        Status.READY
    ] * len(starts)
    assert {execution.over for execution in pipeline.executions.values()} == {"Done"}
    assert list(pipeline.backend.books.charged.values()) == [1] * len(starts)
    assert pipeline.world.met == []


@pytest.mark.parametrize("render_seconds", [45.0, 60.0, 90.0])
@pytest.mark.parametrize("limits", [Limits(), Limits(credits_per_day=200)], ids=["no limit", "a limit"])
def test_the_straight_road_is_short(render_seconds: float, limits: Limits) -> None:
    """At most 16 states entered and 8 invocations: ten states, and four steps beside intake and worker."""
    pipeline = Simulation(Schedule(Behaviour(render_seconds=render_seconds), limits=limits))
    (execution,) = pipeline.executions.values()
    assert execution.entered == [
        *("Prepare", "Next step", "Generate", "Wait for render", "Render", "Next step"),
        *("Deliver", "Next step", "Finish", "Next step", "Done"),
    ]
    assert pipeline.workers == 1


def test_what_the_worker_leaves_to_the_workflow_takes_one_more_round() -> None:
    """A silent edit whose draft changes late; a stream that breaks."""
    late = Simulation(Schedule(Behaviour(text="", changes=(30, 50, 70))))
    broken = Simulation(Schedule(Behaviour(ending=Ending.BREAKS)))
    for pipeline in (late, broken):
        (execution,) = pipeline.executions.values()
        assert execution.over == "Done"
        assert len(execution.entered) <= 24


def _keeps_its_promises(pipeline: Simulation) -> None:
    for version in pipeline.store.kept.all_versions():
        _paid_at_most_once(pipeline, version)
        _ended_exactly_once(pipeline, version)
        _announced(pipeline, version)
        _rendered_in_good_order(pipeline, version)
        _plays_when_ready(pipeline, version)
        assert (version.reservation is None) == (version.charge is None), "credits are still set aside"


def _session(pipeline: Simulation, version: Version) -> str:
    session = pipeline.store.kept.video(version.video_id).backend_session
    return session.session_id if session else "none was opened"


def _paid_at_most_once(pipeline: Simulation, version: Version) -> None:
    sessions, books = set(pipeline.store.sessions.get(version.video_id, [])), pipeline.backend.books
    assert sum(books.messages[session] for session in sessions) <= 1, "the instruction was sent twice"
    assert not sessions & set(books.told_too_early), "the instruction was sent before the media was there"


def _ended_exactly_once(pipeline: Simulation, version: Version) -> None:
    name = version.ref.execution_name
    assert version.ended, "the version has no end"
    assert [ended for ended, _ in pipeline.store.ends].count(name) == 1, "the version ended twice"
    over = "Failed" if version.ended.status is Status.FAILED else "Done"
    assert pipeline.executions[version.video_id].over == over, "the workflow did not end like its turn"


def _announced(pipeline: Simulation, version: Version) -> None:
    ids = [item.id for item in pipeline.topic.ends if item.video_id == version.video_id]
    assert ids, "the end was not announced"
    assert len(set(ids)) == 1, "one end was announced under two ids"
    if not ANNOUNCING & {fault.point for fault in pipeline.world.met}:
        assert len(ids) == 1, "the end was announced twice"


def _rendered_in_good_order(pipeline: Simulation, version: Version) -> None:
    session, books = _session(pipeline, version), pipeline.backend.books
    asked = books.asked_at.get(session, [])
    jobs = [ref for ref in pipeline.backend.jobs.values() if ref.session_id == session]
    of_one_draft = Counter(fingerprint(dict(ref.draft)) for ref in jobs)
    assert all(count <= 2 for count in of_one_draft.values()), "a third render of a draft was asked for"
    assert session not in books.two_at_once, "two renders ran at once"
    (end,) = (at for name, at in pipeline.store.ends if name == version.ref.execution_name)
    assert all(at <= end for at in asked), "a render was asked for after the end"
    assert not pipeline.backend.running(session, end) - books.unheard, "a render was left running"


def _plays_when_ready(pipeline: Simulation, version: Version) -> None:
    if version.ended and version.ended.status is Status.READY:
        assert version.delivered
        body = pipeline.storage.kept.bodies.get(version.delivered.key, b"")
        assert body.startswith(f"film of {_session(pipeline, version)},".encode()), (
            "what is ready does not play"
        )
