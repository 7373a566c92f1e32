"""Child processes that end with this one, together with their descendants."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

from infra.commands import CommandError
from infra.local import leash

# What takes this long hangs. Alone on a machine everything takes seconds, and on a busy one a minute or two.
HUNG_SECONDS = 600.0


class StartError(CommandError):
    """A part of the embedded cloud did not start. Says where its log is."""


@contextlib.contextmanager
def running(
    name: str,
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    cwd: Path,
    log: Path,
    ready: Callable[[], bool],
) -> Iterator[psutil.Popen]:
    """Run a process while the block runs, from when it is `ready` on.

    Raises:
        StartError: It ended before it was ready, or it hangs.
    """
    with log.open("ab") as output:
        process = start(command, env=env, cwd=cwd, stdout=output)
    try:
        _await(name, process, ready, log)
        yield process
    finally:
        stop(process)


def start(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path,
    stdout: int | IO[bytes],
    stderr: int | IO[bytes] = subprocess.STDOUT,
) -> psutil.Popen:
    """Start a process that ends with all its descendants when this one ends, even when this one is killed.

    It gets a session of its own, so that Ctrl-C reaches this process alone. See `release` for one that stays.
    """
    return psutil.Popen(
        [sys.executable, "-I", leash.__file__, *command],
        env=None if env is None else dict(env),
        cwd=cwd,
        stdin=subprocess.PIPE,
        stdout=stdout,
        stderr=stderr,
        start_new_session=True,
    )


def release(process: psutil.Popen) -> None:
    """Let a process outlive this one. Its descendants still end with it."""
    process.stdin.write(leash.RELEASE)
    process.stdin.close()


def stop(process: psutil.Popen) -> None:
    """Kill a process that leads a session, and all its descendants. Harmless when it has ended already.

    The parts keep nothing that a kill could damage, so there is nothing to wait for.
    """
    if process.is_running() or not psutil.pid_exists(process.pid):  # else its id is another process's by now
        leash.kill_session(process.pid)
    process.wait()
    process.stdin.close()


def working_in(folder: Path) -> list[psutil.Process]:
    """Return the processes whose working directory is a folder or below it."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if Path(process.cwd()).is_relative_to(folder.resolve()):
                found.append(process)
    return found


def free_port() -> int:
    """A loopback port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(name: str, process: psutil.Popen, ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + HUNG_SECONDS
    while not ready():
        if process.poll() is not None:
            raise StartError(
                f"{name} stopped at once (exit status {process.returncode}). Its log: {log}\n{_tail(log)}"
            )
        if time.monotonic() > deadline:
            raise StartError(
                f"{name} was not ready within {HUNG_SECONDS:.0f} s. Its log: {log}\n{_tail(log)}"
            )
        time.sleep(0.05)


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
