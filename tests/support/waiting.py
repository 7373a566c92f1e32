"""Waiting for conditions. A limit here means that something hangs, never that the machine is slow."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

# Nothing that is waited for takes a minute on two idle cores. Ten busy processes beside it make that six.
HUNG_SECONDS = 600.0
HUNG_MS = 1000 * HUNG_SECONDS


def sleep() -> None:
    """Let other processes work."""
    time.sleep(0.05)


def awaited(look: Callable[[], T | None], what: str, *, pause: Callable[[], object] = sleep) -> T:
    """Return what `look` returns, once that is neither None nor false.

    `what` names it for the failure. Between two looks there is a `pause`; Playwright needs its own.
    """
    deadline = time.monotonic() + HUNG_SECONDS
    while not (seen := look()):
        if time.monotonic() > deadline:
            pytest.fail(f"Waited {HUNG_SECONDS:.0f} s for {what}.")
        pause()
    return seen
