"""Child processes that are surely stopped, with whatever they started themselves."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

START_SECONDS = 60.0
STOP_SECONDS = 10.0


class StartError(RuntimeError):
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
) -> Iterator[psutil.Process]:
    """Run a process while the block runs, from when it is `ready` on.

    It gets a session of its own, so that Ctrl-C reaches this process alone and the parts stop in order.

    Raises:
        StartError: It ended before it was ready, or was not ready in time.
    """
    with log.open("ab") as output:
        process = psutil.Popen(
            list(command),
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        _await(name, process, ready, log)
        yield process
    finally:
        stop(process)


def stop(process: psutil.Process) -> None:
    """End a process and all that it started; harmless when it has ended already."""
    with contextlib.suppress(psutil.NoSuchProcess):
        family = [*process.children(recursive=True), process]
        for member in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.terminate()
        _, alive = psutil.wait_procs(family, timeout=STOP_SECONDS if len(family) == 1 else 3)
        for member in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        psutil.wait_procs(alive, timeout=STOP_SECONDS)


def free_port() -> int:
    """A loopback port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _await(name: str, process: psutil.Popen, ready: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None:
            raise StartError(
                f"{name} stopped at once (exit status {process.returncode}). Its log: {log}\n{_tail(log)}"
            )
        if time.monotonic() > deadline:
            raise StartError(
                f"{name} was not ready within {START_SECONDS:.0f} s. Its log: {log}\n{_tail(log)}"
            )
        time.sleep(0.05)


def _tail(log: Path, lines: int = 15) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
