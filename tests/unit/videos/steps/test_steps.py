"""The steps of the workflow, each begun anywhere and as often as one likes."""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from backend.draft import fingerprint
from tests.support.backend import Answer, Backend
from tests.support.builders import (
    CANCEL,
    CHECKS,
    CREDITS,
    DONE,
    EMPTY,
    NEW_RENDER,
    NOW,
    PHOTO,
    READY,
    REF,
    RENDER,
    RENDERING,
    SENDING,
    STATE,
    TIMELINE,
    a_reply,
    a_store,
    a_version,
    a_video,
    draft,
    state_of,
)
from tests.support.clock import ManualClock
from tests.support.media import picture
from tests.support.memory import MemoryCostBook, MemoryInbox, MemoryLedger, MemoryStore, costs_of
from tests.support.recorded import (
    NO_PICTURES,
    RecordedTags,
    RecordedTopic,
    RecordedWebhooks,
)
from videos.events.metrics import Measures
from videos.model.errors import INTERNAL, OverBudgetError, SessionLostError, VideoNotFoundError
from videos.model.records import BatchRow, Problem, Status, VersionRef
from videos.model.version import Reservation, SendOutcome, Version
from videos.model.video import QueuedEdit
from videos.spending.budgets import Limits
from videos.steps.finish import Finishing, finish
from videos.steps.generate import begin_render
from videos.steps.prepare import Preparation, prepare
from videos.steps.render import render
from videos.steps.render_attempts import FIRST_POLL_SECONDS
from videos.steps.result import FinishResult, RenderResult
from videos.steps.send_instruction import Worker
from videos.steps.session import MAX_SESSIONS

OPEN = "POST /api/tasks/me/with-session/nemo_agent"
UPLOAD = "POST /api/upload-video/*"
GONE = Answer({"code": 1002, "message": "session not found"})
LIMITS = Limits(credits_per_day=200)


@pytest.fixture
def backend() -> Backend:
    backend = Backend()
    backend.on(CREDITS, Answer({"data": {"available": 1000}}))
    backend.on(OPEN, *(Answer({"code": 0, "data": {"session_id": f"73{n}"}}) for n in range(MAX_SESSIONS)))
    backend.on(UPLOAD, Answer({"code": 0, "data": {"files": []}}))
    backend.on(STATE, Answer(state_of(DONE)))
    backend.on("GET /api/state/*", Answer(state_of(EMPTY)))
    backend.on(NEW_RENDER, Answer({"data": {"status": "pending"}}))
    backend.on(CANCEL, Answer({"code": 0}))
    return backend


def _new() -> MemoryStore:
    store = MemoryStore()
    store.create(a_video().model_copy(update={"backend_session": None, "uploaded": None}), a_version())
    return store


def _preparation(store: MemoryStore, backend: Backend, limits: Limits = LIMITS) -> Preparation:
    return Preparation(
        store=store,
        inbox=MemoryInbox({PHOTO.key: picture("PNG")}),
        tags=RecordedTags(),
        checks=CHECKS,
        webhooks=RecordedWebhooks(),
        ledger=MemoryLedger(store),
        book=MemoryCostBook(store),
        limits=limits,
        backend=backend.client,
        pictures=NO_PICTURES,
        clock=lambda: NOW,
    )


def test_prepare_repeats_nothing_that_is_done(backend: Backend) -> None:
    store = _new()
    given = _preparation(store, backend)
    results = [prepare(REF, given) for _ in range(3)]
    assert [result.next for result in results] == ["generate"] * 3
    assert len({result.model_dump_json() for result in results}) == 1
    assert (len(backend.calls(OPEN)), len(backend.calls(UPLOAD))) == (1, 1)
    assert given.ledger.account(NOW).held == 100


