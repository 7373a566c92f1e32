import json
from datetime import timedelta

import httpx
import pytest

from backend.draft import fingerprint
from tests.support.backend import Answer, Backend, stream
from tests.support.builders import (
    CREDITS,
    DONE,
    EMPTY,
    MESSAGE,
    NOW,
    PHOTO,
    READY,
    REF,
    SENDING,
    SESSION_ID,
    STATE,
    TIMELINE,
    a_reply,
    a_store,
    a_version,
    draft,
    nothing_is_superseded,
    state_of,
)
from tests.support.memory import MemoryStorage, MemoryStore, costs_of
from tests.support.recorded import RecordedTasks, hands_over
from videos.model.failure_codes import FailureCode
from videos.model.ports import InboxFileFacts
from videos.model.records import Problem, SendOrder, Status, VersionRef
from videos.model.version import Ended, Forgotten, SendLock, SendOutcome, Version
from videos.model.video import BackendSession, Uploaded, Video
from videos.steps.send_instruction import (
    SESSION_DELETED,
    ComeBackError,
    RefuseSuperseded,
    Sent,
    Worker,
    send_instruction,
)
from videos.steps.stabilize import KEPT_DRAFT_BYTES
from videos.steps.superseded import SupersededError, why_superseded

ORDER = SendOrder(video_id=REF.video_id, version=REF.version, task_token="task-token")
TEXT = stream('{"type": "text", "content": "Here is your video."}')
QUESTION = stream('{"type": "text", "content": "Which style?"}')
SILENCE = stream('{"type": "tool_call", "name": "add_bgm", "args": {}}', '{"type": "heartbeat"}')
ERROR = stream('{"errorCode": "500", "errorMessage": "the model broke"}')
CUT = stream('{"content": {"parts": [{"text": "Here"}]}, "partial": true}')


@pytest.fixture
def backend() -> Backend:
    backend = Backend()
    backend.on(CREDITS, Answer({"data": {"available": 100}}))
    backend.on(STATE, Answer(state_of(EMPTY)))
    return backend


@pytest.fixture
def tasks() -> RecordedTasks:
    return RecordedTasks()


def _worker(*, minutes: float = 0, last_try: bool = False) -> Worker:
    """A worker that begins so many minutes after the sample's."""
    now = NOW + timedelta(minutes=minutes)
    return Worker(
        name=f"worker-at-{minutes}",
        now=lambda: now,
        alive_until=now + timedelta(minutes=15),
        stream_seconds=870,
        last_try=last_try,
    )


def _send(
    backend: Backend,
    store: MemoryStore,
    tasks: RecordedTasks,
    worker: Worker | None = None,
    *,
    refuse_superseded: RefuseSuperseded = nothing_is_superseded,
) -> None:
    send_instruction(
        ORDER,
        worker or _worker(),
        store=store,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        tasks=tasks,
        texts=MemoryStorage(),
        refuse_superseded=refuse_superseded,
        begin_render=hands_over,
    )


@pytest.mark.parametrize(
    ("answer", "outcome", "wait"),
    [
        (TEXT, SendOutcome.ANSWERED, 0),
        (QUESTION, SendOutcome.ANSWERED, 0),
        (SILENCE, SendOutcome.SILENT, 0),
        (ERROR, SendOutcome.AGENT_ERROR, 0),
        (CUT, SendOutcome.UNKNOWN, 30),
        (Answer({}, status=504), SendOutcome.UNKNOWN, 30),
        (httpx.ReadError("gone"), SendOutcome.UNKNOWN, 30),
        (httpx.RemoteProtocolError("gone"), SendOutcome.UNKNOWN, 30),
        (Answer(b"<html>", headers={"Content-Type": "text/html"}), SendOutcome.UNKNOWN, 30),
    ],
)
def test_whatever_the_stream_brings_the_instruction_is_posted_once(
    backend: Backend,
    tasks: RecordedTasks,
    answer: Answer | httpx.TransportError,
    outcome: SendOutcome,
    wait: int,
) -> None:
    backend.on(MESSAGE, answer)
    store = a_store()
    for minutes in (0, 16, 20, 40):  # the queue delivers its message again and again
        _send(backend, store, tasks, _worker(minutes=minutes))
    assert len(backend.calls(MESSAGE)) == 1
    assert tasks.succeeded == [("task-token", Sent(outcome=outcome, wait_seconds=wait))] * 4
    assert tasks.failed == []


