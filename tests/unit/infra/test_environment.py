import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra import environment
from infra.environment import STATE, Environment
from infra.installer import InstallError


class Packages:
    """Two locks, and an installer that leaves a file with the lock's text in the environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.installed: list[str] = []
        self.error: BaseException | None = None

    def lock(self, name: str, text: str) -> None:
        (self.folder / f"{name}.txt").write_text(text)

    def install(self, python: Path, lock: Path, _log: Path) -> None:
        (python.parents[1] / f"has-{lock.stem}").write_text(lock.read_text())
        if self.error:
            raise self.error
        self.installed.append(lock.stem)


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    packages = Packages(tmp_path / "requirements")
    packages.folder.mkdir()
    packages.lock("local", "one")
    packages.lock("dev", "one and two")
    monkeypatch.setattr("infra.environment.REQUIREMENTS", packages.folder)
    monkeypatch.setattr("infra.environment.install", packages.install)
    return packages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "clone" / ".venv"


def ensure(folder: Path, name: str = "local", *, exactly: bool = False) -> None:
    environment.ensure(Environment(folder), name, exactly=exactly)


def test_a_set_is_installed_once(
    packages: Packages, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ensure(folder)
    said = capsys.readouterr().out
    assert f"Installing packages to make videos on this machine into {folder} with Python 3." in said
    assert "MB" in said
    ensure(folder)
    assert packages.installed == ["local"]
    assert capsys.readouterr().out == ""


def test_another_set_joins_the_first(packages: Packages, folder: Path) -> None:
    ensure(folder)
    ensure(folder, "dev")
    ensure(folder)
    assert packages.installed == ["local", "dev"]
    assert (folder / "has-local").exists()


def test_a_new_lock_is_installed_into_the_same_environment(packages: Packages, folder: Path) -> None:
    ensure(folder)
    ensure(folder, "dev")
    packages.lock("local", "three")
    ensure(folder)
    assert packages.installed == ["local", "dev", "local"]
    assert (folder / "has-dev").exists()


@pytest.mark.parametrize("error", [InstallError("No network."), KeyboardInterrupt(), SystemExit(9)])
def test_an_unfinished_environment_is_replaced(
    packages: Packages, folder: Path, error: BaseException
) -> None:
    packages.error = error
    with pytest.raises(type(error)):
        ensure(folder)
    (folder / "half-a-package").touch()
    packages.error = None
    ensure(folder)
    assert packages.installed == ["local"]
    assert not (folder / "half-a-package").exists()


def _moved(folder: Path) -> Path:
    return folder.parent.rename(folder.parents[1] / "elsewhere") / folder.name


def _without_python(folder: Path) -> Path:
    for program in (folder / "bin").glob("python*"):
        program.unlink()
    (folder / "bin" / "python").symlink_to("/no/such/python")
    return folder


def _with_another_python(folder: Path) -> Path:
    state = json.loads((folder / STATE).read_text())
    state["made"][-1] = "9"
    (folder / STATE).write_text(json.dumps(state))
    return folder


def _with_a_broken_note(folder: Path) -> Path:
    (folder / STATE).write_text("{")
    return folder


@pytest.mark.parametrize("broken", [_moved, _without_python, _with_another_python, _with_a_broken_note])
def test_a_broken_environment_is_replaced(
    packages: Packages, folder: Path, broken: Callable[[Path], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    ensure(folder)
    assert "It is replaced." not in capsys.readouterr().out
    (folder / "old").touch()
    folder = broken(folder)
    ensure(folder)
    assert "It is replaced." in capsys.readouterr().out
    assert packages.installed == ["local", "local"]
    assert not (folder / "old").exists()
    ensure(folder)
    assert packages.installed == ["local", "local"]


def test_only_a_python_that_is_named_replaces_another(
    packages: Packages, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ensure(folder)
    ensure(folder, exactly=True)
    with monkeypatch.context() as another:
        another.setattr(sys, "base_prefix", "/another/python")
        ensure(folder)
        assert packages.installed == ["local"]
        ensure(folder, exactly=True)
    assert packages.installed == ["local", "local"]


def test_a_linked_environment_is_never_deleted(packages: Packages, folder: Path, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "theirs").touch()
    folder.parent.mkdir()
    folder.symlink_to(shared)
    with pytest.raises(InstallError, match="is a link"):
        ensure(folder)
    assert (shared / "theirs").exists()
    assert packages.installed == []


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (InstallError("No network."), 1, "No network.\n"),
        (KeyboardInterrupt(), 130, "Stopped. Run the same command again to finish the setup.\n"),
        (PermissionError(13, "Permission denied", "x"), 1, "[Errno 13] Permission denied: 'x'\n"),
    ],
)
def test_the_command_says_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
    said: str,
) -> None:
    def failing(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("infra.environment.ensure", failing)
    monkeypatch.setattr("sys.argv", ["infra.environment", ".venv", "local"])
    assert environment.main() == status
    assert capsys.readouterr().err.lstrip() == said


def test_each_set_has_a_lock() -> None:
    assert set(environment.SETS) == {path.stem for path in environment.REQUIREMENTS.glob("*.txt")}
