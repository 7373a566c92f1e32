"""Sending an instruction: paid for at most once, whatever crashes or is delivered twice.

The send lock is one permanent conditional write on the version, `Sending`, before the post:

    no lock             ──► look at the balance and the draft ──► lock ──► post ──► record the reply
                        ──► begin the render, if that is possible now ──► complete the task
    a lock              ──► its worker may still be alive: look again later
                        ──► its worker is dead, no reply: the outcome is unknown, the draft decides
                        ──► its worker is dead, a reply: complete the task (again)
    the version has ended  ──► complete the task, which may still wait

A lock is taken only while the version has not ended. It is withdrawn only by the worker that took it, and
only when provably nothing was sent. A session that was forgotten took nothing: the workflow opens another
one, and the version is sent there. What an answer to the post means: `videos.steps.outages`.

After the post, only the worker that has the lock reads the draft and starts a render, as long as it may live.
It begins the render itself, because that saves the workflow a round. Whatever fails then is left to the
workflow's next step: the reply is recorded before.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from backend import StreamClock, VideoBackend, collect
from backend.draft import fingerprint
from backend.errors import (
    AgentError,
    BackendError,
    NemoVideoError,
    OutOfCreditsError,
    RateLimitedError,
    ServerError,
    SessionNotFoundError,
    UnknownCodeError,
)
from videos.events.stages import PROGRESS
from videos.model.errors import ContentionError, VersionEndedError, VideoNotFoundError, problem_of
from videos.model.ports import Tasks, Texts, VideoStore
from videos.model.records import Problem, SendOrder, Stage, VersionRef
from videos.model.texts import shortened
from videos.model.version import Forgotten, Reply, SendLock, SendOutcome, Version
from videos.model.video import Video
from videos.requests.prompt import message_of, was_instructed
from videos.spending.costs import Costs
from videos.spending.prices import kind_of
from videos.steps.send_lock import worker_may_live
from videos.steps.session import missing_media, session_of
from videos.steps.stabilize import first_wait, kept_draft
from videos.steps.superseded import SupersededError

# Seconds until a message comes again of which nothing was sent; with 22 receives, 85 minutes altogether.
FIRST_WAIT, LONGEST_WAIT = 10, 300
# Seconds that the clocks of two workers may differ by.
CLOCK_SKEW = 5
# Of a reply that is larger, the table keeps the beginning.
KEPT_REPLY_CHARS = 16_000


class Sent(BaseModel):
    """What the workflow learns of a sent instruction; `wait_seconds` before the state is first read."""

    outcome: SendOutcome
    wait_seconds: int


# The error with which the task fails when the session is gone: provably nothing was sent. The workflow
# prepares another one. No problem and no status has this name.
SESSION_DELETED = "SessionDeleted"


@dataclass(frozen=True)
class Worker:
    """Who carries out a message, until when it lives, and how often the message was received."""

    name: str
    now: Callable[[], datetime]
    alive_until: datetime
    stream_seconds: float
    last_try: bool
    receives: int = 1


RefuseSuperseded = Callable[[Video, Version], None]
"""Looks whether what was dropped still counts. Raises: SupersededError."""

BeginRender = Callable[[VersionRef, Worker, Reply], int]
"""Begins the render after the reply, if possible. Returns seconds until the render step, and never raises."""


class ComeBackError(Exception):
    """Nothing was sent, and the message has to come again after `seconds`."""

    def __init__(self, seconds: float, why: str) -> None:
        super().__init__(why)
        self.seconds = seconds


def next_wait(receives: int) -> int:
    """Return the seconds until a message comes again that was received so often: 10, 20, 40, ... 300."""
    return min(FIRST_WAIT << min(receives - 1, 10), LONGEST_WAIT)


def send_instruction(  # noqa: PLR0913 - one caller, in the handler
    order: SendOrder,
    worker: Worker,
    *,
    store: VideoStore,
    backend: VideoBackend,
    costs: Costs,
    tasks: Tasks,
    texts: Texts,
    refuse_superseded: RefuseSuperseded,
    begin_render: BeginRender,
) -> None:
    """Carry out one message of the generation queue and complete the workflow's task.

    The message may have waited for days: the drop is looked at once more before anything is paid.

    Raises:
        ComeBackError: Another worker holds the version, or the backend could not be used and nothing was
        sent.
    """
    ref = VersionRef(video_id=order.video_id, version=order.version)
    try:
        version = store.version(ref)
    except VideoNotFoundError:
        tasks.fail(order.task_token, "deleted", "The video was deleted.")
        return
    if version.ended is not None:
        # Its execution may not have been stopped when it ended: without an answer it would wait for days.
        tasks.fail(order.task_token, version.ended.status, version.ended.message)
        return
    if version.problem is not None:
        tasks.fail(order.task_token, version.problem.code, version.problem.message)
        return
    try:
        reply = _obtain_reply(
            version,
            worker,
            store,
            backend=backend,
            costs=costs,
            texts=texts,
            refuse_superseded=refuse_superseded,
        )
    except SessionNotFoundError:
        tasks.fail(
            order.task_token, SESSION_DELETED, "The session was deleted before the instruction was sent."
        )
    except VersionEndedError:
        tasks.fail(order.task_token, "ended", "The version ended before the instruction was sent.")
    except SupersededError as error:
        _fail(order, error.problem, store, tasks)
    except NemoVideoError as error:
        if error.retryable and not worker.last_try and store.version(ref).send_lock is None:
            # Nothing was sent, and the backend may be back when the message comes again.
            raise ComeBackError(_wait_of(error, worker), str(error)) from error
        link = backend.registration_link(session_of(store.video(ref.video_id)).user_id)
        _fail(order, problem_of(error, registration_link=link), store, tasks)
    else:
        is_own = version.send_lock is None
        wait = begin_render(ref, worker, reply) if is_own else first_wait(reply.outcome)
        tasks.succeed(order.task_token, Sent(outcome=reply.outcome, wait_seconds=wait))


def _wait_of(error: NemoVideoError, worker: Worker) -> float:
    asked_for = error.retry_after if isinstance(error, RateLimitedError | ServerError) else None
    return max(asked_for or 0, next_wait(worker.receives))


def _obtain_reply(
    version: Version,
    worker: Worker,
    store: VideoStore,
    *,
    backend: VideoBackend,
    costs: Costs,
    texts: Texts,
    refuse_superseded: RefuseSuperseded,
) -> Reply:
    if version.send_lock is None:
        return _send(
            version,
            worker,
            store,
            backend=backend,
            costs=costs,
            texts=texts,
            refuse_superseded=refuse_superseded,
        )
    if worker_may_live(version, worker.now()):
        _wait_for(version.send_lock, worker)
    if version.reply is not None:
        return version.reply
    lost = Reply(outcome=SendOutcome.UNKNOWN, at=worker.now())
    if store.write_once(version.ref, lost):
        return lost
    recorded = store.version(version.ref).reply
    return recorded or lost


def _wait_for(send_lock: SendLock, worker: Worker) -> None:
    """Raise `ComeBackError` while the worker that took a lock may be alive."""
    left = (send_lock.alive_until - worker.now()).total_seconds()
    if left > 0:
        raise ComeBackError(left + CLOCK_SKEW, f"{send_lock.worker} is still sending")


def _send(
    version: Version,
    worker: Worker,
    store: VideoStore,
    *,
    backend: VideoBackend,
    costs: Costs,
    texts: Texts,
    refuse_superseded: RefuseSuperseded,
) -> Reply:
    video = store.video(version.video_id)
    if missing_media(video, version):  # a copy of the message, while the workflow is preparing a new session
        raise ComeBackError(
            next_wait(worker.receives), f"{version.ref.execution_name} is not ready to be sent"
        )
    earlier = [
        store.version(VersionRef(video_id=version.video_id, version=number))
        for number in range(1, version.number)
    ]
    session_id = session_of(video).session_id
    for before in earlier:
        # One that was cancelled while the agent worked: a session takes one instruction at a time.
        if (
            before.send_lock is not None
            and before.reply is None
            and before.send_lock.session_id == session_id
        ):
            _wait_for(before.send_lock, worker)
    store.report(version.video_id, Stage.GENERATING, *PROGRESS[Stage.GENERATING])
    lock: SendLock | None = None
    try:
        _begin_cost(video, version, earlier, costs)
        lock = _lock(video, earlier, worker, backend)
        _look_once_more(video, version, worker, store, refuse_superseded)
        _take(lock, version, worker, store)
        reply = _post(
            video,
            version,
            message_of(video, version, earlier),
            worker,
            store=store,
            backend=backend,
            texts=texts,
        )
    except (VersionEndedError, SupersededError):
        if store.version(version.ref).send_lock is None:
            costs.discard(version.ref)
        raise
    except NemoVideoError as error:
        if (
            lock is None and store.version(version.ref).send_lock is not None
        ):  # a copy of the message is faster
            raise _anothers(version, worker) from error
        costs.discard(version.ref)
        is_lost = isinstance(error, SessionNotFoundError)
        if is_lost:
            store.write(version.ref, Forgotten(session_id=session_id))
        # After the last try the version fails, and no copy of the message may send it yet.
        may_come_again = is_lost or (error.refused and error.retryable and not worker.last_try)
        if lock is not None and may_come_again:
            store.withdraw(version.ref, lock)
        raise
    store.write(version.ref, reply)
    return reply


def _look_once_more(
    video: Video, version: Version, worker: Worker, store: VideoStore, refuse_superseded: RefuseSuperseded
) -> None:
    """Ask whether the drop still counts.

    Raises:
        ComeBackError: It does not, but another worker has sent it already.
        SupersededError: It does not.
    """
    try:
        refuse_superseded(video, version)
    except SupersededError as error:
        if store.version(version.ref).send_lock is not None:
            raise _anothers(version, worker) from error
        raise


def _take(lock: SendLock, version: Version, worker: Worker, store: VideoStore) -> None:
    """Take the send lock.

    Raises:
        ComeBackError: Another worker has it.
        VersionEndedError: It was cancelled meanwhile.
    """
    if store.lock(version.ref, lock):
        return
    if store.version(version.ref).ended is not None:
        raise VersionEndedError(version.ref.execution_name)
    raise _anothers(version, worker)


def _anothers(version: Version, worker: Worker) -> ComeBackError:
    return ComeBackError(next_wait(worker.receives), f"another worker sends {version.ref.execution_name}")


def _lock(video: Video, earlier: list[Version], worker: Worker, backend: VideoBackend) -> SendLock:
    session_id = session_of(video).session_id
    draft = backend.state(session_id).draft or {}
    drafts = [before.timeline.draft for before in earlier if before.timeline is not None]
    return SendLock(
        worker=worker.name,
        at=worker.now(),
        alive_until=worker.alive_until,
        baseline=fingerprint(draft),
        draft_before=kept_draft(draft) if was_instructed(video, earlier) or not drafts else drafts[-1],
        session_id=session_id,
    )


def _begin_cost(video: Video, version: Version, earlier: list[Version], costs: Costs) -> None:
    """Have the account watched from before the post on.

    Raises:
        ComeBackError: Others change the account all the time.
        OutOfCreditsError: Nothing is left.
    """
    try:
        available = costs.begin(version.ref, kind_of(video, version, earlier), video.owner)
    except ContentionError as error:
        raise ComeBackError(FIRST_WAIT, "others change the account") from error
    if available is not None and available <= 0:
        raise OutOfCreditsError("There are no credits left for another video.")


def _post(
    video: Video,
    version: Version,
    message: str,
    worker: Worker,
    *,
    store: VideoStore,
    backend: VideoBackend,
    texts: Texts,
) -> Reply:
    session = session_of(video)

    def still_working(seconds: float) -> None:
        news = f"Still working… ({seconds / 60:.0f} min)"
        with suppress(Exception):  # a line of progress is not worth a stream that is paid for
            store.report(video.video_id, Stage.GENERATING, PROGRESS[Stage.GENERATING][0], news)

    try:
        clock = StreamClock(worker.stream_seconds)
        answer = collect(
            backend.send_message(session.session_id, message, clock=clock),
            still_working=still_working,
        )
    except NemoVideoError as error:
        if error.refused:
            raise
        # Sent, and perhaps paid for: from here on, only the draft decides.
        has_words = isinstance(error, AgentError | BackendError | UnknownCodeError)
        # A 5xx may be a gateway's that lost its patience, while the agent goes on.
        is_over = has_words and not isinstance(error, ServerError | UnknownCodeError)
        return Reply(
            outcome=SendOutcome.AGENT_ERROR if is_over else SendOutcome.UNKNOWN,
            at=worker.now(),
            problem=problem_of(error, registration_link=backend.registration_link(session.user_id))
            if has_words
            else None,
        )
    return Reply(
        outcome=SendOutcome.ANSWERED if answer.text else SendOutcome.SILENT,
        at=worker.now(),
        text=_kept(answer.text, version.ref, texts),
        is_question=answer.is_question,
    )


def _kept(text: str, ref: VersionRef, texts: Texts) -> str:
    """Return the reply as the table takes it; one that is too large is stored whole beside the video."""
    if len(text) <= KEPT_REPLY_CHARS:
        return text
    with suppress(Exception):  # the words are worth less than the video
        texts.store(
            f"videos/{ref.video_id}/{ref.version}/reply.txt", text.encode(), "text/plain; charset=utf-8"
        )
    return shortened(text, KEPT_REPLY_CHARS)


def _fail(order: SendOrder, problem: Problem, store: VideoStore, tasks: Tasks) -> None:
    store.write(VersionRef(video_id=order.video_id, version=order.version), problem)
    tasks.fail(order.task_token, problem.code, problem.message)
