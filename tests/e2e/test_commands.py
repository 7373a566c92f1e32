"""The commands of the Makefile, in a copy of the checkout, as a user would type them."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local.processes import working_in
from infra.local.stack import ROOT
from tests.support import http
from tests.support.waiting import HUNG_SECONDS, awaited

ENDPOINTS = {
    "aws_endpoint_url", "region", "access_key_id", "secret_access_key", "inbox_bucket", "videos_bucket",
    "videos_table", "topic_arn", "state_machine_arn", "api_url", "api_key", "nemo_api_url", "mailbox_dir",
}  # fmt: skip


MAKE = ("make", "--old-file=local-packages")  # they are installed, since these tests run
NOWHERE = "http://127.0.0.1:9"

# Ends what works in a folder when its standard input ends: with the test, or with pytest when that is killed.
GUARD = """
import pathlib, sys
from infra.local.processes import working_in
sys.stdin.read()
while left := working_in(pathlib.Path(sys.argv[1])):
    for process in left:
        process.kill()
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A checkout of its own, with the environment of this one, and nothing left running afterwards."""
    copy = tmp_path / "checkout"
    kept_out = shutil.ignore_patterns(".*", "__pycache__", "tests", "out", "mutants", "node_modules")
    shutil.copytree(ROOT, copy, ignore=kept_out)
    (copy / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    guard = [sys.executable, "-c", GUARD, str(copy)]
    with subprocess.Popen(guard, cwd=ROOT, stdin=subprocess.PIPE, start_new_session=True):
        yield copy
        left = [process.cmdline() for process in working_in(copy)]
    assert not left, f"left running: {left}"


def a_users_environment() -> dict[str, str]:
    """Without what the make that runs these tests hands down."""
    handed_down = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHONPATH", "INPUT", "INSTRUCTION", "OUT"}
    return {name: value for name, value in os.environ.items() if name not in handed_down}


def make(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*MAKE, *arguments],
        cwd=checkout,
        env={**a_users_environment(), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=HUNG_SECONDS,
    )


def test_make_alone_lists_the_commands(checkout: Path) -> None:
    listed = make(checkout).stdout
    for command in ("demo", "up", "down", "test", "api-key", "status", "redrive", "retry"):
        assert f"make {command}" in listed


@pytest.mark.door("commands")
def test_up_tells_other_programs_where_it_is_and_down_stops_all_of_it(checkout: Path) -> None:
    up = make(checkout, "up", NEMO_API_URL=NOWHERE)
    assert up.returncode == 0, up.stdout + up.stderr
    file = checkout / ".local" / "endpoints.json"
    endpoints = json.loads(file.read_text())
    assert set(endpoints) >= ENDPOINTS
    assert endpoints["nemo_api_url"] == NOWHERE
    assert file.stat().st_mode & 0o077 == 0, "it holds keys"
    assert f"export API={endpoints['api_url']}\n" in file.with_suffix(".env").read_text()
    assert "studio" not in str([process.cmdline() for process in working_in(checkout)])

    key = make(checkout, "api-key", "OWNER=shop").stdout.strip()
    answer = http.get(f"{endpoints['api_url']}/v1/videos/vid-x", headers={"x-api-key": key})
    assert answer.status_code == httpx.codes.NOT_FOUND

    assert make(checkout, "up").returncode == 0, "up twice is up"
    assert make(checkout, "down").returncode == 0
    assert list(file.parent.glob("endpoints.*")) == []


@pytest.mark.thorough
def test_a_keeper_that_is_killed_takes_everything_with_it(checkout: Path) -> None:
    assert make(checkout, "up", NEMO_API_URL=NOWHERE).returncode == 0
    (keeper,) = (p for p in working_in(checkout) if p.cmdline()[1:] == ["-m", "infra.local", "serve"])
    keeper.kill()
    awaited(lambda: not working_in(checkout), "the end of its parts")
    assert "Start it with `make up`" in make(checkout, "api-key", "OWNER=shop").stderr
    assert make(checkout, "down").stdout.strip() == "Nothing was running."


@pytest.mark.parametrize(
    ("command", "sent", "begun"),
    [
        ("up", signal.SIGKILL, "embedded_aws.py"),
        pytest.param("up", signal.SIGKILL, "infra.local", marks=pytest.mark.thorough),
        pytest.param("up", signal.SIGINT, "embedded_aws.py", marks=pytest.mark.thorough),
        pytest.param("demo", signal.SIGKILL, "embedded_aws.py", marks=pytest.mark.thorough),
        pytest.param("demo", signal.SIGTERM, "embedded_aws.py", marks=pytest.mark.thorough),
        pytest.param("demo", signal.SIGINT, "embedded_aws.py", marks=pytest.mark.thorough),
    ],
)
def test_a_start_that_is_given_up_takes_everything_with_it(
    checkout: Path, command: str, sent: signal.Signals, begun: str
) -> None:
    def has_begun() -> bool:
        commands = [" ".join(process.cmdline()) for process in working_in(checkout)]
        return any(begun in command for command in commands)

    said = checkout.parent / "said"
    with said.open("w") as output:
        making = subprocess.Popen(
            [*MAKE, command],
            cwd=checkout,
            env=a_users_environment(),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    awaited(has_begun, f"a process of {begun}")
    if sent == signal.SIGINT:  # a terminal sends it to all of them
        os.killpg(making.pid, sent)
    else:
        making.send_signal(sent)
    status = making.wait()
    awaited(lambda: not working_in(checkout), "the end of everything")
    assert status != 0
    assert "Traceback" not in said.read_text()


def test_the_demo_says_what_is_wrong(checkout: Path) -> None:
    demo = make(checkout, "demo", "INPUT=nothing-there.png")
    assert demo.returncode != 0
    assert "There is no file nothing-there.png" in demo.stderr
    assert "Traceback" not in demo.stderr
