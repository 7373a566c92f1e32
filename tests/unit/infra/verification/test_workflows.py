import json
from collections.abc import Callable

import pytest
from botocore.stub import Stubber

from infra.simulated_stack import SimulatedStack
from infra.verification.errors import CheckFailedError, NotRunError
from infra.verification.target import Target
from infra.verification.workflows import definitions, validate

Stub = Callable[[Target, str], Stubber]
DEFINITION = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})
ASKED = {"definition": DEFINITION, "type": "STANDARD", "severity": "WARNING"}
FINDING = {
    "severity": "ERROR",
    "code": "DUPLICATE_STATE_NAME",
    "message": "Twice.",
    "location": "/States/Done",
}


def test_both_workflows_are_filled_with_arns(stack: SimulatedStack) -> None:
    filled = dict(definitions(stack))
    assert len(filled) == 2
    for definition in filled.values():
        assert "${" not in definition
        assert f":function:{stack.name}-" in definition
        json.loads(definition)


def test_an_accepted_definition_is_told_with_its_warnings(target: Target, stubbed: Stub) -> None:
    warning = {**FINDING, "severity": "WARNING"}
    answers = stubbed(target, "stepfunctions")
    answers.add_response(
        "validate_state_machine_definition", {"result": "OK", "diagnostics": [warning]}, ASKED
    )
    assert validate(target, DEFINITION) == [
        "1 states at the top level.",
        "WARNING DUPLICATE_STATE_NAME at /States/Done: Twice.",
    ]


def test_a_refused_definition_fails_with_every_reason(target: Target, stubbed: Stub) -> None:
    answers = stubbed(target, "stepfunctions")
    refusal = {"result": "FAIL", "diagnostics": [FINDING, {**FINDING, "location": "/b"}]}
    answers.add_response("validate_state_machine_definition", refusal, ASKED)
    with pytest.raises(CheckFailedError) as failed:
        validate(target, DEFINITION)
    assert failed.value.lines == (
        "ERROR DUPLICATE_STATE_NAME at /States/Done: Twice.",
        "ERROR DUPLICATE_STATE_NAME at /b: Twice.",
    )


def test_a_placeholder_without_a_value_is_named(target: Target) -> None:
    with pytest.raises(CheckFailedError, match="no value for Other, Preparing"):
        validate(target, '{"a": "${Preparing}", "b": "${Other}"}')


def test_an_emulator_without_this_api_is_no_failure(emulator: Target, stubbed: Stub) -> None:
    stubbed(emulator, "stepfunctions").add_client_error("validate_state_machine_definition", "InvalidAction")
    with pytest.raises(NotRunError, match="Not available here"):
        validate(emulator, DEFINITION)


def test_aws_always_has_this_api(target: Target, stubbed: Stub) -> None:
    answers = stubbed(target, "stepfunctions")
    answers.add_client_error("validate_state_machine_definition", "InvalidAction")
    with pytest.raises(answers.client.exceptions.ClientError):
        validate(target, DEFINITION)
