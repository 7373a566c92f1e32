"""The steps of the workflow and the worker of the generation queue, each fed as AWS feeds it."""

import importlib
import io
import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import httpx
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from backend.draft import fingerprint
from handlers import wiring
from handlers.queues import send_instruction
from handlers.queues.send_instruction import LONGEST_VISIBILITY
from handlers.workflow.step import TransientError, logger
from safe_http.client import probe
from tests.events.payloads import Event, event
from tests.support.backend import TOKEN, Answer, stream
from tests.support.builders import (
    CREDITS,
    DONE,
    DROP,
    EMPTY,
    MESSAGE,
    NEW_RENDER,
    NOW,
    PHOTO,
    REF,
    RENDER,
    RENDERING,
    SENDING,
    SESSION_ID,
    STATE,
    TIMELINE,
    a_reply,
    a_version,
    a_video,
    draft,
    state_of,
)
from tests.support.media import Film, picture
from tests.support.versioned_inbox import VersionedInbox
from tests.unit.handlers.conftest import World
from videos.model.errors import INTERNAL
from videos.model.failure_codes import FailureCode
from videos.model.media import WebAddress
from videos.model.records import Problem, Stage, Status
from videos.model.version import DraftReads, Ended, Reservation, SendOutcome
from videos.model.video import HistoryEntry
from videos.spending.fairness import message_group
from videos.steps.generate import begin_render
from videos.steps.render import render
from videos.steps.render_attempts import FIRST_POLL_SECONDS
from videos.steps.short_polling import SHORT_POLL_SECONDS

OPEN = "POST /api/tasks/me/with-session/nemo_agent"
UPLOAD = f"POST /api/upload-video/nemo_agent/me/{SESSION_ID}"
STEP_INPUT = event("step_input") | {"video_id": REF.video_id}

Handler = Callable[[Event, LambdaContext], Event]


