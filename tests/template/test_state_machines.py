"""What Step Functions asks of a state machine, and what the embedded cloud does not check."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import botocore.session
import pytest

from tests.template.sam import ROOT, read_template, resources
from videos.steps.send_instruction import SESSION_DELETED

MACHINES = {
    name: json.loads((ROOT / machine["DefinitionUri"]).read_text())
    for name, machine in resources("AWS::Serverless::StateMachine").items()
}

# Step Functions names the client of an AWS service as the SDK for Java does, and adds errors of its own.
SERVICES = {"DynamoDb": "dynamodb"}
OF_THE_SDK = {"SdkClientException"}
LAMBDA_ERRORS = {
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Lambda.Unknown",
}
# The optimised integration with SQS names its client's exceptions, or the code that SQS answered with.
SQS_ERRORS = {
    "SQS.SdkClientException",
    "SQS.SqsException",
    "SQS.AmazonSQSException",
    "SQS.ServiceUnavailable",
    "SQS.RequestThrottled",
    "SQS.ThrottlingException",
    "SQS.InternalError",
}
# With what a worker fails its task.
OWN_ERRORS = {SESSION_DELETED}
RESERVED = {
    "States.ALL",
    "States.HeartbeatTimeout",
    "States.Permissions",
    "States.QueryEvaluationError",
    "States.TaskFailed",
    "States.Timeout",
}


def states_of(machine: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every state with its name, those of maps and parallel branches included."""
    for name, state in machine["States"].items():
        yield name, state
        for key in ("ItemProcessor", "Iterator"):
            if key in state:
                yield from states_of(state[key])
        for branch in state.get("Branches", []):
            yield from states_of(branch)


STATES = [(machine, name, state) for machine, read in MACHINES.items() for name, state in states_of(read)]
HANDLERS = [
    pytest.param(state[handlers], id=f"{machine}-{name}-{handlers}")
    for machine, name, state in STATES
    for handlers in ("Retry", "Catch")
    if handlers in state
]


def test_states_are_found_at_every_depth() -> None:
    inner = {"StartAt": "c", "States": {"c": {"Type": "Pass"}}}
    machine = {
        "States": {
            "a": {"Type": "Map", "ItemProcessor": {"States": {"b": {"Type": "Map", "Iterator": inner}}}},
            "d": {"Type": "Parallel", "Branches": [inner, inner]},
        }
    }
    assert [name for name, _ in states_of(machine)] == ["a", "b", "c", "d", "c", "c"]


@pytest.mark.parametrize("machine", MACHINES)
def test_the_name_of_a_state_is_unique_in_the_whole_machine(machine: str) -> None:
    names = Counter(name for name, _ in states_of(MACHINES[machine]))
    assert [name for name, count in names.items() if count > 1] == []
    assert all(len(name) <= 80 for name in names)


@pytest.mark.parametrize("handlers", HANDLERS)
def test_whatever_error_is_handled_exists(handlers: list[dict[str, Any]]) -> None:
    for error in [error for handler in handlers for error in handler["ErrorEquals"]]:
        service, _, name = error.partition(".")
        if service in SERVICES:
            assert name in _errors_of(SERVICES[service]), error
        else:
            assert error in RESERVED | LAMBDA_ERRORS | SQS_ERRORS | OWN_ERRORS, error


@pytest.mark.parametrize("handlers", HANDLERS)
def test_the_error_that_matches_all_stands_alone_and_last(handlers: list[dict[str, Any]]) -> None:
    lists = [handler["ErrorEquals"] for handler in handlers]
    assert all("States.ALL" not in errors for errors in lists[:-1])
    assert lists[-1] == ["States.ALL"] or "States.ALL" not in lists[-1]


def _errors_of(service: str) -> set[str]:
    """The errors of a service by the names that Step Functions gives them: each ends in `Exception`."""
    model = botocore.session.get_session().get_service_model(service)
    shapes = {shape.name for shape in model.error_shapes}
    return {name if name.endswith("Exception") else f"{name}Exception" for name in shapes} | OF_THE_SDK


@pytest.mark.parametrize("machine", MACHINES)
def test_resources_are_of_the_partition_that_is_deployed_to(machine: str) -> None:
    text = json.dumps(MACHINES[machine])
    assert set(re.findall(r"arn:([^:]+):", text)) == {"${Partition}"}
    given = read_template()["Resources"][machine]["Properties"]["DefinitionSubstitutions"]
    assert given["Partition"] == {"Ref": "AWS::Partition"}
