"""Finish: record a failure, announce the end, charge credits, begin the next version.

The end is announced before the last two: from then on, the video may be deleted. Credits that cannot be
charged hold nothing up. The step is repeated then, and what is done is not done again.
"""

from collections.abc import Callable
from dataclasses import dataclass

from backend import VideoBackend
from videos.events.announcements import Topic
from videos.events.metrics import Measures, measures_of
from videos.events.tags import mark_end
from videos.events.webhooks import WebhookQueue
from videos.model.clock import Clock, utc_now
from videos.model.errors import VideoNotFoundError
from videos.model.ports import Tags, VideoStore
from videos.model.records import Problem, Status, VersionRef
from videos.model.version import Version
from videos.spending.budgets import Ledger, charge_credits
from videos.spending.costs import Costs
from videos.steps.announce_end import announce, record_failure
from videos.steps.result import FinishResult


@dataclass(frozen=True)
class Finishing:
    """What a version is finished with.

    `row_ended` notes the end with the batch row that asked for the version, `begin_next` begins the version
    that waits, and `measure` counts the end. A change link works for `change_days`; None: there are none.
    """

    store: VideoStore
    backend: VideoBackend
    costs: Costs
    ledger: Ledger
    topic: Topic
    webhooks: WebhookQueue
    tags: Tags
    public_url: str
    row_ended: Callable[[Version], None]
    begin_next: Callable[[VersionRef], None]
    measure: Callable[[VersionRef, Measures], None]
    change_days: int | None = None
    clock: Clock = utc_now


def finish(ref: VersionRef, given: Finishing, *, reason: Problem | None = None) -> FinishResult:
    """Bring a version to its end.

    A version that has not ended has failed: for the problem that a step has left with it, else for `reason`.
    A video that was deleted since the announcement needs nothing more.
    """
    finished = FinishResult(next="done")
    try:
        record_failure(
            ref, reason=reason, store=given.store, backend=given.backend, costs=given.costs, clock=given.clock
        )
        finished = _announce(ref, given)
        try:
            _charge_credits(ref, given)
        finally:
            _begin_next(ref, given)
    except VideoNotFoundError:
        return finished
    return finished


def _announce(ref: VersionRef, given: Finishing) -> FinishResult:
    version = given.store.version(ref)
    if version.ended is None:
        raise RuntimeError(f"{ref.execution_name} has not ended")
    if version.announced is None:
        if version.batch is not None:
            given.row_ended(version)
        mark_end(ref, store=given.store, tags=given.tags)
        measures = measures_of(given.store.video(ref.video_id), version, version.ended)
        announce(
            ref,
            store=given.store,
            topic=given.topic,
            webhooks=given.webhooks,
            public_url=given.public_url,
            change_days=given.change_days,
            clock=given.clock,
        )
        given.measure(ref, measures)
    return _finished(version)


def _finished(version: Version) -> FinishResult:
    if version.ended is None or version.ended.status is not Status.FAILED:
        return FinishResult(next="done")
    if version.problem is None:
        return FinishResult(next="failed", message=version.ended.message)
    return FinishResult(next="failed", code=version.problem.code, message=version.problem.message)


def _charge_credits(ref: VersionRef, given: Finishing) -> None:
    version = given.store.version(ref)
    if version.reservation is None or version.charge is not None:
        return
    if not version.credits_final:
        given.costs.sweep(given.store)
    charge_credits(ref, store=given.store, ledger=given.ledger, backend=given.backend, clock=given.clock)


def _begin_next(ref: VersionRef, given: Finishing) -> None:
    video = given.store.video(ref.video_id)
    if video.waiting or video.sequence:
        given.begin_next(ref)
