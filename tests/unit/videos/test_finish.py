from datetime import timedelta
from typing import Any

import httpx
import pytest

from nemovideo import (
    NemoVideoError,
    OutOfCreditsError,
    RateLimitedError,
    ServerError,
    TokenExpiredError,
    TransportError,
)
from tests.unit.videos.fakes import Answer, Backend, MemoryStore, RecordedCallbacks, RecordedTopic
from tests.unit.videos.samples import (
    CANCEL,
    DELIVERED,
    JOB,
    NOW,
    RENDER,
    RENDERING,
    TIMELINE,
    a_reply,
    a_store,
    a_turn,
    a_video,
)
from videos.errors import INTERNAL, problem_of
from videos.finish import Announcing, announce, announcement_of, record_failure
from videos.models import Ended, Problem, Status, WebAddress

URL = "https://videos.example/live"
PROBLEM = Problem(code="refused", message="“a.png” is empty.", advice="Upload it again.")
READY = Ended(status=Status.READY, at=NOW, message="The video is ready.")
FAILED = Ended(status=Status.FAILED, at=NOW, message=PROBLEM.message)
ASKED = Ended(status=Status.NEEDS_ANSWER, at=NOW, message="Which style?")
DONE: dict[str, Any] = {"timeline": TIMELINE, "delivered": DELIVERED, "ended": READY}

HOSTILE = [
    "a\r\nBcc: everyone@example.com.png",
    "\x00\x1b[31m\x7f.png",
    "line separator\u2028and\u0085next.png",
    "\u202egnp.exe",
    "🎬" * 200 + ".png",
    "a" * 1000 + ".png",
    "   ",
    "\n",
    "Übergröße “ü”.png",
]


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize(
    "parts", [DONE, {"ended": FAILED}, {"ended": ASKED}], ids=["ready", "failed", "asked"]
)
def test_the_subject_is_one_short_line_whatever_the_name(name: str, parts: dict[str, Any]) -> None:
    subject = announcement_of(a_video(name=name), a_turn(**parts), URL).subject
    assert 0 < len(subject) < 100
    assert subject.isprintable()


def test_a_hostile_name_makes_no_line_of_the_mail() -> None:
    text = announcement_of(a_video(name=HOSTILE[0]), a_turn(**DONE), URL).text
    assert not any(line.startswith("Bcc") for line in text.splitlines())


def test_a_ready_video_is_announced_with_its_link() -> None:
    video = a_video(name="kettle.png")
    reply = a_reply(text="I made a calm video. Click the Export button to download it.")
    announcement = announcement_of(video, a_turn(reply=reply, **DONE), URL + "/")
    assert announcement.subject == "Ready: kettle.png (8 s)"
    assert announcement.watch_url is not None
    assert announcement.watch_url.startswith(f"{URL}/watch/{video.video_id}?")
    assert announcement.video == f"s3://videos/{DELIVERED.key}"
    assert announcement.duration_seconds == 8
    assert announcement.advice is None
    for told in (
        "The video is ready.",
        announcement.watch_url,
        "3 June 2026",
        "Make it shine.",
        video.video_id,
    ):
        assert told.lstrip("0") in announcement.text
    assert "I made a calm video." in announcement.text
    assert "Export button" not in announcement.text


def test_where_the_agent_said_nothing_the_changes_are_told() -> None:
    timeline = TIMELINE.model_copy(update={"changes": ("Title added: 'x'",), "credits_used": 12.5})
    text = announcement_of(a_video(), a_turn(reply=a_reply(), **DONE | {"timeline": timeline}), URL).text
    assert "Changed: Title added: 'x'" in text
    assert "Credits used: 12.5" in text


def test_a_failure_is_announced_with_what_to_do_and_without_a_link() -> None:
    announcement = announcement_of(a_video(), a_turn(ended=FAILED, problem=PROBLEM), URL)
    assert announcement.subject == "Failed: kettle.png"
    assert announcement.advice == "Upload it again."
    assert "“a.png” is empty." in announcement.text
    assert "What to do: Upload it again." in announcement.text
    assert (announcement.watch_url, announcement.video) == (None, None)
    assert URL not in announcement.text


def test_a_question_is_announced_in_the_agents_words() -> None:
    announcement = announcement_of(a_video(WebAddress(url="https://example.com/a")), a_turn(ended=ASKED), URL)
    assert announcement.subject == "Your answer is needed: https://example.com/a"
    assert announcement.text.startswith("Which style?")


def test_a_problem_left_behind_is_no_advice_on_a_video_that_is_ready() -> None:
    announcement = announcement_of(a_video(), a_turn(problem=PROBLEM, **DONE), URL)
    assert announcement.advice is None
    assert PROBLEM.advice not in announcement.text


def _announce(store: MemoryStore, topic: RecordedTopic) -> Announcing:
    return announce(JOB, store=store, topic=topic, callbacks=RecordedCallbacks(), public_url=URL)


def test_an_end_is_announced_once_under_one_id() -> None:
    topic, store = RecordedTopic(), a_store(**DONE)
    for _ in range(2):
        assert _announce(store, topic).status is Status.READY
    assert [item.id for item in topic.published] == [f"{JOB.execution_name}-ready"]


def test_what_has_not_ended_is_not_announced() -> None:
    with pytest.raises(RuntimeError, match="has not ended"):
        _announce(a_store(), RecordedTopic())


@pytest.mark.parametrize(("problem", "told"), [(PROBLEM, PROBLEM), (None, INTERNAL)])
def test_a_turn_fails_for_the_reason_that_a_step_left(
    backend: Backend, problem: Problem | None, told: Problem
) -> None:
    store = a_store(problem=problem)
    record_failure(JOB, store=store, backend=backend.client)
    turn = store.turn(JOB)
    assert turn.problem == told
    assert turn.ended is not None
    assert (turn.ended.status, turn.ended.message) == (Status.FAILED, told.message)


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
    record_failure(JOB, store=store, backend=backend.client)
    assert len(backend.calls(CANCEL)) == cancelled
    assert store.turn(JOB).ended is not None


def test_a_video_that_is_ready_stays_so(backend: Backend) -> None:
    store = a_store(rendering=RENDERING, **DONE)
    record_failure(JOB, store=store, backend=backend.client)
    assert store.turn(JOB).ended == READY
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


def test_the_link_lives_as_long_as_the_mail_says() -> None:
    video = a_video().model_copy(update={"expires_at": NOW + timedelta(days=3)})
    assert "until 07 May 2026" in announcement_of(video, a_turn(**DONE), URL).text


@pytest.mark.parametrize("error", [TransportError("ReadError at 10.0.0.7"), ServerError("NullPointer (500)")])
def test_an_error_of_the_line_is_told_in_plain_words(error: NemoVideoError) -> None:
    problem = problem_of(error)
    assert str(error) not in problem.message
    assert problem.message.startswith("The ")
