"""Poll several times within one invocation.

A round of the workflow (wait, step, choose) costs three state transitions, as much as 22 s of a function of
256 MB. So one invocation polls several times if the waits are short. It leaves enough time for a slow answer.
"""

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

SHORT_POLL_SECONDS = 2
WATCH_SECONDS = 90


class Poll(Protocol):
    """The result of a poll; `wait_seconds` is 0 when nothing is waited for any more."""

    @property
    def wait_seconds(self) -> int: ...


PollT = TypeVar("PollT", bound=Poll)


def poll_shortly(poll: Callable[[], PollT], *, pause: Callable[[float], None] = time.sleep) -> PollT:
    """Poll, and poll again while the waits are short. Return the last result."""
    passed = 0
    while True:
        seen = poll()
        if not 0 < seen.wait_seconds <= SHORT_POLL_SECONDS or passed >= WATCH_SECONDS:
            return seen
        pause(seen.wait_seconds)
        passed += seen.wait_seconds
