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

from handlers import send_instruction, wiring
from handlers.send_instruction import LONGEST_VISIBILITY
from handlers.step import PassingError, logger
from tests.events.payloads import Event, event
from tests.unit.handlers.conftest import World
from tests.unit.videos.backend import TOKEN, Answer, stream
from tests.unit.videos.media import Film, picture
from tests.unit.videos.samples import (
    CREDITS,
    DONE,
    DROP,
    EMPTY,
    JOB,
    MESSAGE,
    NEW_RENDER,
    NOW,
    PHOTO,
    RENDER,
    RENDERING,
    SENDING,
    SESSION_ID,
    STATE,
    TIMELINE,
    a_reply,
    a_turn,
    a_video,
    draft,
    state_of,
)
from tests.unit.videos.versioned import VersionedInbox
from videos.close_looks import CLOSE_SECONDS, look_closely
from videos.errors import INTERNAL
from videos.failure_codes import FailureCode
from videos.fairness import message_group
from videos.media import WebAddress
from videos.records import Problem, Stage, Status
from videos.turn import Ended, Outcome, Reservation, Settling
from videos.video import Happening
from web.client import probe

OPEN = "POST /api/tasks/me/with-session/nemo_agent"
UPLOAD = f"POST /api/upload-video/nemo_agent/me/{SESSION_ID}"
STEP_INPUT = event("step_input") | {"video_id": JOB.video_id}

Handler = Callable[[Event, LambdaContext], Event]


@pytest.mark.parametrize("url", ["http://xn--/", "https://shop.xn--a.example/kettle"])
def test_a_dropped_address_that_is_no_name_ends_the_version_in_one_step(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setattr("web.client.probe", probe)  # the real one: it is refused before any connection
    changes = {"dropped": DROP, "media": (WebAddress(url=url),), "uploaded": None}
    world.store.create(a_video().model_copy(update=changes), a_turn())
    assert _handler("inspect_media")(STEP_INPUT, context) == {"verdict": "problem"}
    problem = world.store.turn(JOB).problem
    assert problem is not None
    assert problem.code == "unusable_url"


def _handler(name: str) -> Handler:
    handler: Handler = importlib.import_module(f"handlers.{name}").handler
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
    world.store.create(a_video(), a_turn(**parts))


READY = Ended(status=Status.READY, at=NOW, message="The video is ready.")
RESERVATION = Reservation(at=NOW, credits=100, budgets=("stack#2026-05-04",))

ANNOUNCED = {"status": "ready", "next": "nothing", "code": "", "message": ""}

GROUP = message_group(a_video().owner)
STEPS: list[tuple[str, dict[str, Any], Event, Stage]] = [
    ("inspect_media", {}, {"verdict": "usable"}, Stage.INSPECTING),
    ("reserve_credits", {}, {"verdict": "reserved", "wait_seconds": 0}, Stage.QUEUED),
    ("open_session", {}, {}, Stage.OPENING_SESSION),
    ("upload_media", {}, {"verdict": "ready", "message_group": GROUP}, Stage.UPLOADING),
    (
        "settle_timeline",
        {"sending": SENDING, "reply": a_reply(), "settling": Settling(fingerprint=TIMELINE.fingerprint)},
        {"verdict": "settled", "wait_seconds": 0},
        Stage.SETTLING,
    ),
    ("start_render", {"timeline": TIMELINE}, {"verdict": "started", "wait_seconds": 5}, Stage.RENDERING),
    ("poll_render", {"rendering": RENDERING}, {"verdict": "completed", "wait_seconds": 0}, Stage.QUEUED),
    (
        "deliver",
        {"rendering": RENDERING, "timeline": TIMELINE},
        {"verdict": "delivered", "wait_seconds": 0},
        Stage.ENDED,
    ),
    ("record_failure", {}, {}, Stage.ENDED),
    (
        "announce",
        {"ended": READY},
        ANNOUNCED,
        Stage.QUEUED,
    ),
    ("settle_credits", {"reservation": RESERVATION, "ended": READY}, {}, Stage.QUEUED),
    ("begin_next_turn", {}, {}, Stage.QUEUED),
]


@pytest.mark.parametrize("step", STEPS, ids=[step[0] for step in STEPS])
def test_a_step_does_its_work_and_answers_no_more_than_the_workflow_needs(
    world: World, context: LambdaContext, step: tuple[str, dict[str, Any], Event, Stage]
) -> None:
    name, parts, output, stage = step
    video = a_video()
    if name in {"open_session", "upload_media"}:
        session = None if name == "open_session" else video.backend_session
        video = video.model_copy(update={"backend_session": session, "uploaded": None})
    world.store.create(video, a_turn(**parts))
    assert _handler(name)(STEP_INPUT, context) == output
    assert world.store.video(JOB.video_id).stage is stage


def test_a_problem_is_left_with_the_turn_and_answered(world: World, context: LambdaContext) -> None:
    world.inbox.bodies[PHOTO.key] = b""
    world.store.create(a_video().model_copy(update={"uploaded": None}), a_turn())
    assert _handler("inspect_media")(STEP_INPUT, context) == {"verdict": "problem"}
    problem = world.store.turn(JOB).problem
    assert problem is not None
    assert problem.code == "empty_file"


def test_an_error_of_the_backend_is_left_as_a_problem(world: World, context: LambdaContext) -> None:
    world.backend.on(STATE, Answer({"code": 1002, "message": "no such session"}))
    _known(world, timeline=TIMELINE)
    assert _handler("start_render")(STEP_INPUT, context) == {"verdict": "problem"}
    problem = world.store.turn(JOB).problem
    assert problem is not None
    assert problem.advice


def test_an_error_of_the_backend_that_may_pass_is_the_problem_of_a_turn_once_it_is_given_up(
    world: World, context: LambdaContext
) -> None:
    world.backend.on(OPEN, Answer({}, status=503))
    world.store.create(a_video().model_copy(update={"backend_session": None, "uploaded": None}), a_turn())
    with pytest.raises(PassingError) as raised:
        _handler("open_session")(STEP_INPUT, context)
    assert world.store.turn(JOB).problem is None
    _handler("record_failure")(STEP_INPUT | {"given_up": _caught(raised.value)}, context)
    problem = world.store.turn(JOB).problem
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
        {"given_up": {}},
        {"given_up": {"Error": "States.Timeout"}},
        {"given_up": {"Error": "Lambda.Unknown", "Cause": "The function ran out of memory."}},
        {"given_up": {"Error": "Sandbox.Timedout", "Cause": "[]"}},
        {"given_up": {"Error": "Cancelled", "Cause": '{"message": "Its owner cancelled it."}'}},
        {"given_up": _caught(KeyError("oops"))},
        {"given_up": _caught(ValueError('{"code": "no problem"}'))},
    ],
    ids=lambda given: str(given.get("given_up", {}).get("Error")),
)
def test_of_any_other_error_no_more_is_told_than_that_it_was_one(
    world: World, context: LambdaContext, given: Event
) -> None:
    _known(world)
    _handler("record_failure")(STEP_INPUT | given, context)
    assert world.store.turn(JOB).problem == INTERNAL


