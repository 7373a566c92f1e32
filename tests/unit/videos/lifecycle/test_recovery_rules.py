"""What holds when a step or a worker comes back after something went wrong."""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from backend import AgentReply, StreamEvent
from tests.support.backend import Answer, Backend, stream
from tests.support.builders import (
    CREDITS,
    DONE,
    MESSAGE,
    NEW_RENDER,
    NOW,
    REF,
    RENDER,
    SENDING,
    STATE,
    TIMELINE,
    a_reply,
    a_store,
    nothing_is_superseded,
    state_of,
)
from tests.support.memory import MemoryStorage, MemoryStore, costs_of
from tests.support.recorded import RecordedTasks, hands_over
from videos.model.records import SendOrder, Stage, Status
from videos.model.version import Ended, Reply, SendOutcome
from videos.steps.render_attempts import poll_wait, start_render
from videos.steps.send_instruction import ComeBackError, Sent, Worker, send_instruction
from videos.steps.stabilize import Stabilized, stabilize

LATER = NOW + timedelta(minutes=16)
WORKER = Worker("late", lambda: LATER, LATER + timedelta(minutes=15), 870, last_try=False)
ORDER = SendOrder(video_id=REF.video_id, version=REF.version, task_token="task-token")
ASKED = Ended(status=Status.NEEDS_ANSWER, at=NOW, message="Which one?")


@pytest.fixture
def backend() -> Backend:
    return Backend()


def test_a_question_is_not_taken_back_by_a_draft_that_changes_later(backend: Backend) -> None:
    store = a_store(send_lock=SENDING, reply=a_reply(text="Which one?", is_question=True), ended=ASKED)
    assert stabilize(
        REF, store=store, backend=backend.client, costs=costs_of(store, backend.client)
    ) == Stabilized(verdict="asked")
    assert backend.requests == []


def test_videos_rendered_in_the_same_millisecond_have_renders_of_their_own(backend: Backend) -> None:
    backend.on(STATE, Answer(state_of(DONE)))
    backend.on(NEW_RENDER, Answer({"data": {}}))
    render_ids = set()
    for _ in range(3):
        store = a_store(send_lock=SENDING, reply=a_reply(), timeline=TIMELINE)
        start_render(REF, store=store, backend=backend.client, clock=lambda: NOW)
        rendering = store.version(REF).rendering
        assert rendering
        assert re.fullmatch(rf"render_{NOW.timestamp() * 1000:.0f}\d{{6}}", rendering.render_id)
        render_ids.add(rendering.render_id)
    assert len(render_ids) == 3


@pytest.mark.parametrize(
    ("elapsed", "wait"),
    [
        (0, 10),
        (4.9, 6),
        (9.9, 1),
        (10, 2),
        (119.9, 2),
        (120, 12),
        (299, 29),
        (310, 30),
        (1000, 30),
    ],
)
def test_polls_are_close_while_most_renders_end(elapsed: float, wait: int) -> None:
    assert poll_wait(elapsed) == wait


