import socket
import threading
from types import SimpleNamespace

import httpx
import pytest

from backend import StreamClock
from backend.errors import StreamDeadlineError, StreamStalledError
from nemovideo.clock import cut_when_overdue
from tests.support.clock import ManualClock


def test_the_deadline_is_counted_from_the_start_whatever_happens() -> None:
    time = ManualClock()
    clock = StreamClock(900, now=time.monotonic)

    time.pause(500)
    clock.progressed()
    time.pause(399)
    clock.check()
    assert clock.seconds_left() == 1
    time.pause(1)
    with pytest.raises(StreamDeadlineError, match=r"^The agent was still working when the time for waiting"):
        clock.check()


def test_of_two_deadlines_at_the_same_moment_the_last_one_is_told() -> None:
    time = ManualClock()
    clock = StreamClock(600, now=time.monotonic)
    time.pause(600)
    with pytest.raises(StreamDeadlineError):
        clock.check()


def test_a_stall_is_counted_from_the_last_progress() -> None:
    time = ManualClock()
    clock = StreamClock(10_000, now=time.monotonic)

    time.pause(599)
    clock.progressed()
    time.pause(599)
    clock.check()
    time.pause(1)
    with pytest.raises(StreamStalledError, match="600 seconds"):
        clock.check()


class NetworkStream:
    def __init__(self, connection: object) -> None:
        self._connection = connection

    def get_extra_info(self, info: str) -> object:
        return self._connection if info == "socket" else None


def watched(connection: object) -> httpx.Response:
    return httpx.Response(200, extensions={"network_stream": NetworkStream(connection)})


@pytest.fixture
def shut_down(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Set when the socket's own `shutdown` is called; the connection is a stand-in that is no socket."""
    event = threading.Event()

    class Socket:
        @staticmethod
        def shutdown(connection: object, how: int) -> None:
            assert (connection, how) == ("connection", socket.SHUT_RDWR)
            event.set()
            raise OSError("already gone")

    module = SimpleNamespace(socket=Socket, SHUT_RDWR=socket.SHUT_RDWR)
    monkeypatch.setattr("nemovideo.clock.socket", module)
    return event


def test_a_read_that_blocks_past_the_deadline_is_cut(shut_down: threading.Event) -> None:
    clock = StreamClock(0.0)

    with cut_when_overdue(watched("connection"), clock) as cut:
        assert shut_down.wait(10)

    assert cut.is_set()


def test_progress_moves_the_moment_of_the_cut(shut_down: threading.Event) -> None:
    left = iter([0.0001, 0.0001, 0.0])

    class Moving(StreamClock):
        def seconds_left(self) -> float:
            return next(left)

    with cut_when_overdue(watched("connection"), Moving(900)):
        assert shut_down.wait(10)
    assert next(left, None) is None


def test_a_stream_that_ends_in_time_is_not_cut(shut_down: threading.Event) -> None:
    with cut_when_overdue(watched("connection"), StreamClock(900)) as cut:
        pass
    for thread in threading.enumerate():
        if thread.name == "stream-clock":
            thread.join(10)
            assert not thread.is_alive()

    assert not cut.is_set()
    assert not shut_down.is_set()


def test_without_a_socket_there_is_nothing_to_cut() -> None:
    with cut_when_overdue(httpx.Response(200), StreamClock(0.0)) as cut:
        assert not cut.is_set()
