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
import psutil
import pytest

from infra.local.stack import ROOT
from tests.e2e.conftest import awaited

ENDPOINTS = {
    "aws_endpoint_url", "region", "access_key_id", "secret_access_key", "inbox_bucket", "videos_bucket",
    "videos_table", "topic_arn", "state_machine_arn", "api_url", "api_key", "nemo_api_url", "mailbox_dir",
}  # fmt: skip


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Path]:
    """A checkout of its own, with the environment of this one, and nothing left running afterwards."""
    copy = tmp_path / "checkout"
    kept_out = shutil.ignore_patterns(".*", "__pycache__", "tests", "out", "mutants")
    shutil.copytree(ROOT, copy, ignore=kept_out)
    (copy / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    yield copy
    left = [process.cmdline() for process in processes_in(copy)]
    assert not left, f"left running: {left}"


def processes_in(folder: Path) -> list[psutil.Process]:
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(folder):
                found.append(process)
        except psutil.Error:
            continue
    return found


def a_users_environment() -> dict[str, str]:
    """Without what the make that runs these tests hands down."""
    handed_down = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "PYTHONPATH", "INPUT", "INSTRUCTION", "OUT"}
    return {name: value for name, value in os.environ.items() if name not in handed_down}


def make(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--old-file=local-packages", *arguments],  # they are installed, since these tests run
        cwd=checkout,
        env={**a_users_environment(), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def test_make_alone_lists_the_commands(checkout: Path) -> None:
    listed = make(checkout).stdout
    for command in ("demo", "up", "down", "test", "api-key", "status", "redrive", "retry"):
        assert f"make {command}" in listed


def test_up_tells_other_programs_where_it_is_and_down_stops_all_of_it(checkout: Path) -> None:
    backend = "http://127.0.0.1:9"
    up = make(checkout, "up", NEMO_API_URL=backend)
    assert up.returncode == 0, up.stdout + up.stderr
    file = checkout / ".local" / "endpoints.json"
    endpoints = json.loads(file.read_text())
    assert set(endpoints) >= ENDPOINTS
    assert endpoints["nemo_api_url"] == backend
    assert file.stat().st_mode & 0o077 == 0, "it holds keys"
    assert "studio" not in str([process.cmdline() for process in processes_in(checkout)])

    key = make(checkout, "api-key", "OWNER=shop").stdout.strip()
    answer = httpx.get(f"{endpoints['api_url']}/v1/videos/vid-x", headers={"x-api-key": key})
    assert answer.status_code == httpx.codes.NOT_FOUND

    assert make(checkout, "up").returncode == 0, "up twice is up"
    assert make(checkout, "down").returncode == 0
    assert not file.exists()


def test_down_clears_up_after_a_keeper_that_was_killed(checkout: Path) -> None:
    assert make(checkout, "up").returncode == 0
    keepers = [p for p in processes_in(checkout) if p.cmdline()[-1] == "serve"]
    for keeper in keepers:
        keeper.kill()
    assert keepers
    assert processes_in(checkout), "its parts live on"
    assert make(checkout, "down").stdout.strip() == "Stopped."


def test_ctrl_c_in_the_demo_stops_everything(checkout: Path) -> None:
    demo = subprocess.Popen(
        [sys.executable, "-m", "infra.local", "demo"],
        cwd=checkout,
        env={**a_users_environment(), "PYTHONPATH": "functions:."},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    awaited(lambda: True if len(processes_in(checkout)) > 1 else None, "a part of the cloud")
    demo.send_signal(signal.SIGINT)
    said, _ = demo.communicate(timeout=60)
    assert demo.returncode == 128 + signal.SIGINT, said
    assert "Traceback" not in said


def test_the_demo_says_what_is_wrong(checkout: Path) -> None:
    demo = make(checkout, "demo", "INPUT=nothing-there.png")
    assert demo.returncode != 0
    assert "There is no file nothing-there.png" in demo.stderr
    assert "Traceback" not in demo.stderr
