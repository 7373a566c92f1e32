"""One row of a batch: what it asks for, and how that begins and ends."""

from dataclasses import dataclass
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
from videos.model.ports import Tasks, VideoLibrary, Workflow
from videos.model.records import BatchRow, Job, Status
from videos.model.version import Turn
from videos.model.video import Video, Wishes
from videos.requests.commands import refuse_command
from videos.requests.folders import is_address
from videos.requests.options import FieldError, RowRequest, read_request, shortened
from videos.requests.ownership import NamedObjects, made_of
from videos.requests.sources import CheckUrl, Reach, Sources, callback_of, page_at, sources_of

MAX_TRIES = 1440
"""How often a row looks, a minute apart, whether the video it edits can take another edit in line."""


class RowOrder(BaseModel):
    """The input of a row's child workflow; `tries` counts the times its edit found no place in line."""

    batch_id: str
    row: int
    given: dict[str, JsonValue] = {}
    fault: str | None = None
    tries: int = 0


class RowBegun(BaseModel):
    """What a row's child workflow does next: wait for the end of the turn, look again later, or nothing."""

    verdict: Literal["begun", "busy", "settled"]


class RowEnded(BaseModel):
    """What the waiting task is told."""

    status: str


@dataclass(frozen=True)
class Desk:
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


def submit_row(order: RowOrder, desk: Desk) -> RowBegun:
    """Make the row's video, or the version it asks for; the same row twice is one turn.

    What cannot be is settled as rejected, with the column and the reason.
    """
    batch = desk.batches.batch(order.batch_id)
    try:
        turn = _begun(batch, order, desk)
    except FieldError as error:
        column = error.field or None
        return _settled(
            batch, RowOutcome(row=order.row, status="rejected", column=column, reason=str(error)), desk
        )
    except (BusyError, LineFullError):
        if order.tries < MAX_TRIES:
            return RowBegun(verdict="busy")
        reason = "Too many edits of its video waited for a day. Hand the row in again when they are made."
        return _settled(batch, RowOutcome(row=order.row, status=Status.FAILED, reason=reason), desk)
    if turn is not None and turn.ended is not None:  # and whoever ended it may have found no row to tell
        settle_row(turn, store=desk.store, batches=desk.batches, tasks=desk.tasks, public_url=desk.public_url)
        return RowBegun(verdict="settled")
    return RowBegun(verdict="begun")


def settle_row(
    turn: Turn, *, store: VideoLibrary, batches: BatchStore, tasks: Tasks, public_url: str
) -> None:
    """Note the end of a turn with the row that asked for it, and let the row's workflow go on."""
    if turn.batch is None or turn.ended is None:
        return
    ready = turn.ended.status is Status.READY
    video = store.video(turn.video_id)
    outcome = RowOutcome(
        row=turn.batch.row,
        status=turn.ended.status,
        video_id=turn.video_id,
        link=watch_url(public_url, video) if ready else None,
        reason="" if ready else " ".join(filter(None, (turn.ended.message, advice_of(turn)))),
    )
    _release(batches.settle(turn.batch.batch_id, outcome, expires_at=video.expires_at), outcome, tasks)


def _settled(batch: Batch, outcome: RowOutcome, desk: Desk) -> RowBegun:
    token = desk.batches.settle(batch.batch_id, outcome, expires_at=batch.expires_at)
    _release(token, outcome, desk.tasks)
    return RowBegun(verdict="settled")


def _release(task_token: str | None, outcome: RowOutcome, tasks: Tasks) -> None:
    if task_token is not None:
        tasks.succeed(task_token, RowEnded(status=outcome.status))


def _begun(batch: Batch, order: RowOrder, desk: Desk) -> Turn | None:
    """The turn that the row asks for; begun now, unless it was before. None for an edit that waits."""
    if order.fault is not None:
        raise FieldError("", order.fault)
    request = read_request(RowRequest, order.given)
    row = BatchRow(batch_id=batch.batch_id, row=order.row)
    if request.edit_of is not None:
        return _edited(request, request.edit_of, batch, row, desk)
    return _submitted(request, batch, row, desk)


