"""Sending a message: what it costs makes it different from every other call."""

import json
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace

import httpx
import pytest

from backend import Heartbeat, StreamClock, StreamEvent, Text, collect
from backend.errors import (
    BrokenStreamError,
    NemoVideoError,
    NotSentError,
    OutOfCreditsError,
    RateLimitedError,
    ServerError,
    SessionNotFoundError,
    StreamDeadlineError,
    StreamStalledError,
    TransportError,
    UnexpectedAnswerError,
    UnknownCodeError,
)
from nemovideo import Attribution, FixedToken, NemoVideo
from tests.support.clock import ManualClock

HELLO = b'data: {"content":{"parts":[{"text":"Hello"}]}}\n\n'
HEARTBEAT = b"data:\n\n"


class Conversation:
    """One message to a backend that answers with `answer`, at a time that only the test moves."""

    def __init__(
        self,
        answer: Callable[[], httpx.Response],
        total_seconds: float = 900,
        clock: type[StreamClock] = StreamClock,
    ) -> None:
        self.time = ManualClock()
        self.clock = clock(total_seconds, now=self.time.monotonic)
        self.requests: list[httpx.Request] = []

        def backend(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return answer()

        client = NemoVideo(
            "https://api.test",
            FixedToken("nmv_1"),
            attribution=Attribution(platform="cursor"),
            http=httpx.Client(transport=httpx.MockTransport(backend), follow_redirects=True),
        )
        self.events = client.send_message("s", "hi", clock=self.clock)

    def read(self) -> list[StreamEvent]:
        return list(self.events)


def streaming(*chunks: bytes, content_type: str = "text/event-stream") -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(200, headers={"Content-Type": content_type}, content=iter(chunks))


def breaking(error: Exception, *chunks: bytes) -> Callable[[], httpx.Response]:
    def body() -> Iterator[bytes]:
        yield from chunks
        raise error

    return lambda: httpx.Response(200, headers={"Content-Type": "text/event-stream"}, content=body())


def raising(error: Exception) -> Callable[[], httpx.Response]:
    def answer() -> httpx.Response:
        raise error

    return answer


def test_the_request() -> None:
    conversation = Conversation(streaming(HELLO))

    assert collect(conversation.events).text == "Hello"

    (request,) = conversation.requests
    assert json.loads(request.content) == {
        "app_name": "nemo_agent",
        "user_id": "me",
        "session_id": "s",
        "new_message": {"parts": [{"text": "hi"}]},
    }
    assert request.headers["Accept"] == "text/event-stream"
    assert request.headers["Content-Type"] == "application/json"
    assert request.headers["Accept-Encoding"] == "identity"


def test_nothing_is_sent_before_the_first_event_is_asked_for() -> None:
    assert Conversation(streaming(HELLO)).requests == []


@pytest.mark.parametrize("size", [1, 7, len(HELLO)])
def test_events_however_the_body_is_cut(size: int) -> None:
    body = HEARTBEAT + HELLO + HELLO
    chunks = [body[at : at + size] for at in range(0, len(body), size)]
    assert Conversation(streaming(*chunks)).read() == [Heartbeat(), Text("Hello"), Text("Hello")]


def test_a_stream_without_content_type_is_read() -> None:
    assert Conversation(lambda: httpx.Response(200, content=iter([HELLO]))).read() == [Text("Hello")]


@pytest.mark.parametrize(
    ("answer", "kind", "refused"),
    [
        (raising(httpx.ConnectError("refused")), NotSentError, True),
        (raising(httpx.PoolTimeout("busy")), NotSentError, True),
        (raising(httpx.WriteError("reset")), TransportError, False),
        (raising(httpx.RemoteProtocolError("gone")), TransportError, False),
        (lambda: httpx.Response(503, text="busy"), ServerError, False),
        (lambda: httpx.Response(307, headers={"Location": "/run_sse"}), UnexpectedAnswerError, True),
        (lambda: httpx.Response(503, headers={"Retry-After": "7"}), ServerError, True),
        (lambda: httpx.Response(429), RateLimitedError, True),
        (lambda: httpx.Response(200, json={"code": 5003, "message": "系统繁忙"}), UnknownCodeError, False),
        (lambda: httpx.Response(404, json={"detail": "Session not found"}), SessionNotFoundError, True),
        (lambda: httpx.Response(200, json={"code": 2001}), OutOfCreditsError, True),
        (lambda: httpx.Response(200, json={"code": 0, "data": {}}), UnexpectedAnswerError, False),
        (lambda: httpx.Response(200, html="<html>"), UnexpectedAnswerError, False),
        (lambda: httpx.Response(200, json={"error": "no"}), UnexpectedAnswerError, False),
        (breaking(httpx.ReadError("reset"), HELLO), BrokenStreamError, False),
        (breaking(httpx.RemoteProtocolError("incomplete chunked read"), HELLO), BrokenStreamError, False),
        (streaming(HELLO[:-1]), BrokenStreamError, False),
    ],
)
def test_whatever_happens_it_is_sent_once(
    answer: Callable[[], httpx.Response], kind: type[NemoVideoError], *, refused: bool
) -> None:
    conversation = Conversation(answer)
    with pytest.raises(NemoVideoError) as caught:
        conversation.read()
    assert (type(caught.value), caught.value.refused) == (kind, refused)
    assert len(conversation.requests) == 1


def test_events_before_a_break_are_delivered() -> None:
    conversation = Conversation(breaking(httpx.ReadError("reset"), HELLO))
    assert next(conversation.events) == Text("Hello")
    with pytest.raises(BrokenStreamError):
        next(conversation.events)


def test_without_time_left_nothing_is_sent() -> None:
    conversation = Conversation(streaming(HELLO), total_seconds=0)
    with pytest.raises(NotSentError):
        conversation.read()
    assert conversation.requests == []


@pytest.mark.parametrize(("total_seconds", "read_timeout"), [(100.0, 100.0), (900.0, 600.0)])
def test_a_read_may_take_as_long_as_the_nearer_deadline(total_seconds: float, read_timeout: float) -> None:
    conversation = Conversation(streaming(HELLO), total_seconds)
    conversation.read()
    assert conversation.requests[0].extensions["timeout"]["read"] == read_timeout


def test_the_time_before_sending_is_no_stall() -> None:
    conversation = Conversation(streaming(HELLO))
    conversation.time.seconds = 700
    assert conversation.read() == [Text("Hello")]


def ticking(conversation: Conversation, seconds: float, chunk: bytes, times: int) -> Iterator[bytes]:
    for _ in range(times):
        conversation.time.seconds += seconds
        yield chunk


@pytest.mark.parametrize(
    ("chunk", "total_seconds", "kind", "seen"),
    [
        (HEARTBEAT, 10_000, StreamStalledError, 9),
        (b": ping\n\n", 10_000, StreamStalledError, 0),
        (HELLO, 900, StreamDeadlineError, 14),
        (HEARTBEAT, 500, StreamDeadlineError, 8),
    ],
)
def test_deadlines_are_noticed_while_bytes_come(
    chunk: bytes, total_seconds: float, kind: type[NemoVideoError], seen: int
) -> None:
    conversation = Conversation(
        lambda: httpx.Response(
            200,
            headers={"Content-Type": "text/event-stream"},
            content=ticking(conversation, 60, chunk, 1000),
        ),
        total_seconds,
    )
    for _ in range(seen):
        next(conversation.events)
    with pytest.raises(kind):
        next(conversation.events)


def test_progress_keeps_a_long_stream_alive() -> None:
    conversation = Conversation(
        lambda: httpx.Response(
            200, headers={"Content-Type": "text/event-stream"}, content=ticking(conversation, 599, HELLO, 10)
        ),
        10_000,
    )
    assert len(conversation.read()) == 10


@pytest.mark.parametrize(
    ("total_seconds", "kind"), [(100.0, StreamDeadlineError), (900.0, StreamStalledError)]
)
@pytest.mark.parametrize("began", [False, True])
def test_a_read_that_times_out_means_the_nearer_deadline(
    total_seconds: float, kind: type[NemoVideoError], *, began: bool
) -> None:
    timeout = httpx.ReadTimeout("")
    conversation = Conversation(breaking(timeout, HELLO) if began else raising(timeout), total_seconds)
    with pytest.raises(kind):
        conversation.read()


class NetworkStream:
    def get_extra_info(self, info: str) -> object:
        return f"the {info}"


@pytest.mark.parametrize("end", [httpx.RemoteProtocolError("incomplete chunked read"), None])
def test_a_read_cut_at_the_deadline_is_a_deadline_however_the_body_then_ends(
    end: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut = threading.Event()
    time_is_up = threading.Event()

    class Clock(StreamClock):
        def seconds_left(self) -> float:
            if threading.current_thread().name == "stream-clock":
                assert time_is_up.wait(10)
            return super().seconds_left()

    def blocked() -> Iterator[bytes]:
        yield HELLO
        conversation.time.seconds = 500
        time_is_up.set()
        assert cut.wait(10)
        if end:
            raise end

    socket = SimpleNamespace(socket=SimpleNamespace(shutdown=lambda *_: cut.set()), SHUT_RDWR=2)
    monkeypatch.setattr("nemovideo.clock.socket", socket)
    conversation = Conversation(
        lambda: httpx.Response(
            200,
            headers={"Content-Type": "text/event-stream"},
            content=blocked(),
            extensions={"network_stream": NetworkStream()},
        ),
        total_seconds=500,
        clock=Clock,
    )
    assert next(conversation.events) == Text("Hello")
    with pytest.raises(StreamDeadlineError):
        next(conversation.events)


def test_leaving_early_closes_the_stream() -> None:
    conversation = Conversation(streaming(HELLO, HELLO))
    assert next(conversation.events) == Text("Hello")
    conversation.events.close()  # type: ignore[attr-defined]
    assert list(conversation.events) == []