def test_an_input_that_names_no_turn_is_an_error(world: World, context: LambdaContext) -> None:
    with pytest.raises(ValidationError):
        _handler("inspect_media")({"video_id": JOB.video_id}, context)
    assert world.backend.requests == []


@pytest.mark.parametrize("status", [Status.READY, Status.FAILED, Status.NEEDS_ANSWER])
def test_an_end_is_announced_and_counted(
    world: World, context: LambdaContext, capsys: pytest.CaptureFixture[str], status: Status
) -> None:
    history = (
        Happening(at=NOW - timedelta(seconds=9), stage=Stage.QUEUED, message="Accepted."),
        Happening(at=NOW - timedelta(seconds=7), stage=Stage.RENDERING, message="Rendering."),
        Happening(at=NOW, stage=Stage.ENDED, message="Over."),
    )
    begun = {"created_at": history[0].at, "ended": READY.model_copy(update={"status": status})}
    world.store.create(a_video().model_copy(update={"history": history}), a_turn(**begun))
    problem = Problem(code=FailureCode.AGENT_ERROR, message="It refused.", advice="Ask otherwise.")
    world.store.write(JOB, problem)
    told = (problem.code, problem.message) if status is Status.FAILED else ("", "")
    answer = dict(zip(("status", "next", "code", "message"), (status, "nothing", *told), strict=True))
    assert _handler("announce")(STEP_INPUT, context) == answer
    assert [item.status for item in world.topic.published] == [status]
    counted = [json.loads(line) for line in capsys.readouterr().out.splitlines() if '"_aws"' in line]
    assert all(item["video_id"] == JOB.video_id for item in counted), "each joins the video's other lines"
    ends = [(item["VideosEnded"], item["status"]) for item in counted if "VideosEnded" in item]
    assert ends == [([1.0], status)]
    failures = [item["VideosFailed"] for item in counted if "VideosFailed" in item]
    assert failures == [[float(status is Status.FAILED)]]
    stages = {item["stage"] for item in counted if "StageSeconds" in item}
    assert stages == {Stage.QUEUED, Stage.RENDERING}


@pytest.mark.parametrize("step", STEPS, ids=[step[0] for step in STEPS])
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
    assert {line["video_id"] for line in lines} == {JOB.video_id}


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
    world.store.create(a_video().model_copy(update={"uploaded": None}), a_turn())
    with pytest.raises(TypeError) if body is None else nullcontext():
        _handler("inspect_media")(STEP_INPUT, context)
    line = json.loads(log.getvalue().splitlines()[0])
    assert (line["level"], line["video_id"]) == (level, JOB.video_id)
    assert line["exception_name"] == ("TypeError" if body is None else "EmptyFileError")


