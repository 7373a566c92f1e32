"""What may be done with a video that was accepted, in which state, and how often."""

from collections.abc import Callable

import pytest

from tests.support.backend import Answer, Backend
from tests.support.builders import CANCEL, NOW, REF, RENDER, RENDERING, SESSION_ID, a_version, a_video
from tests.support.memory import MemoryStore
from tests.support.recorded import RecordedWorkflow
from videos.lifecycle.edit import (
    MAX_WAITING,
    BusyError,
    NotPossibleError,
    begin_waiting,
    cancel,
    edit,
    edit_in_turn,
    retry,
)
from videos.lifecycle.submit import ConflictingRequestError
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Ended, Version
from videos.model.video import Video

NEXT = VersionRef(video_id=REF.video_id, version=2)
ENDS = [Status.READY, Status.NEEDS_ANSWER, Status.FAILED, Status.CANCELLED]

Again = Callable[[Video], Video]


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def workflow() -> RecordedWorkflow:
    return RecordedWorkflow()


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture(params=["edit", "retry"])
def again(request: pytest.FixtureRequest, store: MemoryStore, workflow: RecordedWorkflow) -> Again:
    """Either way to a next version."""
    if request.param == "edit":
        return lambda video: edit(video, "Shorter.", store=store, workflow=workflow)
    return lambda video: retry(video, store=store, workflow=workflow)


def _video(store: MemoryStore, status: Status, *, with_session: bool = True, **parts: object) -> Video:
    """A video whose first version has ended, or has come so far."""
    begun = a_video() if with_session else a_video().model_copy(update={"backend_session": None})
    store.create(begun, a_version(**parts))
    if status is Status.WORKING:
        store.report(begun.video_id, Stage.GENERATING, 20, "At work.")
    elif status in ENDS:
        store.end(REF, Ended.model_validate({"status": status, "at": NOW, "message": "It ended."}))
    return store.video(begun.video_id)


@pytest.mark.parametrize("status", ENDS)
def test_an_edit_is_the_next_version_in_the_same_session(
    store: MemoryStore, workflow: RecordedWorkflow, status: Status
) -> None:
    video = edit(_video(store, status), "Shorter.", store=store, workflow=workflow)
    assert (video.version, video.status, video.stage, video.progress) == (2, Status.QUEUED, Stage.QUEUED, 0)
    assert video.backend_session is not None
    assert video.backend_session.session_id == SESSION_ID
    assert [version.instruction for version in store.versions(video.video_id)] == [
        "Make it shine.",
        "Shorter.",
    ]
    assert workflow.started == [NEXT]


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
@pytest.mark.parametrize("with_session", [True, False])
def test_a_retry_asks_for_the_same_again(
    store: MemoryStore, workflow: RecordedWorkflow, status: Status, *, with_session: bool
) -> None:
    video = retry(_video(store, status, with_session=with_session), store=store, workflow=workflow)
    assert store.version(NEXT) == Version(
        video_id=video.video_id,
        number=2,
        instruction="Make it shine.",
        created_at=store.version(NEXT).created_at,
    )
    assert workflow.started == [NEXT]


@pytest.mark.parametrize(("status", "said"), [(Status.READY, "ready"), (Status.NEEDS_ANSWER, "needs answer")])
def test_what_did_not_fail_is_not_retried(
    store: MemoryStore, workflow: RecordedWorkflow, status: Status, said: str
) -> None:
    with pytest.raises(NotPossibleError, match=rf"The video is {said}\."):
        retry(_video(store, status), store=store, workflow=workflow)
    assert workflow.started == []


def test_what_never_reached_the_agent_is_not_edited(store: MemoryStore, workflow: RecordedWorkflow) -> None:
    with pytest.raises(NotPossibleError, match="Retry it"):
        edit(_video(store, Status.FAILED, with_session=False), "Shorter.", store=store, workflow=workflow)
    assert workflow.started == []


