"""The state machine as a graph: whatever happens, a turn ends, and its end is announced."""

import json
import re
from typing import Any, get_args

import pytest

from tests.template.sam import ROOT, properties
from videos.close_looks import WATCH_SECONDS
from videos.errors import ProblemFound
from videos.ports import BeginAt

TEXT = (ROOT / "infra/turn.asl.json").read_text()
WORKFLOW: dict[str, Any] = json.loads(TEXT)
STATES: dict[str, dict[str, Any]] = WORKFLOW["States"]
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
# Nothing can be done when even these fail; they are retried.
LAST_WORDS = {"Record failure", "Announce", "Settle credits", "Begin next turn"}
TERMINAL = {name for name, state in STATES.items() if state["Type"] in {"Succeed", "Fail"}}
SEND = "Send instruction"
PATIENCE_SECONDS = 60  # of the client with a call


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
    assert set(re.findall(r"\$\{(\w+)\}", TEXT)) == set(properties("TurnWorkflow")["DefinitionSubstitutions"])


def test_the_workflow_may_invoke_the_functions_it_names_and_no_others() -> None:
    given = properties("TurnWorkflow")["DefinitionSubstitutions"]
    named = [item for item in given.values() if "Fn::GetAtt" in item]
    assert given.keys() - {"GenerationQueue", "Limited", "Partition"} == {
        name for name, item in given.items() if item in named
    }
    statements = properties("TurnWorkflow")["Policies"][0]["Statement"]
    allowed = next(item["Resource"] for item in statements if item.get("Action") == "lambda:InvokeFunction")
    assert sorted(map(str, named)) == sorted(map(str, allowed))


def test_the_workflow_may_send_to_the_queue_it_names_and_no_other() -> None:
    (queue,) = {
        state["Arguments"]["QueueUrl"] for state in TASKS.values() if "QueueUrl" in state["Arguments"]
    }
    named = properties("TurnWorkflow")["DefinitionSubstitutions"][queue.strip("${}")]["Ref"]
    statements = properties("TurnWorkflow")["Policies"][0]["Statement"]
    allowed = [item["Resource"] for item in statements if item.get("Action") == "sqs:SendMessage"]
    assert allowed == [{"Fn::GetAtt": [named, "Arn"]}]


@pytest.mark.parametrize("name", TASKS)
def test_a_task_does_not_wait_for_ever(name: str) -> None:
    assert TASKS[name]["TimeoutSeconds"] > 0


@pytest.mark.parametrize("name", sorted(TASKS.keys() - {SEND}))
def test_a_task_outlasts_its_function(name: str) -> None:
    substitution = TASKS[name]["Arguments"]["FunctionName"].strip("${}")
    logical_id = properties("TurnWorkflow")["DefinitionSubstitutions"][substitution]["Fn::GetAtt"][0]
    assert TASKS[name]["TimeoutSeconds"] > properties(logical_id).get("Timeout", 60)


@pytest.mark.parametrize("logical_id", ["SettleTimelineFunction", "PollRenderFunction"])
def test_close_looks_leave_time_for_a_last_call_that_is_repeated(logical_id: str) -> None:
    assert properties(logical_id)["Timeout"] - WATCH_SECONDS >= PATIENCE_SECONDS


@pytest.mark.parametrize("name", sorted(TASKS.keys() - LAST_WORDS))
def test_a_task_that_fails_leads_to_the_record_of_its_failure(name: str) -> None:
    (catch,) = TASKS[name]["Catch"]
    assert catch == {
        "ErrorEquals": ["States.ALL"],
        "Assign": {"given_up": "{% $states.errorOutput %}"},
        "Next": "Record failure",
    }


@pytest.mark.parametrize("name", sorted(TASKS.keys() - LAST_WORDS - {SEND}))
def test_a_problem_that_a_step_has_found_ends_the_turn(name: str) -> None:
    choices = STATES[STATES[name]["Next"]]["Choices"]
    leads = {choice["Condition"]: choice["Next"] for choice in choices}
    assert leads[f"{{% $states.input.verdict = '{ProblemFound().verdict}' %}}"] == "Record failure"


