import os
import stat
from pathlib import Path

import pytest

from infra.installer import InstallError, explained, install

LOCK = """\
alpha==1.0 \\
    --hash=sha256:aa
beta-two==2.0 ; python_full_version < '3.12' \\
    --hash=sha256:bb
beta-two==3.0 ; python_full_version >= '3.12' \\
    --hash=sha256:cc
"""
NO_NETWORK = """\
WARNING: Retrying (Retry(total=4, connect=None)) after connection broken by 'NewConnectionError('...: \
Failed to establish a new connection: [Errno -3] Temporary failure in name resolution')': /simple/alpha/
ERROR: Could not find a version that satisfies the requirement alpha==1.0 (from versions: none)
ERROR: No matching distribution found for alpha==1.0
"""
# A stand-in for a program: notes how it was called, says a text, and ends with a status.
PROGRAM = """#!/bin/sh
echo "$0 $*" >>"{calls}"
env >"{calls}.env"
cat <<'EOF'
{output}
EOF
exit {status}
"""


class Programs:
    """The Python of an environment, and uv: each can be made to say anything."""

    def __init__(self, folder: Path) -> None:
        self._calls = folder / "calls"
        self.python = folder / "environment" / "bin" / "python"
        self.site = folder / "environment" / "lib" / "python3.12" / "site-packages"
        self.path = folder / "path"
        self.lock = folder / "lock.txt"
        self.log = folder / "setup.log"
        for made in (self.python.parent, self.site / "pip", self.path):
            made.mkdir(parents=True)
        self.lock.write_text(LOCK)
        self.program(self.python)

    def program(self, path: Path, output: str = "", status: int = 0) -> None:
        path.write_text(PROGRAM.format(calls=self._calls, output=output, status=status))
        path.chmod(stat.S_IRWXU)

    def install(self) -> None:
        install(self.python, self.lock, self.log)

    @property
    def calls(self) -> list[str]:
        return self._calls.read_text().splitlines()

    @property
    def environment(self) -> list[str]:
        return Path(f"{self._calls}.env").read_text().splitlines()


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Programs:
    programs = Programs(tmp_path)
    monkeypatch.setenv("PATH", f"{programs.path}:/usr/bin:/bin")
    return programs


def test_the_lock_alone_decides(programs: Programs) -> None:
    programs.install()
    (call,) = programs.calls
    for option in ("--no-deps", "--require-hashes", "--only-binary=:all:", f"--requirement={programs.lock}"):
        assert option in call.split()


def test_uv_is_used_where_it_is_present(programs: Programs) -> None:
    programs.program(programs.path / "uv")
    programs.install()
    (call,) = programs.calls
    assert call.startswith(f"{programs.path}/uv pip install ")
    assert {"--no-deps", "--require-hashes", "--no-build"} <= set(call.split())


def test_pip_is_used_when_uv_fails(programs: Programs) -> None:
    programs.program(programs.path / "uv", "error: unexpected argument", 2)
    programs.install()
    assert [Path(call.split()[0]).name for call in programs.calls] == ["uv", "python"]


def test_pip_is_installed_first_where_it_is_missing(programs: Programs) -> None:
    (programs.site / "pip").rmdir()
    programs.install()
    assert [call.split()[3] for call in programs.calls] == ["ensurepip", "pip"]


def test_a_python_without_pip_gets_advice(programs: Programs) -> None:
    (programs.site / "pip").rmdir()
    programs.program(programs.python, "No module named ensurepip", 1)
    with pytest.raises(InstallError, match="apt install python3-venv"):
        programs.install()


def test_settings_for_indexes_are_kept_and_others_are_not(
    programs: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {"PIP_INDEX_URL": "a", "PIP_EXTRA_INDEX_URL": "b", "PIP_FIND_LINKS": "c", "HTTPS_PROXY": "d"}
    dropped = {"PIP_TARGET": "/t", "PIP_PREFIX": "/p", "PYTHONPATH": "functions"}
    for name, value in {**kept, **dropped, "PIP_USER": "1", "PIP_CONSTRAINT": "c.txt"}.items():
        monkeypatch.setenv(name, value)
    programs.install()
    seen = dict(line.split("=", 1) for line in programs.environment if "=" in line)
    assert {name: seen[name] for name in kept} == kept
    assert not dropped.keys() & seen.keys()
    assert (seen["PIP_USER"], seen["PIP_CONSTRAINT"]) == ("0", os.devnull)


def test_without_network_it_says_how_much_is_missing(programs: Programs) -> None:
    programs.program(programs.python, NO_NETWORK, 1)
    (programs.site / "alpha-1.0.dist-info").mkdir()
    with pytest.raises(InstallError) as failed:
        programs.install()
    said = str(failed.value)
    assert said.startswith("The package index cannot be reached. Not installed yet: beta-two. Connect ")
    assert "Retry" not in said
    assert str(programs.log) in said


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device",
            "disk is full",
        ),
        ("ERROR: No matching distribution found for alpha==1.0", "no file of alpha==1.0 for Python 3."),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
            "differs from the locked",
        ),
        ("error: Failed to fetch\n  Caused by: dns error: failed to lookup", "cannot be reached"),
        ("noise\nERROR: Something new.\nmore noise", "ERROR: Something new.\nThe details are in"),
        ("", "pip failed."),
    ],
)
def test_each_failure_has_advice(output: str, said: str) -> None:
    assert said in explained(output, ["alpha"], Path("setup.log"))


def test_progress_is_shown_where_there_is_no_terminal(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("infra.installer._BETWEEN_LINES_SECONDS", 0.0)
    found = (
        "Ignoring beta-two: markers\nCollecting alpha==1.0\nProcessing /wheels/beta_two-2.0-py3-none-any.whl"
    )
    for said, shown in (
        ("", "downloading"),
        (found, "downloading 2 of 2: beta_two"),
        (NO_NETWORK.splitlines()[0], "no answer from the package index yet, trying again"),
    ):
        programs.program(programs.python, f"{said}\nEOF\nsleep 0.5\ncat <<'EOF'")
        programs.install()
        assert f"  {shown}\n" in capsys.readouterr().out
