"""A body that is being received, as a file."""

import io
from typing import BinaryIO, cast


def buffered(body: BinaryIO) -> io.BufferedReader:
    """The body as a file that stays open at its end; a connection calls itself closed there."""
    return io.BufferedReader(_Received(body))


class _Received(io.RawIOBase):
    def __init__(self, body: BinaryIO) -> None:
        self._body = body

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        target = memoryview(cast("bytearray", buffer)).cast("B")
        piece = self._body.read(len(target))
        target[: len(piece)] = piece
        return len(piece)
