"""Files that are sent and received, with progress."""

import io
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO

import httpx

from nemo_video.errors import NemoVideoError

Progress = Callable[[int, int | None], None]
"""Gets the bytes that are done, and the total if it is known."""


@contextmanager
def opened(path: Path, on_progress: Progress | None) -> Iterator[io.BufferedReader]:
    """Open a file to send.

    Raises:
        NemoVideoError: It cannot be read, is empty, or is no file but a pipe or a device.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would wait for its writer
            raise NemoVideoError(f"{path} is not a regular file, so it cannot be uploaded.")
        raw = io.FileIO(path)
    except OSError as error:
        raise NemoVideoError(f"{path} cannot be read: {error.strerror}.") from error
    with _Counted(raw, on_progress) as file:
        if size_of(file) == 0:
            raise NemoVideoError(f"{path} is empty.")
        yield file


def size_of(file: io.BufferedReader) -> int:
    """Return the size of an open file in bytes."""
    return os.fstat(file.fileno()).st_size


class _Counted(io.BufferedReader):
    """Reports how much of it was read."""

    def __init__(self, raw: io.FileIO, on_progress: Progress | None) -> None:
        super().__init__(raw)
        self._size = size_of(self)
        self._on_progress = on_progress

    def read(self, size: int | None = -1, /) -> bytes:
        chunk = super().read(size)
        if self._on_progress is not None:
            self._on_progress(self.tell(), self._size)
        return chunk


@dataclass
class Download:
    """A file that is being received. After a broken connection, it continues with the missing part."""

    file: IO[bytes]
    validator: str | None = None

    def headers(self) -> dict[str, str]:
        """Return the headers that ask for what is missing. Compression would hide the length."""
        received = self.file.tell()
        if not received or self.validator is None:
            return {"Accept-Encoding": "identity"}
        return {
            "Accept-Encoding": "identity",
            "Range": f"bytes={received}-",
            "If-Range": self.validator,
        }

    def begin(self, response: httpx.Response) -> int | None:
        """Note what is coming, all of the file or the rest. Return the size of the file, if it is known."""
        if response.status_code != httpx.codes.PARTIAL_CONTENT:
            self.file.seek(0)
            self.file.truncate()
        tag = response.headers.get("ETag", "")
        self.validator = tag if tag.startswith('"') else None  # a weak one does not permit a range
        coming = response.headers.get("Content-Length", "")
        return self.file.tell() + int(coming) if coming.isdecimal() else None


@contextmanager
def replaced(path: Path) -> Iterator[Download]:
    """Write a new file, and put it in its place when it is complete. If that fails, nothing is left.

    A link stays, and leads to the new file.

    Raises:
        NemoVideoError: The file cannot be written, or the path is a device, a pipe or a folder.
    """
    target = path.resolve()
    if target.exists() and not target.is_file():
        raise NemoVideoError(f"{path} is not a file. Name a new file, or one to replace.")
    try:
        with NamedTemporaryFile(
            dir=target.parent, prefix=f".{target.name}.", suffix=".part", delete=False
        ) as part:
            temporary = Path(part.name)
            try:
                yield Download(part)
                part.flush()
                os.fsync(part.fileno())
                part.close()
                temporary.chmod(0o666 & ~_umask())
                temporary.replace(target)
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise NemoVideoError(f"{path} cannot be written: {error.strerror or error}.") from error


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
