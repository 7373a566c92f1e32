from typing import Any

import httpx
import pytest

from backend.errors import (
    NemoVideoError,
    OutOfCreditsError,
    RateLimitedError,
    ServerError,
    TokenExpiredError,
    TransportError,
)
from tests.support.backend import Answer, Backend
from tests.support.builders import (
    CANCEL,
    DELIVERED,
    READY,
    REF,
    RENDER,
    RENDERING,
    TIMELINE,
    a_store,
    a_video,
)
from tests.support.memory import MemoryStore, costs_of
from tests.support.recorded import RecordedTopic, RecordedWebhooks
from videos.events.announcements import VideoEnded
from videos.model.errors import INTERNAL, problem_of
from videos.model.failure_codes import FailureCode
from videos.model.records import Problem, Status
from videos.model.video import Webhook
from videos.steps.announce_end import announce, record_failure

URL = "https://videos.example/live"
PROBLEM = Problem(code=FailureCode.REFUSED, message="“a.png” is empty.", advice="Upload it again.")
OUT_OF_REACH = Problem(
    code=FailureCode.BACKEND_UNAVAILABLE, message="It was not reached.", advice="Try again later."
)
DONE: dict[str, Any] = {"timeline": TIMELINE, "delivered": DELIVERED, "ended": READY}


@pytest.fixture
def backend() -> Backend:
    return Backend()


def _announce(store: MemoryStore, topic: RecordedTopic) -> None:
    announce(REF, store=store, topic=topic, webhooks=RecordedWebhooks(), public_url=URL)


def test_an_end_is_announced_once_under_one_id() -> None:
    topic, store = RecordedTopic(), a_store(**DONE)
    for _ in range(2):
        _announce(store, topic)
    assert [item.id for item in topic.published] == [f"{REF.execution_name}-ready"]


def test_people_get_a_change_link_and_services_do_not() -> None:
    webhook = Webhook(url="https://hooks.example.com/a")
    store = a_store(a_video().model_copy(update={"webhook": webhook}), **DONE)
    topic, webhooks = RecordedTopic(), RecordedWebhooks()
    announce(REF, store=store, topic=topic, webhooks=webhooks, public_url=URL, change_days=7)
    (told,) = topic.published
    assert isinstance(told, VideoEnded)
    assert told.change_url is not None
    (order,) = webhooks.orders
    assert "change=" not in order.body
    assert told.links is not None
    assert told.links.watch in order.body


def test_what_has_not_ended_is_not_announced() -> None:
    with pytest.raises(RuntimeError, match="has not ended"):
        _announce(a_store(), RecordedTopic())


@pytest.mark.parametrize(
    ("problem", "reason", "told"),
    [
        (PROBLEM, None, PROBLEM),
        (PROBLEM, OUT_OF_REACH, PROBLEM),
        (None, OUT_OF_REACH, OUT_OF_REACH),
        (None, None, INTERNAL),
    ],
)
def test_a_version_fails_for_the_reason_that_a_step_left_or_was_given_up_with(
    backend: Backend, problem: Problem | None, reason: Problem | None, told: Problem
) -> None:
    store = a_store(problem=problem)
    record_failure(
        REF, reason=reason, store=store, backend=backend.client, costs=costs_of(store, backend.client)
    )
    version = store.version(REF)
    assert version.problem == told
    assert version.ended is not None
    assert (version.ended.status, version.ended.message) == (Status.FAILED, told.message)


@pytest.mark.parametrize(
    ("answer", "cancelled"),
    [
        (Answer({"status": "processing"}), 1),
        (Answer({"status": "pending"}), 1),
        (Answer({"status": "completed"}), 0),
        (Answer({"status": "failed"}), 0),
        (Answer({}, status=404), 0),
        (httpx.ConnectError("no"), 0),
    ],
)
def test_a_render_that_still_runs_is_stopped(
    backend: Backend, answer: Answer | httpx.TransportError, cancelled: int
) -> None:
    backend.on(RENDER, answer)
    backend.on(CANCEL, Answer({"code": 0}))
    store = a_store(rendering=RENDERING, problem=PROBLEM)
    record_failure(
        REF, reason=None, store=store, backend=backend.client, costs=costs_of(store, backend.client)
    )
    assert len(backend.calls(CANCEL)) == cancelled
    assert store.version(REF).ended is not None


def test_a_video_that_is_ready_stays_so(backend: Backend) -> None:
    store = a_store(rendering=RENDERING, **DONE)
    record_failure(
        REF, reason=None, store=store, backend=backend.client, costs=costs_of(store, backend.client)
    )
    assert store.version(REF).ended == READY
    assert backend.requests == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OutOfCreditsError("none"), "out_of_credits"),
        (TokenExpiredError("no"), "token_rejected"),
        (TransportError("gone"), "backend_unavailable"),
        (RateLimitedError("slow", retry_after=30), "rate_limited"),
    ],
)
def test_an_error_of_the_backend_has_a_code_and_advice(error: NemoVideoError, code: str) -> None:
    problem = problem_of(error)
    assert problem.code == code
    assert problem.advice


def test_who_has_no_credits_is_told_where_to_register() -> None:
    link = "https://nemovideo.com/register?bind=7"
    assert link in problem_of(OutOfCreditsError("none"), registration_link=link).advice


@pytest.mark.parametrize("error", [TransportError("ReadError at 10.0.0.7"), ServerError("NullPointer (500)")])
def test_an_error_of_the_line_is_told_in_plain_words(error: NemoVideoError) -> None:
    problem = problem_of(error)
    assert str(error) not in problem.message
    assert problem.message.startswith("The ")
