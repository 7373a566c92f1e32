"""Finish: record a failure, announce the end, settle credits, begin the next version.

The end is announced before the last two: from then on, the video may be deleted. Credits that cannot be
settled hold nothing up. The step is repeated then, and what is done is not done again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backend import VideoBackend
from videos.events.announcements import Topic
from videos.events.metrics import Measures, measures_of
from videos.events.tags import mark_end
from videos.events.webhooks import CallbackQueue
from videos.model.clock import Clock, utc_now
from videos.model.errors import VideoNotFoundError
from videos.model.ports import Tags, VideoStore
from videos.model.records import Job, Problem, Status
from videos.model.version import Turn
from videos.spending.budgets import Ledger, settle_credits
from videos.spending.costs import Costs
from videos.steps.announce_end import announce, record_failure
from videos.steps.result import FinishResult


@dataclass(frozen=True)
class Finishing:
    """What a version is finished with.

    `row_ended` notes the end with the batch row that asked for the version, `begin_next` begins the version
    that waits, and `measure` counts the end.
    """

    store: VideoStore
    backend: VideoBackend
    costs: Costs
    ledger: Ledger
    topic: Topic
    callbacks: CallbackQueue
    tags: Tags
    public_url: str
    row_ended: Callable[[Turn], None]
    begin_next: Callable[[Job], None]
    measure: Callable[[Job, Measures], None]
    clock: Clock = utc_now


def finish(job: Job, given: Finishing, *, reason: Problem | None = None) -> FinishResult:
    """Bring a version to its end.

    A version that has not ended has failed: for the problem that a step has left with it, else for `reason`.
    A video that was deleted since the announcement needs nothing more.
    """
    finished = FinishResult(next="done")
    try:
        record_failure(
            job, reason=reason, store=given.store, backend=given.backend, costs=given.costs, clock=given.clock
        )
        finished = _announce(job, given)
        try:
            _settle_credits(job, given)
        finally:
            _begin_next(job, given)
    except VideoNotFoundError:
        return finished
    return finished


def _announce(job: Job, given: Finishing) -> FinishResult:
    turn = given.store.turn(job)
    if turn.ended is None:
        raise RuntimeError(f"{job.execution_name} has not ended")
    if turn.announced is None:
        if turn.batch is not None:
            given.row_ended(turn)
        mark_end(job, store=given.store, tags=given.tags)
        measures = measures_of(given.store.video(job.video_id), turn, turn.ended)
        announce(
            job,
            store=given.store,
            topic=given.topic,
            callbacks=given.callbacks,
            public_url=given.public_url,
            clock=given.clock,
        )
        given.measure(job, measures)
    return _finished(turn)


def _finished(turn: Turn) -> FinishResult:
    if turn.ended is None or turn.ended.status is not Status.FAILED:
        return FinishResult(next="done")
    if turn.problem is None:
        return FinishResult(next="failed", message=turn.ended.message)
    return FinishResult(next="failed", code=turn.problem.code, message=turn.problem.message)


def _settle_credits(job: Job, given: Finishing) -> None:
    turn = given.store.turn(job)
    if turn.reservation is None or turn.settlement is not None:
        return
    if not turn.credits_final:
        given.costs.sweep(given.store)
    settle_credits(job, store=given.store, ledger=given.ledger, backend=given.backend, clock=given.clock)


def _begin_next(job: Job, given: Finishing) -> None:
    video = given.store.video(job.video_id)
    if video.waiting or video.sequence:
        given.begin_next(job)
