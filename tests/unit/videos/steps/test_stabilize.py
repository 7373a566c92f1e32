import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from backend.captions import Cue
from backend.draft import describe_changes, fingerprint
from backend.errors import SessionNotFoundError
from tests.support.backend import Answer, Backend
from tests.support.builders import (
    CREDITS,
    DONE,
    EMPTY,
    NOW,
    RAW,
    REF,
    SENDING,
    STATE,
    Draft,
    a_reply,
    a_store,
    draft,
    state_of,
)
from tests.support.memory import MemoryStore, costs_of
from videos.model.errors import GenerationError
from videos.model.failure_codes import FailureCode
from videos.model.records import Problem, Status
from videos.model.version import Reply, SendOutcome
from videos.spending.prices import Kind
from videos.steps.stabilize import Stabilized, first_wait, stabilize

EARLIER = draft(0, 1, 7, milliseconds=6000)
NO_CREDITS = Problem(code=FailureCode.OUT_OF_CREDITS, message="There are none.", advice="Top up.")
STATEMENT = a_reply(text="I cannot do that.")
QUESTION = a_reply(text="Which style do you want?", is_question=True)
ERROR = Reply(outcome=SendOutcome.AGENT_ERROR, at=NOW, problem=NO_CREDITS)
SILENT, UNKNOWN = a_reply(SendOutcome.SILENT), a_reply(SendOutcome.UNKNOWN)


@pytest.fixture
def backend() -> Backend:
    backend = Backend()
    backend.on(CREDITS, Answer({"data": {"available": 88.5}}))
    return backend


def _soon() -> datetime:
    return NOW + timedelta(minutes=59)


def _reads(backend: Backend, *answers: Draft | Answer | httpx.TransportError) -> None:
    """What the state shows at each read; the last stays."""
    backend.on(STATE, *(Answer(state_of(item)) if isinstance(item, dict) else item for item in answers))


def _follow(store: MemoryStore, backend: Backend) -> tuple[str, list[int]]:
    """The verdict, or the code of the error, and the waits on the way to it."""
    waits: list[int] = []
    while True:
        try:
            stabilized = stabilize(
                REF, store=store, backend=backend.client, costs=costs_of(store, backend.client), clock=_soon
            )
        except GenerationError as error:
            return error.problem.code, waits
        if stabilized.verdict != "wait":
            return stabilized.verdict, waits
        waits.append(stabilized.wait_seconds)


@pytest.mark.parametrize(
    ("reply", "drafts", "verdict", "waits"),
    [
        pytest.param(STATEMENT, [DONE], "stable", [2], id="a change is looked at twice"),
        pytest.param(STATEMENT, [EARLIER, DONE], "stable", [2, 2], id="a late write"),
        pytest.param(STATEMENT, [EMPTY, EMPTY, DONE], "stable", [5, 5, 2], id="a late first write"),
        pytest.param(STATEMENT, [RAW, RAW, DONE], "stable", [2, 10, 2], id="music and title come later"),
        pytest.param(STATEMENT, [RAW, DONE], "stable", [2, 2], id="music and title come at once"),
        pytest.param(STATEMENT, [RAW], "stable", [2, 10, 10, 10], id="no music or title comes"),
        pytest.param(STATEMENT, [EMPTY], "asked", [5, 5, 5, 5], id="words, but no change"),
        pytest.param(STATEMENT, [{"t": [], "d": 5}], "asked", [5, 5, 5, 5], id="nothing to be exported"),
        pytest.param(QUESTION, [EMPTY], "asked", [5, 5, 5, 5], id="a question, and nothing to export"),
        pytest.param(QUESTION, [DONE], "stable", [2], id="a question about a finished timeline"),
        pytest.param(QUESTION, [EMPTY, DONE], "stable", [5, 2], id="a question, then a late write"),
        pytest.param(SILENT, [DONE], "stable", [2], id="silent, changed"),
        pytest.param(SILENT, [EMPTY], "no_result", [15] * 5, id="silent, unchanged"),
        pytest.param(UNKNOWN, [EMPTY, DONE], "stable", [60, 15, 15], id="broken, changed"),
        pytest.param(UNKNOWN, [EMPTY, EARLIER, DONE], "stable", [60, 15, 15, 15], id="broken, at work"),
        pytest.param(UNKNOWN, [EMPTY], "no_result", [60] * 4, id="broken, unchanged"),
        pytest.param(ERROR, [DONE], "stable", [2], id="an error, but the draft changed"),
        pytest.param(ERROR, [EMPTY], "out_of_credits", [5, 5, 5, 5], id="an error, and no change"),
        pytest.param(
            a_reply(text="Click the Export button."), [EMPTY], "no_result", [5, 5, 5, 5], id="GUI hints alone"
        ),
    ],
)
def test_verdict(backend: Backend, reply: Reply, drafts: list[Draft], verdict: str, waits: list[int]) -> None:
    _reads(backend, *drafts)
    assert _follow(a_store(send_lock=SENDING, reply=reply), backend) == (verdict, waits)


