"""The state machine as a graph: whatever happens, a version ends, and its end is announced."""

import json
import re
from typing import Any, get_args

import pytest

from tests.support.builders import NOW, READY, RENDERING, SENDING, TIMELINE, a_reply, a_version
from tests.template.sam import ROOT, properties
from videos.model.errors import INTERRUPTED
from videos.model.failure_codes import FailureCode
from videos.model.records import Status, VersionRef
from videos.model.version import Forgotten, Inspected, Reservation
from videos.steps.prepare import where_it_stands
from videos.steps.result import DeliverResult, FinishResult, NextStep, PrepareResult, RenderResult
from videos.steps.send_instruction import SESSION_DELETED
from videos.steps.send_lock import ENOUGH_TO_BEGIN_RENDER
from videos.steps.short_polling import WATCH_SECONDS

TEXT = (ROOT / "infra/video.asl.json").read_text()
WORKFLOW: dict[str, Any] = json.loads(TEXT)
STATES: dict[str, dict[str, Any]] = WORKFLOW["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
# Nothing can be done when even these fail; they are retried.
LAST_WORDS = {"Finish"}
TERMINAL = {name for name, state in STATES.items() if state["Type"] in {"Succeed", "Fail"}}
SEND, CHOICE = "Generate", "Next step"
PATIENCE_SECONDS = 60  # of the client with a call
IDS = {name: f"{{% $states.context.Execution.Input.{name} %}}" for name in VersionRef.model_fields}
RESERVED = Reservation(at=NOW, credits=100, budgets=("stack#2026-05-04",))


def _next(state: dict[str, Any]) -> set[str]:
    """Where a state leads when all goes well."""
    ways = [state.get("Next"), state.get("Default"), *(choice["Next"] for choice in state.get("Choices", []))]
    return {way for way in ways if way is not None}


def _reachable(begin: str, *, without: str | None = None) -> set[str]:
    seen: set[str] = set()
    front = {begin}
    while front:
        seen |= front
        states = [STATES[name] for name in front]
        ways = {way for state in states for way in _next(state)}
        ways |= {catch["Next"] for state in states for catch in state.get("Catch", [])}
        front = ways - seen - {without}
    return seen


def test_every_substitution_is_given_and_every_one_given_is_used() -> None:
    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) == set(
        properties("VideoWorkflow")["DefinitionSubstitutions"]
    )


def test_the_workflow_may_invoke_the_functions_it_names_and_no_others() -> None:
    given = properties("VideoWorkflow")["DefinitionSubstitutions"]
    named = [item for item in given.values() if "Fn::GetAtt" in item]
    assert given.keys() - {"GenerationQueue", "Partition"} == {
        name for name, item in given.items() if item in named
    }
    statements = properties("VideoWorkflow")["Policies"][0]["Statement"]
    allowed = next(item["Resource"] for item in statements if item.get("Action") == "lambda:InvokeFunction")
    assert sorted(map(str, named)) == sorted(map(str, allowed))


def test_the_workflow_may_send_to_the_queue_it_names_and_no_other() -> None:
    (queue,) = {
        state["Arguments"]["QueueUrl"] for state in TASKS.values() if "QueueUrl" in state["Arguments"]
    }
    named = properties("VideoWorkflow")["DefinitionSubstitutions"][queue.strip("${}")]["Ref"]
    statements = properties("VideoWorkflow")["Policies"][0]["Statement"]
    allowed = [item["Resource"] for item in statements if item.get("Action") == "sqs:SendMessage"]
    assert allowed == [{"Fn::GetAtt": [named, "Arn"]}]


@pytest.mark.parametrize("name", TASKS)
def test_a_task_does_not_wait_for_ever(name: str) -> None:
    assert TASKS[name]["TimeoutSeconds"] > 0


@pytest.mark.parametrize("name", sorted(TASKS.keys() - {SEND}))
def test_a_task_outlasts_its_function(name: str) -> None:
    substitution = TASKS[name]["Arguments"]["FunctionName"].strip("${}")
    logical_id = properties("VideoWorkflow")["DefinitionSubstitutions"][substitution]["Fn::GetAtt"][0]
    assert TASKS[name]["TimeoutSeconds"] > properties(logical_id).get("Timeout", 60)


def test_short_polling_leaves_time_for_a_render_to_be_started() -> None:
    """Its calls, each of which is repeated for a minute: the draft, the render before, its end, the start."""
    assert properties("RenderFunction")["Timeout"] - WATCH_SECONDS >= 2 * PATIENCE_SECONDS


