"""Whatever fails, whoever comes at once: no limit is exceeded, nothing stays set aside, all waiting ends.

Days of a stack whose limits are too small for what is asked of it, on the real workflow; 1,000 by default.
"""

import os
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from tests.unit.videos.property.backend import Behaviour, Ending
from tests.unit.videos.property.simulation import Schedule, Simulation
from tests.unit.videos.property.world import Fate, Fault
from videos.model.records import Status
from videos.model.version import Reservation, Version
from videos.spending.budgets import Limits, WhenOver, budgets_of
from videos.spending.prices import GENERATION_CREDITS

SCHEDULES = int(os.environ.get("SCHEDULES", "2000")) // 2
DAY = 86_400.0

LIMITS = st.builds(
    Limits,
    credits_per_day=st.sampled_from([0, 0, 100, 250, 300]),
    credits_per_month=st.sampled_from([0, 0, 300, 500]),
    owner_credits_per_day=st.sampled_from([0, 0, 100, 199]),
    owner_credits_per_month=st.sampled_from([0, 0, 400]),
    when_over=st.sampled_from([WhenOver.WAIT, WhenOver.WAIT, WhenOver.REFUSE]),
)
STARTS = st.lists(
    st.sampled_from([0.0, 0.0, 0.005, 0.01, 60.0, 100.0, DAY - 1, DAY, DAY + 30.0, 1.5 * DAY, 20 * DAY]),
    min_size=1,
    max_size=6,
).map(tuple)
FAULTS = st.builds(
    Fault,
    point=st.sampled_from(
        [
            *("ledger.account", "ledger.reserve", "ledger.reserve", "ledger.charge", "ledger.charge"),
            *(
                "backend.credits",
                "costs.change",
                "store.version",
                "backend.send_message",
                "store.end",
                "topic.publish",
            ),
        ]
    ),
    nth=st.integers(0, 8),
    fate=st.sampled_from([None, *Fate]),
    before=st.sampled_from([0.0, 0.0, 0.02, 30.0, 119.0]),
    after=st.sampled_from([0.0, 0.0, 0.02, 30.0, 119.0]),
)
SCHEDULE = st.builds(
    Schedule,
    behaviour=st.builds(
        Behaviour,
        ending=st.sampled_from([Ending.CLOSES, Ending.CLOSES, Ending.OUT_OF_CREDITS, Ending.BREAKS]),
        price=st.sampled_from([0.0, 10.0, 100.0, 100.0, 250.0]),
        render_seconds=st.sampled_from([0.0, 60.0, 900.0]),
    ),
    faults=st.lists(FAULTS, max_size=4).map(tuple),
    starts=STARTS,
    owners=st.sampled_from([("ann",), ("ann", "bob"), ("ann", "ann", "bob")]),
    limits=LIMITS,
)


