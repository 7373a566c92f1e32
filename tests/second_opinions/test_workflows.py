"""The definitions of both workflows, by the rules that AWS applies when it creates a state machine.

The embedded cloud and cfn-lint accept definitions that AWS refuses, such as two states of one name.
"""

from functools import cache
from typing import Any

import pytest
from botocore.model import OperationModel, ServiceModel
from botocore.session import get_session
from botocore.validate import ParamValidator

from tests.second_opinions.programs import ask_node
from tests.second_opinions.workflows import WORKFLOWS, definition, states

# Step Functions passes these as JSON text or bytes; in a definition they may be objects.
AS_TEXT = {"Payload": b"{}", "MessageBody": "{}"}


@cache
def _findings() -> dict[str, list[str]]:
    found: dict[str, list[str]] = ask_node(
        "validate_workflows.mjs", {name: definition(name) for name in WORKFLOWS}
    )
    return found


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_asl_validator_accepts_the_definition(workflow: str) -> None:
    assert _findings()[workflow] == []


TASKS = [
    pytest.param(state, id=name)
    for workflow in WORKFLOWS
    for name, state in states(definition(workflow))
    if state["Type"] == "Task"
]


@pytest.mark.parametrize("state", TASKS)
def test_the_arguments_of_a_call_are_those_of_the_service(state: dict[str, Any]) -> None:
    """Checked by the AWS SDK's own description of the operation."""
    given = {name: AS_TEXT.get(name, value) for name, value in state["Arguments"].items()}
    shape = _operation(state["Resource"]).input_shape
    assert shape is not None
    report = ParamValidator().validate(given, shape)
    assert not report.has_errors(), report.generate_report()


def _operation(resource: str) -> OperationModel:
    *_, service, operation = resource.removesuffix(".waitForTaskToken").split(":")
    return _service(service).operation_model(operation[0].upper() + operation[1:])


@cache
def _service(name: str) -> ServiceModel:
    return get_session().get_service_model(name)