def test_a_worker_begins_a_render_only_if_it_lives_until_its_end() -> None:
    assert ENOUGH_TO_BEGIN_RENDER.total_seconds() >= 4 * PATIENCE_SECONDS
    assert properties("SendInstructionFunction")["Timeout"] > 2 * ENOUGH_TO_BEGIN_RENDER.total_seconds()


def _catches(name: str) -> dict[str, str]:
    return {error: catch["Next"] for catch in TASKS[name]["Catch"] for error in catch["ErrorEquals"]}


@pytest.mark.parametrize("name", sorted(TASKS.keys() - LAST_WORDS))
def test_a_task_that_fails_leads_to_the_record_of_its_failure(name: str) -> None:
    """With its error: without an output of its own, a catch hands on what was caught."""
    assert _catches(name)["States.ALL"] == "Finish"
    assert all(set(catch) == {"ErrorEquals", "Next"} for catch in TASKS[name]["Catch"])


def test_there_is_one_choice_and_it_knows_every_result_of_a_step() -> None:
    (choice,) = [name for name, state in STATES.items() if state["Type"] == "Choice"]
    assert choice == CHOICE
    assert {TASKS[name]["Next"] for name in TASKS.keys() - {SEND}} == {CHOICE}
    leads = {rule["Condition"]: rule["Next"] for rule in STATES[CHOICE]["Choices"]}
    leads |= {_is("done"): STATES[CHOICE]["Default"]}
    assert leads == {
        _is("generate"): SEND,
        _is("wait_for_credits"): "Wait for credits",
        _is("wait_for_render"): "Wait for render",
        _is("render"): "Render",
        _is("deliver"): "Deliver",
        _is("finish"): "Finish",
        _is("failed"): "Failed",
        _is("done"): "Done",
    }
    assert {_is(value) for value in get_args(NextStep)} == leads.keys()


def _is(value: str) -> str:
    return f"{{% $states.input.next = '{value}' %}}"


def test_sending_is_repeated_by_the_workflow_only_in_another_session() -> None:
    """Where the worker says that nothing was sent, because the session was gone; the send lock holds."""
    (retry,) = STATES[SEND]["Retry"]  # SQS did not take the message, or did and lost the answer
    assert all(error.startswith("SQS.") for error in retry["ErrorEquals"])
    assert _catches(SEND) == {SESSION_DELETED: WORKFLOW["StartAt"], "States.ALL": "Finish"}
    assert STATES[SEND]["Next"] == "Wait for render"
    # No version and no problem can have the name of this error by chance.
    assert SESSION_DELETED not in {*FailureCode, *Status}


RESULTS: dict[str, set[str]] = {
    name: set(get_args(result.model_fields["next"].annotation))
    for name, result in {
        "Prepare": PrepareResult,
        "Render": RenderResult,
        "Deliver": DeliverResult,
        "Finish": FinishResult,
    }.items()
}
"""What each step may lead to. Beside these, `handlers.workflow.step` leads to Finish."""


def test_the_steps_have_all_results_between_them() -> None:
    assert set().union(*RESULTS.values()) == set(get_args(NextStep))


def test_after_the_reply_nothing_leads_back_to_sending() -> None:
    """Render and Deliver have no result that does; Finish leads to the end alone."""
    after = {"Render", "Deliver", "Finish"}
    reached = {_step_of(result) for name in after for result in RESULTS[name]}
    assert reached <= {"Wait for render", *after, "Done", "Failed"}
    assert STATES["Wait for render"]["Next"] == "Render"


def _step_of(result: str) -> str:
    leads: dict[str, str] = {rule["Condition"]: rule["Next"] for rule in STATES[CHOICE]["Choices"]}
    return leads.get(_is(result), str(STATES[CHOICE]["Default"]))


def test_nothing_is_open_while_a_version_waits_for_its_budget() -> None:
    """Neither a session that would be forgotten nor a place among the generations."""
    assert STATES["Wait for credits"]["Next"] == "Prepare"
    source = (ROOT / "functions/videos/steps/prepare.py").read_text()
    assert source.index("wait_for_credits") < source.index("open_session(ref")


def test_the_workflow_is_short() -> None:
    assert len(STATES) <= 14


ASKS_THE_BACKEND = {"Prepare"}


