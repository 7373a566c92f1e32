import json
from collections.abc import Callable
from datetime import datetime, timedelta

import httpx
import pytest

from backend.errors import ExportBlockedError
from tests.support.backend import Answer, Backend
from tests.support.builders import (
    CANCEL,
    DONE,
    EMPTY,
    NEW_RENDER,
    NOW,
    REF,
    RENDER,
    RENDERING,
    SESSION_ID,
    STATE,
    TIMELINE,
    Draft,
    a_store,
    draft,
    state_of,
)
from videos.model.errors import RenderError, VersionEndedError
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Ended, VersionPart
from videos.steps.render_attempts import (
    FIRST_POLL_SECONDS,
    GIVE_UP_SECONDS,
    LOST_AFTER_SECONDS,
    Polled,
    Started,
    poll_render,
    poll_wait,
    start_render,
)

SECOND = RENDERING.model_copy(update={"render_id": "render_2", "attempt": 2})


@pytest.fixture
def backend() -> Backend:
    backend = Backend()
    backend.on(STATE, Answer(state_of(DONE)))
    backend.on(NEW_RENDER, Answer({"code": 0, "data": {"status": "pending"}}))
    backend.on(CANCEL, Answer({"code": 0}))
    return backend


def _at(seconds: float) -> Callable[[], datetime]:
    return lambda: NOW + timedelta(seconds=seconds)


def _status(status: str, **more: object) -> Answer:
    return Answer({"status": status, **more})


def test_the_stable_draft_is_rendered_to_the_letter(backend: Backend) -> None:
    store = a_store(timeline=TIMELINE)
    started = start_render(REF, store=store, backend=backend.client, clock=_at(0))
    assert started == Started(verdict="started", wait_seconds=FIRST_POLL_SECONDS)
    rendering = store.version(REF).rendering
    assert rendering is not None
    assert json.loads(backend.calls(NEW_RENDER)[0].content) == {
        "id": rendering.render_id,
        "sessionId": SESSION_ID,
        "draft": DONE,
        "output": {"format": "mp4", "quality": "high"},
    }
    assert (rendering.attempt, rendering.asked_at, rendering.answered) == (1, NOW, True)
    assert rendering.render_id.startswith("render_")


@pytest.mark.parametrize("now", [EMPTY, draft(0, 1, 7, milliseconds=9000)])
def test_a_draft_that_changed_since_it_was_stable_goes_back(backend: Backend, now: Draft) -> None:
    backend.on(STATE, Answer(state_of(now)))
    store = a_store(timeline=TIMELINE)
    assert start_render(REF, store=store, backend=backend.client).verdict == "unstable"
    assert backend.calls(NEW_RENDER) == []
    assert store.version(REF).rendering is None
    assert store.version(REF).timeline is None, "it is waited for again"


def test_the_id_is_stored_before_it_is_asked_for(backend: Backend) -> None:
    backend.on(NEW_RENDER, httpx.ReadError("gone"))
    backend.on(RENDER, Answer({}, status=404))
    store = a_store(timeline=TIMELINE)
    assert start_render(REF, store=store, backend=backend.client).verdict == "unstable"
    assert store.version(REF).rendering is not None


def test_starting_again_asks_for_the_same_render(backend: Backend) -> None:
    store = a_store(timeline=TIMELINE)
    for seconds in (0, 60):
        start_render(REF, store=store, backend=backend.client, clock=_at(seconds))
    ids = [json.loads(request.content)["id"] for request in backend.calls(NEW_RENDER)]
    assert len(ids) == 2
    assert len(set(ids)) == 1


def test_a_failed_render_is_tried_again_under_a_new_id(backend: Backend) -> None:
    failed = RENDERING.model_copy(update={"failed": True})
    store = a_store(timeline=TIMELINE, rendering=failed)
    start_render(REF, store=store, backend=backend.client, clock=_at(60))
    rendering = store.version(REF).rendering
    assert rendering is not None
    assert (rendering.attempt, rendering.failed) == (2, False)
    assert rendering.render_id != failed.render_id


