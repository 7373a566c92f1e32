"""The questions about each role, answered by the evaluator of the embedded cloud."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from ministack.core.iam_evaluator import EvalContext, evaluate, parse_policy_document

from infra.simulated_stack import SimulatedStack
from infra.verification.errors import CheckFailedError
from infra.verification.permissions import Role, check, questions, recorded_calls, roles
from infra.verification.target import Target
from tests.template.sam import translated

ANY: dict[str, Any] = {
    "Statement": [
        {"Effect": "Allow", "Action": ["logs:*", "sqs:*", "xray:*"], "Resource": "*"},
    ]
}


class Iam:
    """IAM as far as it is asked here."""

    def get_policy(self, **_: str) -> dict[str, Any]:
        return {"Policy": {"DefaultVersionId": "v1"}}

    def get_policy_version(self, *, PolicyArn: str, **_: str) -> dict[str, Any]:  # noqa: N803 - boto3's
        """Grant of AWS's own policies what the functions of this stack use."""
        actions = {
            "AWSLambdaBasicExecutionRole": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "AWSLambdaSQSQueueExecutionRole": [
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:GetQueueAttributes",
            ],
            "AWSXrayWriteOnlyAccess": ["xray:PutTraceSegments"],
        }[PolicyArn.rsplit("/", 1)[-1]]
        document = {"Statement": [{"Effect": "Allow", "Action": actions, "Resource": "*"}]}
        return {"PolicyVersion": {"Document": document}}

    def get_paginator(self, operation: str) -> "Iam":
        assert operation == "simulate_custom_policy"
        return self

    def paginate(self, **asked: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - boto3's
        context = {
            entry["ContextKeyName"].lower(): entry["ContextKeyValues"]
            if entry["ContextKeyType"] == "stringList"
            else entry["ContextKeyValues"][0]
            for entry in asked["ContextEntries"]
        }
        (action,), (resource,) = asked["ActionNames"], asked["ResourceArns"]
        call = EvalContext("arn", "AssumedRole", "1", action, resource, "eu-west-1", service_context=context)
        decision = evaluate(call, [parse_policy_document(text) for text in asked["PolicyInputList"]]).decision
        yield {"EvaluationResults": [{"EvalDecision": "allowed" if decision == "Allow" else "implicitDeny"}]}


@pytest.fixture
def asked(target: Target, monkeypatch: pytest.MonkeyPatch) -> Target:
    monkeypatch.setattr(Target, "client", lambda _self, _service: Iam())
    return target


ROLES = [name for name, item in translated().get("Resources", {}).items() if item["Type"] == "AWS::IAM::Role"]


Roles = dict[str, Role]


@pytest.fixture(scope="session")
def known(stack: SimulatedStack) -> Roles:
    return {role.name: role for role in roles(stack)}


@pytest.mark.parametrize("name", ROLES)
def test_every_role_has_what_it_needs_and_no_more(asked: Target, known: Roles, name: str) -> None:
    (said,) = check(asked, known[name])
    assert said.startswith("Allowed: ")


def test_every_function_and_no_other_is_recorded(stack: SimulatedStack) -> None:
    functions = {name for name, _, _ in stack.resources("AWS::Lambda::Function")}
    assert recorded_calls().keys() == functions, "Run: make role-calls"


def _statements(role: Role) -> list[tuple[int, int]]:
    return [
        (number, place)
        for number, policy in enumerate(role.policies)
        for place, _ in enumerate(policy["Statement"])
    ]


def _changed(role: Role, number: int, place: int, **changes: Any) -> Role:  # noqa: ANN401 - parts of a policy
    policies: list[dict[str, Any]] = json.loads(json.dumps(role.policies))
    statement = policies[number]["Statement"][place] | changes
    policies[number]["Statement"][place] = {
        key: value for key, value in statement.items() if value is not None
    }
    return replace(role, policies=tuple(policies))


@pytest.mark.parametrize("name", ROLES)
def test_a_missing_permission_is_found(asked: Target, known: Roles, name: str) -> None:
    role = known[name]
    needed = {need.action for need in role.needs}
    for number, place in _statements(role):
        statement = role.policies[number]["Statement"][place]
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        if not needed & set(actions):
            continue
        with pytest.raises(CheckFailedError, match="denied, but its function needs it"):
            check(asked, _changed(role, number, place, Effect="Deny"))


@pytest.mark.parametrize("name", ROLES)
def test_a_permission_on_everything_is_found(asked: Target, known: Roles, name: str) -> None:
    role = known[name]
    narrow = {need.action for need in role.needs if need.foreign}
    for number, place in _statements(role):
        statement = role.policies[number]["Statement"][place]
        actions = statement["Action"] if isinstance(statement["Action"], list) else [statement["Action"]]
        if not narrow & set(actions):
            continue
        with pytest.raises(CheckFailedError, match="is allowed"):
            check(asked, _changed(role, number, place, Resource="*"))


def test_a_condition_that_everything_meets_is_found(asked: Target, known: Roles) -> None:
    changed = []
    for role in known.values():
        for number, place in _statements(role):
            condition = role.policies[number]["Statement"][place].get("Condition", {})
            for (key,) in condition.values():
                changed.append(key)
                with pytest.raises(CheckFailedError, match=f"with {key}=foreign is allowed"):
                    check(asked, _changed(role, number, place, Condition={"StringLike": {key: "*"}}))
    assert set(changed) == {"dynamodb:LeadingKeys", "s3:prefix", "ses:FromAddress"}


def test_a_role_of_which_nothing_is_known_is_a_failure(asked: Target, known: Roles) -> None:
    role = replace(known["ApiFunctionRole"], needs=())
    with pytest.raises(CheckFailedError, match="make role-calls"):
        check(asked, role)


def test_an_emulator_is_asked_nothing_that_hangs_on_a_condition(
    emulator: Target, known: Roles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Target, "client", lambda _self, _service: Iam())
    role = known["ApiFunctionRole"]
    with_conditions = sum(bool(question.context) for question in questions(role))
    assert with_conditions
    _, said = check(emulator, role)
    assert said.startswith(f"Not checked: {with_conditions} calls with conditions")