def test_the_instruction_goes_to_the_videos_session(backend: Backend, tasks: RecordedTasks) -> None:
    backend.on(MESSAGE, QUESTION)
    store = a_store()
    _send(backend, store, tasks)
    body = json.loads(backend.calls(MESSAGE)[0].content)
    assert body["session_id"] == SESSION_ID
    assert body["new_message"] == {"parts": [{"text": "Make it shine."}]}
    reply = store.version(REF).reply
    assert reply is not None
    assert (reply.text, reply.is_question) == ("Which style?", True)


def test_the_claim_stands_before_the_post_with_what_was_there(backend: Backend, tasks: RecordedTasks) -> None:
    store = a_store()
    backend.on(STATE, Answer(state_of(DONE)))
    backend.on(MESSAGE, TEXT)
    _send(backend, store, tasks)
    send_lock = store.version(REF).send_lock
    assert send_lock is not None
    assert json.loads(send_lock.draft_before) == DONE
    assert send_lock.baseline == fingerprint(DONE)
    assert send_lock.alive_until == NOW + timedelta(minutes=15)


def test_a_draft_too_large_to_keep_is_not_kept(backend: Backend, tasks: RecordedTasks) -> None:
    store = a_store()
    backend.on(STATE, Answer(state_of(draft(0) | {"x": "x" * KEPT_DRAFT_BYTES})))
    backend.on(MESSAGE, TEXT)
    _send(backend, store, tasks)
    send_lock = store.version(REF).send_lock
    assert send_lock is not None
    assert send_lock.draft_before == "{}"


def test_while_another_worker_may_live_the_message_comes_again(
    backend: Backend, tasks: RecordedTasks
) -> None:
    store = a_store(send_lock=SENDING)
    with pytest.raises(ComeBackError):
        _send(backend, store, tasks, _worker(minutes=14))
    assert (backend.requests, tasks.succeeded, tasks.failed) == ([], [], [])


def test_after_a_worker_died_the_outcome_is_unknown_and_nothing_is_sent(
    backend: Backend, tasks: RecordedTasks
) -> None:
    store = a_store(send_lock=SENDING)
    _send(backend, store, tasks, _worker(minutes=15))
    assert backend.requests == []
    assert tasks.succeeded == [("task-token", Sent(outcome=SendOutcome.UNKNOWN, wait_seconds=30))]


