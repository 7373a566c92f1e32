"""What is left of a temporary stack, and its deletion.

Parts are found by name, since whatever CloudFormation or Lambda makes for a stack is named after it. A secret
is not, and is found by the tag that CloudFormation puts on it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from infra.commands import explain
from infra.verification.target import Target

Client = Any
_STACK_TAG = "aws:cloudformation:stack-name"


@dataclass(frozen=True)
class Kind:
    """One kind of resource: where it is found by the stack's name, and how one is deleted."""

    name: str
    service: str
    find: Callable[[Client, str], Iterator[str]]
    delete: Callable[[Client, str], object]


@dataclass(frozen=True)
class Leftover:
    """A resource that is still there."""

    kind: Kind
    id: str
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.kind.name} {self.id}" + (f": {self.problem}" if self.problem else "")


def find(target: Target, stack: str) -> list[Leftover]:
    """Return all that is left of the stack."""
    return [
        Leftover(kind, identity)
        for kind in KINDS
        for identity in kind.find(target.client(kind.service), stack)
    ]


def delete(target: Target, leftovers: list[Leftover]) -> list[Leftover]:
    """Delete what is left; return what could not be deleted, with the problem."""
    failed = []
    for leftover in leftovers:
        try:
            leftover.kind.delete(target.client(leftover.kind.service), leftover.id)
        except (BotoCoreError, ClientError) as error:
            failed.append(Leftover(leftover.kind, leftover.id, explain(error)))
    return failed


def _paged(client: Client, operation: str, key: str, **arguments: object) -> Iterator[Any]:
    for page in client.get_paginator(operation).paginate(**arguments):
        yield from page.get(key, [])


def _named(name: str, stack: str) -> bool:
    return name == stack or name.startswith(f"{stack}-")


def _last(arn: str) -> str:
    return arn.rsplit(":", 1)[-1]


def _stacks(cloudformation: Client, stack: str) -> Iterator[str]:
    for item in _paged(cloudformation, "describe_stacks", "Stacks"):
        if item["StackName"] == stack and item["StackStatus"] != "DELETE_COMPLETE":
            yield item["StackName"]


def _buckets(s3: Client, stack: str) -> Iterator[str]:
    yield from (item["Name"] for item in s3.list_buckets()["Buckets"] if _named(item["Name"], stack))


def _delete_bucket(s3: Client, name: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=name):
        objects = [
            {"Key": item["Key"], "VersionId": item["VersionId"]}
            for item in (*page.get("Versions", []), *page.get("DeleteMarkers", []))
        ]
        if objects:
            s3.delete_objects(Bucket=name, Delete={"Objects": objects, "Quiet": True})
    for upload in _paged(s3, "list_multipart_uploads", "Uploads", Bucket=name):
        s3.abort_multipart_upload(Bucket=name, Key=upload["Key"], UploadId=upload["UploadId"])
    s3.delete_bucket(Bucket=name)


def _tables(dynamodb: Client, stack: str) -> Iterator[str]:
    yield from (name for name in _paged(dynamodb, "list_tables", "TableNames") if _named(name, stack))


def _queues(sqs: Client, stack: str) -> Iterator[str]:
    yield from _paged(sqs, "list_queues", "QueueUrls", QueueNamePrefix=f"{stack}-")


def _topics(sns: Client, stack: str) -> Iterator[str]:
    found = (item["TopicArn"] for item in _paged(sns, "list_topics", "Topics"))
    yield from (arn for arn in found if _named(_last(arn), stack))


def _subscriptions(sns: Client, stack: str) -> Iterator[str]:
    for item in _paged(sns, "list_subscriptions", "Subscriptions"):
        # One that was never confirmed has no ARN, and ends by itself.
        if _named(_last(item["TopicArn"]), stack) and item["SubscriptionArn"].startswith("arn:"):
            yield item["SubscriptionArn"]


def _secrets(secretsmanager: Client, stack: str) -> Iterator[str]:
    """Yield secrets, those that are scheduled for deletion too."""
    tagged = [{"Key": "tag-key", "Values": [_STACK_TAG]}]
    for item in _paged(
        secretsmanager, "list_secrets", "SecretList", IncludePlannedDeletion=True, Filters=tagged
    ):
        if {"Key": _STACK_TAG, "Value": stack} in item.get("Tags", []):
            yield item["ARN"]


def _functions(functions: Client, stack: str) -> Iterator[str]:
    found = (item["FunctionName"] for item in _paged(functions, "list_functions", "Functions"))
    yield from (name for name in found if _named(name, stack))


def _mappings(functions: Client, stack: str) -> Iterator[str]:
    for item in _paged(functions, "list_event_source_mappings", "EventSourceMappings"):
        if _named(_last(item["FunctionArn"]), stack) and item.get("State") != "Deleting":
            yield item["UUID"]


