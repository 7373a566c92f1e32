"""Wait for a condition."""

import time
from collections.abc import Callable
from typing import TypeVar

from infra.verification.errors import CheckFailedError

T = TypeVar("T")


def wait_until(
    look: Callable[[], T], done: Callable[[T], bool], what: str, *, seconds: float, pause: float
) -> T:
    """Look until what is seen is `done`; return it.

    Args:
        look: Returns what to judge.
        done: Judges it.
        what: What is waited for, for the error.
        seconds: When to give up.
        pause: Seconds between two looks.

    Raises:
        CheckFailedError: It was not done in time.
    """
    deadline = time.monotonic() + seconds
    while not done(seen := look()):
        if time.monotonic() > deadline:
            raise CheckFailedError(f"Gave up after {seconds:.0f} s waiting for {what}.")
        time.sleep(pause)
    return seen
