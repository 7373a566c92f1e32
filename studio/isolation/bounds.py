"""Limits of a process that reads foreign input: how long it may run and how much memory it may take."""

import math
import os
import resource
import signal
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

# Allocators and linear algebra would take address space, or start threads, for every core.
_THRIFTY = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_HANDED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "LD_LIBRARY_PATH", "SSL_CERT_FILE", "SSL_CERT_DIR")


def clean_environment() -> dict[str, str]:
    """What a process that reads foreign input sees of the environment: no keys, tokens or credentials."""
    python = [name for name in os.environ if name.startswith("PYTHON")]
    handed_on = {name: os.environ[name] for name in (*_HANDED_ON, *python) if name in os.environ}
    return handed_on | _THRIFTY


@dataclass(frozen=True)
class Bounds:
    """The kernel holds them, whatever code the process is in.

    Attributes:
        seconds: by the clock; the processor time of all its threads is limited in proportion.
        megabytes: of memory, beyond what the process has when the bounds are applied. macOS does not enforce
            it.
        file_megabytes: of each file that it writes.
        reserves: whether what is started reserves far more address space than it uses, as browsers do. Then
            what it may write to is limited, for each process it starts.
    """

    seconds: float
    megabytes: int
    file_megabytes: int = 100
    reserves: bool = False

    def apply(self) -> None:
        """Bind this process and what it starts. The clock ends it with SIGALRM."""
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, self.seconds)
        _limit(resource.RLIMIT_CPU, math.ceil(self.seconds) * (os.cpu_count() or 1))
        _limit(resource.RLIMIT_FSIZE, self.file_megabytes * 1_000_000)
        _limit(resource.RLIMIT_CORE, 0)
        limit = resource.RLIMIT_DATA if self.reserves else resource.RLIMIT_AS
        _limit(limit, _address_space() + self.megabytes * 1_000_000)


def _limit(what: int, most: int) -> None:
    # A system may not know the limit, or hold a lower one already.
    with suppress(ValueError, OSError):
        resource.setrlimit(what, (most, most))


def _address_space() -> int:
    """Bytes of address space in use; where the system does not say, what libraries reserve at most."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        return 4_000_000_000
    return pages * resource.getpagesize()