def test_of_two_workers_after_a_death_the_first_word_counts(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, tasks = a_store(send_lock=SENDING), RecordedTasks()
    write_once = store.write_once

    def slower(ref: object, part: Reply) -> bool:
        assert ref == REF
        write_once(REF, part.model_copy(update={"outcome": SendOutcome.ANSWERED}))
        return write_once(REF, part)

    monkeypatch.setattr(store, "write_once", slower)
    send_instruction(
        ORDER,
        WORKER,
        store=store,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        tasks=tasks,
        texts=MemoryStorage(),
        refuse_superseded=nothing_is_superseded,
        begin_render=hands_over,
    )
    assert tasks.succeeded == [("task-token", Sent(outcome=SendOutcome.ANSWERED, wait_seconds=0))]
    assert backend.requests == []


def test_a_long_silence_is_told(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    def silence(events: Iterator[StreamEvent], *, still_working: Callable[[float], None]) -> AgentReply:
        assert list(events)
        still_working(120)
        return AgentReply("Done.", (), is_question=False)

    monkeypatch.setattr("videos.steps.send_instruction.collect", silence)
    store, tasks = _ready_to_send(backend, 100), RecordedTasks()
    backend.on(MESSAGE, stream('{"type": "heartbeat"}'))
    send_instruction(
        ORDER,
        WORKER,
        store=store,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        tasks=tasks,
        texts=MemoryStorage(),
        refuse_superseded=nothing_is_superseded,
        begin_render=hands_over,
    )
    video = store.video(REF.video_id)
    assert (video.stage, video.progress, video.message) == (
        Stage.GENERATING,
        20,
        "Still working… (2 min)",
    )


def test_without_credits_nothing_is_claimed(backend: Backend) -> None:
    store, tasks = _ready_to_send(backend, 0), RecordedTasks()
    send_instruction(
        ORDER,
        WORKER,
        store=store,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        tasks=tasks,
        texts=MemoryStorage(),
        refuse_superseded=nothing_is_superseded,
        begin_render=hands_over,
    )
    version = store.version(REF)
    assert (version.send_lock, version.problem and version.problem.code) == (None, "out_of_credits")
    assert tasks.failed == [("task-token", "out_of_credits", "There are no credits left for another video.")]


def test_what_the_agent_reported_is_kept_with_a_link_to_register(backend: Backend) -> None:
    store, tasks = _ready_to_send(backend, 100), RecordedTasks()
    backend.on(MESSAGE, stream('{"errorCode": 2001, "errorMessage": "credits ran out"}'))
    send_instruction(
        ORDER,
        WORKER,
        store=store,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        tasks=tasks,
        texts=MemoryStorage(),
        refuse_superseded=nothing_is_superseded,
        begin_render=hands_over,
    )
    reply = store.version(REF).reply
    assert reply
    assert (reply.outcome, reply.at) == (SendOutcome.AGENT_ERROR, LATER)
    assert reply.problem
    assert reply.problem.code == "out_of_credits"
    assert "/register?bind=user-7" in reply.problem.advice


def _ready_to_send(backend: Backend, credits_left: float) -> MemoryStore:
    backend.on(CREDITS, Answer({"data": {"available": credits_left}}))
    backend.on(STATE, Answer(state_of({})))
    return a_store()


def test_a_backend_that_is_down_before_anything_was_sent_is_waited_for(backend: Backend) -> None:
    store, tasks = a_store(), RecordedTasks()
    backend.on(CREDITS, Answer({}, status=503))
    with pytest.raises(ComeBackError):
        send_instruction(
            ORDER,
            WORKER,
            store=store,
            backend=backend.client,
            costs=costs_of(store, backend.client),
            tasks=tasks,
            texts=MemoryStorage(),
            refuse_superseded=nothing_is_superseded,
            begin_render=hands_over,
        )
    assert tasks.failed == []
    assert store.version(REF).send_lock is None

    send_instruction(
        ORDER,
        replace(WORKER, last_try=True),
        store=store,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        tasks=tasks,
        texts=MemoryStorage(),
        refuse_superseded=nothing_is_superseded,
        begin_render=hands_over,
    )
    assert len(tasks.failed) == 1


def test_the_last_try_keeps_its_claim_so_that_no_copy_of_the_message_sends(backend: Backend) -> None:
    backend.on(CREDITS, Answer({"data": {"available": 100, "frozen": 0, "total": 100}}))
    backend.on(STATE, Answer(state_of({})))
    backend.on(MESSAGE, httpx.ConnectError("no"))
    store, tasks = a_store(), RecordedTasks()
    send_instruction(
        ORDER,
        replace(WORKER, last_try=True),
        store=store,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        tasks=tasks,
        texts=MemoryStorage(),
        refuse_superseded=nothing_is_superseded,
        begin_render=hands_over,
    )
    assert store.version(REF).send_lock is not None
    assert [code for _, code, _ in tasks.failed] == ["backend_unavailable"]


@pytest.mark.parametrize("unread", [STATE, NEW_RENDER])
def test_a_render_that_cannot_be_asked_for_now_is_asked_for_later_under_its_id(
    backend: Backend, unread: str
) -> None:
    backend.on(STATE, Answer(state_of(DONE)))
    backend.on(NEW_RENDER, Answer({"data": {}}))
    backend.on(RENDER, Answer({}, status=404))
    backend.on(unread, Answer({}, status=503))
    store = a_store(send_lock=SENDING, reply=a_reply(), timeline=TIMELINE)
    started = start_render(REF, store=store, backend=backend.client, clock=lambda: NOW)
    assert (started.verdict, started.wait_seconds) == ("unstable", 5)
    asked = store.version(REF).rendering

    backend.on(STATE, Answer(state_of(DONE)))
    backend.on(NEW_RENDER, Answer({"data": {}}))
    start_render(REF, store=store, backend=backend.client, clock=lambda: NOW)
    again = store.version(REF).rendering
    assert again is not None
    assert asked is None or again == asked.model_copy(update={"answered": True})
