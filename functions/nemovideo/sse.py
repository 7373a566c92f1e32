"""The event-stream format of the HTML standard, decoded from bytes however they are cut.

Stricter than the standard where that forgives: an event without end and a body that ends inside an event are
errors here, for a paid answer may hang on them. Bytes that are not UTF-8 become U+FFFD, as in the standard.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from backend.assumptions import MAX_EVENT_BYTES
from backend.errors import BrokenStreamError, MalformedEventError

_BOM = b"\xef\xbb\xbf"
# The only ends of line: `str.splitlines` would also split at U+2028 and U+0085, which JSON may hold.
_LINE_END = re.compile(rb"\r\n|\n|\r")


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    data: str
    event: str = "message"


class SseDecoder:
    """Feed it chunks as they come, then close it. Memory is bounded by `max_event_bytes`."""

    def __init__(self, *, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max_event_bytes = max_event_bytes
        self._line = bytearray()
        self._data: list[bytes] = []
        self._data_bytes = 0
        self._event = b""
        self._first_line = True
        self._after_cr = False

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Yield the events that `chunk` completes.

        Raises:
            MalformedEventError: an event is too large. Events before it have been yielded.
        """
        if self._after_cr and chunk.startswith(b"\n"):
            chunk = chunk[1:]
            self._after_cr = False
        if not chunk:
            return
        self._after_cr = chunk.endswith(b"\r")
        first, *rest = _LINE_END.split(chunk)
        self._extend_line(first)
        for following in rest:
            line = bytes(self._line)
            self._line.clear()
            yield from self._accept(line)
            self._extend_line(following)

    def close(self) -> None:
        """Note that the body has ended.

        Raises:
            BrokenStreamError: it ended inside an event.
        """
        if self._line or self._data or self._event:
            raise BrokenStreamError("The stream ended in the middle of an event.")

    def _extend_line(self, piece: bytes) -> None:
        self._line += piece
        if self._data_bytes + len(self._line) > self._max_event_bytes:
            raise MalformedEventError(f"An event of the stream is larger than {self._max_event_bytes} bytes.")

    def _accept(self, line: bytes) -> Iterator[ServerSentEvent]:
        if self._first_line:
            self._first_line = False
            line = line.removeprefix(_BOM)
        if not line:
            yield from self._dispatch()
            return
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            self._data.append(value)
            self._data_bytes += len(value) + 1
        elif field == b"event":
            self._event = value

    def _dispatch(self) -> Iterator[ServerSentEvent]:
        data, event = self._data, self._event
        self._data, self._data_bytes, self._event = [], 0, b""
        if not data:
            return
        yield ServerSentEvent(
            b"\n".join(data).decode(errors="replace"), event.decode(errors="replace") or "message"
        )
