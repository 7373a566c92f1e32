"""Waiting for conditions. A limit here means that something hangs, never that the machine is slow."""

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

# Nothing that is waited for takes a minute on two idle cores. Ten busy processes beside it make that six.
HUNG_SECONDS = 600.0
HUNG_MS = 1000 * HUNG_SECONDS


def awaited(look: Callable[[], T | None], what: str, *, pause: Callable[[float], object] = time.sleep) -> T:
    """Return what `look` returns, once that is neither None nor false.

    `what` names it for the failure. Between two looks there is a `pause` of some seconds, longer ones after a
    while: to look takes processor time from what is waited for.
    """
    began = time.monotonic()
    while not (seen := look()):
        waited = time.monotonic() - began
        if waited > HUNG_SECONDS:
            pytest.fail(f"Waited {HUNG_SECONDS:.0f} s for {what}.")
        pause(min(0.5, max(0.02, waited / 10)))
    return seen
