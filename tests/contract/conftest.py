"""A studio on loopback, and a bare client that speaks the wire to it."""

import json
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from pytest_socket import enable_socket

ROOT = Path(__file__).resolve().parents[2]
ATTRIBUTION = {
    "X-Skill-Source": "generator-chrome-extension",
    "X-Skill-Version": "1.0.0",
    "X-Skill-Platform": "unknown",
}


def pytest_runtest_setup() -> None:
    """The unit tests, where they ran before, took the sockets away."""
    enable_socket()


@dataclass
class Project:
    """One session of one anonymous account."""

    http: httpx.Client
    token: str
    session_id: str
    task_id: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **ATTRIBUTION}

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path, headers=self.headers)

    def post(self, path: str, body: object) -> httpx.Response:
        return self.http.post(path, json=body, headers=self.headers)

    def upload(self, name: str, content: bytes) -> dict[str, Any]:
        path = f"/api/upload-video/nemo_agent/me/{self.session_id}"
        answer: dict[str, Any] = self.http.post(
            path, files={"files": (name, content)}, headers=self.headers
        ).json()
        return answer

    def upload_url(self, url: str) -> dict[str, Any]:
        path = f"/api/upload-video/nemo_agent/me/{self.session_id}"
        answer: dict[str, Any] = self.post(path, {"urls": [url], "source_type": "url"}).json()
        return answer

    def message(self, text: str) -> dict[str, Any]:
        return {
            "app_name": "nemo_agent",
            "user_id": "me",
            "session_id": self.session_id,
            "new_message": {"parts": [{"text": text}]},
        }

    def say(self, text: str) -> list[dict[str, Any]]:
        """Send a message; the events of the stream."""
        with self.http.stream("POST", "/run_sse", json=self.message(text), headers=self.headers) as response:
            assert response.headers["content-type"].startswith("text/event-stream")
            body = response.read().decode()
        return [json.loads(block.removeprefix("data: ")) for block in body.split("\n\n") if block]

    def state(self) -> dict[str, Any]:
        answer = self.get(f"/api/state/nemo_agent/me/{self.session_id}/latest").json()
        state: dict[str, Any] = answer["data"]["state"]
        return state

    def settled_draft(self) -> dict[str, Any]:
        """The draft once music and titles have been added to it."""
        draft: dict[str, Any] = wait_for(lambda: (d := self.state()["draft"]) and len(d["t"]) > 1 and d)
        return draft

    def start_render(self, draft: object, render_id: str | None = None) -> httpx.Response:
        body = {
            "id": render_id or f"render_{uuid.uuid4().hex}",
            "sessionId": self.session_id,
            "draft": draft,
            "output": {"format": "mp4", "quality": "high"},
        }
        return self.post("/api/render/proxy/lambda", body)

    def status(self, render_id: str) -> dict[str, Any]:
        answer: dict[str, Any] = self.get(f"/api/render/proxy/lambda/{render_id}").json()
        return answer

    def finished(self, render_id: str) -> dict[str, Any]:
        return wait_for(lambda: (s := self.status(render_id))["status"] in {"completed", "failed"} and s)  # type: ignore[no-any-return]


def wait_for(ask: Any) -> Any:  # noqa: ANN401 - answers come as JSON
    """Ask until the answer is true."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if answer := ask():
            return answer
        time.sleep(0.05)
    pytest.fail("the studio did not get there within a minute")


@dataclass
class Studio:
    process: subprocess.Popen[str]
    url: str
    http: httpx.Client

    def token(self) -> str:
        answer = self.http.post("/api/auth/anonymous-token", headers={"X-Client-Id": str(uuid.uuid4())})
        token: str = answer.json()["data"]["token"]
        return token

    def project(self) -> Project:
        token = self.token()
        answer = self.http.post(
            "/api/tasks/me/with-session/nemo_agent",
            json={"task_name": "project", "language": "en"},
            headers={"Authorization": f"Bearer {token}", **ATTRIBUTION},
        )
        data = answer.json()["data"]
        return Project(self.http, token, data["session_id"], data["task_id"])


def start_studio(folder: Path, *options: str) -> Studio:
    port_file = folder / "address"
    command = [
        sys.executable,
        "-m",
        "studio",
        "--data-dir",
        str(folder / "data"),
        "--port-file",
        str(port_file),
    ]
    process = subprocess.Popen(
        [*command, *options], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    url = wait_for(lambda: port_file.exists() and port_file.read_text())
    return Studio(process, url, httpx.Client(base_url=url, timeout=30))


def stop_studio(studio: Studio) -> tuple[int, str]:
    """Exit code and what was said on standard error."""
    studio.http.close()
    studio.process.terminate()
    _, errors = studio.process.communicate(timeout=20)
    return studio.process.returncode, errors


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    running = start_studio(
        tmp_path_factory.mktemp("studio"),
        "--seed",
        "1",
        "--work-seconds",
        "0.1",
        "--late-write-seconds",
        "0.2",
    )
    yield running
    code, errors = stop_studio(running)
    assert (code, errors) == (0, "")


@pytest.fixture
def project(studio: Studio) -> Project:
    return studio.project()
