"""After the payment nothing but the video service's final word ends a video early."""

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any, BinaryIO, Literal, Protocol

import httpx
import pytest

from backend.errors import ExportBlockedError, OutOfCreditsError, SessionNotFoundError
from tests.support.backend import Answer, Backend
from tests.support.builders import (
    CREDITS,
    DONE,
    DOWNLOAD,
    NEW_RENDER,
    NOW,
    REF,
    RENDER,
    RENDERING,
    SENDING,
    STATE,
    TIMELINE,
    a_reply,
    a_store,
    state_of,
)
from tests.support.memory import MemoryStorage, MemoryStore, costs_of
from videos.model.errors import VideoError
from videos.model.records import Status
from videos.steps.outages import LONGEST_WAIT, PATIENCE, Call
from videos.steps.render_attempts import LOST_AFTER_SECONDS, poll_render, start_render
from videos.steps.stabilize import stabilize
from videos.steps.store_result import VideoFacts, deliver

CDN, FRESH = "GET /v/1.mp4", "GET /v/2.mp4"
MP4 = b"the finished video" * 100
V3 = '<draft fps="30" width="1080" height="1920" duration="8000"><track id="1" type="video"/></draft>'

Odd = Answer | httpx.TransportError


class Verdict(Protocol):
    @property
    def verdict(self) -> str: ...
    @property
    def wait_seconds(self) -> int: ...
    @property
    def because(self) -> str: ...


def _page(status: int = 200) -> Answer:
    return Answer(b"<html>Just a moment</html>", status, {"Content-Type": "text/html"})


ODD: dict[str, Odd] = {
    "unknown code": Answer({"code": 7777, "message": "?"}),
    "system busy": Answer({"code": 5003, "message": "系统繁忙"}),
    "broken JSON": Answer(b'{"code": 0, "data": {'),
    "an array": Answer(b"[]"),
    "a page": _page(),
    "a page under 403": _page(403),
    "a page under 404": _page(404),
    "a redirect": Answer({}, 302, {"Location": "https://elsewhere.example/"}),
    "418": Answer({"message": "teapot"}, 418),
    "429": Answer({}, 429),
    "500": Answer({}, 500),
    "503 with Retry-After": Answer({}, 503, {"Retry-After": "1"}),
    "a rejected token": Answer({"code": 1001, "message": "expired"}),
    "reset": httpx.ReadError("reset"),
    "timeout": httpx.ReadTimeout("late"),
    "no connection": httpx.ConnectError("no"),
}
ODD_STATES: dict[str, Odd] = ODD | {
    "empty": Answer({}),
    "no data": Answer({"code": 0}),
    "no state": Answer({"code": 0, "data": {}}),
    "no such session, without the code for it": Answer({}, 404),
    "a draft as text": Answer({"data": {"state": {"draft": "soon"}}}),
    "a draft as a list": Answer({"data": {"state": {"draft": [1, 2]}}}),
    "a draft as a number": Answer({"data": {"state": {"draft": 7}}}),
    "no draft": Answer({"data": {"state": {"draft": None}}}),
}
ODD_STATUSES: dict[str, Odd] = ODD | {
    "empty": Answer({}),
    "404": Answer({"code": 404, "message": "no such render"}, 404),
    "an unknown status": Answer({"status": "dreaming"}),
    "queued": Answer({"status": "QUEUED"}),
    "403": Answer({"message": "not yours"}, 403),
}


