"""A note beside a file changes the video made of it; one that cannot is answered, never passed over."""

import codecs
from datetime import timedelta

import pytest

from tests.support.builders import (
    DROP,
    NOW,
    PHOTO,
    READY,
    REF,
    SENDING,
    TIMELINE,
    a_reply,
    a_version,
    a_video,
)
from tests.support.memory import MemoryInbox, MemoryStore
from tests.support.recorded import RecordedWorkflow
from videos.inbox.drop import Accepted, Ignored
from videos.inbox.edit_notes import MAX_CHARS, NothingToChangeError, accept_edit_note
from videos.model.errors import RefusedError
from videos.model.media import Drop, InboxFile
from videos.model.records import Status, VersionRef
from videos.model.version import Ended
from videos.model.video import Video

NOTE = InboxFile(bucket="inbox", key=f"{PHOTO.key}.edit.txt", version_id="n1")
PATIENCE = timedelta(minutes=1)
NEXT = VersionRef(video_id=REF.video_id, version=2)


@pytest.fixture
def workflow() -> RecordedWorkflow:
    return RecordedWorkflow()


@pytest.fixture
def store() -> MemoryStore:
    """One that knows a finished video of the photo."""
    store = MemoryStore()
    store.create(a_video().model_copy(update={"dropped": DROP}), a_version())
    store.end(REF, READY)
    return store


def _look(
    store: MemoryStore,
    workflow: RecordedWorkflow,
    body: bytes = b"Make it blue.",
    note: InboxFile = NOTE,
    *,
    before_file: timedelta = timedelta(),
) -> Accepted | Ignored:
    return accept_edit_note(
        Drop(file=note, at=NOW - before_file),
        patience=PATIENCE,
        store=store,
        inbox=MemoryInbox({note.key: body}),
        workflow=workflow,
    )


def _drop(
    store: MemoryStore, workflow: RecordedWorkflow, body: bytes = b"Make it blue.", note: InboxFile = NOTE
) -> Video:
    taken = _look(store, workflow, body, note)
    assert isinstance(taken, Accepted), taken
    return taken.video


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        (b"Make it blue.\r\n", "Make it blue."),
        (codecs.BOM_UTF8 + "Größer 🎬".encode(), "Größer 🎬"),
        (codecs.BOM_UTF16_LE + "Größer 🎬".encode("utf-16-le"), "Größer 🎬"),
        ("café".encode("cp1252"), "café"),
        (codecs.BOM_UTF16_BE + "两行\n文字".encode("utf-16-be"), "两行\n文字"),
        ("🎬".encode() * MAX_CHARS, "🎬" * MAX_CHARS),
    ],
)
def test_a_note_asks_for_the_next_version(
    store: MemoryStore, workflow: RecordedWorkflow, body: bytes, asked: str
) -> None:
    assert _drop(store, workflow, body).video_id == REF.video_id
    assert store.version(NEXT).instruction == asked
    assert workflow.started == [NEXT]


def test_a_note_is_one_version_however_often_it_is_told_of(
    store: MemoryStore, workflow: RecordedWorkflow
) -> None:
    _drop(store, workflow)
    assert isinstance(_look(store, workflow), Ignored)
    store.end(NEXT, READY)
    assert isinstance(_look(store, workflow), Ignored)
    assert (store.video(REF.video_id).version, workflow.started) == (2, [NEXT])
    _drop(store, workflow, note=NOTE.model_copy(update={"version_id": "n2"}))
    assert store.video(REF.video_id).version == 3


def test_the_newest_video_of_the_file_is_changed(store: MemoryStore, workflow: RecordedWorkflow) -> None:
    newer = a_video().model_copy(update={"video_id": "vid-newer", "dropped": DROP})
    store.create(newer, a_version(video_id="vid-newer"))
    assert _drop(store, workflow).video_id == "vid-newer"


def test_a_note_that_comes_while_a_version_is_made_waits(workflow: RecordedWorkflow) -> None:
    store = MemoryStore()
    store.create(a_video().model_copy(update={"dropped": DROP}), a_version())
    video = _drop(store, workflow)
    assert isinstance(_look(store, workflow), Ignored)
    assert [change.instruction for change in video.waiting] == ["Make it blue."]


