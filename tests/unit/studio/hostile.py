"""Functions that do what foreign input makes a reader do."""

import os
import subprocess
import sys
import time

from studio.errors import UnsupportedFileError


def double(number: int) -> int:
    return 2 * number


def process_group() -> int:
    return os.getpgid(0)


def environment() -> dict[str, str]:
    return dict(os.environ)


def refuse() -> None:
    raise UnsupportedFileError("It cannot be used.")


def fail() -> None:
    raise ZeroDivisionError


def crash() -> None:
    os.abort()


def spin() -> None:
    """In C, where no Python signal handler would run."""
    list(iter(int, 1))


def sleep_with_a_child(pid_file: str) -> None:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with open(pid_file, "w", encoding="ascii") as file:  # noqa: PTH123 - no need of a Path
        file.write(str(child.pid))
    time.sleep(600)


def fill_memory() -> int:
    return len(bytes(3_000_000_000))


def fill_disk(path: str) -> None:
    with open(path, "wb") as file:  # noqa: PTH123 - as above
        file.write(bytes(300_000_000))


def say_too_much() -> str:
    return "x" * 40_000_000


def parent() -> int:
    return os.getppid()
