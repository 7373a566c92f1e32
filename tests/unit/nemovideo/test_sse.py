import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import BrokenStreamError, MalformedEventError, StreamError
from nemovideo import ServerSentEvent, SseDecoder


def decoded(*chunks: bytes, max_event_bytes: int = 1000) -> list[ServerSentEvent]:
    decoder = SseDecoder(max_event_bytes=max_event_bytes)
    events = [event for chunk in chunks for event in decoder.feed(chunk)]
    decoder.close()
    return events


def data(*values: str) -> list[ServerSentEvent]:
    return [ServerSentEvent(value) for value in values]


# The first four are the examples of the HTML standard, section 9.2.6.
EXAMPLES = {
    "lines of one event are joined": (b"data: YHOO\ndata: +2\ndata: 10\n\n", data("YHOO\n+2\n10")),
    "comments, ids and a field without colon": (
        b": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n\n",
        data("first event", "second event", " third event"),
    ),
    "empty data": (b"data\n\ndata\ndata\n\n", data("", "\n")),
    "one space after the colon is optional": (b"data:test\n\ndata: test\n\n", data("test", "test")),
    "named": (b"event: heartbeat\ndata: {}\n\n", [ServerSentEvent("{}", "heartbeat")]),
    "a name does not outlive its event": (
        b"event: add\ndata: 1\n\ndata: 2\n\n",
        [ServerSentEvent("1", "add"), ServerSentEvent("2")],
    ),
    "a name without data is no event": (b"event: add\n\ndata: 1\n\n", data("1")),
    "byte order mark": (b"\xef\xbb\xbfdata: 1\n\n", data("1")),
    "only the first mark": (b"\xef\xbb\xbf\xef\xbb\xbfdata: 1\n\ndata: 2\n\n", data("2")),
    "CR": (b"data: a\rdata: b\r\rdata: c\r\r", data("a\nb", "c")),
    "CRLF": (b"data: a\r\ndata: b\r\n\r\ndata: c\r\n\r\n", data("a\nb", "c")),
    "all ends of line": (b"data: a\r\ndata: b\n\rdata: c\r\n\n", data("a\nb", "c")),
    "what only looks like an end of line": (
        "data: a\u2028b\u0085c\u2029d\x0b\x0c\x1ee\n\n".encode(),
        data("a\u2028b\u0085c\u2029d\x0b\x0c\x1ee"),
    ),
    "characters of several bytes": ("data: zażółć 導出 🎬\n\n".encode(), data("zażółć 導出 🎬")),
    "colons in the data": (b'data: {"a":1}\n\n', data('{"a":1}')),
    "keep-alive comments": (b": ping\n\n: ping\r\n\r\ndata: 1\n\n", data("1")),
    "nothing": (b"", []),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_at_every_split(name: str) -> None:
    body, expected = EXAMPLES[name]

    assert decoded(body) == expected
    assert decoded(*(bytes([byte]) for byte in body)) == expected
    for one in range(len(body) + 1):
        for two in range(one, len(body) + 1):
            assert decoded(body[:one], body[one:two], body[two:]) == expected


@pytest.mark.parametrize(
    "body",
    [b"data: 1\n\ndata: 2", b"data: 1\n\ndata: 2\n", b"data: 1\n\ndata: 2\r\n", b"event: add\n", b": pi"],
)
def test_a_body_that_ends_inside_an_event_is_broken(body: bytes) -> None:
    with pytest.raises(BrokenStreamError):
        decoded(body)


def test_events_before_the_break_are_delivered() -> None:
    decoder = SseDecoder()
    assert list(decoder.feed(b"data: 1\n\ndata: 2")) == data("1")


def test_an_event_of_a_megabyte_in_small_chunks() -> None:
    body = b"data: " + b"x" * 1_000_000 + b"\n\n"
    (event,) = decoded(*(body[at : at + 100] for at in range(0, len(body), 100)), max_event_bytes=2_000_000)
    assert len(event.data) == 1_000_000


@pytest.mark.parametrize(
    "body", [b"x" * 1001, b"data: " + b"x" * 995 + b"\n", b"data\n" * 1001, b":" * 1001 + b"\n\n"]
)
def test_memory_is_bounded(body: bytes) -> None:
    for chunks in ([body], [bytes([byte]) for byte in body]):
        with pytest.raises(MalformedEventError, match="larger than 1000 bytes"):
            decoded(*chunks)


def test_the_bound_is_of_one_event_not_of_the_stream() -> None:
    assert len(decoded(b"data: 12345678\n\n" * 500)) == 500


@pytest.mark.parametrize("bad", [b"data: \xff\n\n", b"data: \xed\xa0\x80\n\n", b"event: \xff\ndata: 1\n\n"])
def test_bytes_that_are_not_utf8_are_replaced(bad: bytes) -> None:
    *_, last = SseDecoder().feed(b"data: 1\n\n" + bad)
    assert "\ufffd" in f"{last.event}{last.data}"


SNIPPETS = st.sampled_from(
    [
        b"data:",
        b"data",
        b"event: x",
        b"\n",
        b"\r",
        b"\r\n",
        b"\n\n",
        b": c",
        b"\xef\xbb\xbf",
        b"\xff",
        "é🎬\u2028".encode(),
        b"{}",
    ]
)


def outcome(chunks: list[bytes]) -> tuple[list[ServerSentEvent], str]:
    decoder = SseDecoder(max_event_bytes=60)
    events: list[ServerSentEvent] = []
    try:
        for chunk in chunks:
            events += decoder.feed(chunk)
        decoder.close()
    except StreamError as error:
        return events, type(error).__name__
    return events, "ended"


@given(st.lists(SNIPPETS | st.binary(max_size=8), max_size=40), st.data())
def test_any_bytes_cut_anywhere_mean_the_same(pieces: list[bytes], cuts: st.DataObject) -> None:
    body = b"".join(pieces)
    places = sorted(cuts.draw(st.sets(st.integers(0, len(body)), max_size=6)))
    chunks = [body[start:end] for start, end in zip([0, *places], [*places, len(body)], strict=True)]

    events, end = outcome([bytes([byte]) for byte in body])
    chunked_events, chunked_end = outcome(chunks)

    assert chunked_end == end
    # `events +=` keeps what a failing chunk had yielded before.
    assert chunked_events == events
