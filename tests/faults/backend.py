"""A backend that speaks the documented protocol, goes wrong as its script says, and keeps count.

Raw enough to reset a connection, to end a body early and to never end one: things that servers are built
never to do.
"""

import contextlib
import json
import os
import re
import select
import socket
import struct
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import psutil

from tests.faults.clip import SECONDS, clip

Json = dict[str, Any]

_TRACKS: list[Json] = [
    {"tt": 0, "sg": [{"s": 0, "d": SECONDS * 1000, "m": {"name": "kettle"}}]},
    {"tt": 1, "sg": [{"s": 0, "d": SECONDS * 1000, "m": {"name": "Lo-fi", "volume": 0.35}}]},
    {"tt": 7, "sg": [{"s": 0, "d": SECONDS * 1000, "m": {"text": "Tidewater"}}]},
]
# The second stage of a generation: how many reads of the state show the raw video before music and title.
_RAW_READS = 2


@dataclass
class Render:
    """A render as the backend has it. `fate` is how it is going to end."""

    id: str
    fate: str
    status: str = "pending"

    @property
    def runs(self) -> bool:
        return self.status in {"pending", "processing"}


@dataclass
class Session:
    """A session as the backend has it."""

    id: str
    messages: list[str] = field(default_factory=list)
    renders: list[Render] = field(default_factory=list)
    uploads: int = 0
    reads: int = 0
    forgotten: bool = False

    def draft(self, script: "Script") -> Json:
        reads = self.reads - script.idle_reads
        if not script.works or reads <= 0:
            return {"t": []}
        return {"t": _TRACKS[:1] if reads <= _RAW_READS else _TRACKS, "d": SECONDS * 1000}


@dataclass
class Script:
    """What goes wrong for one video; the default is that nothing does. What came of it is counted here.

    Args:
        post: How the posted message is answered.
        before_reading: Called when the state is asked for before the message was posted.
        works: Whether the agent carries the message out, whatever the answer to the post is.
        idle_reads: How many reads of the state show nothing new before the agent has done its work.
        credits_left: What the balance says.
        token_dies: The token is rejected from the first read of the state after the post on.
        start: How a render that was taken is confirmed.
        forgets: At which calls, one after the other, the session is forgotten: "upload", "run".
        before_upload: Called when the media comes.
        renders: How each ends: "completed", at a "dead_address" or "without_address", "failed" or "stuck".
        poll_refusals: HTTP statuses that answer the first polls of a render.
        file: What is served at the address of the finished render.
        fallback: What is served by the render's id.
    """

    post: "Answer"
    before_reading: Callable[["Exchange"], None] = lambda _: None
    works: bool = True
    idle_reads: int = 0
    credits_left: int = 100
    token_dies: bool = False
    forgets: tuple[str, ...] = ()
    before_upload: Callable[["Exchange"], None] = lambda _: None
    start: "Answer" = lambda exchange: exchange.data({"status": "pending"})
    renders: tuple[str, ...] = ("completed",)
    poll_refusals: tuple[int, ...] = ()
    file: "Answer" = lambda exchange: exchange.body(200, "video/mp4", clip())
    fallback: "Answer" = lambda exchange: exchange.body(200, "video/mp4", clip())

    sessions: list[Session] = field(default_factory=list, init=False)
    renders_at_once: int = field(default=0, init=False)
    cancelled: list[str] = field(default_factory=list, init=False)

    @property
    def messages(self) -> list[str]:
        return [message for session in self.sessions for message in session.messages]

    @property
    def started_renders(self) -> list[Render]:
        return [render for session in self.sessions for render in session.renders]


class ForgottenError(LookupError):
    """The session is gone."""


class Backend(ThreadingHTTPServer):
    """Listens on a free loopback port; `play` says what is to go wrong with the sessions opened next."""

    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Exchange)
        self.url = f"http://127.0.0.1:{self.server_port}"
        # Another origin, as a content network is: the token must not go there.
        self.files_url = f"http://localhost:{self.server_port}"
        self.tokens: list[str] = []
        self.valid_token: str | None = None
        self.urls_seen: list[str] = []
        self.faults: list[str] = []
        self.closing = threading.Event()
        self.lock = threading.Lock()
        self._script: Script | None = None
        self._played: list[Script] = []

    def play(self, script: Script) -> None:
        with self.lock:
            self._script = script
            self._played.append(script)

    @property
    def script(self) -> Script:
        if self._script is None:
            raise LookupError("no script is played")
        return self._script

    def session(self, session_id: str, call: str = "") -> tuple[Script, Session]:
        pairs = ((script, session) for script in self._played for session in script.sessions)
        script, session = next(pair for pair in pairs if pair[1].id == session_id)
        with self.lock:
            if script.forgets[:1] == (call,):
                session.forgotten, script.forgets = True, script.forgets[1:]
        if session.forgotten:
            raise ForgottenError(session_id)
        return script, session

    def render(self, render_id: str) -> tuple[Script, Render] | None:
        pairs = ((script, render) for script in self._played for render in script.started_renders)
        return next(((script, render) for script, render in pairs if render.id == render_id), None)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what many a script is about; anything else is this backend's fault."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError):
            self.faults.append(f"{request} from {client_address}: {error!r}")


