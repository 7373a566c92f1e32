"""Sending an instruction: paid for at most once, whatever crashes or is delivered twice.

The send ledger is one permanent conditional write on the turn, `Sending`, before the post:

    no claim            ──► look at the balance and the draft ──► claim ──► post ──► record the reply
    a claim, no reply   ──► its worker may still be alive: look again later
                        ──► its worker is dead: the outcome is unknown, the state will tell
    a reply             ──► tell the workflow (again)

A claim is withdrawn only by the worker that made it, and only when provably nothing was sent. A session that
was forgotten took nothing: the workflow opens another one, and the turn is sent there.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from nemovideo import (
    AgentError,
    BackendError,
    NemoVideo,
    NemoVideoError,
    NotSentError,
    OutOfCreditsError,
    ServerError,
    SessionNotFoundError,
    StreamClock,
    collect,
)
from nemovideo.draft import fingerprint
from videos.errors import WorkerBusyError, problem_of
from videos.ports import Tasks, VideoStore
from videos.prepare import missing_media, session_of
from videos.records import Job, Problem, SendOrder, Stage
from videos.settle_timeline import first_wait, kept_draft
from videos.stages import PROGRESS
from videos.turn import Forgotten, Outcome, Reply, Sending, Turn
from videos.video import Video
from videos.wording import message_of, was_told


class Sent(BaseModel):
    """What the workflow learns of a sent instruction; `wait_seconds` before the state is first read."""

    outcome: Outcome
    wait_seconds: int


class NotTaken(BaseModel):
    """What it learns of one that could not be sent: provably nothing was, for the session is gone."""

    outcome: Literal["session_lost"] = "session_lost"
    wait_seconds: int = 0


@dataclass(frozen=True)
class Worker:
    """Who carries out a message, until when it lives, and whether this is the message's last try."""

    name: str
    now: Callable[[], datetime]
    alive_until: datetime
    stream_seconds: float
    last_try: bool


def send_instruction(
    order: SendOrder, worker: Worker, *, store: VideoStore, backend: NemoVideo, tasks: Tasks
) -> None:
    """Carry out one message of the generation queue and tell the workflow.

    Raises:
        WorkerBusyError: Another worker holds the turn; the message must come again later.
        NemoVideoError: The backend could not be used, and nothing was sent; likewise.
    """
    job = Job(video_id=order.video_id, turn=order.turn)
    turn = store.turn(job)
    if turn.ended is not None:
        return
    if turn.problem is not None:
        tasks.fail(order.task_token, turn.problem.code, turn.problem.message)
        return
    try:
        reply = turn.reply or _obtain_reply(turn, worker, store, backend)
    except SessionNotFoundError:
        tasks.succeed(order.task_token, NotTaken())
    except NemoVideoError as error:
        if error.retryable and not worker.last_try and store.turn(job).sending is None:
            raise  # nothing was sent, and the backend may be back when the message comes again
        link = backend.registration_link(session_of(store.video(job.video_id)).user_id)
        _fail(order, problem_of(error, registration_link=link), store, tasks)
    else:
        tasks.succeed(order.task_token, Sent(outcome=reply.outcome, wait_seconds=first_wait(reply.outcome)))


def _obtain_reply(turn: Turn, worker: Worker, store: VideoStore, backend: NemoVideo) -> Reply:
    if turn.sending is None:
        return _send(turn, worker, store, backend)
    if worker.now() < turn.sending.alive_until:
        raise WorkerBusyError(f"{turn.sending.worker} is sending {turn.job.execution_name}")
    lost = Reply(outcome=Outcome.UNKNOWN, at=worker.now())
    if store.write_once(turn.job, lost):
        return lost
    recorded = store.turn(turn.job).reply
    return recorded or lost


def _send(turn: Turn, worker: Worker, store: VideoStore, backend: NemoVideo) -> Reply:
    video = store.video(turn.video_id)
    if missing_media(video, turn):  # a copy of the message, while the workflow is preparing a new session
        raise WorkerBusyError(f"{turn.job.execution_name} is not ready to be sent")
    earlier = [store.turn(Job(video_id=turn.video_id, turn=number)) for number in range(1, turn.number)]
    store.report(turn.video_id, Stage.GENERATING, *PROGRESS[Stage.GENERATING])
    forgotten = Forgotten(session_id=session_of(video).session_id)
    try:
        claim = _claim(video, earlier, worker, backend)
    except SessionNotFoundError:
        store.write(turn.job, forgotten)
        raise
    if not store.write_once(turn.job, claim):
        raise WorkerBusyError(f"another worker is sending {turn.job.execution_name}")
    try:
        reply = _post(video, message_of(video, turn, earlier), worker, store, backend)
    except SessionNotFoundError:
        store.write(turn.job, forgotten)
        store.withdraw(turn.job, claim)
        raise
    except NotSentError:
        if not worker.last_try:  # after it the turn fails, and no copy of the message may send it yet
            store.withdraw(turn.job, claim)
        raise
    store.write(turn.job, reply)
    return reply


def _claim(video: Video, earlier: list[Turn], worker: Worker, backend: NemoVideo) -> Sending:
    session_id = session_of(video).session_id
    balance = backend.credits()
    if balance.available <= 0:
        raise OutOfCreditsError("There are no credits left for another video.")
    draft = backend.state(session_id).draft or {}
    drafts = [before.timeline.draft for before in earlier if before.timeline is not None]
    return Sending(
        worker=worker.name,
        at=worker.now(),
        alive_until=worker.alive_until,
        baseline=fingerprint(draft),
        draft_before=kept_draft(draft) if was_told(video, earlier) or not drafts else drafts[-1],
        credits_before=balance.available,
        session_id=session_id,
    )


def _post(video: Video, message: str, worker: Worker, store: VideoStore, backend: NemoVideo) -> Reply:
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
        # Sent, and perhaps paid for: from here on, only the state tells.
        told = isinstance(error, AgentError | BackendError)
        # A 5xx may be a gateway's that lost its patience, while the agent goes on.
        over = told and not isinstance(error, ServerError)
        return Reply(
            outcome=Outcome.AGENT_ERROR if over else Outcome.UNKNOWN,
            at=worker.now(),
            problem=problem_of(error, registration_link=backend.registration_link(session.user_id))
            if told
            else None,
        )
    return Reply(
        outcome=Outcome.ANSWERED if answer.text else Outcome.SILENT,
        at=worker.now(),
        text=answer.text,
        is_question=answer.is_question,
    )


def _fail(order: SendOrder, problem: Problem, store: VideoStore, tasks: Tasks) -> None:
    store.write(Job(video_id=order.video_id, turn=order.turn), problem)
    tasks.fail(order.task_token, problem.code, problem.message)
