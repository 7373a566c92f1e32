"""Ending a turn that failed, and announcing any end."""

from backend import VideoBackend
from videos.events.announcements import Topic, end_of
from videos.events.editor import link_editor
from videos.events.webhooks import CallbackQueue, call_back_at_end
from videos.model.clock import Clock, utc_now
from videos.model.errors import INTERNAL
from videos.model.failure_codes import FailureCode
from videos.model.ports import VideoStore
from videos.model.records import Job, Problem, Status
from videos.model.version import Announced, Ended, Turn
from videos.model.video import Video
from videos.spending.costs import Costs
from videos.steps.render_attempts import stop_render

# What can still be exported in the video service's own editor, though not here.
IN_THE_EDITOR = {FailureCode.UNSUPPORTED_DRAFT, FailureCode.EXPORT_BLOCKED}


def record_failure(
    job: Job,
    *,
    reason: Problem | None,
    store: VideoStore,
    backend: VideoBackend,
    costs: Costs,
    clock: Clock = utc_now,
) -> None:
    """End the turn as failed, or as superseded, and stop its render if there is one.

    It fails for the problem that a step has left with it, else for `reason`, that of a step given up.
    """
    turn = store.turn(job)
    if turn.ended is not None:
        return
    problem = turn.problem or reason or INTERNAL
    if turn.problem is None:
        store.write(job, problem)
    if turn.rendering is not None and turn.delivered is None:
        stop_render(turn.rendering.known_as, backend)
    if turn.timeline is not None or problem.code in IN_THE_EDITOR:
        link_editor(job, store=store, backend=backend)
    costs.end(turn)
    status = Status.SUPERSEDED if problem.code is FailureCode.SUPERSEDED else Status.FAILED
    ended = Ended(status=status, at=clock(), message=problem.message, code=problem.code)
    store.end(job, ended)


def _publish(video: Video, turn: Turn, *, topic: Topic, callbacks: CallbackQueue, public_url: str) -> str:
    if turn.automatic and turn.ended is not None and turn.ended.status is Status.FAILED:
        return "none: nobody asked for this export"
    announcement = end_of(video, turn, public_url)
    call_back_at_end(video, announcement, callbacks)
    if announcement.status is Status.SUPERSEDED:
        return "none: another version counts"
    return topic.publish(announcement)


def announce(
    job: Job,
    *,
    store: VideoStore,
    topic: Topic,
    callbacks: CallbackQueue,
    public_url: str,
    clock: Clock = utc_now,
) -> None:
    """Publish the end of a turn, once, and have the service called that asked for it.

    What was superseded is not published: people did it themselves. A service that waits for it is called.
    """
    turn, video = store.turn(job), store.video(job.video_id)
    if turn.ended is None:
        raise RuntimeError(f"{job.execution_name} has not ended; the workflow ends before it announces")
    if turn.announced is None:
        message_id = _publish(video, turn, topic=topic, callbacks=callbacks, public_url=public_url)
        store.write_once(job, Announced(at=clock(), message_id=message_id))