@pytest.mark.parametrize("url", ["http://xn--/", "https://shop.xn--a.example/kettle"])
def test_a_dropped_address_that_is_no_name_ends_the_version_in_one_step(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr("safe_http.client.probe", probe)  # the real one: it is refused before any connection
    changes = {"dropped": DROP, "media": (WebAddress(url=url),), "uploaded": None}
    world.store.create(a_video().model_copy(update=changes), a_version())
    assert _handler("prepare")(STEP_INPUT, context) == FINISH
    problem = world.store.version(REF).problem
    assert problem is not None
    assert problem.code == "unusable_url"


def _handler(name: str) -> Handler:
    handler: Handler = importlib.import_module(f"handlers.workflow.{name}").handler
    return handler


@pytest.fixture(autouse=True)
def _working_backend(world: World) -> None:
    world.inbox.bodies[PHOTO.key] = picture("PNG")
    for call, answer in {
        OPEN: Answer({"data": {"session_id": SESSION_ID}}),
        UPLOAD: Answer({"data": {"files": [{"cdn_url": "https://cdn.example/1"}]}}),
        STATE: Answer(state_of(DONE)),
        CREDITS: Answer({"data": {"available": 100}}),
        MESSAGE: stream('{"type": "text", "content": "Here it is."}'),
        NEW_RENDER: Answer({"data": {"status": "pending"}}),
        RENDER: Answer({"status": "completed", "output": {"url": "https://cdn.example/v/1.mp4"}}),
        "GET /v/1.mp4": Answer(Film(seconds=8).encoded()),
    }.items():
        world.backend.on(call, answer)


def _known(world: World, **parts: object) -> None:
    world.store.create(a_video(), a_version(**parts))


READY = Ended(status=Status.READY, at=NOW, message="The video is ready.")
RESERVATION = Reservation(at=NOW, credits=100, budgets=("stack#2026-05-04",))

FINISH = {"next": "finish", "wait_seconds": 0}


def _finished(code: str = "", message: str = "", *, is_failed: bool = False) -> Event:
    return {"next": "failed" if is_failed else "done", "wait_seconds": 0, "code": code, "message": message}


GROUP = message_group(a_video().owner)
SENT: dict[str, Any] = {"send_lock": SENDING, "reply": a_reply()}
STEPS: list[tuple[str, dict[str, Any], Event, Stage]] = [
    ("prepare", {}, {"next": "generate", "wait_seconds": 0, "message_group": GROUP}, Stage.UPLOADING),
    (
        "render",
        SENT | {"stabilizing": DraftReads(fingerprint=TIMELINE.fingerprint)},
        {"next": "wait_for_render", "wait_seconds": FIRST_POLL_SECONDS},
        Stage.RENDERING,
    ),
    (
        "render",
        SENT | {"timeline": TIMELINE},
        {"next": "wait_for_render", "wait_seconds": FIRST_POLL_SECONDS},
        Stage.RENDERING,
    ),
    (
        "render",
        SENT | {"timeline": TIMELINE, "rendering": RENDERING},
        {"next": "deliver", "wait_seconds": 0},
        Stage.QUEUED,
    ),
    ("deliver", {"rendering": RENDERING, "timeline": TIMELINE}, FINISH, Stage.ENDED),
    ("finish", {}, _finished(INTERNAL.code, INTERNAL.message, is_failed=True), Stage.ENDED),
    ("finish", {"ended": READY, "reservation": RESERVATION}, _finished(), Stage.QUEUED),
]


@pytest.mark.parametrize("step", STEPS, ids=[f"{step[0]}-{step[3]}" for step in STEPS])
def test_a_step_does_its_work_and_answers_no_more_than_the_workflow_needs(
    world: World, context: LambdaContext, step: tuple[str, dict[str, Any], Event, Stage]
) -> None:
    name, parts, output, stage = step
    video = a_video()
    if name == "prepare":
        video = video.model_copy(update={"backend_session": None, "uploaded": None})
    world.store.create(video, a_version(**parts))
    assert _handler(name)(STEP_INPUT, context) == output
    assert world.store.video(REF.video_id).stage is stage


def test_a_problem_is_left_with_the_version_and_answered(world: World, context: LambdaContext) -> None:
    world.inbox.bodies[PHOTO.key] = b""
    world.store.create(a_video().model_copy(update={"uploaded": None}), a_version())
    assert _handler("prepare")(STEP_INPUT, context) == FINISH
    problem = world.store.version(REF).problem
    assert problem is not None
    assert problem.code == "empty_file"


def test_an_error_of_the_backend_is_left_as_a_problem(world: World, context: LambdaContext) -> None:
    world.backend.on(STATE, Answer({"code": 1002, "message": "no such session"}))
    _known(world, timeline=TIMELINE)
    assert _handler("render")(STEP_INPUT, context) == FINISH
    problem = world.store.version(REF).problem
    assert problem is not None
    assert problem.advice


def test_an_error_of_the_backend_that_may_pass_is_the_problem_of_a_version_once_it_is_given_up(
    world: World, context: LambdaContext
) -> None:
    world.backend.on(OPEN, Answer({}, status=503))
    world.store.create(a_video().model_copy(update={"backend_session": None, "uploaded": None}), a_version())
    with pytest.raises(TransientError) as raised:
        _handler("prepare")(STEP_INPUT, context)
    assert world.store.version(REF).problem is None
    _handler("finish")(STEP_INPUT | {"before": _caught(raised.value)}, context)
    problem = world.store.version(REF).problem
    assert problem is not None
    assert problem.code == "backend_unavailable"
    assert problem.advice


def _caught(error: Exception) -> Event:
    """What Step Functions makes of an error of a function's."""
    told = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}
    return {"Error": type(error).__name__, "Cause": json.dumps(told)}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"before": {}},
        {"before": {"Error": "States.Timeout"}},
        {"before": {"Error": "Lambda.Unknown", "Cause": "The function ran out of memory."}},
        {"before": {"Error": "Sandbox.Timedout", "Cause": "[]"}},
        {"before": {"Error": "Cancelled", "Cause": '{"message": "Its owner cancelled it."}'}},
        {"before": _caught(KeyError("oops"))},
        {"before": _caught(ValueError('{"code": "no problem"}'))},
    ],
    ids=lambda given: str(given.get("before", {}).get("Error")),
)
def test_of_any_other_error_no_more_is_told_than_that_it_was_one(
    world: World, context: LambdaContext, given: Event
) -> None:
    _known(world)
    _handler("finish")(STEP_INPUT | given, context)
    assert world.store.version(REF).problem == INTERNAL


