"""A note beside a file changes the video made of it; one that cannot is answered, never passed over."""

import codecs
from datetime import timedelta

import pytest

from tests.unit.videos.fakes import MemoryInbox, MemoryStore, RecordedWorkflow
from tests.unit.videos.samples import JOB, NOW, PHOTO, READY, a_turn, a_video
from videos.edit_notes import MAX_CHARS, PATIENCE, NotYetError, accept_edit_note
from videos.errors import RefusedError
from videos.models import Ended, InboxFile, Job, Status, Video
from videos.prepare import inspect_media

NOTE = InboxFile(bucket="inbox", key=f"{PHOTO.key}.edit.txt", version_id="n1")
NEXT = Job(video_id=JOB.video_id, turn=2)


@pytest.fixture
def workflow() -> RecordedWorkflow:
    return RecordedWorkflow()


@pytest.fixture
def store() -> MemoryStore:
    """One that knows a finished video of the photo."""
    store = MemoryStore()
    store.create(a_video().model_copy(update={"dropped_as": PHOTO.key}), a_turn())
    store.end(JOB, READY)
    return store


def _drop(
    store: MemoryStore,
    workflow: RecordedWorkflow,
    body: bytes = b"Make it blue.",
    note: InboxFile = NOTE,
    *,
    after: timedelta = timedelta(),
) -> Video:
    return accept_edit_note(
        note,
        sequencer="",
        dropped_at=NOW,
        store=store,
        inbox=MemoryInbox({note.key: body}),
        workflow=workflow,
        keep_days=30,
        clock=lambda: NOW + after,
    )


@pytest.mark.parametrize(
    ("body", "asked"),
    [
        (b"Make it blue.\r\n", "Make it blue."),
        (codecs.BOM_UTF8 + "Größer 🎬".encode(), "Größer 🎬"),
        (codecs.BOM_UTF16_LE + "Größer 🎬".encode("utf-16-le"), "Größer 🎬"),
        (codecs.BOM_UTF16_BE + "两行\n文字".encode("utf-16-be"), "两行\n文字"),
        ("🎬".encode() * MAX_CHARS, "🎬" * MAX_CHARS),
    ],
)
def test_a_note_asks_for_the_next_version(
    store: MemoryStore, workflow: RecordedWorkflow, body: bytes, asked: str
) -> None:
    assert _drop(store, workflow, body).video_id == JOB.video_id
    assert store.turn(NEXT).instruction == asked
    assert workflow.started == [NEXT]


def test_a_note_is_one_turn_however_often_it_is_told_of(
    store: MemoryStore, workflow: RecordedWorkflow
) -> None:
    for _ in range(3):
        _drop(store, workflow)
    store.end(NEXT, READY)
    _drop(store, workflow)
    assert store.video(JOB.video_id).turn == 2
    _drop(store, workflow, note=NOTE.model_copy(update={"version_id": "n2"}))
    assert store.video(JOB.video_id).turn == 3


def test_the_newest_video_of_the_file_is_changed(store: MemoryStore, workflow: RecordedWorkflow) -> None:
    newer = a_video().model_copy(update={"video_id": "vid-newer", "dropped_as": PHOTO.key})
    store.create(newer, a_turn(video_id="vid-newer"))
    assert _drop(store, workflow).video_id == "vid-newer"


def test_a_note_that_comes_while_a_version_is_made_waits(workflow: RecordedWorkflow) -> None:
    store = MemoryStore()
    store.create(a_video().model_copy(update={"dropped_as": PHOTO.key}), a_turn())
    for _ in range(2):
        video = _drop(store, workflow)
    assert [change.instruction for change in video.waiting] == ["Make it blue."]


def test_a_note_may_be_told_of_before_its_file(workflow: RecordedWorkflow) -> None:
    store = MemoryStore()
    with pytest.raises(NotYetError):
        _drop(store, workflow, after=PATIENCE - timedelta(seconds=1))
    store.create(a_video().model_copy(update={"dropped_as": PHOTO.key}), a_turn())
    assert _drop(store, workflow, after=PATIENCE).waiting


def _refused(video: Video, store: MemoryStore, workflow: RecordedWorkflow) -> RefusedError:
    """How the refusal is told: as the failure of a video of its own, by the workflow's first step."""
    assert video.job in workflow.started
    assert (video.owner, video.source, video.media) == ("inbox", "inbox", (NOTE,))
    with pytest.raises(RefusedError) as caught:
        inspect_media(video.job, store=store, inbox=MemoryInbox())
    return caught.value


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "empty_note"),
        (b" \r\n\t", "empty_note"),
        (codecs.BOM_UTF8, "empty_note"),
        (b"\xff\xfe\x00", "unreadable_note"),
        (b"caf\xe9", "unreadable_note"),
        (b"a\x00b", "unreadable_note"),
        (b"x" * (MAX_CHARS + 1), "note_too_long"),
        (b"x" * 1_000_000, "note_too_long"),
    ],
)
def test_a_note_that_makes_no_sense_is_answered(
    store: MemoryStore, workflow: RecordedWorkflow, body: bytes, code: str
) -> None:
    error = _refused(_drop(store, workflow, body), store, workflow)
    assert error.problem.code == code
    assert "kettle.png.edit.txt" in error.problem.message
    assert error.problem.advice
    assert store.video(JOB.video_id).turn == 1


def test_a_note_with_nothing_to_change_is_answered_once(workflow: RecordedWorkflow) -> None:
    store = MemoryStore()
    videos = [_drop(store, workflow, after=PATIENCE) for _ in range(2)]
    error = _refused(videos[0], store, workflow)
    assert error.problem.code == "nothing_to_change"
    assert "“kettle.png”" in error.problem.message
    assert len(workflow.started) == 1


def test_a_note_for_a_video_that_never_began_is_answered(workflow: RecordedWorkflow) -> None:
    store = MemoryStore()
    failed = a_video().model_copy(update={"dropped_as": PHOTO.key, "backend_session": None})
    store.create(failed, a_turn())
    store.end(JOB, Ended(status=Status.FAILED, at=NOW, message="It is empty."))
    error = _refused(_drop(store, workflow), store, workflow)
    assert error.problem.code == "not_possible"
    assert error.problem.advice.startswith("Drop “kettle.png” itself anew")
