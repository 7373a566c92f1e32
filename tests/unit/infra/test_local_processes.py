import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest

from infra.local.processes import StartError, running, stop

PARENT = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
pathlib.Path("child").write_text(str(child.pid))
time.sleep(600)
"""
LONELY = """
import pathlib, time
pathlib.Path("child").write_text("0")
time.sleep(600)
"""
STUBBORN = """
import pathlib, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
pathlib.Path("child").write_text("0")
time.sleep(600)
"""
FAILING = "print('the port is taken'); raise SystemExit(3)"


def _alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _running(folder: Path, script: str, ready: Callable[[], bool]) -> AbstractContextManager[psutil.Process]:
    command = [sys.executable, "-c", script]
    return running("The part", command, env={}, cwd=folder, log=folder / "part.log", ready=ready)


def _ready(folder: Path) -> Callable[[], bool]:
    return lambda: (folder / "child").exists() and bool((folder / "child").read_text())


def test_a_part_and_what_it_started_end_with_the_block(tmp_path: Path) -> None:
    with _running(tmp_path, PARENT, _ready(tmp_path)) as part:
        child = int((tmp_path / "child").read_text())
        assert _alive(part.pid)
        assert _alive(child)
    assert not _alive(part.pid)
    assert not _alive(child)


def test_a_part_ends_when_the_block_fails(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), _running(tmp_path, LONELY, _ready(tmp_path)) as part:
        raise ZeroDivisionError
    assert not _alive(part.pid)


def test_a_part_that_ends_at_once_tells_why(tmp_path: Path) -> None:
    with pytest.raises(StartError) as caught, _running(tmp_path, FAILING, lambda: False):
        pytest.fail("it is not ready")
    told = str(caught.value)
    assert "exit status 3" in told
    assert "the port is taken" in told
    assert str(tmp_path / "part.log") in told


def test_a_part_that_is_never_ready_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.local.processes.START_SECONDS", 0)
    before = set(psutil.Process().children())
    with pytest.raises(StartError, match="was not ready"), _running(tmp_path, LONELY, lambda: False):
        pytest.fail("it is not ready")
    assert not [item for item in set(psutil.Process().children()) - before if _alive(item.pid)]


def test_a_part_that_will_not_go_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.local.processes.STOP_SECONDS", 0.1)
    with _running(tmp_path, STUBBORN, _ready(tmp_path)) as part:
        pass
    assert not _alive(part.pid)


def test_stopping_what_has_ended_is_harmless(tmp_path: Path) -> None:
    with _running(tmp_path, LONELY, _ready(tmp_path)) as part:
        stop(part)
    stop(part)