def test_a_session_that_is_lost_while_it_is_prepared_is_replaced(backend: Backend) -> None:
    backend.on(UPLOAD, GONE, Answer({"code": 0, "data": {"files": []}}))
    store = _new()
    assert prepare(REF, _preparation(store, backend)).next == "generate"
    session = store.video(REF.video_id).backend_session
    assert session is not None
    assert (session.session_id, session.attempt) == ("731", 2)


def test_a_backend_that_loses_every_session_is_given_up(backend: Backend) -> None:
    backend.on(UPLOAD, GONE)
    with pytest.raises(SessionLostError):
        prepare(REF, _preparation(_new(), backend))
    assert len(backend.calls(OPEN)) == MAX_SESSIONS


def test_nothing_is_open_while_a_version_waits_for_credits(backend: Backend) -> None:
    store = _new()
    given = _preparation(store, backend, Limits(credits_per_day=150))
    assert prepare(REF, given).next == "generate"
    other = VersionRef(video_id="vid-other", version=1)
    store.create(
        a_video().model_copy(update={"video_id": "vid-other", "backend_session": None, "uploaded": None}),
        a_version().model_copy(update={"video_id": "vid-other"}),
    )
    calls = len(backend.calls(OPEN))
    waits = prepare(other, given)
    assert waits.next == "wait_for_credits"
    assert waits.wait_seconds > 0
    assert len(backend.calls(OPEN)) == calls
    with pytest.raises(OverBudgetError):
        prepare(other, replace(given, limits=Limits(credits_per_day=50)))


def test_a_deleted_video_needs_no_step(backend: Backend) -> None:
    assert prepare(REF, _preparation(MemoryStore(), backend)).next == "done"
    assert backend.requests == []


def _render(store: MemoryStore, backend: Backend, *, at: float = 30) -> tuple[RenderResult, list[float]]:
    """One invocation of Render, and its pauses."""
    pauses = list[float]()
    result = render(
        REF,
        store=store,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        clock=lambda: NOW + timedelta(seconds=at + sum(pauses)),
        pause=pauses.append,
    )
    return result, pauses


def test_render_waits_for_a_stable_draft_and_starts_its_render(backend: Backend) -> None:
    store = a_store(send_lock=SENDING, reply=a_reply())
    result, pauses = _render(store, backend)
    assert (result.next, result.wait_seconds) == ("wait_for_render", FIRST_POLL_SECONDS)
    assert pauses == [2]
    version = store.version(REF)
    assert version.rendering is not None
    assert (version.rendering.draft, version.rendering.answered) == (fingerprint(DONE), True)


def test_a_draft_that_changes_before_its_render_is_waited_for_again(backend: Backend) -> None:
    last = state_of(draft(0, 1, 7, milliseconds=9000))
    backend.on(STATE, Answer(state_of(DONE)), Answer(state_of(DONE)), Answer(last))
    store = a_store(send_lock=SENDING, reply=a_reply())
    result, pauses = _render(store, backend)
    assert (result.next, result.wait_seconds) == ("wait_for_render", FIRST_POLL_SECONDS)
    assert pauses == [2, 2]
    assert len(backend.calls(NEW_RENDER)) == 1


@pytest.mark.parametrize(
    ("status", "next_step", "started"), [("completed", "deliver", 0), ("failed", "wait_for_render", 1)]
)
def test_render_goes_on_with_the_render_that_there_is(
    backend: Backend, status: str, next_step: str, started: int
) -> None:
    backend.on(RENDER, Answer({"status": status}))
    store = a_store(send_lock=SENDING, reply=a_reply(), timeline=TIMELINE, rendering=RENDERING)
    result, pauses = _render(store, backend)
    assert (result.next, pauses) == (next_step, [])
    assert len(backend.calls(NEW_RENDER)) == started


