"""Looking again within one invocation.

A round of the workflow (wait, step, choose) costs three state transitions, as much as 22 s of a function of
256 MB. So where looks are close one invocation takes several, for as long as leaves its timeout to a slow
answer.
"""

import time
from collections.abc import Callable
from typing import Protocol, TypeVar

CLOSE_SECONDS = 2
WATCH_SECONDS = 90


class Look(Protocol):
    """What a look showed; `wait_seconds` is 0 when nothing is waited for any more."""

    @property
    def wait_seconds(self) -> int: ...


LookT = TypeVar("LookT", bound=Look)


def look_closely(look: Callable[[], LookT], *, pause: Callable[[float], None] = time.sleep) -> LookT:
    """Look, and go on looking while looks are close; returns the last."""
    passed = 0
    while True:
        seen = look()
        if not 0 < seen.wait_seconds <= CLOSE_SECONDS or passed >= WATCH_SECONDS:
            return seen
        pause(seen.wait_seconds)
        passed += seen.wait_seconds
