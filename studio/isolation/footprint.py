"""The memory that a process and all it started take together, held below a limit.

The kernel limits each process by itself. A browser has many, and a page decides how many.
"""

import contextlib
import os
import signal
import threading
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_LOOK_EVERY_S = 0.25


def end_above(megabytes: int) -> None:
    """Kill this process and all it started once they take more. Only Linux reports what they take."""
    if (_PROC / "self" / "stat").exists():
        threading.Thread(target=_watch, args=(megabytes,), daemon=True).start()


def _watch(megabytes: int) -> None:
    looking = threading.Event()
    while not looking.wait(_LOOK_EVERY_S):
        started = list(descendants(os.getpid()))
        if sum(map(_private_kilobytes, started)) > 1000 * megabytes:
            for pid in (*started, os.getpid()):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def descendants(pid: int) -> Iterator[int]:
    """Processes that a process started, and those that these started, parents first."""
    children: dict[int, list[int]] = defaultdict(list)
    for folder in _PROC.iterdir():
        if folder.name.isdecimal():
            # The name, in brackets, may hold anything.
            with contextlib.suppress(OSError):
                parent = (folder / "stat").read_text().rpartition(")")[2].split()[1]
                children[int(parent)].append(int(folder.name))
    waiting = [pid]
    while waiting:
        for child in children.get(waiting.pop(), ()):
            yield child
            waiting.append(child)


def _private_kilobytes(pid: int) -> int:
    """Memory of its own that a process has in use; what it shares with others is not counted."""
    with contextlib.suppress(OSError):
        for line in (_PROC / str(pid) / "status").read_text().splitlines():
            if line.startswith("RssAnon:"):
                return int(line.split()[1])
    return 0