def test_an_input_that_names_no_version_is_an_error(world: World, context: LambdaContext) -> None:
    with pytest.raises(ValidationError):
        _handler("prepare")({"video_id": REF.video_id}, context)
    assert world.backend.requests == []


@pytest.mark.parametrize("status", [Status.READY, Status.FAILED, Status.NEEDS_ANSWER])
def test_an_end_is_announced_and_counted(
    world: World, context: LambdaContext, capsys: pytest.CaptureFixture[str], status: Status
) -> None:
    history = (
        HistoryEntry(at=NOW - timedelta(seconds=9), stage=Stage.QUEUED, message="Accepted."),
        HistoryEntry(at=NOW - timedelta(seconds=7), stage=Stage.RENDERING, message="Rendering."),
        HistoryEntry(at=NOW, stage=Stage.ENDED, message="Over."),
    )
    begun = {"created_at": history[0].at, "ended": READY.model_copy(update={"status": status})}
    world.store.create(a_video().model_copy(update={"history": history}), a_version(**begun))
    problem = Problem(code=FailureCode.AGENT_ERROR, message="It refused.", advice="Ask otherwise.")
    world.store.write(REF, problem)
    told = (problem.code, problem.message) if status is Status.FAILED else ("", "")
    is_failed = status is Status.FAILED
    assert _handler("finish")(STEP_INPUT, context) == _finished(*told, is_failed=is_failed)
    # A step that is repeated announces nothing again, and counts nothing twice.
    assert _handler("finish")(STEP_INPUT, context) == _finished(*told, is_failed=is_failed)
    assert [item.status for item in world.topic.published] == [status]
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert all(item["video_id"] == REF.video_id for item in counted), "each joins the video's other lines"
    ends = [(item["VideosEnded"], item["status"]) for item in counted if "VideosEnded" in item]
    assert ends == [([1.0], status)]
    failures = [item["VideosFailed"] for item in counted if "VideosFailed" in item]
    assert failures == [[float(status is Status.FAILED)]]
    stages = {item["stage"] for item in counted if "StageSeconds" in item}
    assert stages == {Stage.QUEUED, Stage.RENDERING}


@pytest.mark.parametrize("step", STEPS, ids=[f"{step[0]}-{step[3]}" for step in STEPS])
def test_whatever_a_step_logs_bears_the_id_of_its_video(
    world: World,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    step: tuple[str, dict[str, Any], Event, Stage],
) -> None:
    name, parts, _, _ = step
    log = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    _known(world, **parts)
    _handler(name)(STEP_INPUT, context)
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert lines
    assert {line["video_id"] for line in lines} == {REF.video_id}


