"""A world with a clock of its own, whose processes overlap, stall and die at any call to the outside.

Nothing here waits: one process runs at a time, from one call to the next; the time between is a number. So
every run is the same for the same faults.
"""

import heapq
import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, auto
from random import Random
from threading import Lock, Thread
from typing import TypeVar

from backend.errors import NemoVideoError
from handlers.workflow.step import TransientError
from videos.lifecycle.edit import BusyError, NotPossibleError
from videos.model.errors import ContentionError, VideoError
from videos.steps.send_instruction import ComeBackError

CALL_SECONDS = 0.01
"""What a call takes when nothing delays it."""

POINTS = (
    *(
        "store.version",
        "store.video",
        "store.report",
        "store.end",
        "store.withdraw:send_lock",
        "store.withdraw:timeline",
    ),
    *("store.write_once:send_lock", "store.write_once:reply", "store.write_once:announced"),
    *("store.write:reply", "store.write:draft_reads", "store.write:timeline", "store.write:rendering"),
    *(
        "store.write:outage",
        "store.write:delivered",
        "store.write:editor",
        "store.write:problem",
        "store.add_to_video:backend_session",
    ),
    *("store.add_to_video:uploaded", "backend.upload_url"),
    *("store.write:forgotten", "store.write:inspected", "ledger.account", "ledger.reserve", "ledger.charge"),
    *("costs.spending", "costs.change"),
    *(
        "tasks.succeed",
        "tasks.fail",
        "topic.publish",
        "storage.store_stream",
        "storage.store",
        "storage.open",
    ),
    *("backend.create_session", "backend.credits", "backend.state", "backend.send_message"),
    *("workflow.start", "workflow.stop", "store.begin"),
    *("backend.start_render", "backend.render", "backend.cancel_render", "backend.download"),
    "backend.claim_token",
)
"""Every call of the pipeline to the outside that something can happen to."""

_Result = TypeVar("_Result")


class Fate(Enum):
    """What becomes of one call."""

    DIES_BEFORE = auto()
    DIES_AFTER = auto()
    FAILS_BEFORE = auto()
    FAILS_AFTER = auto()
    HAPPENS_TWICE = auto()
    """The answer was lost on the way, and the SDK asked again."""


@dataclass(frozen=True)
class Fault:
    """Something that happens at the `nth` call of a point. Delays are seconds before and after its effect."""

    point: str
    nth: int
    fate: Fate | None = None
    before: float = 0
    after: float = 0


class Death(BaseException):
    """The process is gone: no `except Exception` sees it, nothing more is written."""


class ThrottledError(Exception):
    """What an AWS client raises in the end when its own retries did not help."""


# How a process may end without the pipeline being broken.
_FAILURES = (
    NotPossibleError,
    BusyError,
    Death,
    ThrottledError,
    TransientError,
    NemoVideoError,
    VideoError,
    ComeBackError,
    ContentionError,
)


