"""What `make deploy` checks first: faults that AWS would report late, in other words, or not at all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    import boto3
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import StackTypeDef

BUCKET_LETTERS = 63
# Other functions that a busy stack runs at the same moment: the API, intake, steps, webhooks.
BESIDE_GENERATIONS = 20
SHOWN_REASONS = 5
# Documented by AWS: so much of an account's concurrency cannot be reserved.
NEVER_RESERVED = 100
# The API, its authorizer, the tools for AI agents and the watch page reserve ApiConcurrency each.
RESERVING_FUNCTIONS = 4
ADVISED_RESERVATION = 20

BROKEN = {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}
_PYTHON = ".tools/deploy/bin/python -c 'import boto3; "
COMMANDS_TO_REMOVE = {
    "AWS::S3::Bucket": _PYTHON
    + """bucket = boto3.resource("s3").Bucket("{id}"); bucket.object_versions.delete(); bucket.delete()'""",
    "AWS::DynamoDB::Table": _PYTHON + """boto3.client("dynamodb").delete_table(TableName="{id}")'""",
    "AWS::Logs::LogGroup": _PYTHON + """boto3.client("logs").delete_log_group(logGroupName="{id}")'""",
}
NOT_THERE = {"REVIEW_IN_PROGRESS"}  # a change set was made, and never carried out


@dataclass(frozen=True)
class Finding:
    """Something to know before a deployment. A fatal one would make it fail."""

    text: str
    fatal: bool = True


@dataclass(frozen=True)
class Plan:
    """What is to be deployed, and where. `generations` and `reserved` are None to keep what the stack has.

    `reserved` is the parameter ApiConcurrency, `event_bus` the parameter EventBus if it is set.
    """

    stack: str
    environment: str
    region: str
    account: str
    generations: int | None
    default_generations: int
    reserved: int | None = None
    event_bus: str = ""


def findings(session: "boto3.Session", plan: Plan) -> Iterator[Finding]:
    """Yield what speaks against the deployment, the most important first.

    A check that the caller has no permission for is named and passed over.
    """
    if fault := name_fault(plan):
        yield Finding(fault)
        return
    cloudformation = session.client("cloudformation")
    stack = described(cloudformation, plan.stack)
    if stack is not None and (fault := state_fault(cloudformation, plan, stack)):
        yield Finding(fault)
    if stack is None:
        yield from _permitted(_left_over(session, plan), "what an earlier stack has left")
    yield from _permitted(_concurrency(session, plan, stack), "how many functions may run at once")
    if plan.event_bus:
        yield from _permitted(_event_bus(session, plan), "whether the event bus exists")