@pytest.mark.parametrize(
    ("status", "stopped"), [("pending", 1), ("processing", 1), ("completed", 0), ("failed", 0)]
)
def test_a_render_asked_for_while_the_version_was_cancelled_is_stopped_if_it_runs(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, status: str, stopped: int
) -> None:
    backend.on(RENDER, _status(status))
    store = a_store(timeline=TIMELINE)
    write = store.write

    def cancelled_meanwhile(ref: VersionRef, part: VersionPart) -> None:
        write(ref, part)
        store.end(REF, Ended(status=Status.CANCELLED, at=NOW, message="Cancelled."))

    monkeypatch.setattr(store, "write", cancelled_meanwhile)
    start_render(REF, store=store, backend=backend.client)
    rendering = store.version(REF).rendering
    assert rendering is not None
    cancelled = [request.url.path for request in backend.calls(CANCEL)]
    assert cancelled == [f"/api/render/proxy/lambda/{rendering.render_id}/cancel"] * stopped


@pytest.mark.parametrize("step", [start_render, poll_render])
def test_after_the_end_nothing_is_rendered(backend: Backend, step: Callable[..., object]) -> None:
    ended = Ended(status=Status.CANCELLED, at=NOW, message="Cancelled.")
    store = a_store(timeline=TIMELINE, rendering=RENDERING, ended=ended)
    with pytest.raises(VersionEndedError):
        step(REF, store=store, backend=backend.client)
    assert backend.requests == []


def test_a_plan_without_exports_ends_it(backend: Backend) -> None:
    backend.on(NEW_RENDER, Answer({"message": "upgrade"}, status=402))
    with pytest.raises(ExportBlockedError):
        start_render(REF, store=a_store(timeline=TIMELINE), backend=backend.client)


@pytest.mark.parametrize(
    ("answer", "seconds", "polled"),
    [
        (_status("completed", output={"url": "https://cdn.example/v.mp4"}), 60, Polled(verdict="completed")),
        (_status("completed"), GIVE_UP_SECONDS + 1, Polled(verdict="completed")),
        (_status("pending"), 5, Polled(verdict="running", wait_seconds=5)),
        (_status("processing", progress=40), 31, Polled(verdict="running", wait_seconds=2)),
        (_status("processing"), GIVE_UP_SECONDS, Polled(verdict="running", wait_seconds=30)),
        (_status("failed", error="out of memory"), 40, Polled(verdict="failed")),
        (_status("processing"), GIVE_UP_SECONDS + 1, Polled(verdict="failed")),
    ],
)
def test_first_attempt(backend: Backend, answer: Answer, seconds: int, polled: Polled) -> None:
    backend.on(RENDER, answer)
    store = a_store(timeline=TIMELINE, rendering=RENDERING)
    assert poll_render(REF, store=store, backend=backend.client, clock=_at(seconds)) == polled
    rendering = store.version(REF).rendering
    assert rendering is not None
    assert rendering.failed is (polled.verdict == "failed")


@pytest.mark.parametrize(
    ("answer", "seconds", "reason"),
    [
        (_status("failed", error={"message": "out of memory"}), 40, "out of memory"),
        (_status("failed"), 40, "no reason given"),
        (_status("processing"), GIVE_UP_SECONDS + 1, "did not finish within 30 minutes"),
    ],
)
def test_the_second_failure_is_the_last(backend: Backend, answer: Answer, seconds: int, reason: str) -> None:
    backend.on(RENDER, answer)
    store = a_store(timeline=TIMELINE, rendering=SECOND)
    with pytest.raises(RenderError, match=reason) as caught:
        poll_render(REF, store=store, backend=backend.client, clock=_at(seconds))
    assert "2 times" in str(caught.value)
    assert caught.value.problem.advice


def test_a_damaged_file_is_uploaded_again_rather_than_made_smaller(backend: Backend) -> None:
    said = "“a.mp4” cannot be used: it is damaged. Upload it again."
    backend.on(RENDER, _status("failed", error={"message": said}))
    store = a_store(timeline=TIMELINE, rendering=SECOND)
    with pytest.raises(RenderError) as caught:
        poll_render(REF, store=store, backend=backend.client, clock=_at(40))
    assert str(caught.value).endswith("Upload it again.")
    assert "start a new video with it" in caught.value.problem.advice


def test_a_stuck_render_is_cancelled(backend: Backend) -> None:
    backend.on(RENDER, _status("processing"))
    store = a_store(timeline=TIMELINE, rendering=RENDERING)
    poll_render(REF, store=store, backend=backend.client, clock=_at(GIVE_UP_SECONDS + 1))
    assert len(backend.calls(CANCEL)) == 1


OF_THE_DRAFT_BEFORE = RENDERING.model_copy(update={"draft": "of the draft before"})