class World:
    """The clock, the agenda and the faults to come."""

    def __init__(self, faults: Iterable[Fault] = (), *, jitter: int | None = None) -> None:
        self.seconds = 0.0
        self.calls: Counter[str] = Counter()
        self.met: list[Fault] = []
        self.times: list[float] = []
        self.points: list[str] = []
        """When each call was made, and which."""
        self._faults = {(fault.point, fault.nth): fault for fault in faults}
        self._chance = None if jitter is None else Random(jitter)  # noqa: S311 - the same each time
        self._agenda: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._running: Process | None = None
        self._host: Process | None = None
        self._paused: set[Guest] = set()

    def jittered(self, seconds: float) -> float:
        """Some wait of that many seconds at most, where the schedule wants jitter; else all of it."""
        return seconds if self._chance is None else seconds * self._chance.random()

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.seconds)

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        self._put(self.seconds + seconds, action)

    def run(self) -> None:
        """Go on until nothing is left to happen."""
        try:
            self._run_until(math.inf)
        finally:
            for process in tuple(self._paused):
                process.kill()

    def spawn(
        self, body: Callable[[], object], lifetime: float, done: Callable[[object | BaseException], None]
    ) -> None:
        """Start a process that lives for `lifetime` seconds at most; `done` gets its result or error."""
        deadline = self.seconds + lifetime
        if self._host is None:
            self._host = self._running = Process(deadline)
            outcome = outcome_of(body)
            self._host = self._running = None
            done(raised_again(outcome))
        else:
            Guest(self, body, deadline, done).resume()

    def call(
        self,
        point: str,
        effect: Callable[[], _Result],
        *,
        fails_before: type[Exception] | Exception = ThrottledError,
        fails_after: type[Exception] | Exception = ThrottledError,
    ) -> _Result:
        """Make a call to the outside, with all that may become of it."""
        fault = self._fault_at(point)
        self.times.append(self.seconds)
        self.points.append(point)
        self.let_pass(CALL_SECONDS + fault.before)
        if fault.fate is Fate.DIES_BEFORE:
            raise Death
        if fault.fate is Fate.FAILS_BEFORE:
            raise fails_before
        result = effect()
        if fault.fate is Fate.HAPPENS_TWICE and not point.startswith("backend."):
            result = effect()
        self.let_pass(fault.after)
        if fault.fate is Fate.DIES_AFTER:
            raise Death
        if fault.fate is Fate.FAILS_AFTER:
            raise fails_after
        return result

    def let_pass(self, seconds: float) -> None:
        """Let the running process wait, and others run."""
        process = self._process()
        due = min(self.seconds + seconds, process.deadline)
        if self._agenda and self._agenda[0][0] <= due:
            if isinstance(process, Guest):
                self._put(due, process.resume)
                self._paused.add(process)
                process.pause()
                self._paused.discard(process)
            else:
                self._put(due, _nothing)  # so that no guest hurries past its host
                self._run_until(due)
        self.seconds = due
        if due == process.deadline:
            raise Death

    def lifetime_left(self) -> float:
        """Seconds that the running process has."""
        return self._process().deadline - self.seconds

    @contextmanager
    def running(self, process: "Process") -> Iterator[None]:
        """Whose calls these are, while they are made."""
        before, self._running = self._running, process
        yield
        self._running = before

    def _run_until(self, due: float) -> None:
        while self._agenda and self._agenda[0][0] <= due:
            self.seconds, _, action = heapq.heappop(self._agenda)
            action()

    def _process(self) -> "Process":
        if self._running is None:
            raise RuntimeError("only a process makes calls")
        return self._running

    def _fault_at(self, point: str) -> Fault:
        if point not in POINTS:
            raise LookupError(point)
        nth, self.calls[point] = self.calls[point], self.calls[point] + 1
        fault = self._faults.get((point, nth))
        if fault is None:
            return Fault(point, nth)
        self.met.append(fault)
        return fault

    def _put(self, due: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._agenda, (due, next(self._order), action))


def _nothing() -> None:
    pass


class Process:
    """One invocation of a Lambda function; gone at its deadline."""

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline


class Guest(Process):
    """A process that runs while another is at a call. It has a thread, which runs while no other does."""

    def __init__(
        self,
        world: World,
        body: Callable[[], object],
        deadline: float,
        done: Callable[[object | BaseException], None],
    ) -> None:
        super().__init__(deadline)
        self._world = world
        self._body = body
        self._done = done
        self._go, self._rest = Lock(), Lock()
        self._go.acquire()
        self._rest.acquire()
        self._outcome: list[object | BaseException] = []
        self._killed = False
        self._thread = Thread(target=self._live, daemon=True)
        self._thread.start()

    def resume(self) -> None:
        """Run until the next pause or the end."""
        with self._world.running(self):
            self._go.release()
            self._rest.acquire()
        if self._outcome:
            self._thread.join()
            if not self._killed:
                self._done(raised_again(self._outcome[0]))

    def pause(self) -> None:
        self._rest.release()
        self._go.acquire()
        if self._killed:
            raise Death

    def kill(self) -> None:
        self._killed = True
        self.resume()

    def _live(self) -> None:
        self._go.acquire()
        self._outcome.append(outcome_of(self._body))
        self._rest.release()


def outcome_of(body: Callable[[], object]) -> object | BaseException:
    """What the process returned, or what it raised."""
    try:
        return body()
    except BaseException as error:  # noqa: BLE001 - Death is one
        return error


def raised_again(outcome: object | BaseException) -> object | BaseException:
    """The outcome, unless the code is broken, not the world around it."""
    if isinstance(outcome, BaseException) and not isinstance(outcome, _FAILURES):
        raise outcome
    return outcome
