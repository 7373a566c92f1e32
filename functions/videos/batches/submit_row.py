"""One row of a batch: what it asks for, and how that begins and ends."""

from dataclasses import dataclass
from datetime import UTC
from typing import Literal

from pydantic import BaseModel, JsonValue

from backend.intents import Intent, classify
from videos.batches.batch import BatchStore
from videos.events.announcements import advice_of
from videos.events.signed_links import watch_url
from videos.lifecycle.edit import BusyError, LineFullError, NotPossibleError, edit_in_turn, export
from videos.lifecycle.submit import Submission, submit, video_id_for
from videos.model.batch import Batch, RowOutcome
from videos.model.errors import RefusedError, VideoDeletedError, VideoNotFoundError
from videos.model.media import InboxFile, Media
from videos.model.ports import Tasks, VideoLibrary, Workflow
from videos.model.records import BatchRow, Status, VersionRef
from videos.model.version import Version
from videos.model.video import RowResult, Video
from videos.requests.brand import options_of
from videos.requests.commands import refuse_command
from videos.requests.folders import is_address
from videos.requests.options import FieldError, RowRequest, read_request, shortened
from videos.requests.ownership import INBOX, OWNER, NamedObjects, made_of
from videos.requests.sources import CheckUrl, Reach, Sources, page_at, sources_of, webhook_of
from videos.steps.outbox import outbox_files

MAX_TRIES = 1440
"""How often a row checks, a minute apart, whether the video it edits can queue another edit."""


class RowOrder(BaseModel):
    """The input of a row's child workflow; `tries` counts the times its edit found no place in line."""

    batch_id: str
    row: int
    given: dict[str, JsonValue] = {}
    fault: str | None = None
    tries: int = 0


class RowBegun(BaseModel):
    """What the workflow of a row does next: wait for the version's end, check again later, or nothing."""

    verdict: Literal["begun", "busy", "completed"]


class RowEnded(BaseModel):
    """The result of the waiting task."""

    status: str


@dataclass(frozen=True)
class Dependencies:
    """What rows are carried out with."""

    batches: BatchStore
    store: VideoLibrary
    workflow: Workflow
    tasks: Tasks
    objects: NamedObjects
    reachable: Reach
    allowed: CheckUrl
    default_instruction: str
    keep_days: int
    public_url: str


def submit_row(order: RowOrder, given: Dependencies) -> RowBegun:
    """Make the row's video, or the version it asks for; the same row twice is one version.

    What cannot be is completed as rejected, with the column and the reason.
    """
    batch = given.batches.batch(order.batch_id)
    try:
        version = _begun(batch, order, given)
    except FieldError as error:
        column = error.field or None
        return _completed(
            batch, RowOutcome(row=order.row, status="rejected", column=column, reason=str(error)), given
        )
    except (BusyError, LineFullError):
        if order.tries < MAX_TRIES:
            return RowBegun(verdict="busy")
        reason = (
            "The edit could not start within a day, because too many other edits of the video were waiting."
            " Submit this row again."
        )
        return _completed(batch, RowOutcome(row=order.row, status=Status.FAILED, reason=reason), given)
    # The function that ended it may have found no row to complete.
    if version is not None and version.ended is not None:
        complete_row(
            version, store=given.store, batches=given.batches, tasks=given.tasks, public_url=given.public_url
        )
        return RowBegun(verdict="completed")
    return RowBegun(verdict="begun")


def complete_row(
    version: Version, *, store: VideoLibrary, batches: BatchStore, tasks: Tasks, public_url: str
) -> None:
    """Note the end of a version with the row that asked for it, and let the row's workflow go on."""
    if version.batch is None or version.ended is None:
        return
    ready = version.ended.status is Status.READY
    video = store.video(version.video_id)
    outcome = RowOutcome(
        row=version.batch.row,
        status=version.ended.status,
        video_id=version.video_id,
        link=watch_url(public_url, video) if ready else None,
        outbox=next((file.key for file in outbox_files(video)), None) if ready else None,
        reason="" if ready else " ".join(filter(None, (version.ended.message, advice_of(version)))),
    )
    _release(batches.complete(version.batch.batch_id, outcome, expires_at=video.expires_at), outcome, tasks)


def _completed(batch: Batch, outcome: RowOutcome, given: Dependencies) -> RowBegun:
    token = given.batches.complete(batch.batch_id, outcome, expires_at=batch.expires_at)
    _release(token, outcome, given.tasks)
    return RowBegun(verdict="completed")


def _release(task_token: str | None, outcome: RowOutcome, tasks: Tasks) -> None:
    if task_token is not None:
        tasks.succeed(task_token, RowEnded(status=outcome.status))


def _begun(batch: Batch, order: RowOrder, given: Dependencies) -> Version | None:
    """The version that the row asks for; begun now, unless it was before. None for an edit that waits."""
    if order.fault is not None:
        raise FieldError("", order.fault)
    request = read_request(RowRequest, order.given)
    row = BatchRow(batch_id=batch.batch_id, row=order.row)
    if request.edit_of is not None:
        return _edited(request, request.edit_of, batch, row, given)
    return _submitted(request, batch, row, given)


