"""A scripted API for the clients of `nemo_video`: it answers as told, and remembers what it got."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import httpx

API, KEY = "https://api.example/v", "nvp_a-secret-key"

Reply = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


@dataclass
class ScriptedApi:
    """Gives its replies in turn, and the last one from then on."""

    replies: list[Reply]
    requests: list[httpx.Request] = field(default_factory=list)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        if callable(reply):
            return reply(request)
        # A response can be read once.
        return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)

    @property
    def keys(self) -> list[str | None]:
        """The idempotency keys of the requests."""
        return [request.headers.get("Idempotency-Key") for request in self.requests]


def video(**changed: object) -> dict[str, object]:
    """Return a video as the API shows it."""
    return {
        "id": "vid-1",
        "status": "working",
        "stage": "generating",
        "progress": 20,
        "message": "The video is being made.",
        "instruction": "A kettle",
        "created_at": "2026-12-01T10:00:00Z",
        "updated_at": "2026-12-01T10:00:00Z",
        "expires_at": "2027-03-01T10:00:00Z",
        "history": [],
        "media": [],
        "waiting": [],
        "versions": [],
        "links": {"self": f"{API}/v1/videos/vid-1"},
        **changed,
    }


def version(**changed: object) -> dict[str, object]:
    """Return a version of a video."""
    return {
        "version": 1,
        "instruction": "A kettle",
        "status": "ready",
        "message": "The video is ready.",
        "created_at": "2026-12-01T10:00:00Z",
        "changes": [],
        "credits_final": True,
        **changed,
    }


def ready(**changed: object) -> dict[str, object]:
    """Return a finished video."""
    links = {"self": f"{API}/v1/videos/vid-1", "video": "https://api.example/v/watch/vid-1/video"}
    ended = {"status": "ready", "stage": "ended", "progress": 100, "message": "The video is ready."}
    return video(**{**ended, "links": links, **changed})


def summary(video_id: str) -> dict[str, object]:
    """Return a video as a list shows it."""
    shown = ("status", "progress", "message", "instruction", "created_at", "links")
    return {"id": video_id, **{name: value for name, value in video().items() if name in shown}}


def batch(**changed: object) -> dict[str, object]:
    """Return a batch as the API shows it."""
    return {
        "id": "bat-1",
        "name": "batch.csv",
        "status": "working",
        "progress": 50,
        "message": "1 of 2 rows has ended.",
        "counts": {"ready": 1, "open": 1},
        "rows": 2,
        "created_at": "2026-12-01T10:00:00Z",
        "expires_at": "2027-03-01T10:00:00Z",
        "links": {"self": f"{API}/v1/batches/bat-1"},
        **changed,
    }


def form(**changed: object) -> dict[str, object]:
    """Return the form for an upload."""
    return {
        "upload_id": "upl-1",
        "url": "https://storage.example/inbox",
        "fields": {"key": "uploads/upl-1/page.png", "policy": "abc"},
        "expires_at": "2026-12-01T10:15:00Z",
        "max_bytes": 500 * 1024 * 1024,
        **changed,
    }


def ok(body: dict[str, object], status: int = 200, **headers: str) -> httpx.Response:
    """Return a successful response."""
    return httpx.Response(status, json=body, headers=headers)


def problem(status: int, kind: str, detail: str = "Do it differently.", **more: object) -> httpx.Response:
    """Return an error response with problem details. `retry_after` becomes a header."""
    headers = {"Content-Type": "application/problem+json", "x-amzn-RequestId": "req-1"}
    if "retry_after" in more:
        headers["Retry-After"] = str(more.pop("retry_after"))
    said = {
        "type": f"urn:nemo-video:problem:{kind}",
        "title": "No",
        "status": status,
        "detail": detail,
        **more,
    }
    return httpx.Response(status, content=json.dumps(said), headers=headers)


def broken(request: httpx.Request) -> httpx.Response:
    """Break the connection."""
    raise httpx.ReadError("broken", request=request)


def chunks(*parts: bytes) -> Iterator[bytes]:
    """Yield the parts of a body, then break the connection."""
    yield from parts
    raise httpx.ReadError("broken")