def test_of_two_workers_at_once_one_posts(
    backend: Backend, tasks: RecordedTasks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both found no lock; the other one takes it first."""
    store = a_store()
    lock = store.lock

    def slower(_ref: object, part: SendLock) -> bool:
        lock(REF, part.model_copy(update={"worker": "the faster"}))
        return lock(REF, part)

    monkeypatch.setattr(store, "lock", slower)
    with pytest.raises(ComeBackError):
        _send(backend, store, tasks)
    assert backend.calls(MESSAGE) == []


def test_what_provably_was_not_sent_may_be_sent_again(backend: Backend, tasks: RecordedTasks) -> None:
    backend.on(MESSAGE, httpx.ConnectError("no"), TEXT)
    store = a_store()
    with pytest.raises(ComeBackError):
        _send(backend, store, tasks)
    assert store.version(REF).send_lock is None
    _send(backend, store, tasks, _worker(minutes=16))
    assert [sent.outcome for _, sent in tasks.succeeded if isinstance(sent, Sent)] == [SendOutcome.ANSWERED]


def test_the_last_try_tells_that_the_backend_is_out_of_reach(backend: Backend, tasks: RecordedTasks) -> None:
    backend.on(MESSAGE, httpx.ConnectError("no"))
    store = a_store()
    _send(backend, store, tasks, _worker(last_try=True))
    problem = store.version(REF).problem
    assert problem is not None
    assert tasks.failed == [("task-token", problem.code, problem.message)]


@pytest.mark.parametrize(
    ("call", "answer", "code"),
    [
        (CREDITS, Answer({"data": {"available": 0}}), "out_of_credits"),
        (MESSAGE, Answer({"code": 2001, "message": "no credits"}), "out_of_credits"),
        (MESSAGE, Answer({"code": 1001, "message": "expired"}), "token_rejected"),
    ],
)
def test_a_refusal_fails_the_version_with_advice_for_good(
    backend: Backend, tasks: RecordedTasks, call: str, answer: Answer, code: str
) -> None:
    backend.on(MESSAGE, TEXT)
    backend.on(call, answer)
    store = a_store()
    for minutes in (0, 16):
        _send(backend, store, tasks, _worker(minutes=minutes))
    problem = store.version(REF).problem
    assert problem is not None
    assert problem.code == code
    assert problem.advice
    assert tasks.failed == [("task-token", code, problem.message)] * 2
    assert len(backend.calls(MESSAGE)) == (call == MESSAGE)


def test_who_has_no_credits_is_shown_where_to_register_this_work(
    backend: Backend, tasks: RecordedTasks
) -> None:
    backend.on(MESSAGE, Answer({"code": 2001, "message": "no credits"}))
    store = a_store()
    _send(backend, store, tasks)
    problem = store.version(REF).problem
    assert problem is not None
    assert "register?bind=user-7" in problem.advice


def test_a_version_that_has_ended_sends_nothing(backend: Backend, tasks: RecordedTasks) -> None:
    ended = Ended(status=Status.CANCELLED, at=NOW, message="Cancelled.")
    _send(backend, a_store(ended=ended), tasks)
    assert (backend.requests, tasks.succeeded) == ([], [])
    # Its workflow may wait for this task still.
    assert tasks.failed == [("task-token", "cancelled", "Cancelled.")]


def test_a_known_reply_or_problem_is_told_again(backend: Backend, tasks: RecordedTasks) -> None:
    problem = Problem(code=FailureCode.REFUSED, message="m", advice="a")
    _send(backend, a_store(send_lock=SENDING, reply=a_reply(SendOutcome.SILENT)), tasks, _worker(minutes=16))
    _send(backend, a_store(problem=problem), tasks)
    assert tasks.succeeded == [("task-token", Sent(outcome=SendOutcome.SILENT, wait_seconds=0))]
    assert tasks.failed == [("task-token", "refused", "m")]
    assert backend.requests == []


def test_a_copy_of_the_message_leaves_the_draft_to_the_worker_that_has_sent_it(
    backend: Backend, tasks: RecordedTasks
) -> None:
    """That one may be starting the render: two workers could start two."""
    store = a_store(send_lock=SENDING, reply=a_reply())
    with pytest.raises(ComeBackError) as caught:
        _send(backend, store, tasks, _worker(minutes=1))
    assert caught.value.seconds == 14 * 60 + 5
    assert (backend.requests, tasks.succeeded) == ([], [])


def test_a_worker_that_had_no_time_for_the_render_has_told_the_workflow_at_once(
    backend: Backend, tasks: RecordedTasks
) -> None:
    at = SENDING.alive_until - timedelta(seconds=60)
    store = a_store(send_lock=SENDING, reply=a_reply().model_copy(update={"at": at}))
    _send(backend, store, tasks, _worker(minutes=14.5))
    assert [sent for _, sent in tasks.succeeded] == [Sent(outcome=SendOutcome.ANSWERED, wait_seconds=0)]


@pytest.mark.parametrize("call", [STATE, MESSAGE])
@pytest.mark.parametrize("last_try", [False, True])
def test_a_forgotten_session_is_told_to_the_workflow_and_nothing_is_claimed(
    backend: Backend, tasks: RecordedTasks, call: str, *, last_try: bool
) -> None:
    backend.on(call, Answer({"code": 1002, "message": "no session"}))
    store = a_store()
    _send(backend, store, tasks, _worker(last_try=last_try))
    assert [code for _, code, _ in tasks.failed] == [SESSION_DELETED]
    version = store.version(REF)
    assert (version.send_lock, version.reply, version.problem) == (None, None, None)
    assert version.forgotten == Forgotten(session_id=SESSION_ID)


def test_after_a_forgotten_session_the_instruction_is_posted_once_in_the_next(
    backend: Backend, tasks: RecordedTasks
) -> None:
    backend.on("GET /api/state/*", Answer(state_of(EMPTY)))
    backend.on(MESSAGE, Answer({"code": 1002, "message": "no session"}), TEXT)
    store = a_store()
    _send(backend, store, tasks, _worker())
    store.add_to_video(REF.video_id, BackendSession(session_id="another"))
    with pytest.raises(ComeBackError):  # a copy of the message, before the media is there
        _send(backend, store, tasks, _worker(minutes=1))
    store.add_to_video(REF.video_id, Uploaded(at=NOW, session_id="another", media=(PHOTO,)))
    for minutes in (2, 18, 30):
        _send(backend, store, tasks, _worker(minutes=minutes))
    sessions = [json.loads(request.content)["session_id"] for request in backend.calls(MESSAGE)]
    assert sessions == [SESSION_ID, "another"]
    send_lock = store.version(REF).send_lock
    assert send_lock is not None
    assert send_lock.session_id == "another"


def test_in_a_new_session_the_change_is_told_against_the_version_before(
    backend: Backend, tasks: RecordedTasks
) -> None:
    before = TIMELINE.model_copy(update={"draft": json.dumps(DONE)})
    store = a_store(send_lock=SENDING, timeline=before)
    store.end(REF, READY)
    store.begin(store.video(REF.video_id), a_version(number=2, instruction="Shorter."))
    store.add_to_video(REF.video_id, BackendSession(session_id="another", opened_in=2))
    store.add_to_video(REF.video_id, Uploaded(at=NOW, session_id="another", media=(PHOTO,)))
    backend.on("GET /api/state/*", Answer(state_of(EMPTY)))
    backend.on(MESSAGE, TEXT)
    order = ORDER.model_copy(update={"version": 2})
    send_instruction(
        order,
        _worker(),
        store=store,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        tasks=tasks,
        texts=MemoryStorage(),
        refuse_superseded=nothing_is_superseded,
        begin_render=hands_over,
    )
    send_lock = store.version(VersionRef(video_id=REF.video_id, version=2)).send_lock
    assert send_lock is not None
    assert (json.loads(send_lock.draft_before), send_lock.baseline) == (DONE, SENDING.baseline)
    (request,) = backend.calls(MESSAGE)
    assert "1. Make it shine." in json.loads(request.content)["new_message"]["parts"][0]["text"]


def _replaced(_video: Video, _version: Version) -> None:
    raise SupersededError.of(why_superseded(PHOTO, InboxFileFacts(size=1, version_id="v2")))


def test_a_drop_that_was_replaced_while_it_waited_is_not_sent(backend: Backend, tasks: RecordedTasks) -> None:
    store = a_store()
    _send(backend, store, tasks, refuse_superseded=_replaced)
    version = store.version(REF)
    assert backend.calls(MESSAGE) == []
    assert version.send_lock is None
    assert version.problem is not None
    assert version.problem.code is FailureCode.SUPERSEDED
    assert tasks.failed == [("task-token", "superseded", version.problem.message)]
    assert costs_of(store, backend.client).book.spending().open == ()


def test_a_drop_that_is_sent_by_another_worker_is_not_superseded(
    backend: Backend, tasks: RecordedTasks
) -> None:
    store = a_store()

    def meanwhile(video: Video, version: Version) -> None:
        assert store.lock(version.ref, SENDING)
        _replaced(video, version)

    with pytest.raises(ComeBackError):
        _send(backend, store, tasks, refuse_superseded=meanwhile)
    assert (store.version(REF).problem, tasks.failed) == (None, [])
