"""The two deadlines of a stream."""

import time
from collections.abc import Callable

from backend.errors import StreamDeadlineError, StreamStalledError

STALL_SECONDS = 600.0
"""Ten minutes of heartbeats alone count as a timeout (vendor skill document)."""


class StreamClock:
    """Two deadlines beside the timeout of a single read.

    `total_seconds` is all the time there is, counted from here: a function that must be done before its
    own end passes what it has left. `stall_seconds` may pass without progress; heartbeats are no progress.
    """

    def __init__(
        self,
        total_seconds: float,
        *,
        stall_seconds: float = STALL_SECONDS,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._stall_seconds = stall_seconds
        self._deadline = now() + total_seconds
        self._progress_due = now() + stall_seconds

    def progressed(self) -> None:
        self._progress_due = self._now() + self._stall_seconds

    def seconds_left(self) -> float:
        """Seconds until the nearer of the two deadlines; zero or less when it has passed."""
        return min(self._deadline, self._progress_due) - self._now()

    def overdue(self) -> StreamDeadlineError | StreamStalledError:
        """What to raise for the nearer of the two deadlines."""
        if self._deadline <= self._progress_due:
            return StreamDeadlineError("The agent was still working when the time for waiting was over.")
        return StreamStalledError(f"The agent made no progress for {self._stall_seconds:.0f} seconds.")

    def check(self) -> None:
        """Raise `StreamDeadlineError` or `StreamStalledError` once its deadline has passed."""
        if self.seconds_left() <= 0:
            raise self.overdue()
