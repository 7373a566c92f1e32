"""The recovery: a version that nobody works on any more comes to its end all the same.

An execution may die: stopped by hand, deleted, out of time, or failed in a step that ends versions. Each
version is marked when it begins, and looked at until it is seen to be over:

    an execution works on it                ──► leave it
    ended, announced, nothing follows       ──► remove the mark, or export its timeline once that is due
    ended, and not all of that              ──► another execution announces it, and begins what follows
    not ended, sent, its worker is dead     ──► another execution reads the timeline, and follows the render
    not ended, never begun                  ──► begin it
    not ended                               ──► another execution ends it as failed

The other execution continues with the next step of the version (`videos.steps.prepare`).
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
    DeadLetters,
    Executions,
    Past,
    Tasks,
    Unfinished,
    VideoLibrary,
    VideoStore,
    Workflow,
)
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Reply, SendOutcome, Version
from videos.model.video import Video
from videos.requests.sequence import next_step
from videos.steps.send_lock import worker_may_live

# By then the function that stored a version has also started it.
GRACE = timedelta(minutes=2)
# What dies as often as this dies of something that another execution cannot fix.
MAX_ATTEMPTS = 5


class Recovered(StrEnum):
    """What was done with a version."""

    BEGUN = "begun"
    FOLLOWED = "followed"
    FAILED = "failed"
    ANNOUNCED = "announced"
    EXPORTED = "exported"
    GIVEN_UP = "given_up"


class RecoveredVersion(BaseModel):
    """A version that nobody worked on."""

    ref: VersionRef
    recovered: Recovered


def recover(
    *,
    store: VideoLibrary,
    unfinished: Unfinished,
    executions: Executions,
    workflow: Workflow,
    now: datetime,
    has_time: Callable[[], bool],
) -> Iterator[RecoveredVersion]:
    """Look at all versions that have begun some time ago and are not known to be over.

    Harmless beside another recovery: executions are numbered, and each number is started once.
    """
    running: set[str] | None = None
    for ref in unfinished.begun_before(now - GRACE):
        if not has_time():
            return
        running = executions.running() if running is None else running
        if ref.execution_name in running:
            continue
        try:
            version = store.version(ref)  # first: no edit joins the line of a version that has ended
            video = store.video(ref.video_id)
        except VideoNotFoundError:
            continue  # it was deleted, or has expired
        if _is_over(video, version, store):
            if _exports(video, version, now, store=store, unfinished=unfinished, workflow=workflow):
                yield RecoveredVersion(ref=ref, recovered=Recovered.EXPORTED)
        elif (
            recovered := _take_over(
                video, version, now, store=store, executions=executions, workflow=workflow
            )
        ) is not None:
            yield RecoveredVersion(ref=ref, recovered=recovered)


def release_tasks(orders: DeadLetters, *, store: VideoStore, tasks: Tasks) -> Iterator[VersionRef]:
    """Fail the versions whose instruction is a dead-letter message: no worker will answer their workflow."""
    for order in orders.orders():
        ref = VersionRef(video_id=order.video_id, version=order.version)
        try:
            version = store.version(ref)
        except VideoNotFoundError:
            continue
        if version.ended is not None:  # without its execution having been stopped, perhaps
            tasks.fail(order.task_token, version.ended.status, version.ended.message)
        else:
            problem = version.problem or INTERRUPTED
            # First, for the workflow ends the version as soon as its task has failed.
            is_new = version.problem is None and store.write_once(ref, problem)
            if tasks.fail(order.task_token, problem.code, problem.message):
                yield ref
            elif is_new:  # an older message, of a task that was replaced: its version goes on
                store.withdraw(ref, problem)


def _exports(
    video: Video,
    version: Version,
    now: datetime,
    *,
    store: VideoLibrary,
    unfinished: Unfinished,
    workflow: Workflow,
) -> bool:
    """Begin an export that is due; the mark stays until then, and goes when none will be."""
    due = due_export(video, store.versions(video.video_id)) if _may_export(video, version) else None
    if due is None or due >= video.expires_at:
        unfinished.is_over(version.ref)
        return False
    if due > now:
        return False
    with suppress(BusyError, NotPossibleError):  # somebody was faster; the next run finds out
        export(video, store=store, workflow=workflow, automatic=True)
        return True
    return False


def _may_export(video: Video, version: Version) -> bool:
    is_last = video.version == version.number and not video.running
    return is_last and version.ended is not None and version.ended.status is Status.FAILED


def _is_over(video: Video, version: Version, store: VideoStore) -> bool:
    is_announced = version.ended is not None and version.announced is not None
    is_charged = version.reservation is None or version.charge is not None
    return (
        is_announced
        and is_charged
        and (video.version > version.number or not _leads_on(video, version, store))
    )


def _leads_on(video: Video, version: Version, store: VideoStore) -> bool:
    return bool(video.waiting) or next_step(video, version, store) is not None


def _take_over(
    video: Video,
    version: Version,
    now: datetime,
    *,
    store: VideoStore,
    executions: Executions,
    workflow: Workflow,
) -> Recovered | None:
    past = executions.past(version.ref)
    if past is None:
        return None
    if past.takeovers == MAX_ATTEMPTS:
        return Recovered.GIVEN_UP
    if not past.begun and version.ended is None and video.stage is Stage.QUEUED:
        workflow.start(version.ref)
        return Recovered.BEGUN
    if worker_may_live(version, now):
        return None  # it records the result of the instruction, and may start the render
    recovered = _what_remains(version, past)
    if recovered is Recovered.FOLLOWED and version.send_lock is not None and version.reply is None:
        store.write_once(version.ref, Reply(outcome=SendOutcome.UNKNOWN, at=now))
    if recovered is Recovered.FAILED:
        store.write_once(version.ref, version.problem or INTERRUPTED)
    executions.take_over(version.ref, attempt=past.takeovers + 1)
    return recovered


def _what_remains(version: Version, past: Past) -> Recovered:
    if version.ended is not None:
        return Recovered.ANNOUNCED
    if (version.send_lock is not None or version.exports is not None) and past.takeovers == 0:
        return Recovered.FOLLOWED
    return Recovered.FAILED
