"""Two things at once, and what provably was not taken: no second payment, no message that waits in vain."""

from datetime import timedelta

import httpx
import pytest

from tests.support.backend import Answer, Backend, stream
from tests.support.builders import (
    CREDITS,
    EMPTY,
    MESSAGE,
    NOW,
    REF,
    SENDING,
    SESSION_ID,
    STATE,
    a_reply,
    a_store,
    a_version,
    nothing_is_superseded,
    state_of,
)
from tests.support.memory import MemoryStorage, MemoryStore, costs_of
from tests.support.recorded import RecordedTasks, RecordedWorkflow, hands_over
from videos.lifecycle.edit import cancel, retry
from videos.model.records import SendOrder, Status, VersionRef
from videos.model.version import Ended, SendLock, SendOutcome, Version
from videos.spending.costs import Costs
from videos.spending.prices import Kind
from videos.steps.send_instruction import (
    KEPT_REPLY_CHARS,
    ComeBackError,
    Sent,
    Worker,
    next_wait,
    send_instruction,
)

NEXT = VersionRef(video_id=REF.video_id, version=2)
DONE = stream('{"type": "text", "content": "Here is your video."}')
CANCELLED = Ended(status=Status.CANCELLED, at=NOW, message="Cancelled by its owner.")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nemovideo.transport._repeatedly", lambda _on, call, *args: call(*args))


@pytest.fixture
def backend() -> Backend:
    backend = Backend()
    backend.on(CREDITS, Answer({"data": {"available": 100}}))
    backend.on(STATE, Answer(state_of(EMPTY)))
    backend.on(MESSAGE, DONE)
    return backend


@pytest.fixture
def tasks() -> RecordedTasks:
    return RecordedTasks()


def _worker(*, minutes: float = 0, receives: int = 1) -> Worker:
    now = NOW + timedelta(minutes=minutes)
    return Worker(
        f"worker-at-{minutes}",
        lambda: now,
        alive_until=now + timedelta(minutes=15),
        stream_seconds=870,
        last_try=False,
        receives=receives,
    )


def _send(
    backend: Backend,
    store: MemoryStore,
    tasks: RecordedTasks,
    worker: Worker | None = None,
    *,
    ref: VersionRef = REF,
    texts: MemoryStorage | None = None,
    costs: Costs | None = None,
) -> None:
    send_instruction(
        SendOrder(video_id=ref.video_id, version=ref.version, task_token="token"),
        worker or _worker(),
        store=store,
        backend=backend.client,
        costs=costs or costs_of(store, backend.client),
        tasks=tasks,
        texts=texts or MemoryStorage(),
        refuse_superseded=nothing_is_superseded,
        begin_render=hands_over,
    )


