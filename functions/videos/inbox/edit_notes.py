"""A note dropped beside a file, `photo.png.edit.txt`: what to change in the video made of `photo.png`."""

from datetime import timedelta

from backend.intents import Intent, classify
from videos.inbox.drop import Accepted, Ignored, idempotency_key_of
from videos.lifecycle.edit import NotPossibleError, edit_in_turn, export
from videos.model.errors import CommandError, FileGoneError, RefusedError, UnreadableFileError
from videos.model.failure_codes import FailureCode
from videos.model.media import Drop, InboxFile
from videos.model.ports import Inbox, VideoLibrary, Workflow
from videos.model.records import Status
from videos.model.texts import decoded, is_plain
from videos.model.video import Video
from videos.requests.folders import EDIT_ENDING, as_stored, only_owner_of
from videos.requests.ownership import OWNER

MAX_CHARS = 5000
_MAX_BYTES = 4 * MAX_CHARS + 4  # of any encoding, and its mark


class NothingToChangeError(RefusedError):
    """There is no video that the note could change, or none yet."""

    code = FailureCode.NOTHING_TO_CHANGE


class ImpossibleEditError(RefusedError):
    """The video cannot be changed as it is."""

    code = FailureCode.NOT_POSSIBLE


class UnreadableNoteError(RefusedError):
    code = FailureCode.UNREADABLE_NOTE


class NoteTooLongError(RefusedError):
    code = FailureCode.NOTE_TOO_LONG


class EmptyNoteError(RefusedError):
    code = FailureCode.EMPTY_NOTE


def accept_edit_note(
    drop: Drop, *, patience: timedelta, store: VideoLibrary, inbox: Inbox, workflow: Workflow
) -> Accepted | Ignored:
    """Ask for the next version of a video; the same version of a note twice is one version.

    A file and the note beside it may come in either order within the `patience` of the intake; a file that
    comes later is another video, which the note does not speak of.

    Raises:
        NothingToChangeError: There is no such video, or none yet.
        RefusedError: The note makes no sense, or the video cannot be changed.
        BusyError: Another change was asked for at the same moment. Try again.
    """
    note = drop.file
    edited_file = as_stored(InboxFile(bucket=note.bucket, key=note.key[: -len(EDIT_ENDING)]), inbox)
    text = _text(note, inbox)
    video = store.made_of(edited_file.key)
    if video is None and (owner := only_owner_of(_without_edit(note), inbox)) is not None:
        edited_file, video = owner, store.made_of(owner.key)
    name = edited_file.name
    if video is None or video.owner != OWNER:
        raise NothingToChangeError(
            f"There is no video made of “{name}” that “{note.name}” could change.",
            advice=f"Drop “{name}” in the same folder first,"
            f" or check the name of the note: <file>{EDIT_ENDING}.",
        )
    if video.dropped is not None and video.dropped.at - drop.at > patience:
        return Ignored(f"“{name}” was dropped again since")
    idempotency_key = idempotency_key_of(note, drop.sequencer)
    edited: Video | None
    try:
        if (intent := classify(text)) is Intent.MESSAGE:
            edited = edit_in_turn(
                video, text, idempotency_key=idempotency_key, store=store, workflow=workflow
            )
        else:
            edited = _commanded(intent, video, note, idempotency_key, store=store, workflow=workflow)
    except NotPossibleError as error:
        raise ImpossibleEditError(
            f"“{note.name}” changes nothing. {error}",
            advice=f"Drop “{name}” itself again, with all that you want.",
        ) from error
    if edited is None:
        return Ignored(f"the export of {video.video_id} follows by itself")
    if edited.asked_for == video.asked_for:
        return Ignored(f"asked for before, of {video.video_id}")
    return Accepted(edited)


def _without_edit(note: InboxFile) -> InboxFile:
    """Return what the note would be named as a sidecar: `photo.txt`, if it is `photo.edit.txt`."""
    return note.model_copy(update={"key": f"{note.key[: -len(EDIT_ENDING)]}.txt"})


def _commanded(
    intent: Intent,
    video: Video,
    note: InboxFile,
    idempotency_key: str,
    *,
    store: VideoLibrary,
    workflow: Workflow,
) -> Video | None:
    """Carry out a note that is a command, or refuse it with the answer; None for what happens by itself."""
    if intent is Intent.EXPORT:
        if any(version.idempotency_key == idempotency_key for version in store.versions(video.video_id)):
            return video
        if video.running:
            return None
        exported = export(video, store=store, workflow=workflow, idempotency_key=idempotency_key)
        if exported.version > video.version or video.status is not Status.READY:
            return exported
        said = "an export, and the video is exported already."
    elif intent is Intent.CREDITS:
        said = "the credits. GET /v1/credits shows them."
    elif intent is Intent.UPLOAD:
        said = "an upload. Drop the file in the same folder."
    else:
        said = f"the status. It is {video.status.replace('_', ' ')}: {video.message}"
    raise CommandError(
        f"“{note.name}” changes nothing. It asks for {said}",
        advice="Drop a note that says what to change, in one sentence. Nothing was charged.",
    )


def _text(note: InboxFile, inbox: Inbox) -> str:
    advice = "Drop it again as plain text (UTF-8), with one sentence that says what to change."
    try:
        size = inbox.describe(note).size
        text = decoded(inbox.head(note, size)).strip() if 0 < size <= _MAX_BYTES else ""
    except FileNotFoundError as error:
        message = f"“{note.name}” is no longer in the inbox."
        raise FileGoneError(message, advice=advice) from error
    except PermissionError as error:
        raise UnreadableFileError.named(note.name) from error
    if not is_plain(text):
        raise UnreadableNoteError(f"“{note.name}” is not plain text.", advice=advice)
    if size > _MAX_BYTES or len(text) > MAX_CHARS:
        message = f"“{note.name}” is too long: an instruction has at most {MAX_CHARS:,} characters."
        raise NoteTooLongError(message, advice=advice)
    if not text:
        message = f"“{note.name}” is empty: it does not say what to change."
        raise EmptyNoteError(message, advice=advice)
    return text
