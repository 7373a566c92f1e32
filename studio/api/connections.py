"""Connections: how long each may say nothing, and how many there may be."""

import asyncio
import resource
from contextlib import suppress
from typing import ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol

_MOST = 4000
"""However many files the system lets the process open."""


def open_files_allowed() -> int:
    """Return how many files the process may open, once its limit is as high as it can set it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(ValueError, OSError):  # macOS promises more than it grants
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        soft = hard
    return soft if soft > 0 else 2 * _MOST  # it is -1 where there is no limit


class BoundedProtocol(H11Protocol):
    """HTTP on a connection that is closed when its client keeps the studio waiting.

    uvicorn waits for a request as long as the client likes, and for a client that reads no answer, too.

    Attributes:
        head_seconds: for all of a request before its body, counted from the connection or the last answer.
        stalled_seconds: for a client to read what is ready for it.
        most: of connections. One more takes the place of the one that has waited longest for a request.
    """

    head_seconds: ClassVar[float] = 15
    stalled_seconds: ClassVar[float] = 60
    most: ClassVar[int] = _MOST
    waiting: ClassVar["dict[BoundedProtocol, None]"] = {}

    _head: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    @classmethod
    def make_room_for(cls, files: int) -> None:
        """Keep half of the files that may be open for what requests need."""
        cls.most = min(_MOST, files // 2)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if len(self.connections) >= self.most:
            oldest = next(iter(self.waiting), None)
            if oldest is None:
                self.transport = transport
                transport.abort()
                return
            oldest.end()
        super().connection_made(transport)
        self._wait_for_a_request()

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._has_come()

    def on_response_complete(self) -> None:
        self._wait_for_a_request()
        before = self.cycle
        super().on_response_complete()
        if self.cycle is not before:  # it had come already
            self._has_come()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(self.stalled_seconds, self.end)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._is_read()

    def connection_lost(self, exc: Exception | None) -> None:
        self._has_come()
        super().connection_lost(exc)
        self._is_read()

    def end(self) -> None:
        """Close the connection at once."""
        self._has_come()
        self.connections.discard(self)
        self.transport.abort()

    def _should_upgrade(self) -> bool:
        """Only HTTP is supported. A client that asks for another protocol gets a plain HTTP answer."""
        return False

    def _wait_for_a_request(self) -> None:
        self._has_come()
        self.waiting[self] = None
        self._head = self.loop.call_later(self.head_seconds, self.end)

    def _has_come(self) -> None:
        self.waiting.pop(self, None)
        if self._head is not None:
            self._head.cancel()
            self._head = None

    def _is_read(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
