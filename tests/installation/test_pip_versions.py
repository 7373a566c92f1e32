"""A fresh environment from the lock with each pip that people have, while the index offers newer versions.

pip 23 does not know that `coverage==7.0` also locks `coverage[toml]`. Where it resolved dependencies, it took
the newest version of the day, which had no hash. So each package has a newer version here, and some of them
need extras.
"""

import os
import shutil
import subprocess
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

import pytest

from infra.installer import InstallError, install
from tests.installation.conftest import REQUIREMENTS, entries, needing_extras, plain, unreachable

# Debian 12, Python 3.11 and 3.12, Ubuntu 24.04, and the newest.
PIPS = ("pip==23.0", "pip==23.2", "pip==24.0", "pip")
MODULES = (
    "handlers.wiring, handlers.http.app, infra.local.demo, infra.operations, ministack.app, studio.api.app"
)
ROOT = REQUIREMENTS.parent


@pytest.fixture(scope="module")
def lock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the demo needs, and of the other packages those that need extras."""
    wanted = needing_extras() | {name for name, _, _ in entries(REQUIREMENTS / "local.txt")}
    chosen = [text for name, _, text in entries(REQUIREMENTS / "dev.txt") if name in wanted]
    lock = tmp_path_factory.mktemp("lock") / "lock.txt"
    lock.write_text("\n".join(chosen) + "\n")
    return lock


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory, lock: Path) -> Path:
    """A folder with a newer version of each package in the lock. Installed, it would break its module."""
    folder = tmp_path_factory.mktemp("newer")
    for name in {name for name, _, _ in entries(lock)}:
        stem = f"{name.replace('-', '_')}-99999"
        files = {
            "METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 99999\n",
            "WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
            "RECORD": "",
        }
        with zipfile.ZipFile(folder / f"{stem}-py3-none-any.whl", "w") as wheel:
            for file, text in files.items():
                wheel.writestr(f"{stem}.dist-info/{file}", text)
    return folder


@pytest.fixture
def python(pip: str, tmp_path: Path) -> Path:
    """The Python of a fresh environment with this pip."""
    program = sys.executable
    if pip == "pip==23.0" and sys.version_info >= (3, 12):  # the first pip for Python 3.12 is 23.1.2
        program = shutil.which("python3.11") or pytest.skip("This pip needs Python 3.11.")
    python = tmp_path / "environment" / "bin" / "python"
    subprocess.run([program, "-m", "venv", str(python.parents[1])], check=True)
    done = subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--upgrade", pip],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        unreachable(done.stderr)
    return python


def _run(python: Path, *arguments: str) -> str:
    env = {**os.environ, "PYTHONPATH": f"{ROOT / 'functions'}:{ROOT}"}
    done = subprocess.run(
        [python, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.thorough
@pytest.mark.parametrize("pip", PIPS)
def test_the_lock_alone_decides(
    python: Path, lock: Path, newer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_FIND_LINKS", f"{os.environ.get('PIP_FIND_LINKS', '')} {newer}")
    monkeypatch.setattr("infra.installer.shutil.which", lambda _: None)  # no uv
    log = tmp_path / "setup.log"
    try:
        install(python, lock, log)
    except InstallError as error:
        if "cannot be reached" in str(error):
            unreachable(str(error))
        pytest.fail(f"{error}\n{log.read_text()}")

    locked = defaultdict(set)
    for name, version, _ in entries(lock):
        locked[plain(name)].add(version)
    installed = dict(line.split("==") for line in _run(python, "-m", "pip", "freeze").splitlines())
    assert {plain(name) for name in installed} <= locked.keys()
    assert {name: version for name, version in installed.items() if version not in locked[plain(name)]} == {}
    assert "No broken requirements found." in _run(python, "-m", "pip", "check")
    _run(python, "-c", f"import {MODULES}")
    _run(python, "-c", "import coverage, pytest_cov")