@pytest.mark.parametrize(("body", "level"), [(b"", "WARNING"), (None, "ERROR")], ids=["refused", "broken"])
def test_why_a_step_failed_bears_the_id_too(
    world: World,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    body: bytes | None,
    level: str,
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    monkeypatch.setitem(world.inbox.bodies, PHOTO.key, body)
    world.store.create(a_video().model_copy(update={"uploaded": None}), a_version())
    with pytest.raises(TypeError) if body is None else nullcontext():
        _handler("prepare")(STEP_INPUT, context)
    line = json.loads(log.getvalue().splitlines()[0])
    assert (line["level"], line["video_id"]) == (level, REF.video_id)
    assert line["exception_name"] == ("TypeError" if body is None else "EmptyFileError")


@pytest.mark.parametrize("code", [4001, 5000])
def test_what_the_video_service_says_of_an_address_is_logged_and_told_without_its_signature(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    refusal = "Cannot fetch https://shop.example/k.mp4?X-Amz-Signature=hush, me:hush@shop.example either."
    world.backend.on(UPLOAD, Answer({"code": code, "message": refusal}))
    world.store.create(a_video().model_copy(update={"uploaded": None}), a_version())
    handler, cause, before = _handler("prepare"), "", Event()
    try:
        assert handler(STEP_INPUT, context) == FINISH
    except TransientError as error:
        cause = json.dumps({"errorMessage": str(error)})
        before = {"before": {"Error": "TransientError", "Cause": cause}}
    output = _handler("finish")(STEP_INPUT | before, context)
    shown = [log.getvalue(), cause, json.dumps(output), world.store.version(REF).model_dump_json()]
    assert [one for one in shown if "hush" in one] == []
    assert "shop.example/k.mp4" in log.getvalue()


def _message(**attributes: str) -> Event:
    made = event("sqs_generation_message")
    (message,) = made["Records"]
    message["body"] = json.dumps(json.loads(message["body"]) | STEP_INPUT)
    message["attributes"] |= attributes
    return made


def test_a_queued_instruction_is_sent_and_the_workflow_told(world: World, context: LambdaContext) -> None:
    world.backend.on(STATE, Answer(state_of(EMPTY)))
    _known(world)
    assert send_instruction.handler(_message(), context) == {"batchItemFailures": []}
    ((token, output),) = world.tasks.succeeded
    assert token == "AQCEAAAAKgAAAAMAAAAAAAAAAtask-token"
    assert output.model_dump(mode="json") == {"outcome": "answered", "wait_seconds": 5}
    send_lock = world.store.version(REF).send_lock
    assert send_lock is not None
    assert send_lock.worker == context.aws_request_id
    assert (send_lock.alive_until - send_lock.at).total_seconds() == pytest.approx(600, abs=30)


def test_a_drop_that_was_replaced_while_it_waited_in_the_queue_is_not_sent(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = VersionedInbox()
    monkeypatch.setattr(wiring, "inbox", lambda: inbox)
    monkeypatch.setattr(wiring, "tags", lambda: inbox)
    dropped = inbox.put(PHOTO.key)
    world.backend.on(STATE, Answer(state_of(EMPTY)))
    world.store.create(a_video().model_copy(update={"dropped": dropped}), a_version())
    inbox.put(PHOTO.key, b"another picture")
    assert send_instruction.handler(_message(), context) == {"batchItemFailures": []}
    ((_, code, message),) = world.tasks.failed
    assert (code, "was replaced" in message) == ("superseded", True)
    assert world.backend.calls(MESSAGE) == []


def test_the_worker_begins_the_render_and_a_render_step_only_polls(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The draft is the same two seconds after the stream has closed."""
    pauses = list[float]()
    monkeypatch.setattr(
        "handlers.queues.send_instruction.begin_render", partial(begin_render, pause=pauses.append)
    )
    world.backend.on(STATE, Answer(state_of(EMPTY)), Answer(state_of(DONE)))
    _known(world)
    assert send_instruction.handler(_message(), context) == {"batchItemFailures": []}
    ((_, output),) = world.tasks.succeeded
    assert output.model_dump(mode="json") == {"outcome": "answered", "wait_seconds": FIRST_POLL_SECONDS}
    assert pauses == [SHORT_POLL_SECONDS]
    version = world.store.version(REF)
    assert version.rendering is not None
    assert (version.rendering.answered, version.rendering.draft) == (True, fingerprint(DONE))
    assert _handler("render")(STEP_INPUT, context) == {"next": "deliver", "wait_seconds": 0}
    assert len(world.backend.calls(NEW_RENDER)) == 1


@pytest.mark.parametrize("fails", [NEW_RENDER, STATE])
def test_what_fails_after_the_reply_is_left_to_the_next_step(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    monkeypatch.setattr(
        "handlers.queues.send_instruction.begin_render", partial(begin_render, pause=_no_pause)
    )
    world.backend.on(STATE, Answer(state_of(EMPTY)), Answer(state_of(DONE)))
    world.backend.on(RENDER, Answer({}, status=404))
    broken = Answer({"code": 1002, "message": "no session"})
    world.backend.on(fails, *([Answer(state_of(EMPTY)), broken] if fails == STATE else [broken]))
    _known(world)
    assert send_instruction.handler(_message(), context) == {"batchItemFailures": []}
    ((_, output),) = world.tasks.succeeded
    assert output.model_dump(mode="json") == {"outcome": "answered", "wait_seconds": 0}
    version = world.store.version(REF)
    assert (version.reply is not None, version.problem) == (True, None)
    assert _handler("render")(STEP_INPUT, context) == FINISH


def _no_pause(_seconds: float) -> None:
    """Two seconds are long for a test."""


@pytest.mark.parametrize(
    ("receives", "comes_again", "failed"),
    [("1", True, 0), ("4", True, 0), ("22", False, 1), ("30", False, 1)],
)
def test_a_backend_out_of_reach_is_tried_again_until_the_last_time(
    world: World, context: LambdaContext, receives: str, failed: int, *, comes_again: bool
) -> None:
    world.backend.on(MESSAGE, httpx.ConnectError("no"))
    _known(world)
    answer = send_instruction.handler(_message(ApproximateReceiveCount=receives), context)
    assert bool(answer["batchItemFailures"]) is comes_again
    assert len(world.tasks.failed) == failed
    # Soon, and not only when this worker could no longer be alive.
    waits = [seconds for _, seconds in world.generations.postponed]
    assert waits == ([10 * 2 ** (int(receives) - 1)] if comes_again else [])


def test_a_busy_version_comes_again(world: World, context: LambdaContext) -> None:
    alive = SENDING.model_copy(update={"alive_until": SENDING.alive_until.replace(year=2999)})
    _known(world, send_lock=alive)
    made = _message()
    answer = send_instruction.handler(made, context)
    assert answer == {"batchItemFailures": [{"itemIdentifier": made["Records"][0]["messageId"]}]}
    assert (world.tasks.succeeded, world.tasks.failed) == ([], [])
    assert [seconds for _, seconds in world.generations.postponed] == [LONGEST_VISIBILITY]


@pytest.mark.parametrize("answer", [Answer({}, status=500), httpx.ConnectError("no"), Answer({"code": 1001})])
def test_no_token_is_logged_and_none_is_remembered(
    world: World,
    context: LambdaContext,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    answer: Answer | httpx.TransportError,
) -> None:
    caplog.set_level("DEBUG")
    for call in (STATE, MESSAGE, RENDER):
        world.backend.on(call, answer)
    _known(world, rendering=RENDERING, timeline=TIMELINE)
    send_instruction.handler(_message(), context)
    send_instruction.handler(_message(ApproximateReceiveCount="22"), context)
    for name in ("prepare", "render", "deliver", "finish"):
        try:
            _handler(name)(STEP_INPUT, context)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not hold the token
            assert TOKEN not in repr(error)  # noqa: PT017
    told = "".join([*capsys.readouterr(), caplog.text, repr(world.store.version(REF))])
    assert REF.video_id in told
    assert TOKEN not in told
    assert "task-token" not in told


DRAFTS = [state_of(draft(0, 1)), state_of(draft(0, 7)), state_of(DONE)]
ROUNDS: list[tuple[str, list[Event], dict[str, Any], str]] = [
    (STATE, DRAFTS, {}, "wait_for_render"),
    (
        RENDER,
        [{"status": "processing"}] * 3 + [{"status": "completed"}],
        {"timeline": TIMELINE, "rendering": RENDERING},
        "deliver",
    ),
]


@pytest.mark.parametrize("one", ROUNDS, ids=["the draft", "the render"])
def test_short_polling_is_one_call(
    world: World,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    one: tuple[str, list[Event], dict[str, Any], str],
) -> None:
    call, answers, parts, next_step = one
    world.backend.on(call, *map(Answer, answers))
    if "rendering" in parts:
        asked_at = datetime.now(UTC) - timedelta(seconds=30)
        parts = parts | {"rendering": RENDERING.model_copy(update={"asked_at": asked_at})}
    _known(world, **SENT, **parts)
    pauses = list[float]()
    monkeypatch.setattr("handlers.workflow.render.render", partial(render, pause=pauses.append))
    assert _handler("render")(STEP_INPUT, context)["next"] == next_step
    assert pauses == [SHORT_POLL_SECONDS] * 3


@pytest.mark.parametrize("outcome", list(SendOutcome))
def test_every_outcome_of_sending_is_one_that_the_render_step_knows(
    world: World, context: LambdaContext, outcome: SendOutcome
) -> None:
    world.backend.on(STATE, Answer(state_of(EMPTY)))
    _known(world, send_lock=SENDING, reply=a_reply(outcome))
    assert _handler("render")(STEP_INPUT, context)["next"] == "wait_for_render"
