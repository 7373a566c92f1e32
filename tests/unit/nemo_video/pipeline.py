"""A pipeline in memory: it makes videos and charges for them, as the HTTP API promises."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx

from tests.unit.nemo_video.api import API, form, ok, problem, video

Fault = Callable[[httpx.Request], object]
FILM = b"a film"


@dataclass
class FakePipeline:
    """Answers the requests of a client. `before` and `after` may break the connection, or the client."""

    before: Fault = lambda _request: None
    after: Fault = lambda _request: None
    polls_until_ready: int = 2
    outcome: str = "ready"
    uploads: dict[str, bytes | None] = field(default_factory=dict)
    videos: dict[str, dict[str, object]] = field(default_factory=dict)
    paid: list[str] = field(default_factory=list)
    """What was paid for: the content of each video, or the sentence of each edit."""
    requests: list[httpx.Request] = field(default_factory=list)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    _kept: dict[tuple[str, str], tuple[datetime, bytes, httpx.Response]] = field(default_factory=dict)
    _expire: dict[str, datetime] = field(default_factory=dict)
    _polls: dict[str, int] = field(default_factory=dict)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        self.before(request)
        response = self._answer_once(request)
        self.after(request)
        return response

    def _answer_once(self, request: httpx.Request) -> httpx.Response:
        key = request.headers.get("Idempotency-Key")
        if key is None or request.method != "POST" or request.url.host == "storage.example":
            return self.answer(request)
        known = self._kept.get((request.url.path, key))
        if known is not None and self.now - known[0] < timedelta(hours=24):
            if known[1] != request.content:
                return problem(422, "idempotency-key-reused", field="Idempotency-Key")
            return known[2]
        response = self.answer(request)
        if response.is_success:
            self._kept[request.url.path, key] = self.now, request.content, response
        return response

    def answer(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == "storage.example":
            return self._store(request)
        path = request.url.path.removeprefix("/v")
        if path.startswith("/watch/"):
            return httpx.Response(302, headers={"Location": f"https://storage.example{path}"})
        if request.headers["x-api-key"].startswith("nvp_wrong"):
            return problem(403, "unknown-key", "This key is unknown. Check it.")
        body = json.loads(request.content or b"{}")
        for method, pattern, answer in self._routes():
            if request.method == method and (found := re.fullmatch(pattern, path)):
                video_id = found[1] if found.re.groups else ""
                if video_id and video_id not in self.videos:
                    return problem(404, "not-found", "There is no such video, or it is not yours.")
                return answer(body, video_id)
        return problem(404, "not-found")

    def _routes(self) -> list[tuple[str, str, Callable[[dict[str, object], str], httpx.Response]]]:
        a_video = "/v1/videos/([^/]+)"
        return [
            ("POST", "/v1/uploads", lambda body, _: self._form(str(body["file_name"]))),
            ("POST", "/v1/videos", lambda body, _: self._create(body)),
            ("POST", "/v1/videos/estimate", lambda _, __: ok(ESTIMATE)),
            ("GET", "/v1/videos", lambda _, __: self._list()),
            ("GET", a_video, lambda _, video_id: self._poll(video_id)),
            ("DELETE", a_video, lambda _, video_id: self._delete(video_id)),
            ("POST", f"{a_video}/edits", self._edit),
            ("POST", f"{a_video}/(?:retry|export)", lambda _, video_id: self._again(video_id)),
            ("POST", f"{a_video}/messages", self._message),
            ("GET", f"{a_video}/deliveries", lambda _, __: ok({"deliveries": [DELIVERY, WAITING]})),
            ("POST", f"{a_video}/deliveries/[^/]+/redeliver", lambda _, __: ok(WAITING, 202)),
            ("POST", f"{a_video}/cancel", lambda _, video_id: self._cancel(video_id)),
            ("GET", "/v1/credits", lambda _, __: ok({"available": 90, "frozen": 10, "total": 100})),
            ("GET", "/v1/spending", lambda _, __: ok(SPENDING)),
            ("POST", "/v1/batches", lambda _, __: ok(BATCH | {"status": "working"}, 202)),
            ("GET", "/v1/batches", lambda _, __: ok({"batches": [BATCH], "cursor": None})),
            ("GET", "/v1/batches/bat-1", lambda _, __: ok(BATCH)),
        ]

    def _list(self) -> httpx.Response:
        return ok({"videos": [self._summary(each) for each in reversed(self.videos)], "cursor": None})

    def _delete(self, video_id: str) -> httpx.Response:
        del self.videos[video_id]
        return httpx.Response(204)

    def _edit(self, body: dict[str, object], video_id: str) -> httpx.Response:
        self.paid.append(str(body["instruction"]))
        return self._again(video_id)

    def _message(self, body: dict[str, object], video_id: str) -> httpx.Response:
        self.paid.append(str(body["text"]))
        self._again(video_id)
        return ok({"done": "edit", "message": "Version 2 is being made.", "video": self.videos[video_id]})

    def _cancel(self, video_id: str) -> httpx.Response:
        self.videos[video_id] |= {"status": "cancelled", "stage": "ended", "message": "Cancelled."}
        return ok(self.videos[video_id])

    def _form(self, name: str) -> httpx.Response:
        if name.endswith(".xyz"):
            return problem(422, "invalid-request", f"file_name: “{name}” is not accepted.", field="file_name")
        upload_id = f"upl-{len(self.uploads) + 1}"
        self.uploads[upload_id] = None
        self._expire[upload_id] = expires = self.now + timedelta(minutes=15)
        fields = {"key": upload_id}
        return ok(form(upload_id=upload_id, fields=fields, expires_at=expires.isoformat()), 201)

    def _store(self, request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            results = request.url.path.endswith("results")
            return httpx.Response(200, content=b"row,id,status,link,reason\n" if results else FILM)
        found = re.search(
            rb'name="key"\r\n\r\n(\S+)\r\n.*name="file".*?\r\n\r\n(.*)\r\n--', request.content, re.DOTALL
        )
        assert found is not None
        upload_id = found[1].decode()
        if self.now > self._expire[upload_id]:
            return httpx.Response(403, content=b"<Code>AccessDenied</Code>")
        self.uploads[upload_id] = found[2]
        return httpx.Response(204)

    def _create(self, body: dict[str, object]) -> httpx.Response:
        uploads = body.get("upload_ids", [])
        assert isinstance(uploads, list)
        contents = [self.uploads.get(upload) for upload in uploads]
        if None in contents:
            return problem(422, "invalid-request", "upload_ids: there is no such upload.", field="upload_ids")
        if "refuse" in str(body.get("instruction")):
            return problem(422, "refused", "This cannot be made. Ask for something else.")
        video_id = f"vid-{len(self.videos) + 1}"
        self.paid.append(b"".join(each or b"" for each in contents).decode() or str(body.get("instruction")))
        self.videos[video_id] = video(
            id=video_id,
            status="queued",
            stage="queued",
            progress=0,
            instruction=body.get("instruction", "a default"),
            metadata=body.get("metadata"),
            created_at=self.now.isoformat(),
        )
        return ok(self.videos[video_id], 202)

    def _again(self, video_id: str) -> httpx.Response:
        self._polls.pop(video_id, None)
        self.videos[video_id] |= {"status": "working", "stage": "generating"}
        return ok(self.videos[video_id], 202)

    def _poll(self, video_id: str) -> httpx.Response:
        polls = self._polls[video_id] = self._polls.get(video_id, 0) + 1
        shown = self.videos[video_id]
        if polls >= self.polls_until_ready and shown["stage"] != "ended":
            shown |= {"status": self.outcome, "stage": "ended", "message": "It has ended."}
            if self.outcome == "ready":
                shown["links"] = {"self": API, "video": f"{API}/watch/{video_id}/video"}
        return ok(shown, ETag=f'"{polls}"')

    def _summary(self, video_id: str) -> dict[str, object]:
        shown = ("id", "status", "progress", "message", "instruction", "created_at", "links", "metadata")
        return {name: self.videos[video_id].get(name) for name in shown}


ESTIMATE: dict[str, object] = {
    "credits": 10,
    "at_most": 12,
    "based_on": 8,
    "expected": "about 10 credits, from the last 8 videos",
    "available": 90,
    "allowed": True,
    "message": "The expected cost is about 10 credits, from the last 8 videos.",
    "budgets": [],
}
SPENDING: dict[str, object] = {
    "credits": 25,
    "days": [
        {"date": "2026-11-30", "credits": 0, "edits": 0, "videos": 0},
        {"date": "2026-12-01", "credits": 25, "edits": 1, "videos": 2},
    ],
    "budgets": [
        {"of": "owner", "credits": 100, "left": 75, "period": "day", "renews_at": "2026-12-02T00:00:00Z"}
    ],
}
DELIVERY: dict[str, object] = {
    "id": "vid-1-1-ready",
    "video_id": "vid-1",
    "type": "video.ended",
    "version": 1,
    "url": "https://hook.example",
    "state": "delivered",
    "created_at": "2026-12-01T10:00:00Z",
    "next_attempt_at": None,
    "attempts": [{"at": "2026-12-01T10:00:01Z", "status_code": 204, "error": None}],
}
WAITING: dict[str, object] = DELIVERY | {"id": "vid-1-2-ready", "state": "pending", "attempts": []}
BATCH: dict[str, object] = {
    "id": "bat-1",
    "name": "batch.csv",
    "status": "failed",
    "progress": 100,
    "message": "1 of 2 videos is ready.",
    "counts": {"ready": 1, "rejected": 1},
    "rows": 2,
    "created_at": "2026-12-01T10:00:00Z",
    "expires_at": "2027-03-01T10:00:00Z",
    "links": {"self": f"{API}/v1/batches/bat-1", "results": f"{API}/watch/bat-1/results"},
}
