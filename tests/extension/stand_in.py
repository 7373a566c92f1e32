"""A pipeline that answers as it is told to: for what a real one cannot be made to do at will."""

import contextlib
import json
import threading
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

KEY = "nvp_of_the_stand_in"
TYPES = {"jpg": "image/jpeg", "mp4": "video/mp4"}

Json = dict[str, Any]
Fault = tuple[int, Json] | Literal["lost"]


@dataclass
class Request:
    """One request, as it came."""

    method: str
    path: str
    key: str | None
    idempotency_key: str | None
    body: bytes


@dataclass
class StandIn:
    """`faults` are answered first, each once: a status with its problem, or “lost”: done, and never told."""

    url: str
    requests: list[Request] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    videos: dict[str, Json] = field(default_factory=dict)
    answered: dict[str, str] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)

    def forget(self) -> None:
        """Be as new."""
        for kept in (self.requests, self.faults, self.videos, self.answered, self.files):
            kept.clear()

    def add(self, status: str, **changes: Any) -> Json:  # noqa: ANN401 - whatever a video has
        """A video that somebody has asked for."""
        video_id = f"vid-{uuid.uuid4().hex[:8]}"
        video: Json = {
            "id": video_id,
            "status": status,
            "progress": 0,
            "message": "Waiting to start.",
            "instruction": "Make it shine.",
            "metadata": {"title": "Tidewater Kettle"},
            "created_at": "2026-01-01T00:00:00Z",
            "versions": [{"version": 1, "instruction": "Make it shine."}],
            "links": {"self": f"{self.url}/v1/videos/{video_id}"},
        }
        self.videos[video_id] = video | changes
        return self.videos[video_id]

    def links(self) -> Json:
        """Where a finished video is."""
        return {
            "self": self.url,
            "video": f"{self.url}/files/film.mp4",
            "download": f"{self.url}/files/film.mp4?download",
            "poster": f"{self.url}/files/poster.jpg",
            "watch": f"{self.url}/watch/1",
        }

    def orders(self, path: str = "/v1/videos") -> list[Request]:
        """What was asked for there."""
        return [one for one in self.requests if (one.method, one.path) == ("POST", path)]

    def answer(self, request: Request) -> Fault:
        """The answer to a request; first whatever was planned for its path."""
        self.requests.append(request)
        if request.key != KEY:
            return 403, {"Message": "User is not authorized to access this resource"}
        planned = self.faults.get(request.path, [])
        fault = planned.pop(0) if planned else None
        if isinstance(fault, tuple):
            return fault
        answer = self._answer(request)
        return "lost" if fault == "lost" else answer

    def _answer(self, request: Request) -> tuple[int, Json]:
        answer: tuple[int, Json]
        match (request.method, request.path.removeprefix("/v1").split("/")[1:]):
            case ("GET", ["videos"]):
                answer = 200, {"videos": [_summary(video) for video in reversed(self.videos.values())]}
            case ("GET", ["videos", video_id]):
                answer = 200, self.videos[video_id]
            case ("POST", ["uploads"]):
                answer = (
                    201,
                    {
                        "upload_id": f"upl-{len(self.requests)}",
                        "url": f"{self.url}/bucket",
                        "fields": {"key": "x"},
                        "max_bytes": 10**8,
                    },
                )
            case ("POST", ["videos"]):
                answer = 202, self._made(request)
            case ("POST", ["videos", video_id, "cancel"]):
                self.videos[video_id]["status"] = "cancelled"
                answer = 200, self.videos[video_id]
            case ("POST", ["videos", video_id, _]):
                answer = 202, self._continued(request, self.videos[video_id])
            case _:
                answer = 404, {}
        return answer

    def _made(self, request: Request) -> Json:
        key = str(request.idempotency_key)
        if key not in self.answered:
            body = json.loads(request.body)
            made = self.add("queued", instruction=body["instruction"], metadata=body["metadata"])
            self.answered[key] = made["id"]
        return self.videos[self.answered[key]]

    def _continued(self, request: Request, video: Json) -> Json:
        key = str(request.idempotency_key)
        if key not in self.answered:
            self.answered[key] = video["id"]
            number = len(video["versions"]) + 1
            video["versions"] = [*video["versions"], {"version": number, "instruction": "Go on."}]
            video["status"] = "queued"
        return video


def _summary(video: Json) -> Json:
    links = {name: link for name, link in video["links"].items() if name in {"self", "watch"}}
    listed = {name: value for name, value in video.items() if name not in {"versions", "advice"}}
    return listed | {"links": links}


@contextlib.contextmanager
def standing_in(films: Path) -> Iterator[StandIn]:
    """A pipeline whose finished videos are files of a folder."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            if address.path.startswith("/files/"):
                self._send(200, (films / Path(address.path).name).read_bytes(), address.path)
            else:
                self._call(address.path, b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"] or 0))
            if self.path == "/bucket":
                stand_in.files[str(len(stand_in.files))] = body
                self._send(204, b"", "")
            else:
                self._call(self.path, body)

        def _call(self, path: str, body: bytes) -> None:
            headers = self.headers
            request = Request(self.command, path, headers["x-api-key"], headers["idempotency-key"], body)
            answer = stand_in.answer(request)
            if answer == "lost":
                self.close_connection = True
            else:
                status, said = answer
                self._send(status, json.dumps(said).encode(), "")

        def _send(self, status: int, body: bytes, path: str) -> None:
            self.send_response(status)
            self.send_header("content-type", TYPES.get(path.rsplit(".", 1)[-1], "application/json"))
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        stand_in = StandIn(f"http://127.0.0.1:{server.server_address[1]}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield stand_in
        server.shutdown()
