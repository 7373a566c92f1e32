"""A backend that speaks the documented protocol, goes wrong as its script says, and keeps count."""

import contextlib
import json
import os
import re
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, unquote

from tests.support.scripted_backend.clip import SECONDS, clip
from tests.support.scripted_backend.raw import Json, RawExchange, RawServer

DRAFT: Json = {
    "t": [
        {"tt": 0, "sg": [{"s": 0, "d": SECONDS * 1000, "m": {"name": "kettle"}}]},
        {"tt": 1, "sg": [{"s": 0, "d": SECONDS * 1000, "m": {"name": "Lo-fi", "volume": 0.35}}]},
        {"tt": 7, "sg": [{"s": 0, "d": SECONDS * 1000, "m": {"text": "Tidewater"}}]},
    ],
    "d": SECONDS * 1000,
}
"""What the agent makes, unless a script says otherwise: video, music and a title."""
_MESSAGE_COST = 10
_LARGEST_UPLOAD = 500_000_000
_ACCEPTED = (".mp4", ".mov", ".png", ".jpg", ".gif", ".mp3", ".wav")


@dataclass
class Render:
    """A render as the backend has it. `fate` is how it is going to end."""

    id: str
    fate: str
    known_as: str
    """The id that the backend gave it, mostly the one that was asked for."""
    draft: object = None
    done_at: float = 0
    """By the monotonic clock; it is not done before that."""
    status: str = "pending"

    @property
    def runs(self) -> bool:
        return self.status in {"pending", "processing"}


@dataclass
class Session:
    """A session as the backend has it."""

    id: str
    client: str
    """Whose it is: the id its client asked for a token with."""
    messages: list[str] = field(default_factory=list)
    files: list[Json] = field(default_factory=list)
    renders: list[Render] = field(default_factory=list)
    uploads: int = 0
    reads: int = 0
    forgotten: bool = False

    def draft(self, script: "Script") -> Json:
        reads = self.reads - script.idle_reads
        if not script.works or reads <= 0:
            return {"t": []}
        return script.draft | {"t": script.draft["t"][:1]} if reads <= script.raw_reads else script.draft


@dataclass
class Script:
    """What goes wrong for one video; the default is that nothing does. What came of it is counted here.

    Args:
        post: How the posted message is answered.
        before_reading: Called when the state is asked for before the message was posted.
        stale: Whether a message is lost that comes over a connection that was used before, as over one that
            a gateway has forgotten.
        works: Whether the agent carries the message out, whatever the answer to the post is.
        idle_reads: How many reads of the state show nothing new before the agent has done its work.
        raw_reads: How many then show the raw video, before music and title.
        credits_left: What the balance says.
        token_dies: The token is rejected from the first read of the state after the post on.
        start: How a render that was taken is confirmed.
        forgets: At which calls, one after the other, the session is forgotten: "upload", "run".
        before_upload: Called when the media comes.
        render_seconds: How long the session's renders take at least.
        renders: How each ends: "completed", at a "dead_address" or "without_address", "failed" or "stuck".
        draft: What the agent makes.
        writes: How the state has the draft: as JSON text, say.
        files: What else the state lists, under "files:…".
        render_id: The id that the backend gives a render.
        tells: How the status of a render is told: in another case or envelope, say.
        balance: How the balance is told.
        odd: What is answered first, before what is usual, each once: to "session", "credits", "upload",
            "draft" (the state before the post), "post" (which is not taken then), "state" (after the post),
            "start" (which begins no render then), "status", "cancel", "file", "fallback" and "claim".
        meanwhile: What else happens when a call of that name comes, once.
        file: What is served at the address of the finished render.
        fallback: What is served by the render's id.
    """

    post: "Answer"
    before_reading: Callable[["Exchange"], None] = lambda _: None
    stale: bool = False
    works: bool = True
    idle_reads: int = 0
    raw_reads: int = 2
    credits_left: int = 100
    token_dies: bool = False
    forgets: tuple[str, ...] = ()
    before_upload: Callable[["Exchange"], None] = lambda _: None
    start: "Answer" = lambda exchange: exchange.confirm_render()
    render_seconds: Callable[["Session"], float] = lambda _: 0
    renders: tuple[str, ...] = ("completed",)
    draft: Json = field(default_factory=lambda: DRAFT)
    writes: Callable[[Json], object] = lambda draft: draft
    files: Json = field(default_factory=dict)
    render_id: Callable[[str], str] = lambda asked_for: asked_for
    tells: Callable[[Json], Json] = lambda status: status
    balance: Callable[[int], Json] = lambda left: {"available": left, "frozen": 0, "total": 100}
    odd: "Mapping[str, tuple[Answer, ...]]" = field(default_factory=dict)
    meanwhile: dict[str, Callable[[], object]] = field(default_factory=dict)
    file: "Answer" = lambda exchange: exchange.body(200, "video/mp4", clip())
    fallback: "Answer" = lambda exchange: exchange.body(200, "video/mp4", clip())

    sessions: list[Session] = field(default_factory=list, init=False)
    renders_at_once: int = field(default=0, init=False)
    claims: int = field(default=0, init=False)
    """How often the link to the editor was asked for."""
    cancelled: list[str] = field(default_factory=list, init=False)

    @property
    def messages(self) -> list[str]:
        return [message for session in self.sessions for message in session.messages]

    @property
    def started_renders(self) -> list[Render]:
        return [render for session in self.sessions for render in session.renders]