def _layers(functions: Client, stack: str) -> Iterator[str]:
    for layer in _paged(functions, "list_layers", "Layers"):
        if _named(layer["LayerName"], stack):
            versions = _paged(functions, "list_layer_versions", "LayerVersions", LayerName=layer["LayerName"])
            yield from (f"{layer['LayerName']}:{version['Version']}" for version in versions)


def _delete_layer(functions: Client, identity: str) -> None:
    name, version = identity.rsplit(":", 1)
    functions.delete_layer_version(LayerName=name, VersionNumber=int(version))


def _machines(states: Client, stack: str) -> Iterator[str]:
    for item in _paged(states, "list_state_machines", "stateMachines"):
        if _named(item["name"], stack) and not _is_being_deleted(states, item["stateMachineArn"]):
            yield item["stateMachineArn"]


def _is_being_deleted(states: Client, arn: str) -> bool:
    try:
        status: str = states.describe_state_machine(stateMachineArn=arn)["status"]
    except states.exceptions.StateMachineDoesNotExist:
        return True
    return status == "DELETING"


def _log_groups(logs: Client, stack: str) -> Iterator[str]:
    found = (
        item["logGroupName"]
        for item in _paged(logs, "describe_log_groups", "logGroups", logGroupNamePattern=stack)
    )
    yield from (name for name in found if _named(name.rsplit("/", 1)[-1], stack))


def _alarms(cloudwatch: Client, stack: str) -> Iterator[str]:
    found = _paged(cloudwatch, "describe_alarms", "MetricAlarms", AlarmNamePrefix=f"{stack}-")
    yield from (item["AlarmName"] for item in found)


def _dashboards(cloudwatch: Client, stack: str) -> Iterator[str]:
    found = _paged(cloudwatch, "list_dashboards", "DashboardEntries", DashboardNamePrefix=f"{stack}-")
    yield from (item["DashboardName"] for item in found)


def _schedules(scheduler: Client, stack: str) -> Iterator[str]:
    found = _paged(scheduler, "list_schedules", "Schedules", NamePrefix=f"{stack}-")
    yield from (item["Name"] for item in found)


def _apis(apigateway: Client, stack: str) -> Iterator[str]:
    found = _paged(apigateway, "get_rest_apis", "items")
    yield from (item["id"] for item in found if item["name"] == stack)


def _roles(iam: Client, stack: str) -> Iterator[str]:
    found = (item["RoleName"] for item in _paged(iam, "list_roles", "Roles"))
    yield from (name for name in found if _named(name, stack))


def _delete_role(iam: Client, name: str) -> None:
    for policy in _paged(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name):
        iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for policy in _paged(iam, "list_role_policies", "PolicyNames", RoleName=name):
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


# What calls others comes first, so that nothing makes anything while the rest is deleted.
KINDS = (
    Kind("stack", "cloudformation", _stacks, lambda client, name: client.delete_stack(StackName=name)),
    Kind("schedule", "scheduler", _schedules, lambda client, name: client.delete_schedule(Name=name)),
    Kind("REST API", "apigateway", _apis, lambda client, name: client.delete_rest_api(restApiId=name)),
    Kind(
        "event source mapping",
        "lambda",
        _mappings,
        lambda client, name: client.delete_event_source_mapping(UUID=name),
    ),
    Kind(
        "state machine",
        "stepfunctions",
        _machines,
        lambda client, name: client.delete_state_machine(stateMachineArn=name),
    ),
    Kind("function", "lambda", _functions, lambda client, name: client.delete_function(FunctionName=name)),
    Kind("layer version", "lambda", _layers, _delete_layer),
    Kind(
        "subscription",
        "sns",
        _subscriptions,
        lambda client, name: client.unsubscribe(SubscriptionArn=name),
    ),
    Kind("topic", "sns", _topics, lambda client, name: client.delete_topic(TopicArn=name)),
    Kind("queue", "sqs", _queues, lambda client, name: client.delete_queue(QueueUrl=name)),
    Kind("table", "dynamodb", _tables, lambda client, name: client.delete_table(TableName=name)),
    Kind("bucket", "s3", _buckets, _delete_bucket),
    Kind(
        "secret",
        "secretsmanager",
        _secrets,
        lambda client, name: client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True),
    ),
    Kind("alarm", "cloudwatch", _alarms, lambda client, name: client.delete_alarms(AlarmNames=[name])),
    Kind(
        "dashboard",
        "cloudwatch",
        _dashboards,
        lambda client, name: client.delete_dashboards(DashboardNames=[name]),
    ),
    Kind("log group", "logs", _log_groups, lambda client, name: client.delete_log_group(logGroupName=name)),
    Kind("role", "iam", _roles, _delete_role),
)
