"""Isolation: functions that read foreign input run in a process of their own, within bounds.

A process is forked for each call from one that has the libraries loaded, which takes a few milliseconds. What
it breaks, fills or hangs ends with it.
"""

import asyncio
import contextlib
import functools
import json
import logging
import os
import pickle
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar, TypeVarTuple, get_type_hints

from pydantic import TypeAdapter, ValidationError

from studio.errors import BadRequestError, FileTooLargeError, UnsupportedFileError, UnusableDraftError
from studio.isolation.bounds import Bounds, clean_environment
from studio.isolation.fair_turns import Turns
from studio.isolation.worker import LARGEST_ANSWER, NAME_BYTES, PID

Arguments = TypeVarTuple("Arguments")
Returned = TypeVar("Returned")
_ROOT = Path(__file__).resolve().parents[2]
# Beyond the call's own time: loading libraries, and waiting for a processor.
_ALLOWANCE_S = 30
_CHUNK = 1 << 20
_RETURNED = b'{"returned":'
_REFUSALS = {
    kind.__name__: kind
    for kind in (BadRequestError, FileTooLargeError, UnsupportedFileError, UnusableDraftError)
}
_LOG = logging.getLogger(__name__)


class IsolationError(Exception):
    """A call did not return: it took too long or too much memory, or its process crashed."""


class Runner(Protocol):
    """Runs a function somewhere.

    Raises:
        StudioError: what the function raises.
        IsolationError: it did not return.
    """

    async def __call__(
        self, bounds: Bounds, function: Callable[[*Arguments], Returned], /, *arguments: *Arguments
    ) -> Returned: ...


class Isolation:
    """A `Runner` that gives each call a process.

    Functions are those of a module, with a return annotation by which JSON becomes their result. A module
    names in `LIBRARIES` what its functions import when they run, to be loaded once for all calls. Its
    `warm_up`, if it has one, is called after that; it must start no thread.
    """

    def __init__(self) -> None:
        self._control: socket.socket | None = None
        self._starting = asyncio.Lock()

    async def __call__(
        self, bounds: Bounds, function: Callable[[*Arguments], Returned], /, *arguments: *Arguments
    ) -> Returned:
        call = await self._open(f"{function.__module__}:{function.__name__}")
        answer = await _exchange(call, pickle.dumps((bounds, arguments)), bounds.seconds)
        return _read(function, answer)

    def close(self) -> None:
        if self._control:
            self._control.close()
            self._control = None

    async def _open(self, name: str) -> socket.socket:
        """A new process's end of the line."""
        async with self._starting:
            if self._control is None:
                self._control = await _start()
            ours, theirs = socket.socketpair()
            with theirs:
                try:
                    _hand_over(self._control, name, theirs)
                except OSError:
                    # It was killed. Another one takes over.
                    self._control.close()
                    self._control = await _start()
                    _hand_over(self._control, name, theirs)
        return ours


async def _start() -> socket.socket:
    ours, theirs = socket.socketpair()
    with theirs:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "studio.isolation.worker"),
            cwd=_ROOT,
            stdin=theirs.fileno(),
            stdout=asyncio.subprocess.DEVNULL,
            env=clean_environment() | {"MALLOC_ARENA_MAX": "2"},
        )
    # It goes on in the background.
    await process.wait()
    return ours


def _hand_over(control: socket.socket, name: str, call: socket.socket) -> None:
    socket.send_fds(control, [name.encode().ljust(NAME_BYTES)], [call.fileno()])


async def _exchange(call: socket.socket, job: bytes, seconds: float) -> bytes:
    """Send a job; its answer, empty when the process ended without one."""
    reader, writer = await asyncio.open_unix_connection(sock=call)
    answer, pid = bytearray(), 0
    try:
        async with asyncio.timeout(seconds + _ALLOWANCE_S):
            (pid,) = PID.unpack(await reader.readexactly(PID.size))
            writer.write(job)
            writer.write_eof()
            while part := await reader.read(_CHUNK):
                answer += part
                if len(answer) > LARGEST_ANSWER:
                    raise IsolationError("it answered with too much")
        # It has ended; its number may be another's by now.
        pid = pid if not answer else 0
    except (ConnectionError, asyncio.IncompleteReadError):
        return b""
    except TimeoutError as error:
        raise IsolationError("it took too long") from error
    finally:
        if pid:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(pid, signal.SIGKILL)
        writer.close()
    return bytes(answer)


@functools.cache
def _adapter(function: Callable[..., Any]) -> TypeAdapter[Any]:
    """What reads a function's result. It takes a tenth of a second to make for a draft."""
    return TypeAdapter(get_type_hints(function)["return"])


def _read(function: Callable[..., Returned], answer: bytes) -> Returned:
    if answer.startswith(_RETURNED):
        adapter: TypeAdapter[Returned] = _adapter(function)
        try:
            return adapter.validate_json(answer[len(_RETURNED) : -1])
        except ValidationError as error:
            _LOG.exception("%s returned what it should not", function.__qualname__)
            raise IsolationError("it returned what it should not") from error
    reported: dict[str, Any] = json.loads(answer or b"{}")
    if refusal := _REFUSALS.get(str(reported.get("refused"))):
        raise refusal(str(reported.get("message")))
    if "failed" in reported:
        _LOG.error("%s failed: %s", function.__qualname__, reported["failed"])
        raise IsolationError("it failed")
    raise IsolationError("it took too much memory or time, or crashed")


@dataclass(frozen=True)
class InTurn:
    """A `Runner` that waits for the account's turn."""

    run: Runner
    turns: Turns
    account: str

    async def __call__(
        self, bounds: Bounds, function: Callable[[*Arguments], Returned], /, *arguments: *Arguments
    ) -> Returned:
        async with self.turns.turn(self.account):
            return await self.run(bounds, function, *arguments)
