"""What the suite speaks to: stand-ins on loopback, or the real service that the environment names.

`NEMO_TOKEN` names the account and `NEMO_API_URL` the service (the vendor's, unless it says otherwise); what
costs credits, renders or anonymous tokens is left out unless `NEMO_SPEND=1`.
"""

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from infra.local.processes import start, stop
from tests.contract.wire import Project, ask_for_token, open_project, wait_for
from tests.support.scripted_backend.answers import says
from tests.support.scripted_backend.server import Script, scripted_backend
from tests.support.waiting import HUNG_SECONDS

ROOT = Path(__file__).resolve().parents[2]
VENDOR = "https://mega-api-prod.nemovideo.ai"
HASTY = ("--work-seconds=0.04", "--late-write-seconds=0.1", "--tokens-per-address=10000")
_DONE = says("Your video is ready. Click the Export button to download.")


@dataclass(frozen=True)
class Service:
    """Something that speaks the wire."""

    http: httpx.Client
    own_token: str | None = None
    """The real service's account; stand-ins give every project one of its own."""
    prepare: Callable[[], None] = lambda: None
    """What comes before a session is created."""

    @property
    def is_real(self) -> bool:
        return self.own_token is not None

    def project(self, token: str | None = None) -> Project:
        """A new session, on the account of a token if one is given."""
        self.prepare()
        settling_s = 30 if self.is_real else 0.25
        return open_project(self.http, token or self.own_token or ask_for_token(self.http), settling_s)


def real_service() -> Service | None:
    token = os.environ.get("NEMO_TOKEN")
    url = os.environ.get("NEMO_API_URL", VENDOR)
    return Service(httpx.Client(base_url=url, timeout=300), token) if token else None


@contextlib.contextmanager
def scripted() -> Iterator[Service]:
    """The backend of the fault tests, with scripts by which nothing goes wrong."""
    with scripted_backend() as backend, httpx.Client(base_url=backend.url, timeout=HUNG_SECONDS) as http:
        yield Service(http, prepare=lambda: backend.play(Script(_DONE)))


@dataclass
class Studio:
    """A studio's process, started with a data folder and options."""

    process: psutil.Popen
    service: Service
    data_dir: Path
    complaints: Path
    """What it says on standard error."""

    @property
    def http(self) -> httpx.Client:
        return self.service.http

    def project(self) -> Project:
        return self.service.project()

    def renderers(self) -> list[psutil.Process]:
        """Return the running processes that render."""
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):  # it has just ended
                if "studio.render" in process.cmdline():
                    found.append(process)
        return found

    def stop(self) -> tuple[int, str]:
        """Exit code and what was said on standard error."""
        self.http.close()
        self.process.terminate()
        code = self.process.wait(timeout=HUNG_SECONDS)
        stop(self.process)
        return code, self.complaints.read_text()

    def kill(self) -> None:
        """End it as a power cut does, with all that it started."""
        self.http.close()
        stop(self.process)


def start_studio(folder: Path, *options: str) -> Studio:
    port_file = folder / "address"
    port_file.unlink(missing_ok=True)
    command = [sys.executable, "-m", "studio", f"--data-dir={folder / 'data'}", f"--port-file={port_file}"]
    complaints = folder / "complaints"
    with complaints.open("wb") as errors:
        process = start([*command, *options], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors)
    url = wait_for(lambda: (port_file.exists() and port_file.read_text()) or None)
    return Studio(
        process, Service(httpx.Client(base_url=url, timeout=HUNG_SECONDS)), folder / "data", complaints
    )


@contextlib.contextmanager
def studio(folder: Path, *options: str) -> Iterator[Studio]:
    """A studio that ends cleanly with the block, having had nothing to complain of."""
    running = start_studio(folder, *options)
    try:
        yield running
    finally:
        code, errors = running.stop()
    assert not errors, errors
    assert code == 0
