"""The hand that cuts the connection of a stream when one of its deadlines has passed."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

from backend.clock import StreamClock


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