@pytest.mark.examples
@settings(
    max_examples=SCHEDULES,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(SCHEDULE)
def test_no_limit_is_exceeded_and_everything_ends(schedule: Schedule) -> None:
    pipeline = Simulation(schedule)
    versions = pipeline.store.kept.all_versions()
    for version in versions:
        assert version.ended, "it waits for ever"
        assert (version.reservation is None) == (version.charge is None), "credits are still set aside"
        event(f"ended as {version.ended.status}, {version.problem and version.problem.code}")
    _no_more_was_spent_than_may(pipeline, versions)
    _what_is_counted_is_what_was_charged(pipeline, versions)
    _no_more_is_told_than_was_charged(pipeline, versions)


def _no_more_was_spent_than_may(pipeline: Simulation, versions: list[Version]) -> None:
    """By no more than what was at work at one moment cost, and not at all where it cost what was expected."""
    price = pipeline.schedule.behaviour.price
    excess = price * _most_at_once(versions) if price > GENERATION_CREDITS else 0
    for version, reservation in _reserved(versions):
        owner = pipeline.store.kept.video(version.video_id).owner
        for budget in budgets_of(owner, pipeline.schedule.limits, reservation.at):
            of_it = [other for other, its in _reserved(versions) if budget.key in its.budgets]
            spent = sum(_charged(pipeline, other) for other in of_it)
            assert spent <= budget.credits + excess, f"{spent} of {budget}"


def _what_is_counted_is_what_was_charged(pipeline: Simulation, versions: list[Version]) -> None:
    for version, reservation in _reserved(versions):
        owner = pipeline.store.kept.video(version.video_id).owner
        assert pipeline.ledger.kept.account(reservation.at).held == 0
        for budget in budgets_of(owner, pipeline.schedule.limits, reservation.at):
            counted = [
                other.charge.credits
                for other, its in _reserved(versions)
                if budget.key in its.budgets and other.charge
            ]
            assert pipeline.ledger.committed(budget) == pytest.approx(sum(counted))


def _no_more_is_told_than_was_charged(pipeline: Simulation, versions: list[Version]) -> None:
    charged = pipeline.schedule.behaviour.price * pipeline.backend.books.charged.total()
    assert sum(version.credits_used or 0 for version in versions) <= charged
    told = {end.id: end.credits_used or 0 for end in pipeline.topic.ends}
    assert sum(told.values()) <= charged


def _reserved(versions: list[Version]) -> Iterator[tuple[Version, Reservation]]:
    for version in versions:
        if version.reservation is not None:
            yield version, version.reservation


def _charged(pipeline: Simulation, version: Version) -> float:
    sessions = set(pipeline.store.sessions.get(version.video_id, []))
    return pipeline.schedule.behaviour.price * sum(
        pipeline.backend.books.charged[session] for session in sessions
    )


def _most_at_once(versions: list[Version]) -> int:
    changes = []
    for version, reservation in _reserved(versions):
        assert version.charge
        changes += [(reservation.at, 1), (version.charge.at, -1)]
    most = now = 0
    for _, change in sorted(changes):
        now += change
        most = max(most, now)
    return most


def _ready_on(pipeline: Simulation) -> list[int]:
    """On which day, counted from 1, each video was let begin."""
    versions = pipeline.store.kept.all_versions()
    assert all(version.ended and version.ended.status is Status.READY for version in versions)
    return sorted(version.reservation.at.day for version in versions if version.reservation)


def test_what_waits_goes_on_when_the_budget_renews() -> None:
    pipeline = Simulation(Schedule(starts=(0.0,) * 7, limits=Limits(credits_per_day=300)))
    assert _ready_on(pipeline) == [1, 1, 1, 2, 2, 2, 3]
    assert pipeline.backend.books.charged.total() == 7


def test_what_was_not_needed_lets_others_in_on_the_same_day() -> None:
    cheap = Behaviour(price=10)
    starts = tuple(600.0 * number for number in range(7))
    pipeline = Simulation(Schedule(cheap, starts=starts, limits=Limits(credits_per_day=160)))
    assert _ready_on(pipeline) == [1] * 7


def test_what_costs_more_than_expected_is_noticed() -> None:
    """Alone at once, and together with others in the end."""
    dear = Behaviour(price=200)
    for starts in ((0.0, 600.0, 1200.0), (0.0, 0.0, 600.0)):
        pipeline = Simulation(Schedule(dear, starts=starts, limits=Limits(credits_per_month=450)))
        charges = [version.charge for version in pipeline.store.kept.all_versions()]
        assert sum(charge.credits for charge in charges if charge) >= 400


def test_one_owner_does_not_use_up_anothers_budget() -> None:
    limits = Limits(owner_credits_per_day=100, when_over=WhenOver.REFUSE)
    schedule = Schedule(starts=(0.0, 0.0, 300.0, 300.0), owners=("ann", "bob"), limits=limits)
    ended = [
        version.ended and version.ended.status for version in Simulation(schedule).store.kept.all_versions()
    ]
    assert ended == [Status.READY, Status.READY, Status.FAILED, Status.FAILED]


@pytest.mark.parametrize("delay", [0.0, 0.005, 0.01, 0.015, 0.02, 0.025])
def test_of_two_at_once_one_gets_the_last_credits(delay: float) -> None:
    limits = Limits(credits_per_day=100)
    pipeline = Simulation(Schedule(starts=(0.0, delay), limits=limits))
    assert _ready_on(pipeline) == [1, 2]
    refusing = replace(limits, when_over=WhenOver.REFUSE)
    pipeline = Simulation(Schedule(starts=(0.0, delay), limits=refusing))
    codes = [version.problem and version.problem.code for version in pipeline.store.kept.all_versions()]
    assert sorted(map(str, codes)) == ["None", "over_budget"]


@pytest.mark.parametrize(
    ("limits", "advice"),
    [
        (Limits(credits_per_day=50), "Ask the operator to raise the limit (CreditsPerDay)."),
        (Limits(owner_credits_per_month=99.5), "Ask the operator to raise the limit (OwnerCreditsPerMonth)."),
    ],
)
def test_what_no_budget_will_ever_allow_does_not_wait(limits: Limits, advice: str) -> None:
    (version,) = Simulation(Schedule(limits=limits)).store.kept.all_versions()
    assert version.problem
    assert (version.problem.code, version.problem.advice) == ("over_budget", advice)


def test_what_would_wait_beyond_its_own_life_is_refused_at_once() -> None:
    pipeline = Simulation(Schedule(starts=(0.0, 0.0), limits=Limits(credits_per_month=100)))
    (problem,) = [version.problem for version in pipeline.store.kept.all_versions() if version.problem]
    assert "It renews only after this video expires." in problem.message
    assert all(seconds < DAY for _, seconds in pipeline.store.ends)
