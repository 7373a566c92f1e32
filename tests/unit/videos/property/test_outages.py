"""An outage of the backend of 60 minutes, at whatever moment it begins, costs no video."""

import pytest

from tests.support.selection import mostly_thorough
from tests.unit.videos.property.backend import Down
from tests.unit.videos.property.outages import STEPS, is_lost, moments

ALL = list(moments())


@pytest.mark.parametrize("step", mostly_thorough(STEPS, quick=STEPS.keys() - {"while it is rendered"}))
def test_an_hour_of_outage_costs_no_video(step: str) -> None:
    of_step = [moment for moment in ALL if moment.step == step]
    assert of_step, "no run comes here"
    lost = [
        (moment.at, down)
        for number, moment in enumerate(of_step)
        for seed, down in enumerate(Down)
        if is_lost(moment, 60, down, 10 * number + seed)
    ]
    assert lost == []


def test_an_outage_without_end_does_cost_the_video() -> None:
    """Else the simulation would show nothing."""
    assert all(is_lost(moment, 100_000, Down.UNREACHABLE, 0) for moment in ALL[::9])