def name_fault(plan: Plan) -> str | None:
    """Return what is wrong with the stack's name, or None. The inbox bucket is named after the stack."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*", plan.stack):
        return (
            f"The stack name “{plan.stack}” is invalid, because the inbox bucket is named after it. "
            "In samconfig.toml, begin stack_name with a letter, and use only a-z, 0-9 and hyphens."
        )
    most = BUCKET_LETTERS - len(inbox_bucket(plan)) + len(plan.stack)
    if len(plan.stack) > most:
        return (
            f"The stack name “{plan.stack}” is too long, because the inbox bucket is named after it. "
            f"In {plan.region} it may have {most} characters. Shorten stack_name in samconfig.toml."
        )
    return None


def inbox_bucket(plan: Plan) -> str:
    """Return the name of the inbox bucket, as the template makes it."""
    return f"{plan.stack}-inbox-{plan.account}-{plan.region}"


def described(cloudformation: "CloudFormationClient", name: str) -> "StackTypeDef | None":
    """Return the stack as it is, or None when there is none."""
    try:
        stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise
    return None if stack["StackStatus"] in NOT_THERE else stack


def state_fault(cloudformation: "CloudFormationClient", plan: Plan, stack: "StackTypeDef") -> str | None:
    """Return why the stack cannot be updated as it is, and what to do, or None."""
    status = stack["StackStatus"]
    if status in BROKEN:
        reasons = "".join(f"\n  {reason}" for reason in _reasons(cloudformation, plan.stack))
        return (
            f"The stack {plan.stack} is in the state {status}, which no deployment can change."
            f"{' What failed:' if reasons else ''}{reasons}\n"
            f"Fix the cause, remove the stack with `make destroy ENV={plan.environment}`, and deploy again."
        )
    if status == "UPDATE_ROLLBACK_FAILED":
        return (
            f"AWS could not undo the last deployment of {plan.stack}. Finish that first:\n"
            f"  aws cloudformation continue-update-rollback --stack-name {plan.stack}"
        )
    if status.endswith("_IN_PROGRESS"):
        return f"The stack {plan.stack} is being changed right now ({status}). Wait until that has ended."
    return None


def _reasons(cloudformation: "CloudFormationClient", name: str) -> list[str]:
    """The first causes. Whatever was merely cancelled because of them is left out."""
    pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
    found = [
        f"{event.get('LogicalResourceId', '')}: {event['ResourceStatusReason']}"
        for page in pages
        for event in page["StackEvents"]
        if event.get("ResourceStatus", "").endswith("FAILED")
        and "cancelled" not in event.get("ResourceStatusReason", "cancelled")
    ]
    return found[::-1][:SHOWN_REASONS]


def _left_over(session: "boto3.Session", plan: Plan) -> Iterator[Finding]:
    """Names that are taken, so that a first deployment would be rolled back."""
    bucket, log = inbox_bucket(plan), f"/aws/lambda/{plan.stack}"
    pages = session.client("logs").get_paginator("describe_log_groups").paginate(logGroupNamePrefix=log)
    if log in {group.get("logGroupName") for page in pages for group in page["logGroups"]}:
        yield Finding(
            f"The log group {log} is left from an earlier stack of this name. Delete it, and deploy again:\n"
            f"  {COMMANDS_TO_REMOVE['AWS::Logs::LogGroup'].format(id=log)}"
        )
    try:
        session.client("s3").head_bucket(Bucket=bucket)
    except ClientError as error:
        if error.response["Error"]["Code"] in {"404", "NoSuchBucket"}:
            return
        raise
    yield Finding(
        f"The bucket {bucket} is left from an earlier stack of this name. Use another stack_name in "
        "samconfig.toml, or delete the bucket with everything in it:\n"
        f"  {COMMANDS_TO_REMOVE['AWS::S3::Bucket'].format(id=bucket)}"
    )


def _concurrency(session: "boto3.Session", plan: Plan, stack: "StackTypeDef | None") -> Iterator[Finding]:
    generations = plan.generations or _deployed(stack, "ConcurrentGenerations") or plan.default_generations
    limits = session.client("lambda").get_account_settings()["AccountLimit"]
    may = limits.get("UnreservedConcurrentExecutions", limits.get("ConcurrentExecutions", 0))
    if may < generations + BESIDE_GENERATIONS:
        yield Finding(
            f"This account may run {may} Lambda functions at once. The stack runs up to {generations} "
            f"generations (ConcurrentGenerations) and about {BESIDE_GENERATIONS} other functions at once. "
            "When functions are throttled, videos wait, and an instruction that waits too long fails. "
            "Ask AWS for more (Service Quotas, AWS Lambda, “Concurrent executions”), "
            "or set a lower ConcurrentGenerations. Until then, set BatchRowsAtOnce=2 as well, "
            "so that the API answers while batches run.",
            fatal=False,
        )
    yield from _reservation(plan, stack, may)


def _reservation(plan: Plan, stack: "StackTypeDef | None", unreserved: int) -> Iterator[Finding]:
    """Say whether the account can reserve concurrency for the API, and advise it where it can."""
    has = _deployed(stack, "ApiConcurrency") or 0
    wants = has if plan.reserved is None else plan.reserved
    available = unreserved + RESERVING_FUNCTIONS * has - NEVER_RESERVED
    if wants and RESERVING_FUNCTIONS * wants > available:
        most = max(available // RESERVING_FUNCTIONS, 0)
        yield Finding(
            f"ApiConcurrency={wants} is more than this account can reserve: AWS leaves {NEVER_RESERVED} of "
            f"its concurrency to all functions. Set ApiConcurrency={most}, or ask AWS for more concurrency."
        )
    if not wants and available >= RESERVING_FUNCTIONS * ADVISED_RESERVATION:
        yield Finding(
            "Nothing is reserved for the API, so a burst of drops can delay its answers. This account has "
            f"room: set ApiConcurrency={ADVISED_RESERVATION} in samconfig.toml.",
            fatal=False,
        )


def _event_bus(session: "boto3.Session", plan: Plan) -> Iterator[Finding]:
    """Events that are put on a bus that does not exist are accepted, and lost."""
    try:
        session.client("events").describe_event_bus(Name=plan.event_bus)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        yield Finding(
            f"The event bus “{plan.event_bus}” does not exist in {plan.region}. EventBridge would accept its "
            "events and drop them. Correct EventBus, or create the bus:\n"
            f"  aws events create-event-bus --name {plan.event_bus}"
        )


def _deployed(stack: "StackTypeDef | None", parameter: str) -> int | None:
    """Return a number that the stack was deployed with, or None."""
    parameters = stack.get("Parameters", []) if stack is not None else []
    values = {item.get("ParameterKey"): item.get("ParameterValue", "") for item in parameters}
    return int(values[parameter]) if parameter in values else None


def _permitted(checks: Iterator[Finding], what: str) -> Iterator[Finding]:
    try:
        yield from checks
    except ClientError as error:
        code = error.response["Error"]["Code"]
        yield Finding(f"Not checked: {what} ({code}).", fatal=False)
