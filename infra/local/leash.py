"""Run a command that cannot outlive the process that started it: `python leash.py COMMAND...`.

This process becomes the command. Beside it a watcher reads standard input, a pipe to the starter. The pipe
closes when the starter ends, SIGKILL included. Then the watcher kills the command and all its descendants.
It does the same with the descendants when the command ends. The starter can write `RELEASE` to the pipe: the
command may then outlive it.

Start it in a session of its own (`start_new_session=True`). It uses nothing that only one system has.
"""

import contextlib
import os
import select
import signal
import sys
import time

RELEASE = b"release\n"
# The watcher notices the end of the command after this time, and the end of the starter at once.
POLL_SECONDS = 0.25


def main() -> None:
    """Start the watcher, then become the command."""
    leader = os.getpid()
    if os.fork() == 0:
        try:
            _watch(leader)
        finally:
            os._exit(0)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the starter's own command


def kill_session(leader: int) -> None:
    """Kill the processes of a session and their descendants, in other sessions too, and wait for their end.

    The calling process is left out. A zombie counts as ended.
    """
    import psutil  # noqa: PLC0415 - it takes longer to import than all the rest, and most commands end in order

    def is_alive(process: psutil.Process) -> bool:
        with contextlib.suppress(psutil.NoSuchProcess):
            return process.pid != os.getpid() and process.status() != psutil.STATUS_ZOMBIE
        return False

    def descendants() -> set[psutil.Process]:
        found: set[psutil.Process] = set()
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if os.getsid(process.pid) == leader:
                    found |= {process, *process.children(recursive=True)}
        return found

    def send_all(number: signal.Signals, processes: set[psutil.Process]) -> None:
        for process in processes:
            if process.pid != os.getpid():
                with contextlib.suppress(psutil.Error):
                    process.send_signal(number)

    known: set[psutil.Process] = set()
    # They are all stopped first: else one would see the end of another, and record or mend it.
    while started := descendants() - known:
        send_all(signal.SIGSTOP, started)
        known |= started
    send_all(signal.SIGKILL, known)
    while any(map(is_alive, known)):
        time.sleep(0.01)  # psutil's own waiting would take the exit status from the starter


def _watch(leader: int) -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    pipe = os.dup(sys.stdin.fileno())
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):  # a reader of the command's output waits until nobody can write any more
        os.dup2(nothing, stream)
    while os.getppid() == leader:
        if not select.select([pipe], [], [], POLL_SECONDS)[0]:
            continue
        if os.read(pipe, len(RELEASE)) != RELEASE:
            break
        while os.getppid() == leader:
            time.sleep(POLL_SECONDS)
    kill_session(leader)


if __name__ == "__main__":
    main()