def test_a_render_of_a_draft_that_was_replaced_is_not_delivered(backend: Backend) -> None:
    """Whoever takes over between the two would else deliver a film that is not as its timeline says."""
    backend.on(RENDER, Answer({"status": "completed"}))
    replaced = RENDERING.model_copy(update={"draft": "of the draft before"})
    store = a_store(send_lock=SENDING, reply=a_reply(), timeline=TIMELINE, rendering=replaced)
    result, _ = _render(store, backend)
    assert result.next == "wait_for_render"
    rendering = store.version(REF).rendering
    assert rendering is not None
    assert (rendering.draft, rendering.attempt) == (TIMELINE.fingerprint, 1)


@pytest.mark.parametrize("seconds", [52, 60, 90])
def test_one_invocation_polls_a_usual_render_to_its_end(backend: Backend, seconds: int) -> None:
    processing = Answer({"status": "processing"})
    polls = (seconds - FIRST_POLL_SECONDS) // 2
    backend.on(RENDER, *[processing] * polls, Answer({"status": "completed"}))
    store = a_store(send_lock=SENDING, reply=a_reply(), timeline=TIMELINE, rendering=RENDERING)
    result, pauses = _render(store, backend, at=FIRST_POLL_SECONDS)
    assert (result.next, sum(pauses)) == ("deliver", seconds - FIRST_POLL_SECONDS)


def test_a_question_with_nothing_to_export_ends_it(backend: Backend) -> None:
    backend.on(STATE, Answer(state_of(EMPTY)))
    store = a_store(send_lock=SENDING, reply=a_reply(text="Which style?"))
    waits = 0
    while (result := _render(store, backend)[0]).next == "wait_for_render":
        waits += 1
        assert waits < 10
    assert result.next == "finish"
    ended = store.version(REF).ended
    assert ended is not None
    assert ended.status is Status.NEEDS_ANSWER


def _begin_render(
    store: MemoryStore,
    backend: Backend,
    clock: ManualClock,
    *,
    lives: float = 800,
    outcome: SendOutcome | None = None,
) -> tuple[int, list[Exception]]:
    failures = list[Exception]()
    alive_until = NOW + timedelta(seconds=lives)
    worker = Worker("worker-1", clock.now, alive_until=alive_until, stream_seconds=1, last_try=False)
    wait = begin_render(
        REF,
        worker,
        a_reply(outcome or SendOutcome.ANSWERED),
        store=store,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        failed=failures.append,
        pause=clock.pause,
    )
    return wait, failures


def test_a_worker_begins_the_render_two_seconds_after_the_stream(backend: Backend) -> None:
    store, clock = a_store(send_lock=SENDING, reply=a_reply()), ManualClock()
    assert _begin_render(store, backend, clock) == (FIRST_POLL_SECONDS - 2, [])
    assert clock.pauses == [2]
    assert len(backend.calls(NEW_RENDER)) == 1
    rendering, timeline = store.version(REF).rendering, store.version(REF).timeline
    assert rendering is not None
    assert timeline is not None
    assert (rendering.draft, rendering.asked_at) == (timeline.fingerprint, NOW), "it began at the first look"


def test_a_render_that_began_too_early_is_stopped_before_the_next_one(backend: Backend) -> None:
    last = draft(0, 1, 7, milliseconds=9000)
    backend.on(STATE, Answer(state_of(DONE)), Answer(state_of(DONE)), Answer(state_of(last)))
    backend.on(RENDER, Answer({"status": "processing"}))
    store, clock = a_store(send_lock=SENDING, reply=a_reply()), ManualClock()
    assert _begin_render(store, backend, clock) == (FIRST_POLL_SECONDS - 2, [])
    calls = [
        request.url.path.rsplit("/", 1)[-1] for request in backend.requests if "render" in request.url.path
    ]
    first, status, stop, second = calls
    assert (first, stop, second) == ("lambda", "cancel", "lambda")
    rendering = store.version(REF).rendering
    assert rendering is not None
    assert (rendering.draft, rendering.attempt) == (fingerprint(last), 1)
    assert status != rendering.render_id


