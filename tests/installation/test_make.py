"""Which Python and which packages a command of the Makefile asks for, told by programs that only note it."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.installation.conftest import REQUIREMENTS

# A Python that is new enough, one that is not, and one that is only a name (a shim of pyenv).
NEW = """#!/bin/sh
[ "$1" = -c ] || echo "$(basename "$0") $*"
"""
OLD = "#!/bin/sh\nexit 1\n"
GONE = "#!/bin/sh\necho 'command not found' >&2\nexit 127\n"


class Machine:
    """A checkout, and the programs on the path."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.path = folder / "path"
        for made in (self.checkout, self.path):
            made.mkdir()
        shutil.copy(REQUIREMENTS.parent / "Makefile", self.checkout)
        for program in ("sh", "basename", "env", "du"):
            (self.path / program).symlink_to(shutil.which(program) or "")

    def has(self, name: str, text: str = NEW) -> Path:
        program = self.path / name
        program.write_text(text)
        program.chmod(0o755)
        return program

    def make(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [shutil.which("make") or "make", *arguments],
            cwd=self.checkout,
            env={"PATH": str(self.path), **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def asked(self, *arguments: str, **environment: str) -> list[str]:
        """Return what the Pythons were asked for: the name of each, the folder, the set and options."""
        done = self.make(*arguments, **environment)
        return [line.replace(" -E -s -m infra.environment", "") for line in done.stdout.splitlines()]


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_the_first_python_that_is_new_enough(machine: Machine) -> None:
    machine.has("python3", OLD)
    machine.has("python3.13", GONE)
    machine.has("python3.12")
    machine.has("python3.11")
    assert machine.asked("setup") == ["python3.12 .venv local"]


def test_the_python_that_is_named(machine: Machine) -> None:
    machine.has("python3")
    other = machine.has("other-python")
    assert machine.asked("setup", f"PYTHON={other}") == ["other-python --exactly .venv local"]
    assert machine.asked("setup", PYTHON=str(other)) == ["other-python --exactly .venv local"]


@pytest.mark.parametrize("arguments", [(), ("PYTHON=python3",), ("PYTHON=no-such-python",)])
def test_without_a_python_it_says_what_to_do(machine: Machine, arguments: tuple[str, ...]) -> None:
    machine.has("python3", OLD)
    done = machine.make("setup", *arguments)
    assert done.returncode
    first, *_ = done.stderr.splitlines()
    assert first.startswith("Python 3.11 or newer is required")
    assert first.endswith("Install it, or name it: make PYTHON=/path/to/python3.12 setup")


@pytest.mark.parametrize(
    ("command", "sets"),
    [
        ("demo", [".venv local"]),
        ("up", [".venv local"]),
        ("down", [".venv local"]),
        ("api-key", [".venv local"]),
        ("status", [".venv local"]),
        ("redrive", [".venv local"]),
        ("retry", [".venv local"]),
        ("voice", [".venv local", ".venv voice"]),
        ("browser", [".venv local", ".venv browser"]),
        ("build", [".tools/deploy deploy"]),
        ("drift", [".tools/deploy deploy"]),
        ("deploy", [".tools/deploy deploy"]),
        ("security", [".tools/security security"]),
        ("format", [".venv local", ".venv dev"]),
        ("coverage", [".venv local", ".venv dev"]),
        ("bench", [".venv local", ".venv dev", ".venv bench"]),
        ("lock", [".venv local", ".venv dev"]),
    ],
)
def test_a_command_asks_for_what_it_needs(machine: Machine, command: str, sets: list[str]) -> None:
    machine.has("python3")
    assert machine.asked("--keep-going", command) == [f"python3 {name}" for name in sets]


@pytest.mark.parametrize(
    ("command", "asks"),
    [
        (("deploy",), "infra.deployment check dev"),
        (("verify-aws", "DEPLOY=1"), "infra.deployment access dev"),
    ],
)
def test_nothing_is_built_without_a_region_and_credentials(
    machine: Machine, command: tuple[str, ...], asks: str
) -> None:
    machine.has("python3")
    folder = machine.checkout / ".tools/deploy/bin"
    folder.mkdir(parents=True)
    for name, status in (("python", 2), ("sam", 0)):
        program = folder / name
        program.write_text(f'#!/bin/sh\necho "{name} $*"\nexit {status}\n')
        program.chmod(0o755)
    done = machine.make(*command)
    told = [line for line in done.stdout.splitlines() if not line.startswith("python3 ")]
    assert told == [f"python -m {asks}"]
    assert done.returncode


@pytest.mark.parametrize("command", ["demo", "gallery", "preview-notifications"])
def test_a_command_writes_where_it_is_asked_to(machine: Machine, command: str) -> None:
    machine.has("python3")
    python = machine.checkout / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "python $*"\n')
    python.chmod(0o755)
    (done,) = [
        line
        for line in machine.make(command, "OUT=my $folder").stdout.splitlines()
        if line.startswith("python ")
    ]
    assert "=my $folder" in done


def test_the_many_processes_of_a_command_share_compiled_files(machine: Machine) -> None:
    machine.has(
        "python3", '#!/bin/sh\n[ "$1" = -c ] || echo "compiled files: ${PYTHONDONTWRITEBYTECODE:-kept}"\n'
    )
    assert machine.asked("setup", PYTHONDONTWRITEBYTECODE="1") == ["compiled files: kept"]
