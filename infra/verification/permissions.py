"""Have IAM simulate the policies of each role: what its function needs is allowed, and nothing foreign is.

`calls.json` holds what each function asked of AWS in the scenarios of `tests/policies`, which write it. What
AWS itself does in a role's name comes from the template: it polls queues, writes logs, starts schedules and
runs the steps of workflows.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from infra.simulated_stack import SimulatedStack
from infra.verification.errors import CheckFailedError
from infra.verification.target import Target
from infra.verification.workflows import definitions

CALLS_FILE = Path(__file__).with_name("calls.json")
FOREIGN = "foreign"
ALLOWED = "allowed"

# Condition keys that hold several values.
_LISTS = {"dynamodb:LeadingKeys"}
# What a poller of Lambda does with a queue.
_POLLING = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
_LOGGING = ("logs:CreateLogStream", "logs:PutLogEvents")
# Source: Step Functions developer guide, "Using IAM policies with Distributed Map state".
_MAP_FILES = ("s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload")
_MAP_KEY = "batches/example"
_STEPS = {
    "lambda:invoke": ("lambda:InvokeFunction", "FunctionName"),
    "sqs:sendMessage": ("sqs:SendMessage", "QueueUrl"),
    "sns:publish": ("sns:Publish", "TopicArn"),
    "dynamodb:getItem": ("dynamodb:GetItem", "TableName"),
    "dynamodb:putItem": ("dynamodb:PutItem", "TableName"),
    "dynamodb:updateItem": ("dynamodb:UpdateItem", "TableName"),
    "states:startExecution": ("states:StartExecution", "StateMachineArn"),
}


@dataclass(frozen=True)
class Need:
    """A call that a role has to be allowed.

    `foreign` is the same call on another stack's resource, or None where a policy cannot distinguish them.
    """

    action: str
    resource: str
    foreign: str | None


@dataclass(frozen=True)
class Question:
    """What IAM is asked, and what the answer has to be."""

    action: str
    resource: str
    allowed: bool
    context: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        given = "".join(f" with {key}={value}" for key, value in self.context.items())
        return f"{self.action} on {self.resource}{given}"


@dataclass(frozen=True)
class Role:
    """A role of the simulated stack, with its policies and what it needs."""

    name: str
    policies: tuple[Mapping[str, Any], ...]
    managed: tuple[str, ...]
    needs: tuple[Need, ...]


def roles(stack: SimulatedStack) -> list[Role]:
    """Return all roles of the stack."""
    foreign = replace(stack, name="another-stack", random="6F5E4D3C2B1A")
    needs: dict[str, list[Need]] = {}
    for role, need in (*_recorded(stack, foreign), *_of_services(stack), *_of_workflows(stack, foreign)):
        needs.setdefault(role, []).append(need)
    return [
        Role(
            name=name,
            policies=tuple(policy["PolicyDocument"] for policy in properties.get("Policies", [])),
            managed=tuple(properties.get("ManagedPolicyArns", [])),
            needs=tuple(dict.fromkeys(needs.get(name, []))),
        )
        for name, _, properties in stack.resources("AWS::IAM::Role")
    ]


def questions(role: Role) -> Iterator[Question]:
    """Yield what IAM is asked about a role."""
    for need in role.needs:
        context, is_conditional = _conditions(role, need)
        yield Question(need.action, need.resource, allowed=True, context=context)
        if need.foreign is not None:
            yield Question(need.action, need.foreign, allowed=False, context=context)
        if is_conditional:
            wrong = dict.fromkeys(context, FOREIGN)
            yield Question(need.action, need.resource, allowed=False, context=wrong)


def check(target: Target, role: Role) -> list[str]:
    """Ask IAM all questions about a role; return how many it answered.

    Raises:
        CheckFailedError: An answer is not as it has to be.
    """
    if not role.needs:
        raise CheckFailedError(f"Nothing is known of what {role.name} needs. Run: make role-calls")
    documents = [json.dumps(policy) for policy in (*role.policies, *_managed(target, role.managed))]
    possible = list(questions(role))
    # The embedded cloud simulates policies without the context that conditions need.
    asked = [question for question in possible if target.is_aws or not question.context]
    wrong = [
        f"{question} is {'denied, but its function needs it' if question.allowed else 'allowed'}."
        for question in asked
        if _is_allowed(target, documents, question) != question.allowed
    ]
    if wrong:
        raise CheckFailedError(*wrong)
    needed = sum(question.allowed for question in asked)
    said = [f"Allowed: {needed} calls. Denied: {len(asked) - needed} foreign calls."]
    if left_out := len(possible) - len(asked):
        said.append(f"Not checked: {left_out} calls with conditions, which the emulator ignores.")
    return said


def _is_allowed(target: Target, documents: list[str], question: Question) -> bool:
    pages = (
        target.client("iam")
        .get_paginator("simulate_custom_policy")
        .paginate(
            PolicyInputList=documents,
            # One action at a time: IAM refuses a mix of actions with different authorization information.
            ActionNames=[question.action],
            ResourceArns=[question.resource],
            ContextEntries=[
                {
                    "ContextKeyName": key,
                    "ContextKeyType": "stringList" if key in _LISTS else "string",
                    "ContextKeyValues": [value],
                }
                for key, value in question.context.items()
            ],
        )
    )
    decisions = [result["EvalDecision"] for page in pages for result in page["EvaluationResults"]]
    return bool(decisions) and all(decision == ALLOWED for decision in decisions)


def _managed(target: Target, arns: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
    iam = target.client("iam")
    for arn in arns:
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
        # boto3 decodes it, an emulator may not.
        yield json.loads(unquote(document)) if isinstance(document, str) else document


@cache
def recorded_calls() -> dict[str, dict[str, list[str]]]:
    """Return the actions and resources that each function asked for, by its logical id."""
    calls: dict[str, dict[str, list[str]]] = json.loads(CALLS_FILE.read_text())
    return calls


def granted_calls(stack: SimulatedStack) -> dict[str, dict[str, list[str]]]:
    """Return the recorded calls without those that the policies do not grant any more."""
    known = {role.name.removesuffix("Role"): role for role in roles(stack)}
    return {
        owner: {
            action: [item for item in resources if _is_granted(known[owner], action, _filled(item, stack))]
            for action, resources in actions.items()
        }
        for owner, actions in recorded_calls().items()
        if owner in known
    }


def _is_granted(role: Role, action: str, resource: str) -> bool:
    need = Need(action, resource, None)
    return any(_grants(statement, need) for statement in _statements(role))


def _recorded(stack: SimulatedStack, foreign: SimulatedStack) -> Iterator[tuple[str, Need]]:
    for owner, actions in recorded_calls().items():
        for action, resources in actions.items():
            for resource in resources:
                yield f"{owner}Role", Need(action, _filled(resource, stack), _foreign(resource, foreign))


def _foreign(resource: str, foreign: SimulatedStack) -> str | None:
    """Return the same resource of another stack. One that a parameter names gets another name."""
    if resource == "*":
        return None
    filled = _filled(resource, foreign)
    if any(name in resource for name in foreign.template["Resources"]):
        return filled
    return filled.replace(":::", f":::{FOREIGN}-") if ":::" in filled else f"{filled}-{FOREIGN}"


def _filled(resource: str, stack: SimulatedStack) -> str:
    place = {"partition": stack.partition, "region": stack.region, "account": stack.account}
    return re.sub(r"\{(\w+)\}", lambda match: place.get(match[1]) or stack.physical_name(match[1]), resource)


def _of_services(stack: SimulatedStack) -> Iterator[tuple[str, Need]]:
    """Yield what AWS does in the name of functions and schedules. SAM's policies for it name no resource."""
    functions = {}
    for name, _, properties in stack.resources("AWS::Lambda::Function"):
        functions[name] = stack.logical_id(properties["Role"])
        stream = stack.arn("Log").removesuffix(":*") + ":log-stream:example"
        for action in _LOGGING:
            yield functions[name], Need(action, stream, None)
        if properties.get("TracingConfig", {}).get("Mode") == "Active":
            yield functions[name], Need("xray:PutTraceSegments", "*", None)
    for _, _, properties in stack.resources("AWS::Lambda::EventSourceMapping"):
        role = functions[stack.logical_id(properties["FunctionName"])]
        for action in _POLLING:
            yield role, Need(action, properties["EventSourceArn"], None)
    for _, _, properties in stack.resources("AWS::Scheduler::Schedule"):
        function = properties["Target"]["Arn"]
        yield (
            stack.logical_id(properties["Target"]["RoleArn"]),
            Need("lambda:InvokeFunction", function, f"{function}-{FOREIGN}"),
        )