@contextlib.contextmanager
def scripted_backend() -> Iterator[Backend]:
    """Serve while the block runs."""
    with Backend() as backend:
        thread = threading.Thread(target=backend.serve_forever, args=(0.05,), name="backend", daemon=True)
        thread.start()
        try:
            yield backend
        finally:
            backend.closing.set()
            backend.shutdown()
            thread.join()


class Exchange(BaseHTTPRequestHandler):
    """One request and the means to answer it, well or badly."""

    protocol_version = "HTTP/1.1"
    server: Backend

    # --- the means ---------------------------------------------------------------------------------------
    def body(self, status: int, content_type: str, body: bytes, *, length: int | None = None) -> None:
        """A whole answer, or with a larger `length` one that breaks off."""
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        for name, value in self.extra_headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        if length is not None and length != len(body):
            self.hang_up()

    def json(self, status: int, body: Json) -> None:
        self.body(status, "application/json", json.dumps(body).encode())

    def data(self, data: Json) -> None:
        self.json(200, {"code": 0, "data": data})

    def refuse(self, code: int, message: str) -> None:
        self.json(200, {"code": code, "message": message})

    def begin_stream(self, content_type: str = "text/event-stream") -> None:
        """The head of an answer whose length is not known beforehand."""
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def chunk(self, content: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(content), content))

    def event(self, body: Json) -> None:
        self.chunk(f"data: {json.dumps(body)}\n\n".encode())

    def say(self, text: str) -> None:
        self.event({"type": "text", "content": text})

    def end_stream(self) -> None:
        self.wfile.write(b"0\r\n\r\n")

    def hang_up(self) -> None:
        """End the connection in the middle of a body."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def reset(self) -> None:
        """End the connection as a crashed host does: with a TCP reset."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        os.close(self.connection.detach())

    def wait_for_client_to_leave(self, every_seconds: float, meanwhile: Callable[[], None]) -> None:
        while not self.server.closing.is_set():
            readable, _, _ = select.select([self.connection], [], [], every_seconds)
            if readable:
                self.close_connection = True
                return
            meanwhile()

    def kill_client(self) -> None:
        """Kill the process at the other end of the connection, and wait until it is gone."""
        kill_peer(self.connection)
        self.close_connection = True

    # --- the protocol ------------------------------------------------------------------------------------
    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's signature
        pass

    def _serve(self) -> None:
        self.extra_headers: dict[str, str] = {}
        self.content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.urls_seen.append(self.path)
        for method, pattern, route in _ROUTES:
            if self.command == method and (match := re.fullmatch(pattern, self.path)):
                if route is not Exchange._token and route is not Exchange._file and not self._authorized():
                    self.refuse(1001, "token expired")
                else:
                    self._answer(route, match)
                return
        self.server.faults.append(f"unknown call: {self.command} {self.path}")
        self.json(404, {"error": "not found"})

    def _answer(self, route: Callable[..., None], match: re.Match[str]) -> None:
        try:
            route(self, *match.groups())
        except ForgottenError:
            self.refuse(1002, "session not found")

    def _authorized(self) -> bool:
        missing = {"X-Skill-Source", "X-Skill-Version", "X-Skill-Platform"} - set(self.headers)
        if missing:
            self.server.faults.append(f"{self.path} came without {missing}")
        return self.headers.get("Authorization") == f"Bearer {self.server.valid_token}"

    def _token(self) -> None:
        with self.server.lock:
            token = f"nmv_usr_{os.urandom(16).hex()}"
            self.server.tokens.append(token)
            self.server.valid_token = token
        self.data({"token": token, "credits": 100, "user_id": "user-7"})

    def _create_session(self) -> None:
        with self.server.lock:
            session = Session(id=str(1_900_000_000_000_000_000 + int.from_bytes(os.urandom(6))))
            self.server.script.sessions.append(session)
        self.data({"session_id": session.id, "task_id": "task-1", "user_id": "user-7"})

    def _upload(self, session_id: str) -> None:
        script, session = self.server.session(session_id, "upload")
        script.before_upload(self)
        session.uploads += 1
        self.data({"files": [{"filename": "picture.png", "cdn_url": "https://cdn.invalid/1.png"}]})

    def _credits(self) -> None:
        available = self.server.script.credits_left
        self.data({"available": available, "frozen": 0, "total": available})

    def _state(self, session_id: str) -> None:
        script, session = self.server.session(session_id)
        if not session.messages:
            script.before_reading(self)
        with self.server.lock:
            session.reads += bool(session.messages)
            dies = script.token_dies and session.reads == 1
        if dies:
            self.server.valid_token = None
            self.refuse(1001, "token expired")
        else:
            self.data({"state": {"draft": session.draft(script), "user_id": "user-7"}})

    def _run(self) -> None:
        message = json.loads(self.content)
        script, session = self.server.session(message["session_id"], "run")
        with self.server.lock:
            session.messages.append(message["new_message"]["parts"][0]["text"])
        script.post(self)

    def _start_render(self) -> None:
        asked = json.loads(self.content)
        script, session = self.server.session(asked["sessionId"])
        with self.server.lock:
            if any(render.id == asked["id"] for render in session.renders):
                self.json(409, {"error": "duplicate id"})
                return
            fate = script.renders[min(len(session.renders), len(script.renders) - 1)]
            session.renders.append(Render(id=asked["id"], fate=fate))
            running = sum(render.runs for render in session.renders)
            script.renders_at_once = max(script.renders_at_once, running)
        script.start(self)

    def _poll(self, render_id: str) -> None:
        found = self.server.render(render_id)
        if found is None:
            self.json(404, {"error": "no such render"})
            return
        script, render = found
        if script.poll_refusals:
            status, *rest = script.poll_refusals
            script.poll_refusals = tuple(rest)
            self.extra_headers = {"Retry-After": "1"}
            self.json(status, {"error": "not now"})
            return
        if render.runs:
            render.status = _next_status(render)
        answer: Json = {"status": render.status}
        if render.status == "completed" and render.fate == "completed":
            answer["output"] = {"url": f"{self.server.files_url}/files/{render.id}"}
        if render.status == "completed" and render.fate == "dead_address":
            answer["output"] = {"url": f"http://127.0.0.1:9/files/{render.id}"}
        if render.status == "failed":
            answer["error"] = "the encoder crashed"
        self.json(200, answer)

    def _cancel(self, render_id: str) -> None:
        if found := self.server.render(render_id):
            script, render = found
            render.status = "failed"
            script.cancelled.append(render.id)
        self.data({})

    def _download(self, render_id: str) -> None:
        if found := self.server.render(render_id):
            found[0].fallback(self)

    def _file(self, render_id: str) -> None:
        if "Authorization" in self.headers:
            self.server.faults.append("the token went to another origin")
        if found := self.server.render(render_id):
            found[0].file(self)