# A file is not read as JSON, and a redirect to it is followed.
ODD_FILES = {
    name: odd for name, odd in ODD.items() if (isinstance(odd, httpx.TransportError) or odd.status >= 400)
}


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the client repeats at once is not the matter here."""
    monkeypatch.setattr("nemovideo.transport._repeatedly", lambda _on, call, *args: call(*args))
    monkeypatch.setattr("nemovideo.download.RESUME_PAUSES", ())


@pytest.fixture
def backend() -> Backend:
    backend = Backend()
    backend.on(STATE, Answer(state_of(DONE)))
    backend.on(CREDITS, Answer({"data": {"available": 0}}))
    backend.on(NEW_RENDER, Answer({"data": {"status": "pending"}}))
    backend.on(RENDER, Answer({"status": "completed", "output": {"url": "https://cdn.example/v/1.mp4"}}))
    backend.on(CDN, Answer(MP4))
    backend.on(DOWNLOAD, Answer({"message": "no such path"}, 404))
    return backend


def _examine(file: BinaryIO) -> VideoFacts:
    assert file.read() == MP4
    return VideoFacts(8000, 1080, 1920, "h264", "aac", b"jpeg")


def _stabilize(store: MemoryStore, backend: Backend) -> Verdict:
    return stabilize(
        REF, store=store, backend=backend.client, costs=costs_of(store, backend.client), clock=lambda: NOW
    )


def _start(store: MemoryStore, backend: Backend) -> Verdict:
    if store.version(REF).timeline is None:  # as the Render step does, after a draft that changed
        return _stabilize(store, backend)
    return start_render(REF, store=store, backend=backend.client, clock=lambda: NOW)


def _poll(store: MemoryStore, backend: Backend) -> Verdict:
    return poll_render(REF, store=store, backend=backend.client, clock=lambda: NOW + timedelta(seconds=30))


def _deliver(store: MemoryStore, backend: Backend) -> Verdict:
    return deliver(
        REF,
        store=store,
        storage=MemoryStorage(),
        backend=backend.client,
        costs=costs_of(store, backend.client),
        examine=_examine,
    )


Step = Callable[[MemoryStore, Backend], Verdict]
STEPS: tuple[tuple[str, Step, str, dict[str, Odd], str], ...] = (
    ("stabilize", _stabilize, STATE, ODD_STATES, "stable"),
    ("read the draft again", _start, STATE, ODD_STATES, "started"),
    ("start", _start, NEW_RENDER, ODD, "started"),
    ("poll", _poll, RENDER, ODD_STATUSES, "completed"),
    ("deliver: status", _deliver, RENDER, ODD_STATUSES, "delivered"),
    ("deliver: file", _deliver, CDN, ODD_FILES, "delivered"),
)
CASES = [
    pytest.param(step, call, odd, good, id=f"{name}: {kind}")
    for name, step, call, odds, good in STEPS
    for kind, odd in odds.items()
]


def _paid(**parts: Any) -> MemoryStore:  # noqa: ANN401 - whatever a version has
    return a_store(
        **({"send_lock": SENDING, "reply": a_reply(), "timeline": TIMELINE, "rendering": RENDERING} | parts)
    )


def _taken(step: Step, store: MemoryStore, backend: Backend) -> Verdict | None:
    """What the step answers; None once it gives up."""
    with suppress(VideoError):
        return step(store, backend)
    return None


def _until(step: Step, store: MemoryStore, backend: Backend, good: str) -> list[int]:
    """Take the step until it has the verdict; the waits on the way there."""
    waits: list[int] = []
    while (seen := step(store, backend)).verdict != good:
        waits.append(seen.wait_seconds)
        assert len(waits) < 50
    return waits


@pytest.mark.parametrize(("step", "call", "odd", "good"), CASES)
def test_an_odd_answer_seen_once_ends_nothing(
    backend: Backend, step: Step, call: str, odd: Odd, good: str
) -> None:
    usual = backend.answers(call)
    backend.on(call, odd, *usual)
    # The status is asked for after an unclear start, too.
    store = _paid(**({"rendering": None} if good == "started" else {}))
    if good == "started" and call == NEW_RENDER:
        backend.on(RENDER, Answer({}, 404))
    waits = _until(step, store, backend, good)
    assert sum(waits) <= 15
    assert store.version(REF).problem is None


@pytest.mark.parametrize(
    ("step", "call", "good"),
    [
        (_stabilize, STATE, "stable"),
        (_start, NEW_RENDER, "started"),
        (_poll, RENDER, "completed"),
        (_deliver, CDN, "delivered"),
    ],
)
@pytest.mark.parametrize(
    "odd", [Answer({}, 503), _page(403), httpx.ConnectError("no")], ids=["503", "page", "down"]
)
def test_an_outage_of_an_hour_ends_nothing(
    backend: Backend, step: Step, call: str, good: str, odd: Odd
) -> None:
    store, passed, usual = _paid(), 0, backend.answers(call)
    if call == NEW_RENDER:
        backend.on(RENDER, Answer({}, 404))
    while True:
        backend.on(call, *([odd] if passed < 3600 else usual))
        seen = step(store, backend)
        if seen.verdict == good:
            break
        passed += seen.wait_seconds
    assert passed < 3600 + LONGEST_WAIT


@pytest.mark.parametrize(
    ("step", "call"), [(_stabilize, STATE), (_start, NEW_RENDER), (_poll, RENDER), (_deliver, CDN)]
)
def test_an_outage_without_end_is_given_up_after_few_questions(
    backend: Backend, step: Step, call: str
) -> None:
    backend.on(call, Answer({}, 503))
    backend.on(DOWNLOAD, Answer({}, 404))
    if call == NEW_RENDER:
        backend.on(RENDER, Answer({}, 404))
    store, waits = _paid(), list[int]()
    while (seen := _taken(step, store, backend)) is not None:
        assert seen.because
        waits.append(seen.wait_seconds)
    with pytest.raises(VideoError) as caught:
        step(store, backend)
    assert caught.value.problem.code == "backend_unavailable"
    assert PATIENCE <= sum(waits) <= PATIENCE + LONGEST_WAIT
    assert len(waits) <= 16
    assert waits[:5] == [5, 5, 10, 20, 40]


@pytest.mark.parametrize(
    ("step", "call", "answer", "kind"),
    [
        (_stabilize, STATE, Answer({"code": 1002}), SessionNotFoundError),
        (_start, STATE, Answer({"code": 1002}), SessionNotFoundError),
        (_start, NEW_RENDER, Answer({"code": 1002}), SessionNotFoundError),
        (_start, NEW_RENDER, Answer({"code": 2001}), OutOfCreditsError),
        (_start, NEW_RENDER, Answer({"message": "upgrade"}, 402), ExportBlockedError),
        (_start, NEW_RENDER, Answer({"message": "no scope"}, 403), ExportBlockedError),
        (_poll, RENDER, Answer({"code": 402}), ExportBlockedError),
    ],
)
def test_the_final_word_ends_it_at_once(
    backend: Backend, step: Step, call: str, answer: Answer, kind: type[Exception]
) -> None:
    backend.on(call, answer)
    with pytest.raises(kind):
        step(_paid(), backend)


def test_a_render_that_never_arrived_is_asked_for_again_under_the_same_id(backend: Backend) -> None:
    backend.on(RENDER, Answer({}, 404))
    store, waited = _paid(), 0
    while (seen := _poll(store, backend)).verdict == "running":
        waited += seen.wait_seconds
    assert (seen.verdict, waited) == ("failed", LOST_AFTER_SECONDS)
    _start(store, backend)
    (request,) = backend.calls(NEW_RENDER)
    assert json.loads(request.content)["id"] == RENDERING.render_id
    assert _poll(store, backend).verdict == "running"
    (again,) = backend.calls(NEW_RENDER)
    assert again == request


def test_an_id_of_the_servers_own_is_used_from_then_on(backend: Backend) -> None:
    backend.on(NEW_RENDER, Answer({"data": {"id": "srv-77", "status": "queued"}}))
    store = _paid(rendering=None)
    assert _start(store, backend).verdict == "started"
    rendering = store.version(REF).rendering
    assert rendering is not None
    assert (rendering.known_as, rendering.render_id[:7]) == ("srv-77", "render_")
    _poll(store, backend)
    backend.on(CDN, Answer({}, 404))
    backend.on(DOWNLOAD, Answer(MP4, headers={"Content-Type": "video/mp4"}))
    _deliver(store, backend)
    asked = {
        request.url.path.split("/")[-1 if "lambda" in request.url.path else -2]
        for request in backend.requests
        if request.method == "GET" and "render" in request.url.path
    }
    assert asked == {"srv-77"}


def test_completed_that_flips_back_is_waited_for(backend: Backend) -> None:
    backend.on(CDN, Answer({}, 404), Answer(MP4))
    store = _paid()
    assert _deliver(store, backend).verdict == "wait"
    backend.on(RENDER, Answer({"status": "processing"}))
    assert _poll(store, backend).verdict == "running"
    backend.on(RENDER, Answer({"status": "completed", "output": {"url": "https://cdn.example/v/1.mp4"}}))
    assert _deliver(store, backend).verdict == "delivered"


def test_an_expired_address_is_replaced_by_the_fresh_one(backend: Backend) -> None:
    def at(name: str) -> Answer:
        return Answer({"status": "completed", "output": {"url": f"https://cdn.example/v/{name}.mp4"}})

    backend.on(RENDER, at("1"), at("2"))
    backend.on(CDN, Answer({}, 403))
    backend.on(FRESH, Answer(MP4))
    assert _deliver(_paid(), backend).verdict == "delivered"
    assert backend.calls(DOWNLOAD) == []


Source = Literal["address", "fallback"]


@pytest.mark.parametrize("passing", ["address", "fallback"])
def test_an_error_that_may_pass_is_not_hidden_by_the_other_source(backend: Backend, passing: Source) -> None:
    backend.on(CDN, Answer({}, 503 if passing == "address" else 404))
    backend.on(DOWNLOAD, Answer({}, 503 if passing == "fallback" else 404))
    seen = _deliver(_paid(), backend)
    assert (seen.verdict, "could not serve" in seen.because or "HTTP 503" in seen.because) == ("wait", True)


def test_sources_on_the_backends_disk_are_replaced_before_a_render(backend: Backend) -> None:
    def with_src(src: str) -> dict[str, object]:
        return {"t": [{"tt": 0, "sg": [{"s": 0, "d": 8000, "m": {"src": src}}]}]}

    draft, files = with_src("/mnt/userdata/u1/a.mp4"), [{"s3_key": "u1/a.mp4", "cdn_url": "https://cdn/a"}]
    backend.on(STATE, Answer({"data": {"state": {"draft": draft, "files:user": files}}}))
    store = _paid(timeline=None, rendering=None)
    while _stabilize(store, backend).verdict != "stable":
        pass
    assert _start(store, backend).verdict == "started"
    (request,) = backend.calls(NEW_RENDER)
    assert json.loads(request.content)["draft"] == with_src("https://cdn/a")


def test_a_draft_of_version_3_is_named(backend: Backend) -> None:
    backend.on(STATE, Answer({"data": {"state": {"draft": V3}}}))
    store = _paid(timeline=None, rendering=None)
    while _taken(_stabilize, store, backend) is not None:
        pass
    with pytest.raises(VideoError, match="Draft V3") as caught:
        _stabilize(store, backend)
    assert caught.value.problem.code == "unsupported_draft"


def test_an_empty_read_after_many_others_ends_nothing(backend: Backend) -> None:
    backend.on(
        STATE, *[Answer(state_of(DONE))], Answer({"data": {"state": {"draft": None}}}), Answer(state_of(DONE))
    )
    store = _paid(timeline=None, rendering=None, draft_reads={"fingerprint": "other", "reads": 30})
    _until(_stabilize, store, backend, "stable")


@pytest.mark.parametrize(
    "title",
    ["Half \ud83c a pair", "\x00 nul", "x" * 500_000, "漢" * 500_000],
    ids=["surrogate", "nul", "long", "wide"],
)
def test_any_title_can_be_stored(backend: Backend, title: str) -> None:
    draft = DONE | {"t": [{"tt": 7, "sg": [{"s": 0, "d": 8000, "m": {"text": title}}]}]}
    backend.on(STATE, Answer(json.dumps({"data": {"state": {"draft": draft}}}).encode()))
    store = _paid(timeline=None, rendering=None)
    _until(_stabilize, store, backend, "stable")
    timeline = store.version(REF).timeline
    assert timeline is not None
    assert len(timeline.model_dump_json().encode()) < 100_000


def test_every_call_has_a_patience_of_its_own() -> None:
    store = _paid()
    version = store.version(REF)
    assert (version.outage, set(Call)) == (None, {"state", "start", "status", "download"})
    assert version.ended is None or version.ended.status is not Status.FAILED