def test_while_the_end_of_a_render_is_not_certain_no_other_one_starts(backend: Backend) -> None:
    last = draft(0, 1, 7, milliseconds=9000)
    backend.on(STATE, Answer(state_of(DONE)), Answer(state_of(DONE)), Answer(state_of(last)))
    backend.on(RENDER, Answer({"status": "processing"}))
    backend.on(CANCEL, Answer({}, status=503))
    store, clock = a_store(send_lock=SENDING, reply=a_reply()), ManualClock()
    wait, failures = _begin_render(store, backend, clock)
    assert (wait > 0, failures) == (True, [])
    assert len(backend.calls(NEW_RENDER)) == 1
    assert store.version(REF).timeline is not None
    backend.on(RENDER, Answer({"status": "completed"}))
    result, _ = _render(store, backend)
    assert result.next == "wait_for_render"
    assert len(backend.calls(NEW_RENDER)) == 2


def test_only_the_first_stage_of_a_generation_is_not_rendered_early(backend: Backend) -> None:
    backend.on(STATE, Answer(state_of(draft(0))))
    store, clock = a_store(send_lock=SENDING, reply=a_reply()), ManualClock()
    assert _begin_render(store, backend, clock) == (10, [])
    assert backend.calls(NEW_RENDER) == []


def test_a_render_of_a_draft_that_is_gone_is_stopped_at_the_end(backend: Backend) -> None:
    """The draft went back to what it was: there is a question, and nothing to export."""
    backend.on(STATE, Answer(state_of(EMPTY)))
    backend.on(RENDER, Answer({"status": "processing"}))
    store = a_store(send_lock=SENDING, reply=a_reply(text="Which style?"), rendering=RENDERING)
    while _render(store, backend)[0].next == "wait_for_render":
        pass
    ended = store.version(REF).ended
    assert ended is not None
    assert ended.status is Status.NEEDS_ANSWER
    assert len(backend.calls(CANCEL)) == 1


@pytest.mark.parametrize(
    ("drafts", "outcome", "wait"),
    [
        ([EMPTY], SendOutcome.ANSWERED, 5),
        ([EMPTY], SendOutcome.SILENT, 15),
        ([DONE], SendOutcome.UNKNOWN, 30),
    ],
    ids=["nothing new", "nothing new and no word", "the end of the stream was not seen"],
)
def test_a_longer_wait_is_the_workflow_s(
    backend: Backend, drafts: list[dict[str, object]], outcome: SendOutcome, wait: int
) -> None:
    """A generation that waits holds up another one."""
    backend.on(STATE, *(Answer(state_of(one)) for one in drafts))
    store, clock = a_store(send_lock=SENDING, reply=a_reply(outcome)), ManualClock()
    assert _begin_render(store, backend, clock, outcome=outcome) == (wait, [])
    assert backend.calls(NEW_RENDER) == []


def test_a_worker_with_little_time_left_begins_nothing(backend: Backend) -> None:
    store, clock = a_store(send_lock=SENDING, reply=a_reply()), ManualClock()
    assert _begin_render(store, backend, clock, lives=200) == (0, [])
    assert backend.requests == []


def test_a_draft_that_never_rests_does_not_hold_a_worker(backend: Backend) -> None:
    backend.on(STATE, *(Answer(state_of(draft(0, 1, 7, milliseconds=8000 + n))) for n in range(400)))
    store, clock = a_store(send_lock=SENDING, reply=a_reply()), ManualClock()
    wait, failures = _begin_render(store, backend, clock)
    assert (wait, failures) == (10, [])
    assert clock.seconds <= 60


@pytest.mark.parametrize("call", [STATE, NEW_RENDER])
def test_an_error_after_the_reply_ends_nothing(backend: Backend, call: str) -> None:
    backend.on(call, GONE)
    store, clock = a_store(send_lock=SENDING, reply=a_reply()), ManualClock()
    wait, (failure,) = _begin_render(store, backend, clock)
    assert wait == 0
    assert "1002" in str(failure)
    assert store.version(REF).problem is None


