"""Install what a lock names, with uv where it is present and with pip otherwise.

The lock alone decides what is installed: dependencies are not resolved again, each file must have a locked
hash, and nothing is built from source. So neither an index that offers newer versions nor the version of pip
makes a difference. Package indexes, proxies and certificates are those that the user has configured.
"""

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

PIP = (
    "--no-deps",
    "--require-hashes",
    "--only-binary=:all:",
    "--no-compile",
    "--no-input",
    "--progress-bar=off",
)
UV = ("--no-deps", "--require-hashes", "--no-build", "--quiet")
# Settings that would install something else or somewhere else.
_CHANGED = {"PIP_CONSTRAINT": os.devnull, "PIP_USER": "0"}
_REMOVED = {
    *("PIP_DRY_RUN", "PIP_IGNORE_INSTALLED", "PIP_PREFIX", "PIP_QUIET", "PIP_REQUIREMENT", "PIP_ROOT"),
    *("PIP_TARGET", "PYTHONHOME", "PYTHONPATH", "UV_CONSTRAINT", "UV_OVERRIDE", "UV_EXCLUDE_NEWER"),
}
_UNREACHABLE = re.compile(
    r"NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|Max retries exceeded"
    r"|connection broken|dns error|error sending request"
)
_MISSING = re.compile(r"No matching distribution found for (\S+)")
_COLLECTED = re.compile(
    r"^(?:Collecting |Requirement already satisfied: |Processing (?:\S*/)?)([\w.]+(?:-[a-zA-Z][\w.]*)*)",
    re.MULTILINE,
)
_BETWEEN_LINES_SECONDS = 10.0


class InstallError(Exception):
    """The packages could not be installed. Says what is missing, and what to do."""


def install(python: Path, lock: Path, log: Path) -> None:
    """Install into the environment of `python`, and show how it goes. `log` gets all that the tools say.

    Raises:
        InstallError: It failed.
    """
    site = next((python.parents[1] / "lib").glob("python*/site-packages"))
    work = _Work(lock, site, log)
    if uv := shutil.which("uv"):
        command = [uv, "pip", "install", *UV, f"--python={python}", f"--requirement={lock}"]
        if work.run(command):
            return
        log.replace(log.with_suffix(".uv.log"))
    bundled = (python, "-I", "-m", "ensurepip", "--default-pip")
    if not (site / "pip").is_dir() and not work.run(bundled, "preparing pip"):
        raise InstallError(
            f"This Python comes without pip: {sys.executable}. On Debian and Ubuntu, run:"
            " apt install python3-venv. Then run the same command again."
        )
    if not work.run([python, "-I", "-m", "pip", "install", *PIP, f"--requirement={lock}"]):
        raise InstallError(explained(log.read_text(errors="replace"), work.missing(), log))


def explained(output: str, missing: Sequence[str], log: Path) -> str:
    """Return what pip's output means for the user: what is missing, and what to do."""
    details = f"The details are in {log}."
    if "No space left on device" in output:
        return "The disk is full. Free some space, then run the same command again."
    if _UNREACHABLE.search(output):
        more = f" and {len(missing) - 3} more" if len(missing) > 3 else ""  # noqa: PLR2004 - enough to see
        return (
            f"The package index cannot be reached. Not installed yet: {', '.join(missing[:3])}{more}."
            " Connect to the internet, or configure an index for pip, then run the same command again."
            f" {details}"
        )
    if "DO NOT MATCH THE HASHES" in output:
        return (
            "The package index has a file that differs from the locked one, so it was not installed."
            f" Use another index. {details}"
        )
    if found := _MISSING.search(output):
        return (
            f"The package index has no file of {found[1]} for Python {platform.python_version()} on this"
            f" {platform.system()} ({platform.machine()}). Use Python 3.11, 3.12, 3.13 or 3.14 on Linux with"
            f" glibc or on macOS 14: make PYTHON=python3.13 setup. {details}"
        )
    errors = [line for line in output.splitlines() if line.startswith("ERROR: ")]
    return "\n".join([*(errors[:1] or ["pip failed."]), details])


class _Work:
    """Runs the tools and shows their progress."""

    def __init__(self, lock: Path, site: Path, log: Path) -> None:
        self._names = [_plain(name) for name in re.findall(r"^([\w.-]+)==", lock.read_text(), re.MULTILINE)]
        self._site, self._log = site, log
        self._line = _Line()
        self._missing = len(self.missing())

    def run(self, command: Sequence[str | Path], doing: str = "downloading") -> bool:
        """Run one to its end; false when it failed. `doing` is shown until there is more to say."""
        env = {name: value for name, value in os.environ.items() if name not in _REMOVED} | _CHANGED
        with self._log.open("wb") as output:
            process = subprocess.Popen(  # noqa: S603 - our own arguments
                command, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT
            )
        try:
            while process.poll() is None:
                self._line.show(self._progress() or doing)
                time.sleep(0.2)
        finally:
            process.terminate()
            process.wait()
            self._line.clear()
        return process.returncode == 0

    def missing(self) -> list[str]:
        """Return the names of the lock that are not installed."""
        present = {_plain(path.name.split("-")[0]) for path in self._site.glob("*.dist-info")}
        return [name for name in dict.fromkeys(self._names) if name not in present]

    def _progress(self) -> str:
        output = self._log.read_text(errors="replace")
        # An entry of the lock that is for another Python or system is ignored.
        ignored = re.findall(r"^Ignoring ([\w.-]+):", output, re.MULTILINE)
        wanted = len(Counter(self._names) - Counter(ignored))
        found = [name for name in _COLLECTED.findall(output) if _plain(name) in self._names]
        if "WARNING: Retrying" in output.rpartition("\n")[0].rpartition("\n")[2]:
            return "no answer from the package index yet, trying again"
        if found and "Installing collected packages" not in output:
            return f"downloading {len(found)} of {wanted}: {found[-1]}"
        missing = len(self.missing())
        return f"installing {self._missing - missing} of {self._missing}" if missing < self._missing else ""


class _Line:
    """One line of the terminal that changes; elsewhere, a line each ten seconds."""

    def __init__(self) -> None:
        self._shown, self._at = "", time.monotonic()

    def show(self, text: str) -> None:
        """Show how it goes."""
        if text == self._shown:
            return
        if sys.stdout.isatty():
            sys.stdout.write(f"\r\x1b[K  {text}")
        elif time.monotonic() - self._at >= _BETWEEN_LINES_SECONDS:
            sys.stdout.write(f"  {text}\n")
            self._at = time.monotonic()
        else:
            return
        self._shown = text
        sys.stdout.flush()

    def clear(self) -> None:
        """Remove what the terminal shows."""
        if sys.stdout.isatty():
            sys.stdout.write("\r\x1b[K")
            sys.stdout.flush()
        self._shown = ""


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
