"""Ending a version that failed, and announcing any end."""

from backend import VideoBackend
from videos.events.announcements import Topic, end_of, for_services
from videos.events.editor import link_editor
from videos.events.webhooks import WebhookQueue, call_back_at_end
from videos.model.clock import Clock, utc_now
from videos.model.errors import INTERNAL
from videos.model.failure_codes import FailureCode
from videos.model.ports import VideoStore
from videos.model.records import Problem, Status, VersionRef
from videos.model.version import Announced, Ended, Version
from videos.model.video import Video
from videos.spending.costs import Costs
from videos.steps.render_attempts import stop_render

# What can still be exported in the video service's own editor, though not here.
IN_THE_EDITOR = {FailureCode.UNSUPPORTED_DRAFT, FailureCode.EXPORT_BLOCKED}


def record_failure(
    ref: VersionRef,
    *,
    reason: Problem | None,
    store: VideoStore,
    backend: VideoBackend,
    costs: Costs,
    clock: Clock = utc_now,
) -> None:
    """End the version as failed, or as superseded, and stop its render if there is one.

    It fails for the problem that a step has left with it, else for `reason`, that of a step given up.
    """
    version = store.version(ref)
    if version.ended is not None:
        return
    problem = version.problem or reason or INTERNAL
    if version.problem is None:
        store.write(ref, problem)
    if version.rendering is not None and version.delivered is None:
        stop_render(version.rendering.known_as, backend)
    if version.timeline is not None or problem.code in IN_THE_EDITOR:
        link_editor(ref, store=store, backend=backend)
    costs.end(version)
    status = Status.SUPERSEDED if problem.code is FailureCode.SUPERSEDED else Status.FAILED
    ended = Ended(status=status, at=clock(), message=problem.message, code=problem.code)
    store.end(ref, ended)


def _publish(
    video: Video,
    version: Version,
    *,
    topic: Topic,
    webhooks: WebhookQueue,
    public_url: str,
    change_days: int | None,
) -> str:
    if version.automatic and version.ended is not None and version.ended.status is Status.FAILED:
        return "none: nobody asked for this export"
    announcement = end_of(video, version, public_url, change_days=change_days)
    call_back_at_end(video, for_services(announcement), webhooks)
    if announcement.status is Status.SUPERSEDED:
        return "none: another version counts"
    return topic.publish(announcement)


def announce(
    ref: VersionRef,
    *,
    store: VideoStore,
    topic: Topic,
    webhooks: WebhookQueue,
    public_url: str,
    change_days: int | None = None,
    clock: Clock = utc_now,
) -> None:
    """Publish the end of a version, once, and have the service called that asked for it.

    What was superseded is not published: people did it themselves. A service that waits for it is called.
    """
    version, video = store.version(ref), store.video(ref.video_id)
    if version.ended is None:
        raise RuntimeError(f"{ref.execution_name} has not ended; the workflow ends before it announces")
    if version.announced is None:
        message_id = _publish(
            video,
            version,
            topic=topic,
            webhooks=webhooks,
            public_url=public_url,
            change_days=change_days,
        )
        store.write_once(ref, Announced(at=clock(), message_id=message_id))
