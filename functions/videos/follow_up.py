"""What may be done with a video after it was accepted: change it, try again, cancel it."""

from datetime import UTC, datetime

from nemovideo import NemoVideo
from videos.models import BatchRow, Ended, Stage, Status, Turn, Video
from videos.ports import VideoLibrary, Workflow
from videos.render import stop_render


class BusyError(Exception):
    """A turn is under way; one at a time."""


class NotPossibleError(Exception):
    """The video is not in a state for this. The message says why, and what would be."""


def edit(
    video: Video,
    instruction: str,
    *,
    store: VideoLibrary,
    workflow: Workflow,
    batch: BatchRow | None = None,
) -> Video:
    """Ask for the next version in the same session; also the answer to a question of the agent.

    Raises:
        BusyError: A turn is under way.
        NotPossibleError: There is nothing yet that could be changed.
    """
    if not video.running and video.backend_session is None:
        raise NotPossibleError("There is nothing yet that could be changed: retry it, or submit it anew.")
    return _next_turn(video, instruction, store, workflow, batch)


def retry(video: Video, *, store: VideoLibrary, workflow: Workflow) -> Video:
    """Ask for the failed turn once more: a new instruction, paid for like one, because a person wants it.

    Raises:
        BusyError: A turn is under way.
        NotPossibleError: The last turn did not fail.
    """
    if not video.running and video.status not in {Status.FAILED, Status.CANCELLED}:
        raise NotPossibleError(f"It is {video.status.replace('_', ' ')}; only what failed is retried.")
    return _next_turn(video, store.turn(video.job).instruction, store, workflow)


def cancel(
    video: Video, *, store: VideoLibrary, workflow: Workflow, backend: NemoVideo, now: datetime | None = None
) -> Video:
    """End the turn under way as cancelled: its workflow, and its render.

    An instruction that was sent already is paid for; the agent may still finish it, unseen.

    Raises:
        NotPossibleError: No turn is under way.
    """
    ended = Ended(status=Status.CANCELLED, at=now or datetime.now(UTC), message="Cancelled by its owner.")
    if not video.running or not store.end(video.job, ended):
        raise NotPossibleError("It has ended already; there is nothing to cancel.")
    workflow.cancel(video.job)
    rendering = store.turn(video.job).rendering
    if rendering is not None:
        stop_render(rendering.render_id, backend)
    return store.video(video.video_id)


def _next_turn(
    video: Video,
    instruction: str,
    store: VideoLibrary,
    workflow: Workflow,
    batch: BatchRow | None = None,
) -> Video:
    turn = Turn(
        video_id=video.video_id,
        number=video.turn + 1,
        instruction=instruction,
        created_at=datetime.now(UTC),
        batch=batch,
    )
    if video.running:
        if video.stage is Stage.QUEUED:  # heals a crash between remembering a turn and starting it
            workflow.start(video.job)
        raise BusyError
    if not store.begin(video, turn):
        raise BusyError
    workflow.start(turn.job)
    return store.video(video.video_id)