@pytest.mark.parametrize("status", [Status.QUEUED, Status.WORKING])
@pytest.mark.parametrize("with_session", [True, False])
def test_while_a_version_runs_there_is_no_other(
    store: MemoryStore, workflow: RecordedWorkflow, again: Again, status: Status, *, with_session: bool
) -> None:
    video = _video(store, status, with_session=with_session)
    with pytest.raises(BusyError):
        again(video)
    assert store.video(video.video_id) == video
    # Starting again what has not begun heals a crash; what was started is started once, by its name.
    assert workflow.started == ([REF] if status is Status.QUEUED else [])


def test_of_two_at_once_one_is_made(store: MemoryStore, workflow: RecordedWorkflow, again: Again) -> None:
    seen_by_both = _video(store, Status.FAILED)
    again(seen_by_both)
    with pytest.raises(BusyError):
        again(seen_by_both)
    assert workflow.started == [NEXT]
    assert len(store.versions(REF.video_id)) == 2


@pytest.mark.parametrize("status", [Status.QUEUED, Status.WORKING])
def test_a_running_version_is_cancelled_once(
    store: MemoryStore, workflow: RecordedWorkflow, backend: Backend, status: Status
) -> None:
    seen_by_both = _video(store, status)
    video = cancel(seen_by_both, store=store, workflow=workflow, backend=backend.client, now=NOW)
    assert (video.status, video.stage, video.message) == (
        Status.CANCELLED,
        Stage.ENDED,
        "Cancelled by its owner.",
    )
    assert store.version(REF).ended == Ended(status=Status.CANCELLED, at=NOW, message=video.message)
    for late in (seen_by_both, video):
        assert cancel(late, store=store, workflow=workflow, backend=backend.client) == video
    assert workflow.cancelled == [REF]
    assert backend.requests == []


@pytest.mark.parametrize("status", [Status.READY, Status.NEEDS_ANSWER, Status.FAILED])
def test_what_has_ended_otherwise_is_not_cancelled(
    store: MemoryStore, workflow: RecordedWorkflow, backend: Backend, status: Status
) -> None:
    video = _video(store, status)
    with pytest.raises(NotPossibleError, match="already ended"):
        cancel(video, store=store, workflow=workflow, backend=backend.client)
    assert (store.video(video.video_id), workflow.cancelled) == (video, [])


@pytest.mark.parametrize(
    ("answer", "stopped"),
    [
        (Answer({"status": "processing"}), 1),
        (Answer({"status": "completed"}), 0),
        (Answer({}, status=503), 0),
    ],
)
def test_the_render_of_a_cancelled_version_is_stopped_if_it_runs(
    store: MemoryStore, workflow: RecordedWorkflow, backend: Backend, answer: Answer, stopped: int
) -> None:
    backend.on(RENDER, answer)
    backend.on(CANCEL, Answer({"code": 0}))
    video = _video(store, Status.WORKING, rendering=RENDERING)
    assert cancel(video, store=store, workflow=workflow, backend=backend.client).status is Status.CANCELLED
    assert len(backend.calls(CANCEL)) == stopped


def test_a_version_that_could_not_be_started_is_started_when_it_is_asked_for_again(
    store: MemoryStore,
) -> None:
    workflow = RecordedWorkflow(crashes=1)
    with pytest.raises(ConnectionError):
        edit(_video(store, Status.READY), "Shorter.", store=store, workflow=workflow)
    with pytest.raises(BusyError):
        edit(store.video(REF.video_id), "Shorter.", store=store, workflow=workflow)
    assert workflow.started == [NEXT]


def test_a_version_that_could_not_be_started_is_freed_by_cancelling_it(
    store: MemoryStore, backend: Backend
) -> None:
    workflow = RecordedWorkflow(crashes=1)
    with pytest.raises(ConnectionError):
        edit(_video(store, Status.READY), "Shorter.", store=store, workflow=workflow)
    cancelled = cancel(store.video(REF.video_id), store=store, workflow=workflow, backend=backend.client)
    retried = retry(cancelled, store=store, workflow=workflow)
    assert store.version(retried.ref).instruction == "Shorter."
    assert workflow.started == [VersionRef(video_id=REF.video_id, version=3)]