@pytest.mark.parametrize("code", [4001, 5000])
def test_what_the_video_service_says_of_an_address_is_logged_and_told_without_its_signature(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    log = io.StringIO()
    monkeypatch.setattr(logger.registered_handler, "stream", log)
    refusal = "Cannot fetch https://shop.example/k.mp4?X-Amz-Signature=hush, me:hush@shop.example either."
    world.backend.on(UPLOAD, Answer({"code": code, "message": refusal}))
    world.store.create(a_video().model_copy(update={"uploaded": None}), a_turn())
    handler, cause = _handler("upload_media"), ""
    try:
        assert "verdict" in handler(STEP_INPUT, context)
    except PassingError as error:
        cause = json.dumps({"errorMessage": str(error)})
        failed = STEP_INPUT | {"given_up": {"Error": "PassingError", "Cause": cause}}
        _handler("record_failure")(failed, context)
    else:
        _handler("record_failure")(STEP_INPUT, context)
    output = _handler("announce")(STEP_INPUT, context)
    shown = [log.getvalue(), cause, json.dumps(output), world.store.turn(JOB).model_dump_json()]
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
    assert output.model_dump(mode="json") == {"outcome": "answered", "wait_seconds": 0}
    sending = world.store.turn(JOB).sending
    assert sending is not None
    assert sending.worker == context.aws_request_id
    assert (sending.alive_until - sending.at).total_seconds() == pytest.approx(600, abs=30)


def test_a_drop_that_was_replaced_while_it_waited_in_the_queue_is_not_sent(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = VersionedInbox()
    monkeypatch.setattr(wiring, "inbox", lambda: inbox)
    monkeypatch.setattr(wiring, "tags", lambda: inbox)
    dropped = inbox.put(PHOTO.key)
    world.backend.on(STATE, Answer(state_of(EMPTY)))
    world.store.create(a_video().model_copy(update={"dropped": dropped}), a_turn())
    inbox.put(PHOTO.key, b"another picture")
    assert send_instruction.handler(_message(), context) == {"batchItemFailures": []}
    ((_, code, message),) = world.tasks.failed
    assert (code, "was replaced" in message) == ("superseded", True)
    assert world.backend.calls(MESSAGE) == []


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


def test_a_busy_turn_comes_again(world: World, context: LambdaContext) -> None:
    alive = SENDING.model_copy(update={"alive_until": SENDING.alive_until.replace(year=2999)})
    _known(world, sending=alive)
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
    for name in ("start_render", "poll_render", "deliver", "record_failure"):
        try:
            _handler(name)(STEP_INPUT, context)
        except Exception as error:  # noqa: BLE001 - whatever it is, it must not hold the token
            assert TOKEN not in repr(error)  # noqa: PT017
    told = "".join([*capsys.readouterr(), caplog.text, repr(world.store.turn(JOB))])
    assert JOB.video_id in told
    assert TOKEN not in told
    assert "task-token" not in told


CLOSE_LOOKS: list[tuple[str, str, list[Event], str]] = [
    ("settle_timeline", STATE, [state_of(draft(0, 1)), state_of(draft(0, 7)), state_of(DONE)], "settled"),
    ("poll_render", RENDER, [{"status": "processing"}] * 3 + [{"status": "completed"}], "completed"),
]


@pytest.mark.parametrize("looks", CLOSE_LOOKS, ids=[looks[0] for looks in CLOSE_LOOKS])
def test_close_looks_are_one_call(
    world: World,
    context: LambdaContext,
    monkeypatch: pytest.MonkeyPatch,
    looks: tuple[str, str, list[Event], str],
) -> None:
    name, call, answers, verdict = looks
    world.backend.on(call, *map(Answer, answers))
    rendering = RENDERING.model_copy(update={"asked_at": datetime.now(UTC) - timedelta(seconds=30)})
    _known(world, sending=SENDING, reply=a_reply(), rendering=rendering)
    handler, pauses = _handler(name), list[float]()
    monkeypatch.setattr(f"handlers.{name}.look_closely", partial(look_closely, pause=pauses.append))
    assert handler(STEP_INPUT, context)["verdict"] == verdict
    assert pauses == [CLOSE_SECONDS] * 3


@pytest.mark.parametrize("outcome", list(Outcome))
def test_every_outcome_of_sending_is_one_that_settling_knows(
    world: World, context: LambdaContext, outcome: Outcome
) -> None:
    world.backend.on(STATE, Answer(state_of(EMPTY)))
    _known(world, sending=SENDING, reply=a_reply(outcome))
    assert _handler("settle_timeline")(STEP_INPUT, context)["verdict"] == "wait"
