"""A backend that takes money for every message, and may fail in every way the real one is known to."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TypeVar

import httpx

from backend import (
    AgentProblem,
    ClaimToken,
    Credits,
    Heartbeat,
    Render,
    Session,
    SessionState,
    StreamClock,
    StreamEvent,
    Text,
    UploadedFile,
)
from backend.draft import duration_ms
from backend.errors import (
    BrokenStreamError,
    NemoVideoError,
    NotSentError,
    OutOfCreditsError,
    RateLimitedError,
    RenderNotFoundError,
    ServerError,
    SessionNotFoundError,
    StreamDeadlineError,
    TransportError,
    UnexpectedAnswerError,
)
from nemovideo import NemoVideo, ResumableDownload
from tests.unit.videos.property.world import World

PRICE = 100
HANDOVER_SECONDS = 30.0
FRAGMENT_SECONDS = 4_000

_Result = TypeVar("_Result")


class Ending(Enum):
    """How the backend answers a message."""

    CLOSES = auto()
    BREAKS = auto()
    HANGS = auto()
    AGENT_ERROR = auto()
    SERVER_ERROR = auto()
    NO_ANSWER = auto()
    OUT_OF_CREDITS = auto()
    RATE_LIMITED = auto()

    @property
    def refuses(self) -> bool:
        return self in {Ending.OUT_OF_CREDITS, Ending.RATE_LIMITED}


class RenderFate(Enum):
    COMPLETES = auto()
    FAILS = auto()
    STICKS = auto()


class Down(Enum):
    """What calls are answered while the backend is down."""

    UNREACHABLE = auto()
    SERVER_ERRORS = auto()
    PAGES = auto()
    BUSY = auto()

    def error(self) -> NemoVideoError:
        match self:
            case Down.UNREACHABLE:
                return NotSentError("The backend could not be reached.")
            case Down.SERVER_ERRORS:
                return ServerError("502 Bad Gateway", code=502)
            case Down.PAGES:
                return UnexpectedAnswerError("The backend did not answer with JSON.", code=200)
            case Down.BUSY:
                return RateLimitedError("Slow down.", retry_after=30)


@dataclass(frozen=True)
class Behaviour:
    """What the backend does with every session. Times are seconds.

    Attributes:
        changes: when the draft changes, counted from the message: the raw video first, then music and title.
        renders: the fates of a session's renders, the last one for all that follow.
        broken_downloads: which downloads, counted from 0, are no video.
        outage: from when on, and for how long, every call is answered as `down` says.
        forgets: when all sessions that there are then are forgotten.
        price: what a message costs.
    """

    ending: Ending = Ending.CLOSES
    text: str = "Done."
    stream_seconds: float = 60
    changes: tuple[float, ...] = (30, 50)
    renders: tuple[RenderFate, ...] = (RenderFate.COMPLETES,)
    render_seconds: float = 60
    broken_downloads: tuple[int, ...] = ()
    outage: tuple[float, float] = (0, 0)
    down: Down = Down.UNREACHABLE
    forgets: tuple[float, ...] = ()
    price: float = PRICE


@dataclass
class RenderJob:
    """One render of the backend's."""

    session_id: str
    draft: Mapping[str, object]
    started: float
    fate: RenderFate
    cancelled: float | None = None


@dataclass
class Books:
    """What is judged in the end."""

    messages: Counter[str] = field(default_factory=Counter)
    charged: Counter[str] = field(default_factory=Counter)
    uploaded: set[str] = field(default_factory=set)
    told_too_early: list[str] = field(default_factory=list)
    """Sessions that were sent a message before they had the media."""
    asked_at: dict[str, list[float]] = field(default_factory=dict)
    streams: Counter[str] = field(default_factory=Counter)
    """The streams that are open in each session."""
    streams_at_once: list[str] = field(default_factory=list)
    two_at_once: list[str] = field(default_factory=list)
    unheard: set[str] = field(default_factory=set)
    """Renders about which the last call failed: whoever wanted to stop one may not have been able to."""


