"""Make an environment and install locked packages into it: what `make setup` does.

It runs before anything is installed, so it uses the standard library only.
"""

import argparse
import fcntl
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.installer import InstallError, install

REQUIREMENTS = Path(__file__).parents[1] / "requirements"
STATE, LOG = "installed.json", "setup.log"
PROBE = "import sys; print(sys.base_prefix, sys.version_info.major, sys.version_info.minor, sep='\\n')"


@dataclass(frozen=True)
class PackageSet:
    """What a set of packages is for, and how large an environment with it is, in MB."""

    purpose: str
    megabytes: int


SETS = {
    "local": PackageSet("to make videos on this machine", 510),
    "browser": PackageSet("to show web pages as a browser does", 630),
    "voice": PackageSet("to speak English", 560),
    "dev": PackageSet("for tests and checks", 1320),
    "bench": PackageSet("for benchmarks", 1460),
    "deploy": PackageSet("to deploy to AWS", 270),
    "parliament": PackageSet("to check policies", 70),
    "runtime": PackageSet("to test with the SDK of Lambda's runtime", 25),
    "security": PackageSet("to look for vulnerabilities", 220),
}


def main() -> int:
    """Install one set. Return the exit status for the shell."""
    parser = argparse.ArgumentParser(prog="infra.environment", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("set", choices=SETS)
    parser.add_argument("--exactly", action="store_true", help="replace an environment of another Python")
    arguments = parser.parse_args()
    try:
        ensure(Environment(arguments.folder), arguments.set, exactly=arguments.exactly)
    except (InstallError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nStopped. Run the same command again to finish the setup.\n")
        return 130
    return 0


class Environment:
    """A virtual environment, with a file in it that says which sets it has."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / "bin" / "python"
        self._state = folder / STATE

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other commands from setting up the same environment at the same time."""
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                _say(f"Another command sets up {self.folder}. Waiting for it.")
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def installed(self, *, exactly: bool) -> dict[str, str] | None:
        """Return the installed sets, each with the digest of its lock; `None` for a broken environment."""
        try:
            state = json.loads(self._state.read_text())
            base, *version = self._probe()
        except (OSError, ValueError, subprocess.CalledProcessError):
            return None  # it is not there, was not finished, or its Python is gone
        here = [sys.base_prefix, str(sys.version_info.major), str(sys.version_info.minor)]
        if state["made"] != self._identity(version) or (exactly and here != [base, *version]):
            return None
        sets: dict[str, str] = state["sets"]
        return sets

    def create(self) -> None:
        """Make a new one, without pip, with the Python that runs this.

        Raises:
            InstallError: That is not possible here. Says why, and what to do.
        """
        if self.folder.is_symlink():
            raise InstallError(
                f"{self.folder} is a link to an environment that this command did not make or finish,"
                f" so it is not replaced. Delete the link: rm {self.folder}"
            )
        command = [sys.executable, "-I", "-m", "venv", "--clear", "--without-pip", str(self.folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own
        if done.returncode:
            raise InstallError(
                f"{sys.executable} could not make the environment {self.folder}: "
                f"{(done.stderr or done.stdout).strip().splitlines()[-1]}"
            )

    @contextmanager
    def changing(self, sets: dict[str, str]) -> Iterator[None]:
        """Note these sets when the block ends well. Until then the environment counts as unfinished."""
        self._state.unlink(missing_ok=True)
        yield
        _, *version = self._probe()
        part = self._state.with_suffix(".part")
        part.write_text(json.dumps({"made": self._identity(version), "sets": sets}, indent=2) + "\n")
        part.replace(self._state)

    def megabytes(self) -> int:
        """Return its size, in MB as `du -sm` counts them."""
        found = (path.lstat() for path in self.folder.rglob("*"))
        return round(sum(stat.st_blocks * 512 for stat in found) / 1024**2)

    def _probe(self) -> list[str]:
        done = subprocess.run(  # noqa: S603 - our own arguments
            [self.python, "-I", "-S", "-c", PROBE], capture_output=True, text=True, check=True
        )
        return done.stdout.splitlines()

    def _identity(self, version: list[str]) -> list[str]:
        """Programs in it name the folder, and packages the version, so both must stay as they were."""
        return [str(self.folder.resolve()), *version]


def ensure(environment: Environment, name: str, *, exactly: bool) -> None:
    """Install a set unless the environment has it. Replace an environment that is broken or unfinished.

    Raises:
        InstallError: It could not be installed. Says what is missing, and what to do.
    """
    lock = REQUIREMENTS / f"{name}.txt"
    digest = hashlib.sha256(lock.read_bytes()).hexdigest()
    with environment.locked():
        installed = environment.installed(exactly=exactly)
        if installed is not None and installed.get(name) == digest:
            return
        python = f" with Python {sys.version.split()[0]}" if installed is None else ""
        size = SETS[name].megabytes
        _say(f"Installing packages {SETS[name].purpose} into {environment.folder}{python}.")
        _say(f"This is done once. The folder takes about {size} MB.")
        if installed is None and (environment.folder / "pyvenv.cfg").exists():
            _say("What is there is unfinished, was moved, or belongs to another Python. It is replaced.")
        began = time.monotonic()
        if installed is None:
            environment.create()
        with environment.changing({**(installed or {}), name: digest}):
            install(environment.python, lock, environment.folder / LOG)
        _say(f"Installed in {time.monotonic() - began:.0f} s: {environment.megabytes()} MB.")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
