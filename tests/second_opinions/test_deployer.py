"""The role of infra/deployer.yaml beside the registry's schemas and the names of a simulated stack.

The embedded cloud checks no permissions of a deployment, so a pattern that misses a name shows on AWS only.
"""

import re
from collections.abc import Container, Iterator, Mapping
from typing import Any

import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from infra.simulated_stack import ACCOUNT, REGION, SimulatedStack
from tests.second_opinions.registry import FOR_PROPERTY, NOT_NEEDED, handler_actions, needed_actions
from tests.second_opinions.simulated_stack import (
    KEY_ARN,
    PARAMETER_SETS,
    deployer_stack,
    simulated_stack,
)

STACKS = {name: simulated_stack(name) for name in PARAMETER_SETS}
ARTIFACT = "arn:aws:s3:::aws-sam-cli-managed-default-samclisourcebucket-1a2b3c/nemo-video-dev/4d5e6f"
USED: dict[str, set[str]] = {}
for _stack in STACKS.values():
    for _, _kind, _properties in _stack.resources():
        USED.setdefault(_kind, set()).update(_properties)

# What an update never removes, so that the role may not either. docs/deploying.md says how it is deleted.
NEVER_DELETED = {
    "AWS::DynamoDB::Table",
    "AWS::Logs::LogGroup",
    "AWS::S3::Bucket",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
}


def _statements() -> list[dict[str, Any]]:
    documents = []
    for _, kind, properties in deployer_stack().resources("AWS::IAM::Role"):
        inline = properties["Policies"] if kind == "AWS::IAM::Role" else [properties]
        documents += [policy["PolicyDocument"] for policy in inline]
    return [statement for document in documents for statement in document["Statement"]]


STATEMENTS = _statements()


def _listed(value: Any) -> list[str]:  # noqa: ANN401 - one or many, as IAM has it
    return value if isinstance(value, list) else [value]


def _matches(pattern: str, value: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*").replace(r"\?", "."), value) is not None


def _holds(condition: Mapping[str, Mapping[str, Any]], context: Mapping[str, str]) -> bool:
    """Evaluate the operators that the role uses; a key that is not in the request does not match."""
    assert condition.keys() <= {"StringEquals", "ArnEquals", "ArnLike"}
    return all(
        key in context and any(_matches(pattern, context[key]) for pattern in _listed(wanted))
        for keys in condition.values()
        for key, wanted in keys.items()
    )


def _allowed(action: str, arn: str, context: Mapping[str, str]) -> bool:
    return any(
        any(_matches(pattern, action) for pattern in _listed(statement["Action"]))
        and any(_matches(pattern, arn) for pattern in _listed(statement["Resource"]))
        and _holds(statement.get("Condition", {}), context)
        for statement in STATEMENTS
    )


def _requests(
    stack: SimulatedStack, operations: tuple[str, ...], *, never: Container[str] = ()
) -> Iterator[tuple[str, str, dict[str, str]]]:
    """Yield the action, the ARN and the condition keys of each request that a deployment makes."""
    for name, kind, properties in stack.resources():
        if kind in never:
            continue
        via = f"{kind.split('::')[1].lower()}.{REGION}.amazonaws.com"
        context = {"aws:ResourceAccount": ACCOUNT, "kms:ViaService": via}
        if kind == "AWS::Lambda::EventSourceMapping":
            context["lambda:FunctionArn"] = stack.arn(stack.logical_id(properties["FunctionName"]))
        for action in sorted(needed_actions(kind, operations, USED[kind])):
            service = action.split(":")[0]
            if action in {"iam:PassRole", "iam:AttachRolePolicy", "iam:DetachRolePolicy"}:
                continue  # below, with its condition
            if service == "kms":
                arns = [KEY_ARN] if "KmsKeyArn" in stack.parameters else []
            elif service == "s3" and not kind.startswith("AWS::S3"):
                arns = [ARTIFACT]
            else:
                arns = stack.arns(name)
            yield from ((action, arn, context) for arn in arns)


@pytest.mark.parametrize("parameter_set", STACKS)
def test_the_role_may_create_read_and_update_every_resource(parameter_set: str) -> None:
    requests = _requests(STACKS[parameter_set], ("create", "read", "update"))
    missing = {(action, arn) for action, arn, context in requests if not _allowed(action, arn, context)}
    assert not missing, "\n".join(f"{action} on {arn}" for action, arn in sorted(missing))


@pytest.mark.parametrize("parameter_set", STACKS)
def test_the_role_may_delete_what_an_update_can_replace_or_remove(parameter_set: str) -> None:
    requests = _requests(STACKS[parameter_set], ("delete",), never=NEVER_DELETED)
    missing = {(action, arn) for action, arn, context in requests if not _allowed(action, arn, context)}
    assert not missing, "\n".join(f"{action} on {arn}" for action, arn in sorted(missing))


@pytest.mark.parametrize("parameter_set", STACKS)
def test_the_role_may_pass_each_role_to_the_service_that_takes_it(parameter_set: str) -> None:
    stack = STACKS[parameter_set]
    for name, _, properties in stack.resources("AWS::IAM::Role"):
        (trust,) = properties["AssumeRolePolicyDocument"]["Statement"]
        for service in _listed(trust["Principal"]["Service"]):
            assert _allowed("iam:PassRole", stack.arn(name), {"iam:PassedToService": service}), name


@pytest.mark.parametrize("parameter_set", STACKS)
@pytest.mark.parametrize("action", ["iam:AttachRolePolicy", "iam:DetachRolePolicy"])
def test_the_role_may_attach_the_managed_policies_of_each_role(action: str, parameter_set: str) -> None:
    stack = STACKS[parameter_set]
    for name, _, properties in stack.resources("AWS::IAM::Role"):
        for policy in properties.get("ManagedPolicyArns", []):
            assert _allowed(action, stack.arn(name), {"iam:PolicyARN": policy}), f"{policy} of {name}"


def test_another_stack_cannot_be_changed() -> None:
    """But for what has no stack name in its ARN: APIs, secrets, subscriptions, event source mappings."""
    mine = STACKS["everything"]
    other = SimulatedStack(mine.template, mine.parameters, name="other-stack")
    reached = {
        action
        for action, arn, context in _requests(other, ("create", "update"))
        if arn not in {KEY_ARN, ARTIFACT}
        and not re.match(r"[a-z0-9]+:(Describe|Get|List)", action)
        and _allowed(action, arn, context)
    }
    assert {action for action in reached if not action.startswith(("apigateway:", "secretsmanager:"))} == {
        "lambda:TagResource",
        "lambda:UntagResource",
        "sns:SetSubscriptionAttributes",
        "sns:Unsubscribe",
    }


def test_no_exception_is_out_of_date() -> None:
    for kind, exceptions in FOR_PROPERTY.items():
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(REGION, kind).schema
        assert set(exceptions.values()) <= schema["properties"].keys()
    for kind, patterns in [*FOR_PROPERTY.items(), *NOT_NEEDED.items()]:
        listed = handler_actions(kind, ("create", "read", "update", "delete"))
        for pattern in patterns:
            assert any(re.fullmatch(pattern.replace("*", ".*"), action) for action in listed), pattern