def test_the_same_request_is_one_version_however_often_it_comes(
    store: MemoryStore, workflow: RecordedWorkflow
) -> None:
    seen = _video(store, Status.READY)
    for video in (seen, seen, store.video(REF.video_id)):
        edit(video, "Shorter.", store=store, workflow=workflow, idempotency_key="row 7")
    store.end(NEXT, Ended(status=Status.READY, at=NOW, message="It ended."))
    assert edit(seen, "Shorter.", store=store, workflow=workflow, idempotency_key="row 7").version == 2
    with pytest.raises(ConflictingRequestError):
        edit(seen, "Longer.", store=store, workflow=workflow, idempotency_key="row 7")
    assert workflow.started == [NEXT]


def _drop(store: MemoryStore, workflow: RecordedWorkflow, *words: str) -> Video:
    for word in words:
        video = store.video(REF.video_id)
        edit_in_turn(video, word, idempotency_key=word, store=store, workflow=workflow)
    return store.video(REF.video_id)


def _ends(store: MemoryStore, workflow: RecordedWorkflow, status: Status = Status.READY) -> Video:
    """The version under way ends, and its workflow goes on."""
    store.end(
        store.video(REF.video_id).ref, Ended.model_validate({"status": status, "at": NOW, "message": ""})
    )
    return begin_waiting(store.video(REF.video_id), store=store, workflow=workflow)


@pytest.mark.parametrize("status", [Status.QUEUED, Status.WORKING])
def test_an_edit_that_comes_too_early_waits_and_goes_on_in_order(
    store: MemoryStore, workflow: RecordedWorkflow, status: Status
) -> None:
    _video(store, status)
    video = _drop(store, workflow, "Blue.", "Green.", "Blue.")
    assert [change.instruction for change in video.waiting] == ["Blue.", "Green."]
    assert "An edit waits until version 1 ends: “Blue.”" in [line.message for line in video.history]
    assert _ends(store, workflow).version == 2
    video = _drop(store, workflow, "Blue.", "Red.")
    assert [change.instruction for change in video.waiting] == ["Green.", "Red."]
    for status_of_2 in (Status.FAILED, Status.CANCELLED, Status.READY):
        video = _ends(store, workflow, status_of_2)
    assert video.waiting == ()
    instructions = [version.instruction for version in store.versions(REF.video_id)]
    assert instructions == ["Make it shine.", "Blue.", "Green.", "Red."]


def test_no_more_wait_than_may(store: MemoryStore, workflow: RecordedWorkflow) -> None:
    _video(store, Status.WORKING)
    _drop(store, workflow, *map(str, range(MAX_WAITING)))
    with pytest.raises(NotPossibleError, match="already waiting"):
        _drop(store, workflow, "one more")
    _drop(store, workflow, "3")  # again
    assert len(store.video(REF.video_id).waiting) == MAX_WAITING


def test_whoever_comes_when_the_next_was_not_begun_begins_it(
    store: MemoryStore, workflow: RecordedWorkflow
) -> None:
    """The workflow that should have gone on has died."""
    _video(store, Status.WORKING)
    _drop(store, workflow, "Blue.")
    store.end(REF, Ended(status=Status.READY, at=NOW, message="It ended."))
    video = _drop(store, workflow, "Green.")
    assert (video.version, store.version(NEXT).instruction) == (2, "Blue.")
    assert [change.instruction for change in video.waiting] == ["Green."]
    assert workflow.started == [NEXT]


def test_a_next_version_that_could_not_be_started_is_started_by_the_next_try(store: MemoryStore) -> None:
    workflow = RecordedWorkflow()
    _video(store, Status.WORKING)
    _drop(store, workflow, "Blue.")
    workflow.crashes = 1
    with pytest.raises(ConnectionError):
        _ends(store, workflow)
    begin_waiting(store.video(REF.video_id), store=store, workflow=workflow)
    assert (workflow.started, store.video(REF.video_id).version) == ([NEXT], 2)


def test_of_two_who_move_the_line_at_once_one_does(store: MemoryStore, workflow: RecordedWorkflow) -> None:
    seen_by_both = _video(store, Status.WORKING)
    edit_in_turn(seen_by_both, "Blue.", idempotency_key="a", store=store, workflow=workflow)
    with pytest.raises(BusyError):
        edit_in_turn(seen_by_both, "Green.", idempotency_key="b", store=store, workflow=workflow)
    assert len(store.video(REF.video_id).waiting) == 1