def test_a_note_may_be_dropped_just_before_its_file(store: MemoryStore, workflow: RecordedWorkflow) -> None:
    assert isinstance(_look(store, workflow, before_file=PATIENCE), Accepted)


def test_a_note_does_not_speak_of_what_is_dropped_later(
    store: MemoryStore, workflow: RecordedWorkflow
) -> None:
    """Else the sweep, or an event that is told twice, would ask for the change of another video."""
    assert isinstance(_look(store, workflow, before_file=PATIENCE + timedelta(seconds=1)), Ignored)
    assert store.video(REF.video_id).version == 1


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_note"),
        (b" \r\n\t", "empty_note"),
        (codecs.BOM_UTF8, "empty_note"),
        (b"\xff\xfe\x00", "unreadable_note"),
        (b"a\x00b", "unreadable_note"),
        (rb"{\rtf1\ansi Bluer.}", "unreadable_note"),
        (b"<html>Bluer.", "unreadable_note"),
        (b"x" * (MAX_CHARS + 1), "note_too_long"),
        (b"x" * 1_000_000, "note_too_long"),
    ],
)
def test_a_note_that_makes_no_sense_is_answered(
    store: MemoryStore, workflow: RecordedWorkflow, body: bytes, code: str
) -> None:
    with pytest.raises(RefusedError) as caught:
        _look(store, workflow, body)
    assert caught.value.problem.code == code
    assert "kettle.png.edit.txt" in caught.value.problem.message
    assert caught.value.problem.advice
    assert store.video(REF.video_id).version == 1


def test_a_note_with_nothing_to_change_is_refused(workflow: RecordedWorkflow) -> None:
    with pytest.raises(NothingToChangeError, match=r"“kettle\.png”") as caught:
        _look(MemoryStore(), workflow)
    assert caught.value.problem.code == "nothing_to_change"


def test_a_note_for_a_video_that_never_began_is_refused(workflow: RecordedWorkflow) -> None:
    store = MemoryStore()
    failed = a_video().model_copy(update={"dropped": DROP, "backend_session": None})
    store.create(failed, a_version())
    store.end(REF, Ended(status=Status.FAILED, at=NOW, message="It is empty."))
    with pytest.raises(RefusedError) as caught:
        _look(store, workflow)
    assert caught.value.problem.code == "not_possible"
    assert caught.value.problem.advice.startswith("Drop “kettle.png” itself again")


def test_a_note_that_asks_for_an_export_exports_and_pays_nothing(workflow: RecordedWorkflow) -> None:
    store = MemoryStore()
    made = {"send_lock": SENDING, "reply": a_reply(), "timeline": TIMELINE}
    store.create(a_video().model_copy(update={"dropped": DROP}), a_version(**made))
    store.end(REF, Ended(status=Status.FAILED, at=NOW, message="The render failed."))
    for _ in range(2):
        taken = _look(store, workflow, b"please export it")
    assert isinstance(taken, Ignored), "the same note twice is one export"
    assert [version.exports for version in store.versions(REF.video_id)] == [None, 1]
    assert workflow.started == [NEXT]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"export", "changes nothing"),
        (b"status?", "It is ready"),
        (b"how many credits are left", "GET /v1/credits"),
        (b"upload", "an upload"),
    ],
)
def test_a_note_that_is_a_command_is_answered_and_never_sent(
    store: MemoryStore, workflow: RecordedWorkflow, body: bytes, said: str
) -> None:
    with pytest.raises(RefusedError, match=said):
        _look(store, workflow, body)
    assert workflow.started == []
    assert len(store.versions(REF.video_id)) == 1


def test_while_a_version_is_made_its_export_follows_by_itself(workflow: RecordedWorkflow) -> None:
    store = MemoryStore()
    store.create(a_video().model_copy(update={"dropped": DROP}), a_version())
    assert isinstance(_look(store, workflow, b"export"), Ignored)
    assert store.video(REF.video_id).waiting == ()
