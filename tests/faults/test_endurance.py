"""The small edition of `make endurance`."""

from pathlib import Path

import pytest

from tests.faults.endurance import Trial, endure

pytestmark = pytest.mark.thorough


def test_drops_in_bad_weather_end_once_and_are_told(tmp_path: Path) -> None:
    toll = endure(Trial(drops=12, within_seconds=2, kill_every_calls=100, wait_scale=0.01), tmp_path)
    assert toll.outcome.broken == [], toll
    assert toll.outcome.statuses["ready"] > 0
    # The weather was bad: else this shows nothing.
    assert toll.backend_mishaps["errors"] > 0
    assert toll.aws_mishaps.total() > 0
    assert toll.kills.total() > 0