Answer = Callable[[Exchange], None]

_ID = "([^/]+)"
_ROUTES: tuple[tuple[str, str, Callable[..., None]], ...] = (
    ("POST", "/api/auth/anonymous-token", Exchange._token),  # noqa: SLF001 - the routes of this very class
    ("POST", "/api/tasks/me/with-session/nemo_agent", Exchange._create_session),  # noqa: SLF001
    ("POST", f"/api/upload-video/nemo_agent/me/{_ID}", Exchange._upload),  # noqa: SLF001
    ("GET", "/api/credits/balance/simple", Exchange._credits),  # noqa: SLF001
    ("GET", f"/api/state/nemo_agent/me/{_ID}/latest", Exchange._state),  # noqa: SLF001
    ("POST", "/run_sse", Exchange._run),  # noqa: SLF001
    ("POST", "/api/render/proxy/lambda", Exchange._start_render),  # noqa: SLF001
    ("GET", f"/api/render/proxy/lambda/{_ID}", Exchange._poll),  # noqa: SLF001
    ("POST", f"/api/render/proxy/lambda/{_ID}/cancel", Exchange._cancel),  # noqa: SLF001
    ("GET", f"/api/render/proxy/{_ID}/download", Exchange._download),  # noqa: SLF001
    ("GET", f"/files/{_ID}", Exchange._file),  # noqa: SLF001
)


def kill_peer(connection: socket.socket) -> None:
    """Kill the process at the other end of a loopback connection, and wait until it is gone."""
    here, there = connection.getsockname(), connection.getpeername()
    for process in psutil.net_connections("tcp4"):
        if process.pid and process.raddr and (process.laddr, process.raddr) == (there, here):
            victim = psutil.Process(process.pid)
            victim.kill()
            victim.wait(timeout=30)
            return
    raise ProcessLookupError(f"nobody is at the other end of {there}")


def _next_status(render: Render) -> str:
    if render.status == "pending" or render.fate == "stuck":
        return "processing"
    return "failed" if render.fate == "failed" else "completed"
