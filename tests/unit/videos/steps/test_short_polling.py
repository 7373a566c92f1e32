from dataclasses import dataclass

import pytest

from videos.steps.short_polling import SHORT_POLL_SECONDS, WATCH_SECONDS, poll_shortly


@dataclass(frozen=True)
class Poll:
    wait_seconds: int


def _watched(*waits: int) -> tuple[int, list[float]]:
    """The last wait that was seen, and the pauses on the way; the last of the given waits stays."""
    left = list(waits)
    pauses: list[float] = []

    def look() -> Poll:
        return Poll(left.pop(0) if len(left) > 1 else left[0])

    return poll_shortly(look, pause=pauses.append).wait_seconds, pauses


def test_close_looks_are_one_invocation() -> None:
    assert _watched(SHORT_POLL_SECONDS, 1, SHORT_POLL_SECONDS, 0) == (
        0,
        [SHORT_POLL_SECONDS, 1, SHORT_POLL_SECONDS],
    )


@pytest.mark.parametrize("wait", [0, SHORT_POLL_SECONDS + 1, 30])
def test_what_is_over_or_waits_longer_is_the_workflow_s(wait: int) -> None:
    assert _watched(wait, 0) == (wait, [])


def test_an_invocation_ends_long_before_its_time_is_up() -> None:
    last, pauses = _watched(SHORT_POLL_SECONDS)
    assert (last, sum(pauses)) == (SHORT_POLL_SECONDS, WATCH_SECONDS)
