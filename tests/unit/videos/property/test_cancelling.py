"""Cancel, and retry, between any two calls, with an API that dies or is throttled.

Nothing is paid that was cancelled before, nothing waits for ever, no session has two instructions at once.
"""

from itertools import product

import pytest

from tests.support.selection import mostly_thorough
from tests.unit.videos.property.backend import Behaviour
from tests.unit.videos.property.simulation import Schedule, Simulation
from tests.unit.videos.property.world import Fate, Fault
from videos.model.records import Status

HOUR = 3600.0
# How the API's own calls may end: recording the end, stopping the execution, starting the announcement.
OF_THE_API = (
    None,
    *(Fault("store.end", 0, fate) for fate in (Fate.DIES_BEFORE, Fate.DIES_AFTER, Fate.FAILS_AFTER)),
    *(Fault("workflow.stop", 0, fate) for fate in Fate),
    *(Fault("workflow.start", 0, fate) for fate in Fate),
)
# The agent is still at work when it is cancelled; the draft changes once it is.
LONG = Behaviour(stream_seconds=300, changes=(200, 250))


def _moments(behaviour: Behaviour) -> list[float]:
    """Just after each call of a run that nobody cancels."""
    return sorted({round(time + 0.005, 3) for time in Simulation(Schedule(behaviour)).world.times})


@pytest.mark.parametrize(
    "fault",
    mostly_thorough(OF_THE_API, quick=(None, Fault("store.end", 0, Fate.DIES_AFTER))),
    ids=lambda fault: f"{fault.point} {fault.fate.name}" if fault else "well",
)
@pytest.mark.parametrize("copies", [(), (0.005, 100.0)], ids=["one message", "three copies"])
def test_a_cancellation_at_any_moment(fault: Fault | None, copies: tuple[float, ...]) -> None:
    for moment in _moments(Behaviour()):
        faults = (fault,) if fault else ()
        pipeline = Simulation(Schedule(faults=faults, copies=copies, cancels=(moment,)))
        try:
            _holds(pipeline)
        except AssertionError as error:
            raise AssertionError(f"{error} - cancelled at {moment} s") from error


@pytest.mark.parametrize("after", [0.5, 5.0, 60.0])
def test_a_retry_right_after_a_cancellation(after: float) -> None:
    moments = _moments(LONG)
    for moment in [*moments[:40], 10.0, 100.0, 250.0]:
        # It is refused while the cancelled version is not known to have ended: the owner tries again.
        retries = (moment + after, moment + after + 60)
        pipeline = Simulation(Schedule(LONG, cancels=(moment,), retries=retries))
        try:
            _holds(pipeline)
        except AssertionError as error:
            raise AssertionError(f"{error} - cancelled at {moment} s") from error


def test_these_runs_do_cancel_and_retry() -> None:
    pipeline = Simulation(Schedule(LONG, cancels=(100.0,), retries=(101.0,)))
    statuses = [version.ended and version.ended.status for version in pipeline.store.kept.all_versions()]
    assert statuses == [Status.CANCELLED, Status.READY]
    assert pipeline.backend.books.messages.total() == 2


def test_every_fault_of_the_api_is_met() -> None:
    for fault, moment in product(OF_THE_API[1:], [30.0]):
        assert fault is not None
        assert Simulation(Schedule(faults=(fault,), cancels=(moment,))).world.met, fault


def _holds(pipeline: Simulation) -> None:
    store, books = pipeline.store, pipeline.backend.books
    ended_at = dict(store.ends)
    assert len(store.ends) == len(ended_at), "a version ended twice"
    for version in store.kept.all_versions():
        name = version.ref.execution_name
        assert version.ended, "a version has no end"
        locked = store.locked.get(name, 0.0)
        assert locked <= ended_at[name], "an instruction was locked for sending after its version had ended"
        told = [
            at
            for item, at in zip(pipeline.topic.ends, pipeline.topic.announced_at, strict=True)
            if item.version == version.number
        ]
        assert told, "the end was not announced"
        assert min(told) - ended_at[name] < 2 * HOUR, "the end was announced hours later"
        ids = {item.id for item in pipeline.topic.ends if item.version == version.number}
        assert len(ids) == 1, "one end was announced under two ids"
        runs = [execution for execution in pipeline.machine.executions[version.ref] if execution]
        assert all(execution.over or execution.stopped for execution in runs), "an execution runs for ever"
    sent = sum(version.send_lock is not None for version in store.kept.all_versions())
    assert books.messages.total() <= sent, "an instruction was sent twice"
    assert not books.streams_at_once, "two instructions ran in one session at once"
    assert not books.two_at_once, "two renders ran at once"
    for session in {ref.session_id for ref in pipeline.backend.jobs.values()}:
        assert not pipeline.backend.running(session, pipeline.world.seconds) - books.unheard, (
            "a render is left"
        )