def _submitted(request: RowRequest, batch: Batch, row: BatchRow, desk: Desk) -> Turn:
    if request.instruction is not None:
        _refuse_command(request.instruction)
    identity = row_key(row)
    first = Job(video_id=video_id_for(identity), turn=1)
    try:
        turn = desk.store.turn(first)
    except VideoNotFoundError:
        pass
    else:
        desk.workflow.start(first)  # heals a crash between remembering it and starting it
        return turn
    sources = _named(request.file, batch, desk) + sources_of(
        request, batch.owner, objects=desk.objects, reachable=desk.reachable
    )
    submission = Submission(
        identity=identity,
        owner=batch.owner,
        source=batch.source,
        instruction=request.instruction or desk.default_instruction,
        media=sources.media,
        warnings=sources.warnings,
        wishes=Wishes.model_validate(request.model_dump(include=set(Wishes.model_fields))),
        callback=callback_of(request, desk.allowed),
        metadata=request.metadata,
        batch=row,
    )
    try:
        submit(submission, store=desk.store, workflow=desk.workflow, keep_days=desk.keep_days)
    except VideoDeletedError as error:
        raise FieldError("", "The video of this row was deleted.") from error
    return desk.store.turn(first)


def _named(file: str | None, batch: Batch, desk: Desk) -> Sources:
    """What the column `file` names: an address, a file beside the batch's, or a key."""
    if file is None:
        return Sources(())
    if is_address(file):
        return page_at("file", file, desk.reachable)
    beside = f"{batch.folder}/{file}" if batch.folder else file
    for key in (beside, file):
        try:
            return Sources((desk.objects.named("file", key, batch.owner),))
        except FieldError:
            continue
    raise FieldError(
        "file",
        f"there is no “{shortened(file)}” beside the batch file, nor is that a key that you may use.",
    )


def _edited(request: RowRequest, edit_of: str, batch: Batch, row: BatchRow, desk: Desk) -> Turn | None:
    video, asked_by = _video_to_edit(edit_of, batch, desk), row_key(row)
    instruction = request.instruction or ""
    is_export = classify(instruction) is Intent.EXPORT
    if not is_export:
        _refuse_command(instruction)
    try:
        if is_export:
            _export(video, asked_by, row, desk)
        else:
            edit_in_turn(
                video, instruction, asked_by=asked_by, store=desk.store, workflow=desk.workflow, batch=row
            )
    except LineFullError:
        raise
    except NotPossibleError as error:
        raise FieldError("edit_of", str(error)) from error
    turns = desk.store.turns(video.video_id)
    return next((turn for turn in turns if turn.asked_by == asked_by), None)


def _export(video: Video, asked_by: str, row: BatchRow, desk: Desk) -> None:
    exported = export(video, store=desk.store, workflow=desk.workflow, asked_by=asked_by, batch=row)
    if exported.turn == video.turn and not any(
        turn.asked_by == asked_by for turn in desk.store.turns(video.video_id)
    ):
        raise FieldError("instruction", "the video is exported already; nothing was done.")


def _refuse_command(instruction: str) -> None:
    try:
        refuse_command(instruction)
    except RefusedError as error:
        raise FieldError("instruction", f"{error} {error.problem.advice}") from error


def _video_to_edit(edit_of: str, batch: Batch, desk: Desk) -> Video:
    objects = desk.objects
    video = (
        _video(edit_of, desk)
        if edit_of.startswith("vid-")
        else made_of(edit_of, desk.store, objects.inbox, objects.bucket)
    )
    if video is None or video.owner != batch.owner:
        raise FieldError("edit_of", f"there is no video “{shortened(edit_of)}”, or it is not yours.")
    return video


def _video(video_id: str, desk: Desk) -> Video | None:
    try:
        return desk.store.video(video_id)
    except VideoNotFoundError:
        return None


def row_key(row: BatchRow) -> str:
    """Return the idempotency key of a row: the same row twice is one video, or one version."""
    return f"batch:{row.batch_id}:{row.row}"
