import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import psutil
import pytest

from infra.local.leash import POLL_SECONDS
from infra.local.processes import StartError, running, start, stop
from infra.local.stack import ROOT
from tests.support.waiting import awaited

# A part with two children, one of them in a session of its own, as Chromium is.
PARENT = """
import os, pathlib, subprocess, sys, time
sleep = [sys.executable, "-c", "import time; time.sleep(3600)"]
children = [subprocess.Popen(sleep), subprocess.Popen(sleep, start_new_session=True)]
pathlib.Path("pids").write_text(" ".join(str(pid) for pid in [os.getpid(), *(c.pid for c in children)]))
pathlib.Path("child").write_text(str(children[0].pid))
time.sleep(3600)
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
# A part that writes down when one of its children ends before it does.
OBSERVER = """
import os, pathlib, subprocess
children = [subprocess.Popen(["sleep", "3600"], start_new_session=True) for _ in range(20)]
pathlib.Path("child").write_text(str(children[0].pid))
os.wait()
pathlib.Path("seen").touch()
"""
FAILING = "print('the port is taken'); raise SystemExit(3)"


# Starts the part, and is killed while the part is being started, or when it runs.
STARTER = """
import os, pathlib, sys
from infra.local.leash import POLL_SECONDS
from infra.local.processes import running
here = pathlib.Path.cwd()
command = [sys.executable, "-c", sys.argv[1]]
with running("part", command, env={}, cwd=here, log=here / "log", ready=(here / sys.argv[2]).exists):
    while True:
        (here / "runs").touch()
"""

RELEASER = """
import pathlib, subprocess, sys, time
from infra.local.leash import POLL_SECONDS
from infra.local.processes import release, start
part = start([sys.executable, "-c", sys.argv[1]], cwd=pathlib.Path.cwd(), stdout=subprocess.DEVNULL)
while not pathlib.Path("count").exists():
    time.sleep(0.01)
release(part)
pathlib.Path("pid").write_text(str(part.pid))
"""
COUNTER = f"""
import itertools, pathlib, time
for count in itertools.count():
    pathlib.Path("part").write_text(str(count))
    pathlib.Path("part").replace("count")
    time.sleep({POLL_SECONDS})
"""


def _alive(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _running(folder: Path, script: str, ready: Callable[[], bool]) -> AbstractContextManager[psutil.Popen]:
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
    monkeypatch.setattr("infra.local.processes.HUNG_SECONDS", 0)
    before = set(psutil.Process().children())
    with pytest.raises(StartError, match="was not ready"), _running(tmp_path, LONELY, lambda: False):
        pytest.fail("it is not ready")
    assert not [item for item in set(psutil.Process().children()) - before if _alive(item.pid)]


def test_a_part_that_ignores_signals_is_stopped(tmp_path: Path) -> None:
    with _running(tmp_path, STUBBORN, _ready(tmp_path)) as part:
        pass
    assert not _alive(part.pid)


def test_no_part_sees_the_end_of_another(tmp_path: Path) -> None:
    """Else a studio that is killed notes that its renders failed, and does not take them up again."""
    with _running(tmp_path, OBSERVER, _ready(tmp_path)) as part:
        children = part.children()
    assert not any(_alive(child.pid) for child in children)
    assert not (tmp_path / "seen").exists()


@pytest.fixture
def starter(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-c", STARTER, PARENT, request.param]
    with subprocess.Popen(command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}) as process:
        yield process
        process.kill()


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize(
    ("starter", "when"),
    [("never ready", "child"), ("child", "runs")],
    indirect=["starter"],
    ids=["it starts", "it runs"],
)
def test_the_end_of_the_starter_is_the_end_of_its_parts(
    starter: subprocess.Popen[bytes], tmp_path: Path, when: str, sent: signal.Signals
) -> None:
    awaited((tmp_path / when).exists, when)
    family = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert all(map(_alive, family))
    starter.send_signal(sent)
    starter.wait()
    awaited(lambda: not any(map(_alive, family)), "the end of the part and of its children")


# A test that hangs, in a project of its own.
HANGING = """
import time
from infra.local.processes import running

def test_that_hangs(pytestconfig):
    folder = pytestconfig.rootpath
    command = [{python!r}, "-c", {part!r}]
    ready = (folder / "child").exists
    with running("The part", command, env={{}}, cwd=folder, log=folder / "log", ready=ready):
        (folder / "runs").touch()
        while True:
            time.sleep(1)
"""


@pytest.mark.thorough
@pytest.mark.parametrize(
    "options",
    [["--numprocesses=1"], ["--numprocesses=0"], ["--timeout=15", "--timeout-method=thread"]],
    ids=["one of its processes", "it alone", "its timeout"],
)
def test_parts_that_a_test_started_end_with_pytest(tmp_path: Path, options: list[str]) -> None:
    (tmp_path / "test_hanging.py").write_text(HANGING.format(python=sys.executable, part=PARENT))
    command = [sys.executable, "-m", "pytest", f"--rootdir={tmp_path}", "-p", "no:cacheprovider", *options]
    env = {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [*command, str(tmp_path)], cwd=tmp_path, env=env, stdout=subprocess.DEVNULL
    ) as tests:
        awaited((tmp_path / "runs").exists, "the part")
        family = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
        if "--timeout=15" not in options:
            tests.kill()
    awaited(lambda: not any(map(_alive, family)), "the end of the part and of its children")


def test_the_children_of_a_part_that_is_killed_end_too(tmp_path: Path) -> None:
    with _running(tmp_path, PARENT, _ready(tmp_path)) as part:
        family = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
        part.kill()
        part.wait()
        awaited(lambda: not any(_alive(pid) for pid in family[:2]), "the end of the children in its session")
        psutil.Process(family[2]).kill()  # nobody knows any more that it descends from the part
    assert part.returncode == -signal.SIGKILL


def test_the_watcher_does_not_hold_the_output_open(tmp_path: Path) -> None:
    process = start([sys.executable, "-c", "print('done')"], cwd=tmp_path, stdout=subprocess.PIPE)
    with process.stdout as output:
        assert output.read() == b"done\n"
    stop(process)


def test_what_was_released_outlives_its_starter(tmp_path: Path) -> None:
    environment = {"PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", RELEASER, COUNTER], cwd=tmp_path, env=environment, check=True)
    part = psutil.Process(int((tmp_path / "pid").read_text()))
    (watcher,) = part.children()
    counted = int((tmp_path / "count").read_text())
    awaited(lambda: int((tmp_path / "count").read_text()) > counted + 10, "it still counts")  # ten polls
    part.kill()
    awaited(lambda: not _alive(watcher.pid), "the end of the watcher")


def test_stopping_what_has_ended_is_harmless(tmp_path: Path) -> None:
    with _running(tmp_path, LONELY, _ready(tmp_path)) as part:
        stop(part)
    stop(part)