class ScriptedBackend(RawServer):
    """`play` says what is to go wrong with the sessions opened next, `cast` with those that a file comes to.

    Listens at a free port, or at the Unix socket `path`.
    """

    def __init__(self, path: Path | None = None) -> None:
        super().__init__(Exchange, path)
        # Another origin, as a content network is: the token must not go there.
        self.files_url = "http://files.test" if path else f"http://localhost:{self.server_port}"
        self.tokens: list[str] = []
        self.clients: dict[str, str] = {}
        """The clients of the tokens that are still good."""
        self.urls_seen: list[str] = []
        self.faults: list[str] = []
        self.lock = threading.Lock()
        self.weather: Callable[[Exchange], None] = Exchange.route
        """What every call meets first."""
        self._script: Script | None = None
        self.played: list[Script] = []

    def play(self, script: Script) -> None:
        with self.lock:
            self._script = script
            self.played.append(script)

    @property
    def script(self) -> Script:
        if self._script is None:
            raise LookupError("no script is played")
        return self._script

    def session(self, session_id: str, call: str = "") -> tuple[Script, Session] | None:
        """The session, unless it is forgotten; a script may have it forgotten at this very call."""
        pairs = ((script, session) for script in self.played for session in script.sessions)
        for script, session in pairs:
            if session.id == session_id:
                with self.lock:
                    if script.forgets[:1] == (call,):
                        session.forgotten, script.forgets = True, script.forgets[1:]
                return None if session.forgotten else (script, session)
        return None

    def script_of(self, client: str) -> Script:
        """What is played for the client's last session."""
        pairs = ((script, session) for script in reversed(self.played) for session in script.sessions)
        return next((script for script, session in pairs if session.client == client), self.script)

    def render(self, render_id: str) -> tuple[Script, Session, Render] | None:
        triples = (
            (script, session, render)
            for script in self.played
            for session in script.sessions
            for render in session.renders
        )
        return next((found for found in triples if found[2].known_as == render_id), None)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is what many a script is about; anything else is this backend's fault."""
        error = sys.exc_info()[1]
        if not isinstance(error, ConnectionError):
            self.faults.append(f"{request} from {client_address}: {error!r}")


@contextlib.contextmanager
def scripted_backend(path: Path | None = None) -> Iterator[ScriptedBackend]:
    """Serve while the block runs."""
    with ScriptedBackend(path) as backend:
        try:
            yield backend
        finally:
            backend.closing.set()