@pytest.mark.parametrize("name", sorted(ASKS_THE_BACKEND))
def test_before_the_payment_an_outage_of_an_hour_is_outlasted(name: str) -> None:
    """With full jitter a wait is half as long on average; 45 of them differ little from that."""
    _, retry = TASKS[name]["Retry"]
    assert (retry["ErrorEquals"], retry["JitterStrategy"]) == (["States.ALL"], "FULL")
    assert 90 * 60 < _longest(retry) / 2 < 120 * 60


@pytest.mark.parametrize("name", sorted(TASKS.keys() - {SEND} - ASKS_THE_BACKEND))
def test_what_breaks_is_tried_again_for_a_quarter_of_an_hour(name: str) -> None:
    _, retry = TASKS[name]["Retry"]
    assert (retry["ErrorEquals"], retry["JitterStrategy"]) == (["States.ALL"], "FULL")
    assert 15 * 60 < _longest(retry) < 30 * 60


@pytest.mark.parametrize("name", sorted(TASKS.keys() - {SEND}))
def test_what_was_throttled_was_never_run_and_waits_for_an_hour(name: str) -> None:
    retry, _ = TASKS[name]["Retry"]
    assert (retry["ErrorEquals"], retry["JitterStrategy"]) == (["Lambda.TooManyRequestsException"], "FULL")
    assert 60 * 60 < _longest(retry) < 2 * 60 * 60


def _longest(retry: dict[str, Any]) -> float:
    """Seconds that a task is tried for, without the jitter."""
    begin, rate, most = (float(retry[name]) for name in ("IntervalSeconds", "BackoffRate", "MaxDelaySeconds"))
    return sum(min(begin * rate**attempt, most) for attempt in range(retry["MaxAttempts"]))


def test_every_state_can_be_reached() -> None:
    assert _reachable(WORKFLOW["StartAt"]) == STATES.keys()


@pytest.mark.parametrize("name", sorted(STATES.keys() - TERMINAL))
def test_every_state_leads_on_and_may_come_to_an_end(name: str) -> None:
    assert _next(STATES[name])
    assert "End" not in STATES[name]
    assert _reachable(name) & TERMINAL


def test_no_end_is_reached_without_an_announcement() -> None:
    """Only Finish has a result that ends the execution; Prepare has it for a video that was deleted."""
    ending = {name for name, results in RESULTS.items() if results & {"done", "failed"}}
    assert ending == {"Prepare", "Finish"}
    assert "failed" not in RESULTS["Prepare"]


@pytest.mark.parametrize(
    ("parts", "goes_on"),
    [
        ({}, None),
        ({"inspected": Inspected(at=NOW)}, None),
        ({"reservation": RESERVED}, None),
        ({"forgotten": Forgotten(session_id="gone")}, None),
        ({"send_lock": SENDING}, "generate"),
        ({"send_lock": SENDING, "reply": a_reply()}, "render"),
        ({"send_lock": SENDING, "reply": a_reply(), "timeline": TIMELINE}, "render"),
        ({"send_lock": SENDING, "reply": a_reply(), "rendering": RENDERING}, "render"),
        ({"exports": 1}, "render"),
        ({"problem": INTERRUPTED}, "finish"),
        ({"send_lock": SENDING, "problem": INTERRUPTED}, "finish"),
        ({"send_lock": SENDING, "reply": a_reply(), "rendering": RENDERING, "ended": READY}, "finish"),
        ({"ended": READY}, "finish"),
    ],
)
def test_a_version_that_is_taken_over_goes_on_where_it_stopped_and_is_never_sent_again(
    parts: dict[str, object], goes_on: str | None
) -> None:
    """By another execution: `aws.workflow.StateMachine`."""
    assert WORKFLOW["StartAt"] == "Prepare"
    assert where_it_stands(a_version(**parts)) == goes_on


@pytest.mark.parametrize("name", [name for name, state in STATES.items() if state["Type"] == "Choice"])
def test_a_choice_has_a_default(name: str) -> None:
    assert "Default" in STATES[name]


def test_only_ids_and_what_was_given_up_travel_between_the_states() -> None:
    payloads = {name: task["Arguments"].get("Payload") for name, task in TASKS.items() if name != SEND}
    assert payloads.pop("Finish") == {**IDS, "before": "{% $states.input %}"}
    assert set(payloads.values()) == {"{% $states.context.Execution.Input %}"}
    token = {"task_token": "{% $states.context.Task.Token %}"}
    assert TASKS[SEND]["Arguments"]["MessageBody"] == token | IDS
