"""The two clocks of a stream, and the hand that cuts the connection when one of them runs out."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import httpx

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


@contextmanager
def cut_when_overdue(response: httpx.Response, clock: StreamClock) -> Iterator[threading.Event]:
    """Shut the connection of `response` down at the clock's deadline; yields what is set when that happened.

    A healthy stream may be silent for minutes, and httpx takes the timeout of a read once, when the body
    begins. Short, it would break healthy streams; long, a read begun just before a deadline would outlast it.
    So the timeout is long, and a thread wakes the blocked read at the right moment.
    """
    cut, over = threading.Event(), threading.Event()
    stream = response.extensions.get("network_stream")
    connection: socket.socket | None = stream and stream.get_extra_info("socket")

    def watch(connection: socket.socket) -> None:
        while (left := clock.seconds_left()) > 0:
            if over.wait(left):
                return
        cut.set()
        with suppress(OSError):  # the peer was faster
            # Not SSLSocket.shutdown, which takes the TLS state away from under a read.
            socket.socket.shutdown(connection, socket.SHUT_RDWR)

    if connection is not None:
        threading.Thread(target=watch, args=(connection,), name="stream-clock", daemon=True).start()
    try:
        yield cut
    finally:
        over.set()
