"""A finished timeline without a film is rendered again: free, by whoever asks, and by itself."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from backend.draft import fingerprint
from tests.support.backend import Answer, Backend
from tests.support.builders import (
    CREDITS,
    DELIVERED,
    DONE,
    EMPTY,
    NOW,
    RAW,
    REF,
    SENDING,
    STATE,
    TIMELINE,
    Draft,
    a_reply,
    a_version,
    a_video,
    state_of,
)
from tests.support.memory import MemoryStore, costs_of
from tests.support.recorded import RecordedTopic, RecordedWebhooks, RecordedWorkflow
from videos.lifecycle.edit import BusyError, NotPossibleError, edit, export, retry
from videos.lifecycle.exports import AUTOMATIC, Way, due_export, way_of_retry
from videos.lifecycle.recovery import Recovered, RecoveredVersion, recover
from videos.model.errors import GenerationError
from videos.model.ports import Past
from videos.model.records import Problem, Stage, Status, VersionRef
from videos.model.version import Announced, Ended, SendOutcome, Version
from videos.model.video import BackendSession, Planned, Video
from videos.requests.prompt import message_of
from videos.requests.sequence import next_step
from videos.steps.announce_end import announce, record_failure
from videos.steps.prepare import where_it_stands
from videos.steps.stabilize import Stabilized, stabilize

NEXT = VersionRef(video_id=REF.video_id, version=2)
SENT: dict[str, Any] = {"send_lock": SENDING, "reply": a_reply()}
MADE: dict[str, Any] = {**SENT, "timeline": TIMELINE}
ANNOUNCED = Announced(at=NOW, message_id="m")


def _problem(code: str) -> Problem:
    return Problem(code=code, message="It went wrong.", advice="Try again.")


def _ended(status: Status, at: datetime = NOW) -> Ended:
    return Ended.model_validate({"status": status, "at": at, "message": "It ended."})


def _world(status: Status, code: str | None = None, **parts: object) -> tuple[MemoryStore, RecordedWorkflow]:
    """A video whose first version has ended so, and is announced."""
    store = MemoryStore()
    problem = _problem(code) if code else None
    store.create(a_video(), a_version(problem=problem, announced=ANNOUNCED, **parts))
    store.end(REF, _ended(status))
    return store, RecordedWorkflow(pasts={REF: Past(begun=True, takeovers=0)})


def _stabilized(store: MemoryStore, backend: Backend) -> Stabilized:
    return stabilize(NEXT, store=store, backend=backend.client, costs=costs_of(store, backend.client))


def _video(store: MemoryStore) -> Video:
    return store.video(REF.video_id)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (Status.FAILED, "export_blocked"),
        (Status.FAILED, "render_failed"),
        (Status.FAILED, "delivery_failed"),
        (Status.FAILED, "backend_unavailable"),
        (Status.NEEDS_ANSWER, None),
        (Status.CANCELLED, None),
    ],
)
def test_a_version_without_a_film_is_exported_as_often_as_it_is_asked_for(
    status: Status, code: str | None
) -> None:
    store, workflow = _world(status, code, **MADE)
    for number in (2, 3):
        video = export(_video(store), store=store, workflow=workflow)
        assert (video.version, video.status) == (number, Status.QUEUED)
        version = store.version(video.ref)
        assert (version.exports, version.automatic, version.send_lock) == (1, False, None)
        store.end(video.ref, _ended(Status.FAILED))
    assert [ref.version for ref in workflow.started] == [2, 3]


def test_a_version_with_its_film_is_left_as_it_is() -> None:
    store, workflow = _world(Status.READY, **MADE, delivered=DELIVERED)
    assert export(_video(store), store=store, workflow=workflow) == _video(store)
    assert workflow.started == []


def test_nothing_to_export_is_told() -> None:
    store, workflow = _world(Status.FAILED, "refused")
    with pytest.raises(NotPossibleError, match="nothing to export"):
        export(_video(store), store=store, workflow=workflow)


def test_a_timeline_of_a_forgotten_session_cannot_be_exported() -> None:
    store, workflow = _world(Status.FAILED, "render_failed", **MADE)
    store.add_to_video(REF.video_id, BackendSession(session_id="another"))
    with pytest.raises(NotPossibleError):
        export(_video(store), store=store, workflow=workflow)


def test_while_a_version_is_made_none_is_exported() -> None:
    store, workflow = _world(Status.FAILED, "render_failed", **MADE)
    export(_video(store), store=store, workflow=workflow)
    with pytest.raises(BusyError):
        export(_video(store), store=store, workflow=workflow)


def test_an_export_asked_for_again_is_one_version() -> None:
    store, workflow = _world(Status.FAILED, "render_failed", **MADE)
    for _ in range(3):
        export(_video(store), store=store, workflow=workflow, idempotency_key="a note")
    assert _video(store).version == 2


RETRIES = [
    ("render_failed", MADE, Way.EXPORT),
    ("export_blocked", MADE, Way.EXPORT),
    ("backend_unavailable", MADE, Way.EXPORT),
    ("backend_unavailable", SENT, Way.EXPORT),
    ("interrupted", SENT, Way.EXPORT),
    ("no_result", SENT, Way.GENERATE),
    ("out_of_credits", {}, Way.GENERATE),
    ("backend_unavailable", {}, Way.GENERATE),
    ("unsupported_draft", SENT, Way.GENERATE),
]


@pytest.mark.parametrize(("code", "parts", "way"), RETRIES)
def test_a_retry_takes_the_cheapest_way_that_can_work(code: str, parts: dict[str, Any], way: Way) -> None:
    store, workflow = _world(Status.FAILED, code, **parts)
    assert way_of_retry(_video(store), store.versions(REF.video_id)) is way
    retry(_video(store), store=store, workflow=workflow)
    assert (store.version(NEXT).exports is not None) is (way is Way.EXPORT)
    assert store.version(NEXT).instruction == "Make it shine."


@pytest.mark.parametrize(
    ("code", "way"),
    [
        ("render_failed", Way.GENERATE),
        ("nothing_to_export", Way.GENERATE),
        ("session_lost", Way.GENERATE),
        ("export_blocked", Way.EXPORT),
        ("backend_unavailable", Way.EXPORT),
    ],
)
def test_after_an_export_in_vain_only_a_generation_is_left(code: str, way: Way) -> None:
    store, workflow = _world(Status.FAILED, "render_failed", **MADE)
    export(_video(store), store=store, workflow=workflow)
    store.write(NEXT, _problem(code))
    store.end(NEXT, _ended(Status.FAILED))
    assert way_of_retry(_video(store), store.versions(REF.video_id)) is way
    retry(_video(store), store=store, workflow=workflow)
    again = store.version(VersionRef(video_id=REF.video_id, version=3))
    assert (again.exports, again.instruction) == (1 if way is Way.EXPORT else None, "Make it shine.")


@pytest.mark.parametrize(("now", "way"), [(DONE, Way.EXPORT), (EMPTY, Way.GENERATE)])
def test_a_retry_finds_a_draft_that_came_too_late(now: Draft, way: Way) -> None:
    store, workflow = _world(Status.FAILED, "no_result", **SENT)
    backend = Backend()
    backend.on(STATE, Answer(state_of(now)))
    retry(_video(store), store=store, workflow=workflow, backend=backend.client)
    assert (store.version(NEXT).exports is not None) is (way is Way.EXPORT)


def test_a_state_that_cannot_be_read_does_not_stop_a_retry() -> None:
    store, workflow = _world(Status.FAILED, "no_result", **SENT)
    backend = Backend()
    backend.on(STATE, Answer({"code": 1002}))
    retry(_video(store), store=store, workflow=workflow, backend=backend.client)
    assert store.version(NEXT).exports is None


def test_an_export_begins_with_the_timeline_and_spends_nothing() -> None:
    store, workflow = _world(Status.FAILED, "render_failed", **MADE)
    export(_video(store), store=store, workflow=workflow)
    assert where_it_stands(store.version(NEXT)) == "render"
    backend = Backend()
    backend.on(STATE, Answer(state_of(DONE)))
    settled = [_stabilized(store, backend) for _ in range(2)]
    assert settled == [Stabilized(verdict="wait", wait_seconds=2, likely=True), Stabilized(verdict="stable")]
    timeline = store.version(NEXT).timeline
    assert timeline is not None
    assert (timeline.fingerprint, store.version(NEXT).credits_used, len(timeline.changes)) == (
        fingerprint(DONE),
        0,
        3,
    )
    assert {request.method for request in backend.requests} == {"GET"}


def test_an_export_of_nothing_says_so() -> None:
    store, workflow = _world(Status.CANCELLED, **MADE)
    export(_video(store), store=store, workflow=workflow)
    backend = Backend()
    backend.on(STATE, Answer(state_of(EMPTY)))
    for _ in range(4):
        assert _stabilized(store, backend).verdict == "wait"
    with pytest.raises(GenerationError, match="nothing to export"):
        _stabilized(store, backend)


def _recover(store: MemoryStore, workflow: RecordedWorkflow, after: timedelta) -> list[RecoveredVersion]:
    return list(
        recover(
            store=store,
            unfinished=store,
            executions=workflow,
            workflow=workflow,
            now=NOW + after,
            has_time=lambda: True,
        )
    )


@pytest.mark.parametrize(
    "code", ["export_blocked", "render_failed", "backend_unavailable", "delivery_failed"]
)
def test_what_failed_with_a_timeline_is_exported_by_itself(code: str) -> None:
    store, workflow = _world(Status.FAILED, code, **MADE)
    assert _recover(store, workflow, AUTOMATIC[0] - timedelta(minutes=1)) == []
    assert _recover(store, workflow, AUTOMATIC[0]) == [
        RecoveredVersion(ref=REF, recovered=Recovered.EXPORTED)
    ]
    assert (store.version(NEXT).automatic, workflow.started) == (True, [NEXT])


def test_by_itself_it_is_tried_three_times_and_then_no_more() -> None:
    """An hour, a day and three days after the version has failed."""
    store, _ = _world(Status.FAILED, "export_blocked", **MADE)
    versions, dues = store.versions(REF.video_id), list[datetime]()
    while (due := due_export(_video(store), versions)) is not None:
        dues.append(due)
        failed = {"problem": _problem("export_blocked"), "ended": _ended(Status.FAILED, due)}
        versions.append(a_version(number=len(versions) + 1, exports=1, automatic=True, **failed))
    assert [due - NOW for due in dues] == list(AUTOMATIC)


@pytest.mark.parametrize(
    ("status", "code", "parts"),
    [
        (Status.FAILED, "no_result", SENT),
        (Status.FAILED, "refused", {}),
        (Status.FAILED, "session_lost", MADE),
        (Status.CANCELLED, None, MADE),
        (Status.NEEDS_ANSWER, None, SENT),
        (Status.READY, None, {**MADE, "delivered": DELIVERED}),
    ],
)
def test_nothing_else_is_exported_by_itself(status: Status, code: str | None, parts: dict[str, Any]) -> None:
    store, workflow = _world(status, code, **parts)
    assert due_export(_video(store), store.versions(REF.video_id)) is None or status is not Status.FAILED
    assert _recover(store, workflow, timedelta(days=1)) == []
    assert list(store.begun_before(NOW + timedelta(days=99))) == []


@pytest.mark.parametrize(("automatic", "told"), [(True, 0), (False, 1)])
def test_a_failure_of_an_export_nobody_asked_for_is_not_announced(automatic: bool, told: int) -> None:  # noqa: FBT001
    store, workflow = _world(Status.FAILED, "render_failed", **MADE)
    export(_video(store), store=store, workflow=workflow, automatic=automatic)
    record_failure(
        NEXT,
        reason=_problem("render_failed"),
        store=store,
        backend=Backend().client,
        costs=costs_of(store, Backend().client),
    )
    topic = RecordedTopic()
    announce(NEXT, store=store, topic=topic, webhooks=RecordedWebhooks(), public_url="https://api.example")
    assert len(topic.published) == told
    version = store.version(NEXT)
    assert version.announced is not None
    assert version.ended is not None
    assert version.credits_used == 0


def test_what_died_after_the_post_is_taken_over_at_the_timeline() -> None:
    store = MemoryStore()
    store.create(a_video().model_copy(update={"stage": Stage.GENERATING}), a_version(send_lock=SENDING))
    workflow = RecordedWorkflow(pasts={REF: Past(begun=True, takeovers=0)})
    assert _recover(store, workflow, timedelta(minutes=14)) == [], "its worker may be alive"
    assert _recover(store, workflow, timedelta(minutes=15)) == [
        RecoveredVersion(ref=REF, recovered=Recovered.FOLLOWED)
    ]
    assert workflow.taken_over == [(REF, 1)]
    reply = store.version(REF).reply
    assert reply is not None
    assert reply.outcome is SendOutcome.UNKNOWN


def test_an_unchanged_draft_that_was_never_rendered_is_rendered() -> None:
    """After two failed renders, say, an edit that changes nothing: “yes, export it, please”."""
    store, workflow = _world(Status.FAILED, "render_failed", **MADE)
    edit(_video(store), "Yes, like that.", store=store, workflow=workflow)
    store.write(NEXT, SENDING.model_copy(update={"baseline": fingerprint(DONE)}))
    store.write(NEXT, a_reply(text="Your video is ready."))
    backend = Backend()
    backend.on(STATE, Answer(state_of(DONE)))
    backend.on(CREDITS, Answer({"data": {"available": 50}}))
    verdicts = [_stabilized(store, backend).verdict for _ in range(2)]
    assert verdicts == ["wait", "stable"]


@pytest.mark.parametrize(
    "earlier", [{**MADE, "delivered": DELIVERED}, {}], ids=["delivered", "not made here"]
)
def test_an_unchanged_draft_that_was_rendered_or_only_uploaded_is_not_rendered(
    earlier: dict[str, Any],
) -> None:
    store, workflow = _world(Status.FAILED, "render_failed", **earlier)
    edit(_video(store), "Shorter.", store=store, workflow=workflow)
    store.write(NEXT, SENDING.model_copy(update={"baseline": fingerprint(DONE)}))
    store.write(NEXT, a_reply(text="Which part?"))
    backend = Backend()
    backend.on(STATE, Answer(state_of(DONE)))
    backend.on(CREDITS, Answer({"data": {"available": 50}}))
    for _ in range(4):
        assert _stabilized(store, backend).verdict == "wait"
    assert _stabilized(store, backend).verdict == "asked"


def test_an_export_is_no_instruction_and_no_step() -> None:
    exported = a_version(number=2, exports=1, ended=_ended(Status.READY), timeline=TIMELINE)
    video = a_video().model_copy(
        update={
            "backend_session": BackendSession(session_id="another"),
            "sequence": (Planned(instruction="one", media=()), Planned(instruction="two", media=())),
        }
    )
    store = MemoryStore()
    assert next_step(video, exported, store) is None
    third = Version(video_id=REF.video_id, number=3, instruction="Bluer.", created_at=NOW)
    message = message_of(video, third, [a_version(**MADE), exported])
    assert message.count("Make it shine.") == 1


def test_a_raw_draft_is_exported_once_it_is_quiet() -> None:
    store, workflow = _world(Status.FAILED, "backend_unavailable", **SENT)
    export(_video(store), store=store, workflow=workflow)
    backend = Backend()
    backend.on(STATE, Answer(state_of(RAW)))
    waits = []
    while (seen := _stabilized(store, backend)).verdict == "wait":
        waits.append(seen.wait_seconds)
    assert waits == [2, 10, 10, 10]
