"""Every policy of the stack and of the deployer, read by parliament with AWS's own list of actions."""

import ast
import json
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, NamedTuple

import pytest

from infra.simulated_stack import SimulatedStack
from tests.second_opinions.programs import ask_parliament
from tests.second_opinions.simulated_stack import PARAMETER_SETS, deployer_stack, simulated_stack

Policy = dict[str, Any]


class Finding(NamedTuple):
    """What parliament says of one policy: the detail is an action where it speaks of actions."""

    policy: str
    issue: str
    detail: str


# Findings that are accepted, with patterns for policy and detail, and with the reason.
ACCEPTED = {
    Finding("*", "NO_VERSION", ""): "Without a version no policy variable works. None is used: see below.",
    Finding("*.trust", "MALFORMED", "Statement contains neither Resource nor NotResource"): (
        "A trust policy has no resource."
    ),
    Finding("Deployer.trust", "UNKNOWN_FEDERATION_SOURCE", "*"): "The provider of GitHub, by its ARN.",
    Finding("Deployer.deploy", "INVALID_ARN", "Account expected to be of form like 123456789012"): (
        "The ARN of the transform has `aws` as its account."
    ),
    Finding("*", "RESOURCE_MISMATCH", "states:DescribeExecution"): (
        "One of two alternative types of resource is enough: executions, not express executions."
    ),
    Finding("*", "RESOURCE_MISMATCH", "states:ListExecutions"): (
        "One of two alternative types of resource is enough: state machines, not map runs."
    ),
    Finding("Deployer.deploy", "RESOURCE_MISMATCH", "lambda:Get*"): (
        "`lambda:Get*` includes actions of other resources. The role does not need those."
    ),
    Finding("Deployer.deploy", "RESOURCE_STAR", "lambda:*EventSourceMapping"): (
        "The id of a mapping is random. A condition limits the actions to functions of the stack."
    ),
    Finding("NotifyMailFunctionRole.*", "RESOURCE_STAR", "ses:SendEmail"): (
        "The identity may be the address or its domain. A condition limits the sender."
    ),
    Finding("MailSignInFunctionRole.*", "RESOURCE_STAR", "ses:SendEmail"): "As for NotifyMailFunction.",
}


def _policies(stack: SimulatedStack) -> Iterator[tuple[str, Policy]]:
    for name, kind, properties in stack.resources():
        if kind == "AWS::IAM::Role":
            yield f"{name}.trust", properties["AssumeRolePolicyDocument"]
            for policy in properties.get("Policies", []):
                yield f"{name}.{policy['PolicyName']}", policy["PolicyDocument"]
        elif "PolicyDocument" in properties:
            yield name, properties["PolicyDocument"]


@cache
def _all_policies() -> dict[str, Policy]:
    stacks = [*map(simulated_stack, PARAMETER_SETS), deployer_stack()]
    return {name: policy for stack in stacks for name, policy in _policies(stack)}


@cache
def _findings() -> set[Finding]:
    answered: dict[str, list[list[Any]]] = ask_parliament(_all_policies())
    return {
        Finding(name, issue, item)
        for name, findings in answered.items()
        for issue, detail in findings
        for item in _details(issue, detail)
    }


def _details(issue: str, detail: object) -> list[str]:
    """Split the findings that speak of several actions."""
    if issue not in {"RESOURCE_MISMATCH", "RESOURCE_STAR"}:
        return [str(detail)]
    actions = ast.literal_eval(detail) if isinstance(detail, str) else detail
    assert isinstance(actions, list)
    return [action["action"] if isinstance(action, dict) else action for action in actions]


def _accepts(accepted: Finding, finding: Finding) -> bool:
    return all(fnmatchcase(value, pattern) for value, pattern in zip(finding, accepted, strict=True))


def test_parliament_finds_nothing_that_is_not_accepted() -> None:
    left = {item for item in _findings() if not any(_accepts(accepted, item) for accepted in ACCEPTED)}
    assert not left, "\n".join(map(str, sorted(left)))


@pytest.mark.parametrize("accepted", ACCEPTED, ids=lambda item: f"{item.policy} {item.issue} {item.detail}")
def test_what_is_accepted_is_still_found(accepted: Finding) -> None:
    assert any(_accepts(accepted, item) for item in _findings()), "Remove it from ACCEPTED."


def test_a_policy_without_a_version_uses_no_policy_variable() -> None:
    for name, policy in _all_policies().items():
        assert "Version" in policy or "${" not in str(policy), name


def test_the_inline_policies_of_a_role_are_not_too_large() -> None:
    """IAM allows 10,240 characters per role, without white space."""
    for stack in [*map(simulated_stack, PARAMETER_SETS), deployer_stack()]:
        sizes: dict[str, int] = {}
        for name, kind, properties in stack.resources("AWS::IAM::Role"):
            role = name if kind == "AWS::IAM::Role" else stack.logical_id(properties["RoleName"])
            for policy in properties.get("Policies", [properties] if kind != "AWS::IAM::Role" else []):
                text = json.dumps(policy["PolicyDocument"], separators=(",", ":"))
                sizes[role] = sizes.get(role, 0) + len(text)
        assert max(sizes.values()) <= 10_240


def test_every_policy_is_read() -> None:
    """The roles of all functions and workflows, the resource policies, and the role of the deployer."""
    names = _all_policies().keys()
    for stack in map(simulated_stack, PARAMETER_SETS):
        assert {f"{name}.trust" for name, _, _ in stack.resources("AWS::IAM::Role")} <= names
    assert {"InboxBucketPolicy", "InboxQueuePolicy", "AnnouncementTopicPolicy", "Deployer.deploy"} <= names