@pytest.mark.parametrize(("status", "cancelled"), [("processing", 1), ("completed", 0), ("failed", 0)])
def test_a_render_of_a_draft_that_was_replaced_is_stopped_and_another_one_started(
    backend: Backend, status: str, cancelled: int
) -> None:
    backend.on(RENDER, _status(status))
    store = a_store(timeline=TIMELINE, rendering=OF_THE_DRAFT_BEFORE)
    assert start_render(REF, store=store, backend=backend.client).verdict == "started"
    rendering = store.version(REF).rendering
    assert rendering is not None
    assert (rendering.draft, rendering.attempt) == (TIMELINE.fingerprint, 1)
    assert len(backend.calls(CANCEL)) == cancelled


@pytest.mark.parametrize("unheard", [RENDER, CANCEL])
def test_two_renders_never_run_at_once(backend: Backend, unheard: str) -> None:
    """As long as the end of the first one is not certain, the other one waits."""
    backend.on(RENDER, _status("processing"))
    backend.on(unheard, Answer({}, status=503))
    store = a_store(timeline=TIMELINE, rendering=OF_THE_DRAFT_BEFORE)
    started = start_render(REF, store=store, backend=backend.client)
    assert (started.verdict, started.wait_seconds) == ("unstable", 5)
    assert backend.calls(NEW_RENDER) == []
    assert store.version(REF).rendering == OF_THE_DRAFT_BEFORE

    backend.on(RENDER, Answer({}, status=404))
    assert start_render(REF, store=store, backend=backend.client).verdict == "started"


def test_a_render_that_never_arrived_is_asked_for_at_the_next_poll(backend: Backend) -> None:
    backend.on(RENDER, Answer({}, status=404))
    store = a_store(timeline=TIMELINE, rendering=RENDERING.model_copy(update={"answered": False}))
    assert poll_render(REF, store=store, backend=backend.client, clock=_at(20)).verdict == "failed"


def test_a_render_that_is_unknown_for_long_is_asked_for_once_more(backend: Backend) -> None:
    backend.on(RENDER, Answer({}, status=404))
    store = a_store(timeline=TIMELINE, rendering=RENDERING)
    polls = [poll_render(REF, store=store, backend=backend.client, clock=_at(20)) for _ in range(7)]
    assert [poll.verdict for poll in polls] == ["running"] * 6 + ["failed"]
    assert sum(poll.wait_seconds for poll in polls) == LOST_AFTER_SECONDS
    start_render(REF, store=store, backend=backend.client, clock=_at(200))
    rendering = store.version(REF).rendering
    assert rendering is not None
    assert (rendering.render_id, rendering.attempt) == (RENDERING.render_id, 1)
    again = poll_render(REF, store=store, backend=backend.client, clock=_at(220))
    assert (again.verdict, again.wait_seconds) == ("running", LOST_AFTER_SECONDS)


@pytest.mark.parametrize(("progress", "shown"), [(0, 65), (50, 80), (100, 95), (250, 95), (None, 65)])
def test_progress_is_shown_as_a_share_of_the_whole(
    backend: Backend, progress: float | None, shown: int
) -> None:
    backend.on(RENDER, _status("processing", progress=progress))
    store = a_store(rendering=RENDERING)
    poll_render(REF, store=store, backend=backend.client, clock=_at(20))
    video = store.video(REF.video_id)
    assert (video.stage, video.progress) == (Stage.RENDERING, shown)


def test_polls_are_few_early_close_when_it_may_be_done_and_wider_later() -> None:
    polls, elapsed = [], 0
    while elapsed <= GIVE_UP_SECONDS:
        elapsed += poll_wait(elapsed)
        polls.append(elapsed)
    noticed = [min(poll for poll in polls if poll >= done) - done for done in range(30, 91)]
    assert max(noticed) <= 2
    assert len([poll for poll in polls if poll < 90]) <= 40
    assert len(polls) <= 150


def test_progress_that_was_told_is_not_written_again(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.on(RENDER, _status("processing", progress=50))
    store = a_store(rendering=RENDERING)
    poll_render(REF, store=store, backend=backend.client, clock=_at(20))
    monkeypatch.setattr(store, "report", None)
    poll_render(REF, store=store, backend=backend.client, clock=_at(22))
    assert store.video(REF.video_id).progress == 80


def test_what_was_not_started_is_not_polled(backend: Backend) -> None:
    with pytest.raises(RuntimeError, match="starts one first"):
        poll_render(REF, store=a_store(), backend=backend.client)