@pytest.mark.parametrize("moment", [CREDITS, STATE])
def test_cancelled_before_the_lock_nothing_is_posted(
    backend: Backend, tasks: RecordedTasks, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """The person was told "cancelled": from then on nothing may be paid."""
    store, call = a_store(), {CREDITS: "credits", STATE: "state"}[moment]
    asked = getattr(backend.client, call)

    def meanwhile(*args: str) -> object:
        answer = asked(*args)
        cancel(store.video(REF.video_id), store=store, workflow=RecordedWorkflow(), backend=backend.client)
        return answer

    monkeypatch.setattr(backend.client, call, meanwhile)
    _send(backend, store, tasks)
    assert backend.calls(MESSAGE) == []
    assert store.version(REF).send_lock is None
    assert [token for token, _, _ in tasks.failed] == ["token"]


def test_a_task_whose_version_ended_without_its_workflow_being_stopped_is_answered(
    backend: Backend, tasks: RecordedTasks
) -> None:
    _send(backend, a_store(ended=CANCELLED), tasks)
    assert tasks.failed == [("token", "cancelled", CANCELLED.message)]
    assert backend.requests == []


def test_a_message_of_a_deleted_video_is_done_with(backend: Backend, tasks: RecordedTasks) -> None:
    _send(backend, MemoryStore(), tasks)
    assert [code for _, code, _ in tasks.failed] == ["deleted"]


def test_while_a_cancelled_instruction_may_be_at_work_the_next_one_waits(
    backend: Backend, tasks: RecordedTasks
) -> None:
    store = a_store(send_lock=SENDING)
    store.end(REF, CANCELLED)
    retry(store.video(REF.video_id), store=store, workflow=RecordedWorkflow())
    with pytest.raises(ComeBackError) as caught:
        _send(backend, store, tasks, _worker(minutes=5), ref=NEXT)
    assert caught.value.seconds == 10 * 60 + 5
    assert backend.requests == []
    _send(backend, store, tasks, _worker(minutes=16), ref=NEXT)
    assert len(backend.calls(MESSAGE)) == 1


def test_when_the_cancelled_stream_has_closed_the_next_one_is_sent(
    backend: Backend, tasks: RecordedTasks
) -> None:
    store = a_store(send_lock=SENDING, reply=a_reply(), ended=CANCELLED)
    store.end(REF, CANCELLED)
    store.create(store.video(REF.video_id), a_version(number=2))
    store.report(REF.video_id, store.video(REF.video_id).stage, 0, "")
    store._versions[NEXT] = a_version(number=2)  # noqa: SLF001 - begun elsewhere
    _send(backend, store, tasks, _worker(minutes=5), ref=NEXT)
    assert len(backend.calls(MESSAGE)) == 1


REFUSALS = {
    "429": Answer({}, 429, {"Retry-After": "20"}),
    "503 with Retry-After": Answer({}, 503, {"Retry-After": "20"}),
    "a redirect": Answer({}, 307, {"Location": "https://elsewhere.example/run_sse"}),
    "no connection": httpx.ConnectError("no"),
}


@pytest.mark.parametrize("refusal", REFUSALS.values(), ids=REFUSALS.keys())
def test_what_provably_was_not_taken_is_sent_again_soon(
    backend: Backend, tasks: RecordedTasks, refusal: Answer | httpx.TransportError
) -> None:
    backend.on(MESSAGE, refusal, DONE)
    store = a_store()
    with pytest.raises(ComeBackError) as caught:
        _send(backend, store, tasks)
    assert 10 <= caught.value.seconds <= 20
    assert store.version(REF).send_lock is None
    assert tasks.failed == []
    _send(backend, store, tasks, _worker(minutes=1))
    assert tasks.succeeded == [("token", Sent(outcome=SendOutcome.ANSWERED, wait_seconds=0))]


@pytest.mark.parametrize(
    "unclear",
    [
        Answer({}, 503),
        Answer({}, 502, {"Retry-After": "20"}),
        Answer({"code": 5003, "message": "系统繁忙"}),
        Answer(b"<html>busy</html>"),
        httpx.ReadTimeout("late"),
    ],
)
def test_what_is_unclear_is_never_sent_again(
    backend: Backend, tasks: RecordedTasks, unclear: Answer | httpx.TransportError
) -> None:
    backend.on(MESSAGE, unclear, DONE)
    store = a_store()
    for minutes in (0, 1, 30):
        _send(backend, store, tasks, _worker(minutes=minutes))
    assert len(backend.calls(MESSAGE)) == 1
    reply = store.version(REF).reply
    assert reply is not None
    assert reply.outcome is SendOutcome.UNKNOWN


def test_what_the_service_said_about_an_unclear_post_is_kept(backend: Backend, tasks: RecordedTasks) -> None:
    backend.on(MESSAGE, Answer({"code": 5003, "message": "系统繁忙"}))
    store = a_store()
    _send(backend, store, tasks)
    reply = store.version(REF).reply
    assert reply is not None
    assert reply.problem is not None
    assert "系统繁忙" in reply.problem.message


@pytest.mark.parametrize("blip", [Answer({}, 503), Answer(b"<html>"), httpx.ConnectError("no")])
def test_a_blip_before_the_post_costs_seconds(
    backend: Backend, tasks: RecordedTasks, blip: Answer | httpx.TransportError
) -> None:
    backend.on(STATE, blip, Answer(state_of(EMPTY)))
    store = a_store()
    with pytest.raises(ComeBackError) as caught:
        _send(backend, store, tasks)
    assert caught.value.seconds == 10
    _send(backend, store, tasks)
    assert len(backend.calls(MESSAGE)) == 1


def test_waits_grow_and_outlast_an_hour() -> None:
    waits = [next_wait(receives) for receives in range(1, 22)]
    assert waits[:6] == [10, 20, 40, 80, 160, 300]
    assert sum(waits) > 75 * 60


@pytest.mark.parametrize(
    "balance", [{"available": "1,000"}, {"available": 60, "frozen": None}, {}, {"available": None}]
)
def test_an_odd_balance_fails_no_video(
    backend: Backend, tasks: RecordedTasks, balance: dict[str, object]
) -> None:
    backend.on(CREDITS, Answer({"data": balance}))
    store = a_store()
    _send(backend, store, tasks)
    assert store.version(REF).send_lock is not None


@pytest.mark.parametrize(("text", "kept"), [("x" * 900_000, True), ("漢" * 300_000, True), ("Done.", False)])
def test_a_reply_of_any_size_is_kept(
    backend: Backend, tasks: RecordedTasks, text: str, *, kept: bool
) -> None:
    backend.on(MESSAGE, stream(f'{{"type": "text", "content": "{text}"}}'))
    store, texts = a_store(), MemoryStorage()
    _send(backend, store, tasks, texts=texts)
    reply = store.version(REF).reply
    assert reply is not None
    assert len(reply.text) <= KEPT_REPLY_CHARS
    assert reply.text[:5] == text[:5]
    assert texts.bodies == ({f"videos/{REF.video_id}/1/reply.txt": text.encode()} if kept else {})


@pytest.mark.parametrize(
    "event",
    [
        '{"type": "message", "author": "nemo_agent", "content": {"parts": [{"text": "Half \\\\ud83c"}]}}',
        '{"content": {"parts": [{"text": "Half \\\\ud83c"}]}, "type": "final", "partial": false}',
    ],
)
def test_words_of_any_bytes_are_kept(backend: Backend, tasks: RecordedTasks, event: str) -> None:
    backend.on(MESSAGE, stream(event.replace("\\\\", "\\"), "[DONE]"))
    store = a_store()
    _send(backend, store, tasks)
    reply = store.version(REF).reply
    assert reply is not None
    assert (reply.outcome, reply.text) == (SendOutcome.ANSWERED, "Half \ufffd")


def test_the_lock_is_of_the_session_it_is_sent_in() -> None:
    assert isinstance(SENDING, SendLock)
    assert SENDING.session_id == SESSION_ID


ODD = {
    "the balance is gone": (CREDITS, Answer({"data": {"available": 0}})),
    "the balance cannot be asked for": (CREDITS, Answer({"code": 4000, "message": "no"})),
    "the draft cannot be read": (STATE, Answer({"code": 4000, "message": "no"})),
    "the draft cannot be read now": (STATE, httpx.ConnectError("no")),
    "the session is gone": (STATE, Answer({}, 404)),
}


@pytest.mark.parametrize("odd", ODD.values(), ids=ODD.keys())
def test_a_copy_of_the_message_does_not_end_what_another_worker_sends(
    backend: Backend, tasks: RecordedTasks, monkeypatch: pytest.MonkeyPatch, odd: tuple[str, Answer]
) -> None:
    """It began before the lock of the other was there: what is paid for is not given up."""
    store, (where, answer) = a_store(), odd
    backend.on(where, answer)
    costs, read = costs_of(store, backend.client), store.version
    costs.begin(REF, Kind.GENERATION, "ann") if where == STATE else None

    def before_the_lock(ref: VersionRef) -> Version:
        version = read(ref)
        monkeypatch.setattr(store, "version", read)
        assert store.lock(ref, SENDING)
        return version

    monkeypatch.setattr(store, "version", before_the_lock)
    with pytest.raises(ComeBackError):
        _send(backend, store, tasks, costs=costs)
    assert not tasks.failed
    assert not tasks.succeeded
    assert store.version(REF).problem is None
    if where == STATE:
        assert [entry.ref for entry in costs.book.spending().open] == [REF]
