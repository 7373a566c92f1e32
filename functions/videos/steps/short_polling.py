"""Looking again within one invocation.

A round of the workflow (wait, step, choose) costs three state transitions, as much as 22 s of a function of
256 MB. So where looks are close one invocation takes several, for as long as leaves its timeout to a slow
answer.
"""

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

SHORT_POLL_SECONDS = 2
WATCH_SECONDS = 90


class Poll(Protocol):
    """What a look showed; `wait_seconds` is 0 when nothing is waited for any more."""

    @property
    def wait_seconds(self) -> int: ...


PollT = TypeVar("PollT", bound=Poll)


def poll_shortly(look: Callable[[], PollT], *, pause: Callable[[float], None] = time.sleep) -> PollT:
    """Look, and go on looking while looks are close; returns the last."""
    passed = 0
    while True:
        seen = look()
        if not 0 < seen.wait_seconds <= SHORT_POLL_SECONDS or passed >= WATCH_SECONDS:
            return seen
        pause(seen.wait_seconds)
        passed += seen.wait_seconds