@pytest.mark.parametrize("name", sorted(LAST_WORDS))
def test_after_the_last_words_nothing_is_sent(name: str) -> None:
    for catch in TASKS[name].get("Catch", []):
        assert SEND not in _reachable(catch["Next"]), "what is over is over"


def test_sending_is_repeated_by_the_workflow_only_in_another_session() -> None:
    """Where the worker says that nothing was sent, because the session was gone; the send lock holds."""
    (retry,) = STATES[SEND]["Retry"]  # SQS did not take the message, or did and lost the answer
    assert all(error.startswith("SQS.") for error in retry["ErrorEquals"])
    fork = STATES[STATES[SEND]["Next"]]
    (lost,) = fork["Choices"]
    assert (lost["Condition"], lost["Next"]) == (
        "{% $states.input.outcome = 'session_lost' %}",
        "Open session",
    )
    assert SEND not in _reachable(fork["Default"])
    assert all(SEND not in _reachable(catch["Next"]) for catch in STATES[SEND]["Catch"])


def test_nothing_is_open_while_a_turn_waits_for_its_budget() -> None:
    """Neither a session that would be forgotten nor a place among the generations."""
    before = {name for name in TASKS if "Reserve credits" in _reachable(name)}
    assert before == {"Inspect media", "Reserve credits"}


def test_what_is_not_limited_makes_no_detour() -> None:
    forks = [state for state in STATES.values() if "$limited" in json.dumps(state.get("Choices", []))]
    assert {fork["Default"] for fork in forks} == {"Open session", "Does another turn wait?"}
    limits = [choice for fork in forks for choice in fork["Choices"] if "$limited" in choice["Condition"]]
    assert {choice["Next"] for choice in limits} == {"Reserve credits", "Settle credits"}
    limited = properties("TurnWorkflow")["DefinitionSubstitutions"]["Limited"]
    assert limited == {"Fn::If": ["LimitsSpending", "true", "false"]}


ASKS_THE_BACKEND = {"Open session", "Upload media"}


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
    assert not _reachable(WORKFLOW["StartAt"], without="Announce") & TERMINAL


AFTER = {"Announce", "Settle credits", "Begin next turn"}


@pytest.mark.parametrize(
    ("begin_at", "first", "done"),
    [
        ("announcement", "Announce", AFTER),
        ("failure", "Record failure", AFTER | {"Record failure"}),
        (
            "render",
            "Poll render",
            AFTER | {"Record failure", "Poll render", "Start render", "Settle timeline", "Deliver"},
        ),
    ],
)
def test_a_turn_that_is_taken_over_goes_on_where_it_stood_and_is_never_sent_again(
    begin_at: BeginAt, first: str, done: set[str]
) -> None:
    """By another execution: `aws.workflow.StateMachine`."""
    fork = STATES[STATES[WORKFLOW["StartAt"]]["Next"]]
    leads = {choice["Condition"]: choice["Next"] for choice in fork["Choices"]}
    assert leads[f"{{% $states.input.begin_at = '{begin_at}' %}}"] == first
    assert len(leads) == len(get_args(BeginAt))
    assert _reachable(first) & TASKS.keys() == done
    assert SEND in _reachable(fork["Default"])


@pytest.mark.parametrize("name", [name for name, state in STATES.items() if state["Type"] == "Choice"])
def test_a_choice_has_a_default(name: str) -> None:
    assert "Default" in STATES[name]


def test_only_ids_and_what_was_given_up_travel_between_the_states() -> None:
    payloads = {name: task["Arguments"].get("Payload") for name, task in TASKS.items() if name != SEND}
    assert set(payloads.pop("Record failure")) == {"video_id", "turn", "given_up"}
    assert set(payloads.values()) == {"{% $job %}"}
    assert set(TASKS[SEND]["Arguments"]["MessageBody"]) == {"task_token", "video_id", "turn"}
