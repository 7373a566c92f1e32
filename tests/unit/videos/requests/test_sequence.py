from typing import Literal

import pytest

from tests.support.backend import Answer, Backend
from tests.support.builders import NOW, REF, SESSION_ID, a_version, a_video
from tests.support.media import picture
from tests.support.memory import MemoryInbox, MemoryStore
from tests.support.recorded import NO_PICTURES, RecordedTags, RecordedWorkflow
from videos.lifecycle.edit import begin_next, edit, edit_in_turn, retry
from videos.model.media import InboxFile
from videos.model.records import Status, VersionRef
from videos.model.version import Ended, Version
from videos.model.video import BackendSession, Planned
from videos.requests.prompt import message_of
from videos.requests.sequence import first_version, go_on, media_of
from videos.steps.session import missing_media, upload_media

FILES = [InboxFile(bucket="inbox", key=f"inbox/{name}.png", version_id="v1") for name in "abc"]
PLAN = tuple(Planned(instruction=f"Step {file.name}.", media=(file,)) for file in FILES)
VIDEO = a_video(*FILES).model_copy(update={"sequence": PLAN, "uploaded": None})
UPLOAD = f"POST /api/upload-video/nemo_agent/me/{SESSION_ID}"

End = Literal[Status.READY, Status.FAILED, Status.CANCELLED, Status.NEEDS_ANSWER]


@pytest.fixture
def workflow() -> RecordedWorkflow:
    return RecordedWorkflow()


@pytest.fixture
def store() -> MemoryStore:
    store = MemoryStore()
    store.create(VIDEO, first_version(VIDEO, NOW))
    return store


def _ref(version: int) -> VersionRef:
    return VersionRef(video_id=REF.video_id, version=version)


def _end(store: MemoryStore, version: int, status: End = Status.READY) -> None:
    assert store.end(_ref(version), Ended(status=status, at=NOW, message="Over."))


def _last(store: MemoryStore) -> Version:
    return store.versions(REF.video_id)[-1]


@pytest.mark.parametrize("status", [Status.READY, Status.FAILED, Status.NEEDS_ANSWER])
def test_each_end_begins_the_next_step(store: MemoryStore, workflow: RecordedWorkflow, status: End) -> None:
    for version in (1, 2, 3):
        _end(store, version, status)
        go_on(_ref(version), store=store, workflow=workflow)
    assert [(version.instruction, media_of(VIDEO, version)) for version in store.versions(REF.video_id)] == [
        (step.instruction, step.media) for step in PLAN
    ]
    assert workflow.started == [_ref(2), _ref(3)]


def test_a_step_is_begun_once_and_its_start_repeated(store: MemoryStore, workflow: RecordedWorkflow) -> None:
    _end(store, 1)
    workflow.crashes = 1
    with pytest.raises(ConnectionError):
        go_on(_ref(1), store=store, workflow=workflow)
    for _ in range(2):
        go_on(_ref(1), store=store, workflow=workflow)
    assert workflow.started == [_ref(2)]
    assert len(store.versions(REF.video_id)) == 2


def test_nothing_follows_a_version_that_runs_or_was_cancelled(
    store: MemoryStore, workflow: RecordedWorkflow
) -> None:
    go_on(_ref(1), store=store, workflow=workflow)
    _end(store, 1, Status.CANCELLED)
    go_on(_ref(1), store=store, workflow=workflow)
    assert workflow.started == []


def test_a_video_that_is_no_sequence_just_ends(workflow: RecordedWorkflow) -> None:
    store = MemoryStore()
    store.create(a_video(), a_version())
    _end(store, 1)
    go_on(REF, store=store, workflow=workflow)
    assert workflow.started == []


def test_an_edit_that_comes_between_is_waited_for(store: MemoryStore, workflow: RecordedWorkflow) -> None:
    _end(store, 1)
    edit(store.video(REF.video_id), "Bigger.", store=store, workflow=workflow)
    go_on(_ref(1), store=store, workflow=workflow)
    assert _last(store).instruction == "Bigger."
    _end(store, 2)
    go_on(_ref(2), store=store, workflow=workflow)
    assert (_last(store).number, _last(store).step) == (3, 2)


def test_each_step_uploads_what_it_is_made_of_once(store: MemoryStore, workflow: RecordedWorkflow) -> None:
    backend, inbox = Backend(), MemoryInbox({file.key: picture("PNG") for file in FILES})
    backend.on(UPLOAD, Answer({"code": 0, "data": {"files": [{"cdn_url": "https://cdn.example/1"}]}}))
    for version in (1, 2):
        for _ in range(2):
            upload_media(
                _ref(version),
                store=store,
                inbox=inbox,
                tags=RecordedTags(),
                backend=backend.client,
                pictures=NO_PICTURES,
            )
        _end(store, version)
        go_on(_ref(version), store=store, workflow=workflow)
    sent = [request.content for request in backend.calls(UPLOAD)]
    assert [b'filename="a.png"' in body for body in sent] == [True, False]
    assert [b'filename="b.png"' in body for body in sent] == [False, True]


def test_a_step_that_is_tried_again_uploads_what_had_not_arrived(
    store: MemoryStore, workflow: RecordedWorkflow
) -> None:
    _end(store, 1, Status.FAILED)
    retry(store.video(REF.video_id), store=store, workflow=workflow)
    assert missing_media(store.video(REF.video_id), _last(store)) == (FILES[0],)


def test_the_wishes_go_with_every_step() -> None:
    options = VIDEO.options.model_copy(update={"duration_seconds": 5})
    version = a_version().model_copy(update={"number": 2, "step": 2, "instruction": "Two."})
    assert message_of(VIDEO.model_copy(update={"options": options}), version) == "Two.\nLength: 5 seconds."


def test_a_session_that_is_opened_anew_gets_what_had_reached_the_one_before(
    store: MemoryStore, workflow: RecordedWorkflow
) -> None:
    backend, inbox = Backend(), MemoryInbox({file.key: picture("PNG") for file in FILES})
    backend.on(UPLOAD, Answer({"code": 0, "data": {"files": [{"cdn_url": "https://cdn.example/1"}]}}))
    _end(store, 1, Status.FAILED)  # before its file was uploaded: no later session needs that
    go_on(_ref(1), store=store, workflow=workflow)
    upload_media(
        _ref(2), store=store, inbox=inbox, tags=RecordedTags(), backend=backend.client, pictures=NO_PICTURES
    )
    _end(store, 2)
    go_on(_ref(2), store=store, workflow=workflow)
    assert missing_media(store.video(REF.video_id), _last(store)) == (FILES[2],)
    store.add_to_video(REF.video_id, BackendSession(session_id="another"))
    assert missing_media(store.video(REF.video_id), _last(store)) == (FILES[1], FILES[2])


def test_an_edit_in_a_sequence_brings_nothing_along(store: MemoryStore, workflow: RecordedWorkflow) -> None:
    _end(store, 1)
    edit(store.video(REF.video_id), "Bigger.", store=store, workflow=workflow)
    assert missing_media(store.video(REF.video_id), _last(store)) == ()


def test_the_next_step_goes_before_an_edit_that_waits(store: MemoryStore, workflow: RecordedWorkflow) -> None:
    edit_in_turn(
        store.video(REF.video_id), "Bigger.", idempotency_key="a note", store=store, workflow=workflow
    )
    for version in (1, 2, 3):
        _end(store, version)
        begin_next(_ref(version), store=store, workflow=workflow)
    assert [version.step for version in store.versions(REF.video_id)] == [1, 2, 3, None]
    assert _last(store).instruction == "Bigger."