class Exchange(RawExchange):
    """A call of the protocol."""

    server: ScriptedBackend
    calls = 0
    """That came over this connection."""

    def serve(self) -> None:
        self.calls += 1
        self.extra_headers: dict[str, str] = {}
        self.server.urls_seen.append(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        if length > _LARGEST_UPLOAD:
            self.refuse(4002, "The file is larger than 500 MB. Compress or trim it.")
            self.hang_up()
            return
        self.content = self.rfile.read(length)
        self.server.weather(self)

    def route(self) -> None:
        """Do what was asked for."""
        path = self.path.partition("?")[0]
        for method, pattern, route in _ROUTES:
            if self.command == method and (match := re.fullmatch(pattern, path)):
                if route is not Exchange._token and route is not Exchange._file and not self._authorized():
                    self.refuse(1001, "token expired")
                else:
                    route(self, *map(unquote, match.groups()))
                return
        self.server.faults.append(f"unknown call: {self.command} {self.path}")
        self.json(404, {"error": "not found"})

    def _oddly(self, script: Script, call: str) -> bool:
        """Let happen what is to happen at this call; whether it was answered then."""
        with self.server.lock:
            happens = script.meanwhile.pop(call, None)
            answer, *later = script.odd.get(call) or (None,)
            script.odd = dict(script.odd) | {call: tuple(later)}
        if happens is not None:
            happens()
        if answer is not None:
            answer(self)
        return answer is not None

    def _authorized(self) -> bool:
        if missing := self._missing_attribution():
            self.server.faults.append(f"{self.path} came without {missing}")
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        self.client = self.server.clients.get(token, "")
        return token in self.server.clients

    def _missing_attribution(self) -> set[str]:
        return {"X-Skill-Source", "X-Skill-Version", "X-Skill-Platform"} - set(self.headers)

    def _session(self, session_id: str, call: str = "") -> tuple[Script, Session] | None:
        """The client's own session; where there is none, that is answered."""
        found = self.server.session(session_id, call)
        if found and found[1].client == self.client:
            return found
        self.refuse(1002, "session not found")
        return None

    def _render(self, render_id: str) -> tuple[Script, Render] | None:
        """The client's own render; where there is none, that is answered."""
        found = self.server.render(render_id)
        if found and found[1].client == self.client:
            return found[0], found[2]
        self.json(404, {"code": 404, "message": "no such render"})
        return None

    def _token(self) -> None:
        client = self.headers.get("X-Client-Id")
        if not client:
            self.json(400, {"code": 400, "message": "X-Client-Id is missing"})
            return
        with self.server.lock:
            if client in self.server.clients.values():
                self.extra_headers = {"Retry-After": "30"}
                self.json(429, {"code": 429, "message": "1 token per client per 7 days"})
                return
            token = f"nmv_usr_{os.urandom(16).hex()}"
            self.server.tokens.append(token)
            self.server.clients[token] = client
        self.data({"token": token, "credits": 100, "user_id": "user-7"})

    def _create_session(self) -> None:
        if self._oddly(self.server.script, "session"):
            return
        with self.server.lock:
            number = 1_900_000_000_000_000_000 + int.from_bytes(os.urandom(6))
            session = Session(id=str(number), client=self.client)
            self.server.script.sessions.append(session)
        self.data({"session_id": session.id, "task_id": "task-1", "user_id": "user-7"})

    def _claim(self) -> None:
        found = self._session(json.loads(self.content)["session_id"])
        if not found:
            return
        found[0].claims += 1
        if not self._oddly(found[0], "claim"):
            self.data({"claim_token": f"clm_{os.urandom(8).hex()}", "expires_in": 604_800})

    def _upload(self, session_id: str) -> None:
        if self.headers.get_content_type() == "application/json":
            names = [url.rsplit("/", 1)[-1] for url in json.loads(self.content)["urls"]]
        else:
            names = [name.decode() for name in re.findall(rb'name="files"; filename="([^"]*)"', self.content)]
        if not (found := self._session(session_id, "upload")):
            return
        script, session = found
        script.before_upload(self)
        if self._oddly(script, "upload"):
            return
        if refused := [name for name in names if not name.endswith(_ACCEPTED)]:
            self.refuse(4001, f"{refused} cannot be used. Accepted: {', '.join(_ACCEPTED)}")
            return
        files = [{"filename": name, "cdn_url": f"https://cdn.invalid/{name}"} for name in names]
        session.files.extend(files)
        session.uploads += 1
        self.data({"files": files, "session_state_applied": True})

    def _credits(self) -> None:
        script = self.server.script_of(self.client)
        if not self._oddly(script, "credits"):
            self.data(script.balance(script.credits_left))

    def _state(self, session_id: str) -> None:
        if not (found := self._session(session_id)):
            return
        script, session = found
        if not session.messages:
            script.before_reading(self)
        if self._oddly(script, "state" if session.messages else "draft"):
            return
        with self.server.lock:
            session.reads += bool(session.messages)
            dies = script.token_dies and session.reads == 1
        if dies:
            self.server.clients.clear()
            self.refuse(1001, "token expired")
        else:
            state = {"video_infos": session.files, "user_id": "user-7", **script.files}
            self.data({"state": state | {"draft": script.writes(session.draft(script))}})

    def _run(self) -> None:
        message = json.loads(self.content)
        if not (found := self._session(message["session_id"], "run")):
            return
        script, session = found
        if self._oddly(script, "post"):
            return
        if script.stale and self.calls > 1:
            self.reset()
            return
        if script.credits_left < _MESSAGE_COST:
            self.refuse(2001, "insufficient credits")
            return
        with self.server.lock:
            script.credits_left -= _MESSAGE_COST
            session.messages.append(message["new_message"]["parts"][0]["text"])
        script.post(self)

    def _start_render(self) -> None:
        asked = json.loads(self.content)
        if self._missing_attribution():
            self.json(402, {"code": 402, "message": "export blocked"})
            return
        if not (found := self._session(asked["sessionId"])):
            return
        script, session = found
        if self._oddly(script, "start"):
            return
        with self.server.lock:
            if any(render.id == asked["id"] for render in session.renders):
                self.json(409, {"code": 409, "message": "duplicate id"})
                return
            fate = script.renders[min(len(session.renders), len(script.renders) - 1)]
            done_at = time.monotonic() + script.render_seconds(session)
            own_id = script.render_id(asked["id"])
            session.renders.append(Render(asked["id"], fate, own_id, asked["draft"], done_at))
            running = sum(render.runs for render in session.renders)
            script.renders_at_once = max(script.renders_at_once, running)
            if running > 1:
                session.renders.pop()
                self.json(429, {"code": 429, "message": "one export per session"})
                return
        script.start(self)

    def confirm_render(self) -> None:
        """Answer that the render that was just asked for has begun, under the id that it has here."""
        asked = json.loads(self.content)
        asked_for = str(asked["id"])
        if not (found := self._session(asked["sessionId"])):
            return
        # Another video that was played before may have had a render of this id.
        (known_as,) = (render.known_as for render in found[1].renders if render.id == asked_for)
        self.data({"status": "pending"} | ({"id": known_as} if known_as != asked_for else {}))

    def _poll(self, render_id: str) -> None:
        if not (found := self._render(render_id)):
            return
        script, render = found
        if self._oddly(script, "status"):
            return
        if render.runs:
            render.status = _next_status(render)
        answer: Json = {"status": render.status}
        if render.status == "completed" and render.fate == "completed":
            answer["output"] = {"url": f"{self.server.files_url}/files/{quote(render.known_as, safe='')}"}
        if render.status == "completed" and render.fate == "dead_address":
            answer["output"] = {"url": f"http://127.0.0.1:9/files/{render.id}"}
        if render.status == "failed":
            answer["error"] = "the encoder crashed"
        self.json(200, script.tells(answer))

    def _cancel(self, render_id: str) -> None:
        if found := self._render(render_id):
            script, render = found
            if self._oddly(script, "cancel"):
                return
            render.status = "failed"
            script.cancelled.append(render.id)
            self.data({})

    def _download(self, render_id: str) -> None:
        if not (found := self._render(render_id)):
            return
        script, render = found
        if self._oddly(script, "fallback"):
            return
        if render.runs:
            self.json(404, {"code": 404, "message": "not rendered yet"})
        else:
            script.fallback(self)

    def _file(self, render_id: str) -> None:
        if "Authorization" in self.headers:
            self.server.faults.append("the token went to another origin")
        found = self.server.render(render_id)
        if found and not self._oddly(found[0], "file"):
            found[0].file(self)


Answer = Callable[[Exchange], None]

_ID = "([^/]+)"
_ROUTES: tuple[tuple[str, str, Callable[..., None]], ...] = (
    ("POST", "/api/auth/anonymous-token", Exchange._token),  # noqa: SLF001 - the routes of this very class
    ("POST", "/api/tasks/me/with-session/nemo_agent", Exchange._create_session),  # noqa: SLF001
    ("POST", "/api/auth/claim-token", Exchange._claim),  # noqa: SLF001
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


def _next_status(render: Render) -> str:
    if render.status == "pending" or render.fate == "stuck" or time.monotonic() < render.done_at:
        return "processing"
    return "failed" if render.fate == "failed" else "completed"