@dataclass
class Finished:
    """Calls of Finish to what it is given."""

    topic: RecordedTopic = field(default_factory=RecordedTopic)
    rows: list[int] = field(default_factory=list)
    begun: list[VersionRef] = field(default_factory=list)
    measured: list[Status] = field(default_factory=list)


def _finishing(store: MemoryStore, backend: Backend, done: Finished) -> Finishing:
    def measure(_ref: VersionRef, measures: Measures) -> None:
        done.measured.append(measures.status)

    def row_ended(version: Version) -> None:
        assert version.announced is None
        done.rows.append(version.number)

    return Finishing(
        store=store,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        ledger=MemoryLedger(store),
        topic=done.topic,
        webhooks=RecordedWebhooks(),
        tags=RecordedTags(),
        public_url="https://videos.example",
        row_ended=row_ended,
        begin_next=done.begun.append,
        measure=measure,
        clock=lambda: NOW,
    )


ROW = BatchRow(batch_id="bat-1", row=7)
WAITS = QueuedEdit(idempotency_key="a note", instruction="Make it shorter")


def test_finish_does_everything_once_however_often_it_is_repeated(backend: Backend) -> None:
    store, done = a_store(ended=READY, batch=ROW), Finished()
    for _ in range(3):
        assert finish(REF, _finishing(store, backend, done)) == FinishResult(next="done")
    assert [event.status for event in done.topic.published] == [Status.READY]
    assert (done.rows, done.measured, done.begun) == ([1], [Status.READY], [])


def test_what_has_not_ended_has_failed(backend: Backend) -> None:
    store, done = a_store(), Finished()
    expected = FinishResult(next="failed", code=INTERNAL.code, message=INTERNAL.message)
    assert finish(REF, _finishing(store, backend, done)) == expected
    assert done.measured == [Status.FAILED]


@pytest.mark.parametrize("announced", [False, True])
def test_credits_that_cannot_be_charged_hold_nothing_up(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, *, announced: bool
) -> None:
    video = a_video().model_copy(update={"waiting": (WAITS,)})
    reservation = Reservation(at=NOW, credits=100, budgets=("stack#2026-05-04",))
    store, done = a_store(video, ended=READY, reservation=reservation), Finished()
    given = _finishing(store, backend, done)
    if announced:
        finish(REF, _finishing(store, backend, Finished()))
    charge = given.ledger.charge

    def broken(*_: object) -> None:
        raise OSError("throttled")

    monkeypatch.setattr(given.ledger, "charge", broken)
    if announced:
        assert finish(REF, given).next == "done"
    else:
        with pytest.raises(OSError, match="throttled"):
            finish(REF, given)
        assert len(done.topic.published) == 1
    assert done.begun == [REF]
    monkeypatch.setattr(given.ledger, "charge", charge)
    assert finish(REF, given).next == "done"
    assert store.version(REF).charge is not None


def _deleted(*_: object) -> None:
    raise VideoNotFoundError(REF.video_id)


@pytest.mark.parametrize("when", ["before", "after the announcement"])
def test_a_video_that_is_deleted_meanwhile_needs_nothing_more(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    store, done = a_store(ended=READY), Finished()
    given = _finishing(store, backend, done)
    if when == "before":
        monkeypatch.setattr(store, "version", _deleted)
    else:
        given = replace(given, measure=lambda *_: monkeypatch.setattr(store, "version", _deleted))
    assert finish(REF, given) == FinishResult(next="done")
    assert len(done.topic.published) == (0 if when == "before" else 1)


def test_the_problem_that_a_step_left_is_the_one_told(backend: Backend) -> None:
    problem = Problem(code=INTERNAL.code, message="It was too dark.", advice="Use more light.")
    store = a_store(problem=problem)
    result = finish(REF, _finishing(store, backend, Finished()), reason=INTERNAL)
    assert (result.next, result.message) == ("failed", "It was too dark.")