def _submitted(request: RowRequest, batch: Batch, row: BatchRow, given: Dependencies) -> Version:
    if request.instruction is not None:
        _refuse_command(request.instruction)
    idempotency_key = row_key(row)
    first = VersionRef(video_id=video_id_for(idempotency_key), version=1)
    try:
        version = given.store.version(first)
    except VideoNotFoundError:
        pass
    else:
        given.workflow.start(first)  # heals a crash between remembering it and starting it
        return version
    sources = _named(request.file, batch, given) + sources_of(
        request, batch.owner, objects=given.objects, reachable=given.reachable
    )
    options = options_of(
        request, batch.owner, objects=given.objects, reachable=given.reachable, folder=batch.folder
    )
    submission = Submission(
        idempotency_key=idempotency_key,
        owner=batch.owner,
        source=batch.source,
        instruction=request.instruction or given.default_instruction,
        media=sources.media,
        warnings=sources.warnings,
        options=options,
        webhook=webhook_of(request, given.allowed),
        metadata=request.metadata,
        batch=row,
        row_result=_row_result(batch, row.row, sources.media),
    )
    try:
        submit(submission, store=given.store, workflow=given.workflow, keep_days=given.keep_days)
    except VideoDeletedError as error:
        raise FieldError("", "The video of this row was deleted.") from error
    return given.store.version(first)


def _row_result(batch: Batch, row: int, media: tuple[Media, ...]) -> RowResult | None:
    """Return where the result of a row of a dropped batch is copied to, named after a file of the folder."""
    if batch.owner != OWNER or not batch.file.key.startswith(INBOX):
        return None
    folder = batch.file.key.removesuffix(batch.file.name)
    files = [item for item in media if isinstance(item, InboxFile)]
    beside = next((file for file in files if file.key.startswith(folder)), None)
    name = f"row-{row}-{beside.name}" if beside is not None else f"row-{row}"
    order = f"{batch.created_at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%f}#{batch.batch_id}"
    return RowResult(bucket=batch.file.bucket, path=f"{folder.removeprefix(INBOX)}{name}", order=order)


def _named(file: str | None, batch: Batch, given: Dependencies) -> Sources:
    """What the column `file` names: an address, a file beside the batch's, or a key."""
    if file is None:
        return Sources(())
    if is_address(file):
        return page_at("file", file, given.reachable)
    beside = f"{batch.folder}/{file}" if batch.folder else file
    for key in (beside, file):
        try:
            return Sources((given.objects.named("file", key, batch.owner),))
        except FieldError:
            continue
    raise FieldError(
        "file",
        f"“{shortened(file)}” is neither a file beside the batch file nor a key that you may use.",
    )


def _edited(
    request: RowRequest, edit_of: str, batch: Batch, row: BatchRow, given: Dependencies
) -> Version | None:
    video, idempotency_key = _video_to_edit(edit_of, batch, given), row_key(row)
    instruction = request.instruction or ""
    is_export = classify(instruction) is Intent.EXPORT
    if not is_export:
        _refuse_command(instruction)
    try:
        if is_export:
            _export(video, idempotency_key, row, given)
        else:
            edit_in_turn(
                video,
                instruction,
                idempotency_key=idempotency_key,
                store=given.store,
                workflow=given.workflow,
                batch=row,
            )
    except LineFullError:
        raise
    except NotPossibleError as error:
        raise FieldError("edit_of", str(error)) from error
    versions = given.store.versions(video.video_id)
    return next((version for version in versions if version.idempotency_key == idempotency_key), None)


def _export(video: Video, idempotency_key: str, row: BatchRow, given: Dependencies) -> None:
    exported = export(
        video, store=given.store, workflow=given.workflow, idempotency_key=idempotency_key, batch=row
    )
    if exported.version == video.version and not any(
        version.idempotency_key == idempotency_key for version in given.store.versions(video.video_id)
    ):
        raise FieldError("instruction", "the video is already exported. Nothing was done.")


def _refuse_command(instruction: str) -> None:
    try:
        refuse_command(instruction)
    except RefusedError as error:
        raise FieldError("instruction", f"{error} {error.problem.advice}") from error


def _video_to_edit(edit_of: str, batch: Batch, given: Dependencies) -> Video:
    objects = given.objects
    video = (
        _video(edit_of, given)
        if edit_of.startswith("vid-")
        else made_of(edit_of, given.store, objects.inbox, objects.bucket)
    )
    if video is None or video.owner != batch.owner:
        raise FieldError("edit_of", f"there is no video “{shortened(edit_of)}”, or it is not yours.")
    return video


def _video(video_id: str, given: Dependencies) -> Video | None:
    try:
        return given.store.video(video_id)
    except VideoNotFoundError:
        return None


def row_key(row: BatchRow) -> str:
    """Return the idempotency key of a row: the same row twice is one video, or one version."""
    return f"batch:{row.batch_id}:{row.row}"
