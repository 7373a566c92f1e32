"""Keeping the embedded cloud running in the background, for play and for other programs."""

import contextlib
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

import psutil

from infra.local.cloud import CloudSettings, embedded_cloud
from infra.local.endpoints import Endpoints
from infra.local.processes import StartError, stop
from infra.local.stack import ROOT

LOCAL = ROOT / ".local"
HOME = LOCAL / "cloud"
ENDPOINTS = LOCAL / "endpoints.json"
LOG = LOCAL / "cloud.log"
START_SECONDS = 120


def up() -> tuple[Endpoints, bool]:
    """Start the cloud in the background unless it runs; returns where it is, and whether it ran already.

    Raises:
        StartError: It did not start. Says why.
    """
    if _keepers() and ENDPOINTS.exists():
        return Endpoints.model_validate_json(ENDPOINTS.read_bytes()), True
    down()
    CloudSettings.from_environment(HOME)
    shutil.rmtree(HOME, ignore_errors=True)  # what ran before was forgotten when it stopped
    LOCAL.mkdir(exist_ok=True)
    with LOG.open("wb") as log:
        keeper = subprocess.Popen(
            [sys.executable, "-m", "infra.local", "serve"],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    deadline = time.monotonic() + START_SECONDS
    while not ENDPOINTS.exists():
        if keeper.poll() is not None or time.monotonic() > deadline:
            down()
            raise StartError(LOG.read_text(errors="replace").strip() or f"It did not start. Its log: {LOG}")
        time.sleep(0.1)
    return Endpoints.model_validate_json(ENDPOINTS.read_bytes()), False


def serve() -> None:
    """Run the cloud until this process is told to end."""
    signal.signal(signal.SIGTERM, _end)
    with embedded_cloud(CloudSettings.from_environment(HOME)) as endpoints:
        endpoints.write(ENDPOINTS)
        try:
            signal.pause()
        finally:
            ENDPOINTS.unlink(missing_ok=True)


def down() -> bool:
    """Stop the cloud, and whatever a killed one has left behind; False when nothing ran."""
    running = [*_keepers(), *_orphans()]
    for process in running:
        stop(process)
    ENDPOINTS.unlink(missing_ok=True)
    return bool(running)


def _end(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def _keepers() -> list[psutil.Process]:
    command = ["-m", "infra.local", "serve"]
    return [p for p in psutil.process_iter() if _is(p, cwd=ROOT) and _arguments(p)[-3:] == command]


def _orphans() -> list[psutil.Process]:
    """Every part of the cloud has its home as its working directory."""
    return [p for p in psutil.process_iter() if _is(p, cwd=HOME)]


def _is(process: psutil.Process, *, cwd: Path) -> bool:
    with contextlib.suppress(psutil.Error):
        return process.cwd() == str(cwd.resolve())
    return False


def _arguments(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []
