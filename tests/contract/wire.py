"""A bare client of the wire, which reads every form that the vendor's documents show."""

import json
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx

from tests.support.waiting import awaited

Json = dict[str, Any]
Answer = TypeVar("Answer")

ATTRIBUTION = {
    "X-Skill-Source": "generator-chrome-extension",
    "X-Skill-Version": "1.0.0",
    "X-Skill-Platform": "unknown",
}
BAD_TOKEN = {1001, 1010, 1011}
OVER = {"completed", "failed"}
# Vendor skill document: generation takes up to 300 s, and a render up to 90.


@dataclass(frozen=True)
class Render:
    """What a render's status says, in whichever form."""

    http_status: int
    status: str | None
    url: str | None
    error: str | None


@dataclass
class Project:
    """One session of one account."""

    http: httpx.Client
    token: str
    session: Json
    settling_s: float
    """How long a draft must have kept still to be taken for settled."""

    @property
    def session_id(self) -> str:
        session_id: str = self.session["session_id"]
        return session_id

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **ATTRIBUTION}

    @property
    def upload_path(self) -> str:
        return f"/api/upload-video/nemo_agent/me/{self.session_id}"

    @property
    def state_path(self) -> str:
        return f"/api/state/nemo_agent/me/{self.session_id}/latest"

    def get(self, path: str) -> httpx.Response:
        return self.http.get(path, headers=self.headers)

    def post(self, path: str, body: object) -> httpx.Response:
        return self.http.post(path, json=body, headers=self.headers)

    def upload(self, name: str, content: bytes) -> Json:
        files = {"files": (name, content)}
        answer: Json = self.http.post(self.upload_path, files=files, headers=self.headers).json()
        return answer

    def upload_url(self, *urls: str) -> Json:
        answer: Json = self.post(self.upload_path, {"urls": urls, "source_type": "url"}).json()
        return answer

    def message(self, text: str) -> Json:
        return {
            "app_name": "nemo_agent",
            "user_id": "me",
            "session_id": self.session_id,
            "new_message": {"parts": [{"text": text}]},
        }

    def say(self, text: str) -> list[Json]:
        """Send a message; the events of the stream, those without data left out."""
        headers = {**self.headers, "Accept": "text/event-stream"}
        with self.http.stream("POST", "/run_sse", json=self.message(text), headers=headers) as response:
            assert response.headers["content-type"].startswith("text/event-stream"), response.read()
            return list(_events(response.read().decode()))

    def balance(self) -> Json:
        balance: Json = self.get("/api/credits/balance/simple").json()["data"]
        return balance

    def state(self) -> Json:
        state: Json = self.get(self.state_path).json()["data"]["state"]
        return state

    def draft(self) -> Json | None:
        """The draft, once it has anything in it."""
        draft: Json | None = self.state()["draft"]
        return draft if draft and any(track["sg"] for track in draft["t"]) else None

    def settled_draft(self) -> Json:
        """The draft, once it has kept still."""
        seen, since = self.draft(), time.monotonic()

        def settled() -> Json | None:
            nonlocal seen, since
            if (draft := self.draft()) != seen:
                seen, since = draft, time.monotonic()
            return draft if time.monotonic() - since > self.settling_s else None

        return wait_for(settled, every_seconds=self.settling_s / 5)

    def start_render(self, draft: object, render_id: str | None = None) -> httpx.Response:
        body = {
            "id": render_id or f"render_{uuid.uuid4().hex}",
            "sessionId": self.session_id,
            "draft": draft,
            "output": {"format": "mp4", "quality": "high"},
        }
        return self.post("/api/render/proxy/lambda", body)

    def render(self, render_id: str) -> Render:
        return read_render(self.get(f"/api/render/proxy/lambda/{render_id}"))

    def finished(self, render_id: str) -> Render:
        def over() -> Render | None:
            render = self.render(render_id)
            return render if render.status in OVER else None

        return wait_for(over)

    def cancel(self, render_id: str) -> httpx.Response:
        return self.post(f"/api/render/proxy/lambda/{render_id}/cancel", None)


def ask_for_token(http: httpx.Client, client_id: str | None = None) -> str:
    answer = http.post("/api/auth/anonymous-token", headers={"X-Client-Id": client_id or str(uuid.uuid4())})
    token: str = answer.json()["data"]["token"]
    return token


def open_project(http: httpx.Client, token: str, settling_s: float) -> Project:
    headers = {"Authorization": f"Bearer {token}", **ATTRIBUTION}
    answer = http.post(
        "/api/tasks/me/with-session/nemo_agent",
        json={"task_name": "project", "language": "en"},
        headers=headers,
    ).json()
    return Project(http, token, answer.get("data", answer), settling_s)


def read_render(response: httpx.Response) -> Render:
    answer = response.json()
    told = answer.get("data") if "success" in answer else answer
    told = told or {}
    url = told.get("outputUrl") or (told.get("output") or {}).get("url")
    return Render(response.status_code, told.get("status"), url, told.get("error"))


def uploaded_files(answer: Json) -> list[Json]:
    data = answer["data"]
    files: list[Json] = data.get("files") or data["uploaded_files"]
    return files


def address_of(file: Json) -> str:
    address: str = file.get("cdn_url") or file["url"]
    return address


def texts(events: list[Json]) -> list[str]:
    """What the events say to the user."""
    found = [event["content"] for event in events if event.get("type") == "text"]
    found += [
        part["text"]
        for event in events
        if "type" not in event and not event.get("partial")
        for part in (event.get("content") or {}).get("parts", [])
        if part.get("text") and not part.get("thought")
    ]
    return found


def tools(events: list[Json], kind: str) -> list[str]:
    """The names of the tools that are called (`tool_call`) or answer (`tool_result`)."""
    adk = {"tool_call": "functionCall", "tool_result": "functionResponse"}[kind]
    found = [event["name"] for event in events if event.get("type") == kind]
    return found + [
        part[adk]["name"]
        for event in events
        if "type" not in event
        for part in (event.get("content") or {}).get("parts", [])
        if adk in part
    ]


def wait_for(ask: Callable[[], Answer | None], every_seconds: float = 0.05) -> Answer:
    """Ask until there is an answer."""
    return awaited(ask, "an answer", pause=lambda _: time.sleep(every_seconds))


def _events(body: str) -> Iterator[Json]:
    for line in body.replace("\r\n", "\n").split("\n"):
        if line.startswith("data:") and (data := line.removeprefix("data:").strip()):
            yield json.loads(data)
