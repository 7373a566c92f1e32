"""Keeping the embedded cloud running in the background, for play and for other programs."""

import contextlib
import shutil
import signal
import sys
import time

import psutil
from pydantic import ValidationError

from infra.local.cloud import CloudSettings, embedded_cloud
from infra.local.endpoints import Endpoints
from infra.local.processes import StartError, release, start, working_in
from infra.local.stack import ROOT

LOCAL = ROOT / ".local"
HOME = LOCAL / "cloud"
ENDPOINTS = LOCAL / "endpoints.json"
LOG = LOCAL / "cloud.log"


def up() -> tuple[Endpoints, bool]:
    """Start the cloud in the background unless it runs; returns where it is, and whether it ran already.

    A start that is interrupted or killed leaves nothing running.

    Raises:
        StartError: It did not start. Says why.
    """
    if running := endpoints():
        return running, True
    down()
    CloudSettings.from_environment(HOME)
    shutil.rmtree(HOME, ignore_errors=True)  # what ran before was forgotten when it stopped
    LOCAL.mkdir(exist_ok=True)
    with LOG.open("wb") as log:
        keeper = start([sys.executable, "-m", "infra.local", "serve"], cwd=ROOT, stdout=log)
    with contextlib.ExitStack() as given_up:
        given_up.callback(down)
        while not ENDPOINTS.exists():
            if keeper.poll() is not None:
                said = LOG.read_text(errors="replace").strip().splitlines()
                raise StartError(said[-1] if said else f"The embedded cloud did not start. Its log: {LOG}")
            time.sleep(0.1)
        release(keeper)
        given_up.pop_all()
    return _read_endpoints(), False


def endpoints() -> Endpoints | None:
    """Return where the cloud in the background is, or None when none runs."""
    if _keepers() and ENDPOINTS.exists():
        return _read_endpoints()
    return None


def _read_endpoints() -> Endpoints:
    try:
        return Endpoints.model_validate_json(ENDPOINTS.read_bytes())
    except ValidationError as error:
        raise StartError(
            f"{ENDPOINTS} is damaged. Start the cloud again: make down, then make up."
        ) from error


def serve() -> None:
    """Run the cloud until this process gets a signal to end."""
    with embedded_cloud(CloudSettings.from_environment(HOME)) as endpoints:
        endpoints.write(ENDPOINTS)
        try:
            signal.pause()
        finally:
            Endpoints.remove(ENDPOINTS)


def down() -> bool:
    """Kill the cloud, and what is left of a killed one; False when nothing ran."""
    was_running = False
    while running := [*_keepers(), *working_in(HOME)]:
        was_running = True
        for process in running:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(running, timeout=1)
    Endpoints.remove(ENDPOINTS)
    return was_running


def _keepers() -> list[psutil.Process]:
    command = ["-m", "infra.local", "serve"]
    return [process for process in working_in(ROOT) if _arguments(process)[1:] == command]


def _arguments(process: psutil.Process) -> list[str]:
    with contextlib.suppress(psutil.Error):
        return process.cmdline()
    return []
