"""What may be done with a video after it was accepted: change it, export it, try again, cancel it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from backend import VideoBackend
from backend.draft import fingerprint, is_ready
from backend.errors import NemoVideoError
from videos.lifecycle.exports import Way, unrendered, way_of_retry
from videos.lifecycle.submit import ConflictingRequestError
from videos.model.ports import VideoLibrary, Workflow
from videos.model.records import BatchRow, Stage, Status, VersionRef
from videos.model.version import Ended, Version
from videos.model.video import QueuedEdit, Video
from videos.requests.sequence import go_on
from videos.steps.render_attempts import stop_render

# Edits that may wait for one video; who wants more is better served by one sentence.
MAX_WAITING = 10


class BusyError(Exception):
    """A version is under way; one at a time."""


class NotPossibleError(Exception):
    """The video is not in a state for this. The message says why, and what would be."""


class LineFullError(NotPossibleError):
    """As many edits as may wait for one video do."""


def edit(
    video: Video,
    instruction: str,
    *,
    store: VideoLibrary,
    workflow: Workflow,
    idempotency_key: str | None = None,
    batch: BatchRow | None = None,
) -> Video:
    """Ask for the next version in the same session; also the answer to a question of the agent.

    `idempotency_key` is equal for the same request: however often it is made, it is one version.

    Raises:
        BusyError: A version is under way.
        ConflictingRequestError: The same request was another one before.
        NotPossibleError: There is nothing yet that could be changed.
    """
    if idempotency_key is not None and _was_asked(video, instruction, idempotency_key, store):
        return _started(video, store, workflow)
    if not video.running and video.backend_session is None:
        raise NotPossibleError("There is nothing to change yet. Retry it, or submit it again.")
    return _next_version(video, instruction, store, workflow, idempotency_key=idempotency_key, batch=batch)


def edit_in_turn(
    video: Video,
    instruction: str,
    *,
    idempotency_key: str,
    store: VideoLibrary,
    workflow: Workflow,
    batch: BatchRow | None = None,
) -> Video:
    """Ask for the next version; while a version is under way, or others wait already, the edit waits in line.

    Raises:
        BusyError: The line moved just now; ask again.
        ConflictingRequestError: The same request was another one before.
        LineFullError: Too much waits already.
        NotPossibleError: There is nothing yet that could be changed.
    """
    if _was_asked(video, instruction, idempotency_key, store) or idempotency_key in {
        change.idempotency_key for change in video.waiting
    }:
        return _started(video, store, workflow)
    if not video.running and (not video.waiting or video.status is Status.SUPERSEDED):
        return edit(
            video, instruction, store=store, workflow=workflow, idempotency_key=idempotency_key, batch=batch
        )
    if not video.running:
        video = begin_waiting(video, store=store, workflow=workflow)
    if len(video.waiting) >= MAX_WAITING:
        full = f"{MAX_WAITING} edits are already waiting. Drop it again when one of them has ended."
        raise LineFullError(full)
    if not store.line_up(
        video, QueuedEdit(idempotency_key=idempotency_key, instruction=instruction, batch=batch)
    ):
        raise BusyError
    return store.video(video.video_id)


def begin_waiting(video: Video, *, store: VideoLibrary, workflow: Workflow) -> Video:
    """Begin the edit that has waited longest, if one waits and no version runs.

    What is superseded is not gone on with: the sweep takes its notes to the video that counts.

    Raises:
        BusyError: The line moved just now; ask again.
    """
    if video.running or not video.waiting or video.status is Status.SUPERSEDED:
        return _started(video, store, workflow)
    change = video.waiting[0]
    return _next_version(
        video, change.instruction, store, workflow, idempotency_key=change.idempotency_key, batch=change.batch
    )


def begin_next(ref: VersionRef, *, store: VideoLibrary, workflow: Workflow) -> None:
    """Begin what comes after a version that has ended: the next step of a sequence, else an edit that waits.

    Raises:
        BusyError: The line moved just now; ask again.
    """
    if not go_on(ref, store=store, workflow=workflow):
        begin_waiting(store.video(ref.video_id), store=store, workflow=workflow)


def retry(
    video: Video, *, store: VideoLibrary, workflow: Workflow, backend: "VideoBackend | None" = None
) -> Video:
    """Try the failed version again in the cheapest way that can work: by an export, else by a generation.

    With `backend`, a draft that came too late for the version is looked for, too.

    Raises:
        BusyError: A version is under way.
        NotPossibleError: The last version did not fail.
    """
    if not video.running and video.status not in {Status.FAILED, Status.CANCELLED}:
        raise NotPossibleError(
            f"The video is {video.status.replace('_', ' ')}. Only a failed or cancelled video can be retried."
        )
    versions = store.versions(video.video_id)
    missing = unrendered(video, versions)
    is_late = missing is not None and backend is not None and _has_late_draft(missing, versions, backend)
    if missing is not None and (is_late or way_of_retry(video, versions) is Way.EXPORT):
        return _export(video, missing, store, workflow)
    failed = next(version for version in reversed(versions) if version.exports is None)
    return _next_version(video, failed.instruction, store, workflow, step=failed.step)


def export(
    video: Video,
    *,
    store: VideoLibrary,
    workflow: Workflow,
    idempotency_key: str | None = None,
    batch: BatchRow | None = None,
    automatic: bool = False,
) -> Video:
    """Render the newest timeline again, free of charge. A version that has its film is left as it is.

    Raises:
        BusyError: A version is under way.
        NotPossibleError: There is nothing to export.
    """
    versions = store.versions(video.video_id)
    if idempotency_key is not None and any(
        version.idempotency_key == idempotency_key for version in versions
    ):
        return _started(video, store, workflow)
    if not video.running and versions[-1].delivered is not None:
        return video
    missing = unrendered(video, versions)
    if missing is None and not video.running:
        raise NotPossibleError("There is nothing to export yet. Say what the video should show.")
    return _export(
        video,
        missing or versions[-1],
        store,
        workflow,
        idempotency_key=idempotency_key,
        batch=batch,
        automatic=automatic,
    )


def _export(
    video: Video,
    version: Version,
    store: VideoLibrary,
    workflow: Workflow,
    *,
    idempotency_key: str | None = None,
    batch: BatchRow | None = None,
    automatic: bool = False,
) -> Video:
    return _begin(
        video,
        Version(
            video_id=video.video_id,
            number=video.version + 1,
            instruction=version.instruction,
            created_at=datetime.now(UTC),
            idempotency_key=idempotency_key,
            batch=batch,
            exports=version.number,
            automatic=automatic,
        ),
        store,
        workflow,
    )


def _has_late_draft(version: Version, versions: Sequence[Version], backend: VideoBackend) -> bool:
    """Whether the agent has made a timeline after its version was given up; a cancelled one is not wanted."""
    given_up = version.ended is not None and version.ended.status is Status.FAILED
    if (
        not given_up
        or version.timeline is not None
        or version.send_lock is None
        or versions[-1] is not version
    ):
        return False
    try:
        draft = backend.state(version.send_lock.session_id).draft
    except NemoVideoError:
        return False
    return is_ready(draft) and fingerprint(draft) != version.send_lock.baseline


def cancel(
    video: Video,
    *,
    store: VideoLibrary,
    workflow: Workflow,
    backend: VideoBackend,
    now: datetime | None = None,
) -> Video:
    """End the version under way as cancelled: its workflow, and its render. What is cancelled stays so.

    An instruction that was sent already is paid for; the agent may still finish it, unseen.

    Raises:
        NotPossibleError: The version has ended otherwise.
    """
    ended = Ended(status=Status.CANCELLED, at=now or datetime.now(UTC), message="Cancelled by its owner.")
    if not video.running or not store.end(video.ref, ended):
        video = store.video(video.video_id)
        if video.status is Status.CANCELLED:
            return video
        raise NotPossibleError("The video has already ended. There is nothing to cancel.")
    workflow.cancel(video.ref)
    rendering = store.version(video.ref).rendering
    if rendering is not None:
        stop_render(rendering.known_as, backend)
    return store.video(video.video_id)


def _was_asked(video: Video, instruction: str, idempotency_key: str, store: VideoLibrary) -> bool:
    # Read after the video: a version that is begun between the two reads is seen here, or `begin` fails.
    version = next(
        (version for version in store.versions(video.video_id) if version.idempotency_key == idempotency_key),
        None,
    )
    if version is not None and version.instruction != instruction:
        raise ConflictingRequestError(video.video_id)
    return version is not None


def _started(video: Video, store: VideoLibrary, workflow: Workflow) -> Video:
    """The video as it is now; heals a crash between storing its version and starting it."""
    video = store.video(video.video_id)
    if video.stage is Stage.QUEUED:
        workflow.start(video.ref)
    return video


def _next_version(
    video: Video,
    instruction: str,
    store: VideoLibrary,
    workflow: Workflow,
    *,
    idempotency_key: str | None = None,
    step: int | None = None,
    batch: BatchRow | None = None,
) -> Video:
    version = Version(
        video_id=video.video_id,
        number=video.version + 1,
        instruction=instruction,
        created_at=datetime.now(UTC),
        idempotency_key=idempotency_key,
        step=step,
        batch=batch,
    )
    return _begin(video, version, store, workflow)


def _begin(video: Video, version: Version, store: VideoLibrary, workflow: Workflow) -> Video:
    if video.running:
        _started(video, store, workflow)
        raise BusyError
    if not store.begin(video, version):
        raise BusyError
    workflow.start(version.ref)
    return store.video(video.video_id)
