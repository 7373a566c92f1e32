"""`python -m studio.isolation.worker`: forks a process for every call that the studio wants isolated.

Standard input is a Unix socket. Each message is the name of a function, as `module:function` padded to
`NAME_BYTES`, and carries the socket of one call. On that socket the forked process sends its process id (4
bytes), reads pickled `(bounds, arguments)` up to the end, and answers with JSON. The answer is never pickled:
it comes from a process that has read foreign input.
"""

import functools
import importlib
import json
import os
import pickle
import signal
import socket
import struct
import sys
import traceback
from collections.abc import Callable
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from studio.errors import StudioError
from studio.isolation.bounds import Bounds

NAME_BYTES = 128
LARGEST_ANSWER = 30_000_000
PID = struct.Struct("!I")
_CHUNK = 1 << 20


def main() -> None:
    control = socket.socket(fileno=os.dup(0))
    # In a session of its own, so that Ctrl-C in a terminal reaches the studio alone.
    if os.fork():
        os._exit(0)
    os.setsid()
    # The system collects the processes that have ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        name, sockets, *_ = socket.recv_fds(control, NAME_BYTES, 1)
        if not name:
            return
        call = socket.socket(fileno=sockets[0])
        # macOS's frameworks do not survive a fork: there each process imports what it needs.
        if sys.platform != "darwin":
            _prepare(name)
        if os.fork() == 0:
            control.close()
            try:
                _serve(call, name)
            finally:
                os._exit(1)
        call.close()


@functools.cache
def _prepare(name: bytes) -> tuple[Callable[..., Any], TypeAdapter[Any]]:
    """The function, and what writes its result as JSON.

    Loads the libraries that the function's module names in `LIBRARIES`, and calls its `warm_up`.
    """
    module_name, _, function_name = name.decode().strip().partition(":")
    module = importlib.import_module(module_name)
    for library in getattr(module, "LIBRARIES", ()):
        importlib.import_module(library)
    getattr(module, "warm_up", int)()
    function = getattr(module, function_name)
    return function, TypeAdapter(get_type_hints(function)["return"])


def _serve(call: socket.socket, name: bytes) -> None:
    # A group of its own: what it starts is ended with it.
    os.setsid()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    call.sendall(PID.pack(os.getpid()))
    bounds, arguments = pickle.loads(_everything(call))  # noqa: S301 - from the studio itself
    call.sendall(_answer(bounds, *_prepare(name), arguments))
    os._exit(0)


def _answer(
    bounds: Bounds, function: Callable[..., Any], adapter: TypeAdapter[Any], arguments: tuple[Any, ...]
) -> bytes:
    bounds.apply()
    try:
        answer = b'{"returned":' + adapter.dump_json(function(*arguments)) + b"}"
    except StudioError as error:
        answer = json.dumps({"refused": type(error).__name__, "message": error.message}).encode()
    except MemoryError:
        return b'{"exhausted":true}'
    except Exception:  # noqa: BLE001 - whatever it is, the studio logs it
        answer = json.dumps({"failed": traceback.format_exc(limit=-20)[-4000:]}).encode()
    return answer if len(answer) <= LARGEST_ANSWER else b'{"exhausted":true}'


def _everything(call: socket.socket) -> bytes:
    parts = []
    while part := call.recv(_CHUNK):
        parts.append(part)
    return b"".join(parts)


if __name__ == "__main__":
    main()
