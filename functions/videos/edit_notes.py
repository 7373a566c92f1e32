"""A note dropped beside a file, `photo.png.edit.txt`: what to change in the video made of `photo.png`."""

import codecs
from datetime import datetime, timedelta

from videos.clock import Clock, utc_now
from videos.drop import OWNER, identity_of
from videos.follow_up import NotPossibleError, edit_in_turn
from videos.models import InboxFile, Problem, Video
from videos.ports import Inbox, VideoLibrary, Workflow
from videos.submit import Submission, submit

ENDING = ".edit.txt"
MAX_CHARS = 5000
_MAX_BYTES = 4 * MAX_CHARS + 4  # of any encoding, and its mark
# A file and the note beside it may be told of in either order.
PATIENCE = timedelta(seconds=60)
LOOK_AGAIN_SECONDS = 20


class NotYetError(Exception):
    """The video that is to be changed may be about to begin; look again after `LOOK_AGAIN_SECONDS`."""


class _UnusableError(Exception):
    def __init__(self, code: str, message: str, advice: str) -> None:
        super().__init__(message)
        self.problem = Problem(code=code, message=message, advice=advice)


def accept_edit_note(
    note: InboxFile,
    *,
    sequencer: str,
    dropped_at: datetime,
    store: VideoLibrary,
    inbox: Inbox,
    workflow: Workflow,
    keep_days: int,
    clock: Clock = utc_now,
) -> Video:
    """Ask for the next version of a video; the same version of a note twice is one turn.

    A note of which nothing can come becomes a video that fails at once and is announced: whoever dropped it
    is told why, as of any other failure.

    Raises:
        NotYetError: There is no such video yet, and the note is new.
        BusyError: Another change was asked for at the same moment; look again.
    """
    asked_by = identity_of(note, sequencer)
    text = ""
    try:
        text = _text(note, inbox)
        video = store.made_of(_changed_key(note))
        if video is None:
            if clock() - dropped_at < PATIENCE:
                raise NotYetError(note.key)
            raise _nothing_to_change(note)
        return edit_in_turn(video, text, asked_by=asked_by, store=store, workflow=workflow)
    except _UnusableError as error:
        problem = error.problem
    except NotPossibleError as error:
        advice = f"Drop “{_changed_key(note).rsplit('/', 1)[-1]}” itself anew, with all that you want."
        problem = Problem(
            code="not_possible", message=f"“{note.name}” changes nothing. {error}", advice=advice
        )
    refused = Submission(
        identity=asked_by,
        owner=OWNER,
        source="inbox",
        instruction=text or f"“{note.name}”, without a word",
        media=(note,),
        refusal=problem,
    )
    return submit(refused, store=store, workflow=workflow, keep_days=keep_days)


def decoded(body: bytes) -> str:
    """The text that an editor wrote: UTF-8, or UTF-16 with its mark.

    Raises:
        UnicodeDecodeError: It is neither.
    """
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return body.decode("utf-16")
    return body.decode("utf-8-sig")


def _text(note: InboxFile, inbox: Inbox) -> str:
    advice = "Drop it again as plain text (UTF-8), with one sentence that says what to change."
    try:
        size = inbox.describe(note).size
        text = decoded(inbox.head(note, size)).strip() if 0 < size <= _MAX_BYTES else ""
    except FileNotFoundError as error:
        raise _UnusableError("file_gone", f"“{note.name}” is no longer in the inbox.", advice) from error
    except UnicodeDecodeError as error:
        raise _UnusableError("unreadable_note", f"“{note.name}” is not plain text.", advice) from error
    if "\x00" in text:
        raise _UnusableError("unreadable_note", f"“{note.name}” is not plain text.", advice)
    if size > _MAX_BYTES or len(text) > MAX_CHARS:
        message = f"“{note.name}” is too long: an instruction has at most {MAX_CHARS:,} characters."
        raise _UnusableError("note_too_long", message, advice)
    if not text:
        raise _UnusableError("empty_note", f"“{note.name}” is empty: it does not say what to change.", advice)
    return text


def _changed_key(note: InboxFile) -> str:
    return note.key[: -len(ENDING)]


def _changed_name(note: InboxFile) -> str:
    return note.name[: -len(ENDING)]


def _nothing_to_change(note: InboxFile) -> _UnusableError:
    name = _changed_name(note)
    return _UnusableError(
        "nothing_to_change",
        f"There is no video made of “{name}” that “{note.name}” could change.",
        f"Drop “{name}” in the same folder first, or check the name of the note: <file>{ENDING}.",
    )