class SimulatedBackend(NemoVideo):
    """Stands in for the client: same methods, same errors, no wire."""

    def __init__(self, world: World, behaviour: Behaviour) -> None:
        self.books = Books()
        self.jobs: dict[str, RenderJob] = {}
        self._world = world
        self._behaviour = behaviour
        self._received: dict[str, float] = {}
        self._opened: dict[str, float] = {}
        self._downloads = 0

    def registration_link(self, user_id: str | None) -> str:
        return f"https://web.example/register?bind={user_id}"

    def create_session(self, *, language: str = "en") -> Session:
        def effect() -> Session:
            session_id = f"{language}-{len(self._opened) + 1}"
            self._opened[session_id] = self._world.seconds
            return Session(session_id=session_id, task_id=f"task of {session_id}")

        return self._call("create_session", effect)

    def claim_token(self, session: Session) -> ClaimToken:
        def effect() -> ClaimToken:
            self._know(session.session_id)
            return ClaimToken(token="clm_1", expires_in=3600, link="https://web.example/workspace/claim?ct=1")

        return self._call("claim_token", effect)

    def credits(self) -> Credits:
        def effect() -> Credits:
            available = 1_000_000 - self._behaviour.price * self.books.charged.total()
            return Credits(available=available, frozen=0, total=available)

        return self._call("credits", effect)

    def state(self, session_id: str) -> SessionState:
        def effect() -> SessionState:
            self._know(session_id)
            return SessionState(draft=self._draft(session_id))

        return self._call("state", effect)

    def send_message(self, session_id: str, text: str, *, clock: StreamClock) -> Iterator[StreamEvent]:
        del clock  # counts real seconds; here the world's count
        behaviour = self._behaviour
        self._call("send_message", lambda: self._take(session_id))
        self.books.streams[session_id] += 1
        try:
            yield from self._stream(behaviour, text)
        finally:
            self.books.streams[session_id] -= 1

    def _stream(self, behaviour: Behaviour, text: str) -> Iterator[StreamEvent]:
        patience = self._world.lifetime_left() - HANDOVER_SECONDS
        if behaviour.ending is Ending.HANGS or behaviour.stream_seconds > patience:
            self._world.let_pass(patience)
            raise StreamDeadlineError("The agent was still working.")
        yield Heartbeat()
        self._world.let_pass(behaviour.stream_seconds)
        if behaviour.text:
            yield Text(behaviour.text)
        if behaviour.ending is Ending.BREAKS:
            raise BrokenStreamError("The stream broke off.")
        if behaviour.ending is Ending.AGENT_ERROR:
            yield AgentProblem(None, f"I cannot do {text}.")

    def upload_url(self, session_id: str, url: str) -> list[UploadedFile]:
        def effect() -> list[UploadedFile]:
            self._know(session_id)
            self.books.uploaded.add(session_id)
            return []

        assert url
        return self._call("upload_url", effect)

    def start_render(self, render_id: str, session_id: str, draft: Mapping[str, object]) -> Render:
        def effect() -> Render:
            self._know(session_id)
            if render_id not in self.jobs:
                asked = self.books.asked_at.setdefault(session_id, [])
                if self.running(session_id, self._world.seconds):
                    self.books.two_at_once.append(session_id)
                fates = self._behaviour.renders
                fate = fates[min(len(asked), len(fates) - 1)]
                asked.append(self._world.seconds)
                self.jobs[render_id] = RenderJob(session_id, draft, self._world.seconds, fate)
            return self._render(render_id)

        return self._call("start_render", effect)

    def render(self, render_id: str) -> Render:
        return self._call("render", lambda: self._render(render_id), about=render_id)

    def cancel_render(self, render_id: str) -> None:
        def effect() -> None:
            self.jobs[render_id].cancelled = self._world.seconds

        self._call("cancel_render", effect, about=render_id)

    @contextmanager
    def download(self, render: Render) -> Iterator[ResumableDownload]:
        def effect() -> ResumableDownload:
            broken = self._downloads in self._behaviour.broken_downloads
            self._downloads += 1
            ref = self.jobs[render.id]
            return ResumableDownload(httpx.Response(200, content=b"junk" if broken else film(ref)))

        yield self._call("download", effect)

    def running(self, session_id: str, at: float) -> set[str]:
        """The session's renders that are still being made."""
        return {
            render_id
            for render_id, ref in self.jobs.items()
            if ref.session_id == session_id and at < min(self._over(ref), ref.cancelled or math.inf)
        }

    def _over(self, ref: RenderJob) -> float:
        return math.inf if ref.fate is RenderFate.STICKS else ref.started + self._behaviour.render_seconds

    def _take(self, session_id: str) -> None:
        self._know(session_id)
        ending = self._behaviour.ending
        if session_id not in self.books.uploaded:
            self.books.told_too_early.append(session_id)
        if ending is Ending.OUT_OF_CREDITS:
            raise OutOfCreditsError("No credits.")
        if ending is Ending.RATE_LIMITED:  # provably not taken: it may come again
            raise RateLimitedError("Slow down.", retry_after=30)
        self.books.messages[session_id] += 1
        self.books.charged[session_id] += 1
        self._received.setdefault(session_id, self._world.seconds)
        if self.books.streams[session_id]:
            self.books.streams_at_once.append(session_id)
        if ending is Ending.SERVER_ERROR:
            raise ServerError("504 Gateway Time-out", code=504)
        if ending is Ending.NO_ANSWER:
            raise TransportError("No answer.")

    def _know(self, session_id: str) -> None:
        opened = self._opened[session_id]
        if any(opened <= at <= self._world.seconds for at in self._behaviour.forgets):
            raise SessionNotFoundError("No such session.")

    def _draft(self, session_id: str) -> dict[str, object] | None:
        if session_id not in self._received:
            return None
        since = self._world.seconds - self._received[session_id]
        return draft_after(sum(change <= since for change in self._behaviour.changes))

    def _render(self, render_id: str) -> Render:
        if render_id not in self.jobs:
            raise RenderNotFoundError("No such render.")
        ref = self.jobs[render_id]
        if ref.cancelled:
            return Render(id=render_id, status="failed", error="cancelled")
        over = self._world.seconds >= self._over(ref)
        if over and ref.fate is RenderFate.FAILS:
            return Render(id=render_id, status="failed", error="no luck")
        if over:
            return Render(id=render_id, status="completed", url="https://files.example/video.mp4")
        return Render(id=render_id, status="processing", progress=50)

    def _call(self, method: str, effect: Callable[[], _Result], about: str = "") -> _Result:
        begin, length = self._behaviour.outage

        def unless_down() -> _Result:
            if begin <= self._world.seconds < begin + length:
                raise self._behaviour.down.error()
            return effect()

        try:
            result = self._world.call(
                f"backend.{method}",
                unless_down,
                fails_before=NotSentError("The backend could not be reached."),
                fails_after=TransportError("No answer."),
            )
        except (NotSentError, TransportError):
            self.books.unheard.add(about)
            raise
        self.books.unheard.discard(about)
        return result


def draft_after(changes: int) -> dict[str, object] | None:
    """None; then the raw video; then one with music and a title, a bit longer at each further change."""
    if not changes:
        return None
    kinds = (0,) if changes == 1 else (0, 1, 7)
    length = FRAGMENT_SECONDS + 100 * changes
    return {"t": [{"tt": kind, "sg": [{"d": length, "m": {"name": f"part {kind}"}}]} for kind in kinds]}


def film(ref: RenderJob) -> bytes:
    """The MP4 of a render, as far as a test needs one: whose it is, and its length in ms."""
    return f"film of {ref.session_id}, {duration_ms(ref.draft)}".encode()