def test_an_edit_that_leaves_the_draft_as_it_was_is_no_result(backend: Backend) -> None:
    _reads(backend, DONE)
    before = SENDING.model_copy(update={"baseline": fingerprint(DONE)})
    assert _follow(a_store(send_lock=before, reply=SILENT), backend)[0] == "no_result"


@pytest.mark.parametrize(
    ("outcome", "wait"),
    [
        (SendOutcome.ANSWERED, 0),
        (SendOutcome.AGENT_ERROR, 0),
        (SendOutcome.SILENT, 0),
        (SendOutcome.UNKNOWN, 30),
    ],
)
def test_the_first_read_waits_for_what_the_stream_told(outcome: SendOutcome, wait: int) -> None:
    assert first_wait(outcome) == wait


def test_a_draft_that_never_stops_changing_is_rendered_as_it_is(backend: Backend) -> None:
    _reads(backend, *(draft(0, 1, milliseconds=1000 + number) for number in range(100)))
    store = a_store(send_lock=SENDING, reply=STATEMENT)
    verdict, waits = _follow(store, backend)
    assert (verdict, len(waits)) == ("stable", 60)
    timeline = store.version(REF).timeline
    assert timeline is not None
    assert timeline.restless


@pytest.mark.parametrize("blip", [Answer({}, status=503), httpx.ReadError("gone"), httpx.ConnectError("no")])
def test_a_blip_is_no_read(backend: Backend, blip: Answer | httpx.TransportError) -> None:
    _reads(backend, *[blip] * 3, DONE)
    store = a_store(send_lock=SENDING, reply=STATEMENT)
    stabilized = stabilize(
        REF, store=store, backend=backend.client, costs=costs_of(store, backend.client), clock=_soon
    )
    assert stabilized.model_copy(update={"because": ""}) == Stabilized(verdict="wait", wait_seconds=5)
    assert store.version(REF).draft_reads is None


def test_a_session_that_is_lost_ends_it(backend: Backend) -> None:
    _reads(backend, Answer({"code": 1002, "message": "session not found"}))
    with pytest.raises(SessionNotFoundError):
        _follow(a_store(send_lock=SENDING, reply=STATEMENT), backend)


def test_the_stable_timeline_says_what_changed_and_what_it_cost(backend: Backend) -> None:
    _reads(backend, DONE)
    store = a_store(send_lock=SENDING, reply=STATEMENT)
    _follow(store, backend)
    timeline = store.version(REF).timeline
    assert timeline is not None
    assert (timeline.fingerprint, timeline.duration_ms) == (fingerprint(DONE), 8000)
    assert timeline.summary.startswith("Timeline (3 tracks)")
    assert len(timeline.changes) == 3
    assert timeline.cues == (Cue(start_ms=0, end_ms=8000, text="x"),)
    assert json.loads(timeline.draft) == DONE


def test_what_changed_is_told_against_the_draft_before(backend: Backend) -> None:
    _reads(backend, DONE)
    before = SENDING.model_copy(
        update={"baseline": fingerprint(EARLIER), "draft_before": json.dumps(EARLIER)}
    )
    store = a_store(send_lock=before, reply=STATEMENT)
    _follow(store, backend)
    timeline = store.version(REF).timeline
    assert timeline is not None
    assert timeline.changes == tuple(describe_changes(EARLIER, DONE))
    assert timeline.changes != tuple(describe_changes(None, DONE))


def test_a_question_ends_the_version_with_its_words(backend: Backend) -> None:
    _reads(backend, EMPTY)
    store = a_store(send_lock=SENDING, reply=QUESTION)
    costs = costs_of(store, backend.client)
    backend.on(CREDITS, Answer({"data": {"available": 100}}), Answer({"data": {"available": 88.5}}))
    costs.begin(REF, Kind.GENERATION, "ann")
    while stabilize(REF, store=store, backend=backend.client, costs=costs).verdict == "wait":
        pass
    version = store.version(REF)
    assert version.ended is not None
    assert (version.ended.status, version.ended.message) == (Status.NEEDS_ANSWER, "Which style do you want?")
    assert (version.credits_used, version.credits_left) == (11.5, 88.5)


@pytest.mark.parametrize("parts", [{}, {"send_lock": SENDING}])
def test_what_was_not_sent_is_not_looked_at(backend: Backend, parts: dict[str, Any]) -> None:
    with pytest.raises(RuntimeError, match="was not sent"):
        _follow(a_store(**parts), backend)


def test_looking_never_sends_anything(backend: Backend) -> None:
    _reads(backend, EMPTY)
    _follow(a_store(send_lock=SENDING, reply=UNKNOWN), backend)
    assert {request.method for request in backend.requests} == {"GET"}
