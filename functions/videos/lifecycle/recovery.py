"""The reaper: a turn that nobody works on any more comes to its end all the same.

An execution may die: stopped by hand, deleted, out of time, or failed in a step that ends turns. Each turn is
marked when it begins, and looked at until it is seen to be over:

    an execution works on it                ──► leave it
    ended, announced, nothing follows       ──► remove the mark, or export its timeline once that is due
    ended, and not all of that              ──► another execution announces it, and begins what follows
    not ended, sent, its worker is dead     ──► another execution reads the timeline, and follows the render
    not ended, never begun                  ──► begin it
    not ended                               ──► another execution ends it as failed

The other execution goes on where the turn stands (`videos.steps.prepare`).
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel

from videos.lifecycle.edit import BusyError, NotPossibleError, export
from videos.lifecycle.exports import due_export
from videos.model.errors import INTERRUPTED, VideoNotFoundError
from videos.model.ports import (
    DeadOrders,
    Executions,
    Past,
    Tasks,
    Unfinished,
    VideoLibrary,
    VideoStore,
    Workflow,
)
from videos.model.records import Job, Stage, Status
from videos.model.version import Outcome, Reply, Turn
from videos.model.video import Video
from videos.requests.sequence import next_step
from videos.steps.send_lock import worker_may_live

# By then a turn that was remembered has been started by whoever remembered it.
GRACE = timedelta(minutes=2)
# What dies as often as this dies of something that another execution cannot mend.
MAX_ATTEMPTS = 5


class Reaped(StrEnum):
    """What was done with a turn."""

    BEGUN = "begun"
    FOLLOWED = "followed"
    FAILED = "failed"
    ANNOUNCED = "announced"
    EXPORTED = "exported"
    GIVEN_UP = "given_up"


class Finding(BaseModel):
    """A turn that nobody worked on."""

    job: Job
    reaped: Reaped


def reap(
    *,
    store: VideoLibrary,
    unfinished: Unfinished,
    executions: Executions,
    workflow: Workflow,
    now: datetime,
    has_time: Callable[[], bool],
) -> Iterator[Finding]:
    """Look at all turns that have begun some time ago and are not known to be over.

    Harmless beside another reaper: executions are numbered, and each number is started once.
    """
    running: set[str] | None = None
    for job in unfinished.begun_before(now - GRACE):
        if not has_time():
            return
        running = executions.running() if running is None else running
        if job.execution_name in running:
            continue
        try:
            turn = store.turn(job)  # first: no edit joins the line of a turn that has ended
            video = store.video(job.video_id)
        except VideoNotFoundError:
            continue  # it was deleted, or has expired
        if _is_over(video, turn, store):
            if _exports(video, turn, now, store=store, unfinished=unfinished, workflow=workflow):
                yield Finding(job=job, reaped=Reaped.EXPORTED)
        elif (
            reaped := _take_over(video, turn, now, store=store, executions=executions, workflow=workflow)
        ) is not None:
            yield Finding(job=job, reaped=reaped)


def release_tasks(orders: DeadOrders, *, store: VideoStore, tasks: Tasks) -> Iterator[Job]:
    """Fail the turns whose instruction lies among the dead letters: no worker will tell their workflow."""
    for order in orders.orders():
        job = Job(video_id=order.video_id, turn=order.turn)
        try:
            turn = store.turn(job)
        except VideoNotFoundError:
            continue
        if turn.ended is not None:  # without its execution having been stopped, perhaps
            tasks.fail(order.task_token, turn.ended.status, turn.ended.message)
        else:
            problem = turn.problem or INTERRUPTED
            # First, for the workflow ends the turn as soon as its task has failed.
            is_new = turn.problem is None and store.write_once(job, problem)
            if tasks.fail(order.task_token, problem.code, problem.message):
                yield job
            elif is_new:  # an older letter, of a task that was replaced: its turn goes on
                store.withdraw(job, problem)


def _exports(
    video: Video,
    turn: Turn,
    now: datetime,
    *,
    store: VideoLibrary,
    unfinished: Unfinished,
    workflow: Workflow,
) -> bool:
    """Begin an export that is due; the mark stays until then, and goes when none will be."""
    due = due_export(video, store.turns(video.video_id)) if _may_export(video, turn) else None
    if due is None or due >= video.expires_at:
        unfinished.is_over(turn.job)
        return False
    if due > now:
        return False
    with suppress(BusyError, NotPossibleError):  # somebody was faster; the next look tells
        export(video, store=store, workflow=workflow, automatic=True)
        return True
    return False


def _may_export(video: Video, turn: Turn) -> bool:
    is_last = video.turn == turn.number and not video.running
    return is_last and turn.ended is not None and turn.ended.status is Status.FAILED


def _is_over(video: Video, turn: Turn, store: VideoStore) -> bool:
    told = turn.ended is not None and turn.announced is not None
    settled = turn.reservation is None or turn.settlement is not None
    return told and settled and (video.turn > turn.number or not _leads_on(video, turn, store))


def _leads_on(video: Video, turn: Turn, store: VideoStore) -> bool:
    return bool(video.waiting) or next_step(video, turn, store) is not None


def _take_over(
    video: Video,
    turn: Turn,
    now: datetime,
    *,
    store: VideoStore,
    executions: Executions,
    workflow: Workflow,
) -> Reaped | None:
    past = executions.past(turn.job)
    if past is None:
        return None
    if past.takeovers == MAX_ATTEMPTS:
        return Reaped.GIVEN_UP
    if not past.begun and turn.ended is None and video.stage is Stage.QUEUED:
        workflow.start(turn.job)
        return Reaped.BEGUN
    if worker_may_live(turn, now):
        return None  # it records what became of the instruction, and may begin the render
    reaped = _what_remains(turn, past)
    if reaped is Reaped.FOLLOWED and turn.sending is not None and turn.reply is None:
        store.write_once(turn.job, Reply(outcome=Outcome.UNKNOWN, at=now))
    if reaped is Reaped.FAILED:
        store.write_once(turn.job, turn.problem or INTERRUPTED)
    executions.take_over(turn.job, attempt=past.takeovers + 1)
    return reaped


def _what_remains(turn: Turn, past: Past) -> Reaped:
    if turn.ended is not None:
        return Reaped.ANNOUNCED
    if (turn.sending is not None or turn.exports is not None) and past.takeovers == 0:
        return Reaped.FOLLOWED
    return Reaped.FAILED