def _of_workflows(stack: SimulatedStack, foreign: SimulatedStack) -> Iterator[tuple[str, Need]]:
    machines = {name: item for name, _, item in stack.resources("AWS::StepFunctions::StateMachine")}
    for machine, definition in definitions(stack):
        role = stack.logical_id(machines[machine]["RoleArn"])
        for state in _states(json.loads(definition)):
            if state["Type"] == "Task":
                yield role, _step(state, stack, foreign)
            elif state.get("ItemProcessor", {}).get("ProcessorConfig", {}).get("Mode") == "DISTRIBUTED":
                for need in _distributed_map(machine, stack, foreign):
                    yield role, need
        if machines[machine].get("TracingConfiguration", {}).get("Enabled"):
            yield role, Need("xray:PutTraceSegments", "*", None)


def _states(definition: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for state in definition["States"].values():
        yield state
        for part in (state.get("ItemProcessor"), *state.get("Branches", [])):
            if part:
                yield from _states(part)


def _step(state: Mapping[str, Any], stack: SimulatedStack, foreign: SimulatedStack) -> Need:
    integration = state["Resource"].split(":::")[1].removeprefix("aws-sdk:").partition(".")[0]
    action, argument = _STEPS[integration]
    name = stack.logical_id(state["Arguments"][argument])
    return Need(action, stack.arn(name), foreign.arn(name))


def _distributed_map(machine: str, stack: SimulatedStack, foreign: SimulatedStack) -> Iterator[Need]:
    def execution(of: SimulatedStack) -> str:
        return of.arn(machine).replace(":stateMachine:", ":execution:") + ":example"

    def files(of: SimulatedStack) -> str:
        return f"{of.arn('VideosBucket')}/{_MAP_KEY}"

    yield Need("states:StartExecution", stack.arn(machine), foreign.arn(machine))
    for action in ("states:DescribeExecution", "states:StopExecution"):
        yield Need(action, execution(stack), execution(foreign))
    for action in _MAP_FILES:
        yield Need(action, files(stack), files(foreign))


def _conditions(role: Role, need: Need) -> tuple[dict[str, str], bool]:
    """Return values that meet the conditions on a need, and whether it is granted on conditions alone."""
    context: dict[str, str] = {}
    granting = [statement for statement in _statements(role) if _grants(statement, need)]
    for statement in granting:
        for keys in statement.get("Condition", {}).values():
            for key, values in keys.items():
                value = values if isinstance(values, str) else values[0]
                context[key] = value.replace("*", "example")
    return context, bool(context) and all("Condition" in statement for statement in granting)


def _grants(statement: Mapping[str, Any], need: Need) -> bool:
    return need.action in _listed(statement["Action"]) and any(
        fnmatchcase(need.resource, pattern) for pattern in _listed(statement["Resource"])
    )


def _statements(role: Role) -> Iterator[Mapping[str, Any]]:
    for policy in role.policies:
        yield from _listed(policy["Statement"])


def _listed(value: Any) -> list[Any]:  # noqa: ANN401 - a policy has one or a list, almost anywhere
    return value if isinstance(value, list) else [value]
