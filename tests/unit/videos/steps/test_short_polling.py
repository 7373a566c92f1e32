from dataclasses import dataclass

import pytest

from videos.steps.short_polling import CLOSE_SECONDS, WATCH_SECONDS, look_closely


@dataclass(frozen=True)
class Look:
    wait_seconds: int


def _watched(*waits: int) -> tuple[int, list[float]]:
    """The last wait that was seen, and the pauses on the way; the last of the given waits stays."""
    left = list(waits)
    pauses: list[float] = []

    def look() -> Look:
        return Look(left.pop(0) if len(left) > 1 else left[0])

    return look_closely(look, pause=pauses.append).wait_seconds, pauses


def test_close_looks_are_one_invocation() -> None:
    assert _watched(CLOSE_SECONDS, 1, CLOSE_SECONDS, 0) == (0, [CLOSE_SECONDS, 1, CLOSE_SECONDS])


@pytest.mark.parametrize("wait", [0, CLOSE_SECONDS + 1, 30])
def test_what_is_over_or_waits_longer_is_the_workflow_s(wait: int) -> None:
    assert _watched(wait, 0) == (wait, [])


def test_an_invocation_ends_long_before_its_time_is_up() -> None:
    last, pauses = _watched(CLOSE_SECONDS)
    assert (last, sum(pauses)) == (CLOSE_SECONDS, WATCH_SECONDS)
