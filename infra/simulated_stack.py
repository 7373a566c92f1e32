"""The stack that CloudFormation would make of a template, without AWS.

Intrinsic functions are resolved. Every resource has the physical name and the ARN that AWS would give it.
Generated names follow the documentation of CloudFormation: "Name type" in the user guide, and the return
values of each type of resource. Unlike on AWS, names of a long stack name are not shortened.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

ACCOUNT = "111122223333"
REGION = "eu-west-1"
STACK = "nemo-video-dev"
RANDOM = "1A2B3C4D5E6F"  # the random part of a generated name

# The property that names a resource. Without it the name is generated from stack name and logical id.
NAMED_BY = {
    "AWS::CloudWatch::Alarm": "AlarmName",
    "AWS::CloudWatch::Dashboard": "DashboardName",
    "AWS::DynamoDB::Table": "TableName",
    "AWS::IAM::Role": "RoleName",
    "AWS::Lambda::Function": "FunctionName",
    "AWS::Lambda::LayerVersion": "LayerName",
    "AWS::Logs::LogGroup": "LogGroupName",
    "AWS::S3::Bucket": "BucketName",
    "AWS::SNS::Topic": "TopicName",
    "AWS::SQS::Queue": "QueueName",
    "AWS::Scheduler::Schedule": "Name",
    "AWS::SecretsManager::Secret": "Name",
    "AWS::StepFunctions::StateMachine": "StateMachineName",
}
# Here the generated name does not contain the stack name.
NAMED_WITHOUT_STACK = {"AWS::SecretsManager::Secret", "AWS::StepFunctions::StateMachine"}
# What has an id instead of a name.
IDS = {
    "AWS::ApiGateway::Deployment": "d3pl0y",
    "AWS::ApiGateway::RestApi": "a1b2c3d4e5",
    "AWS::IAM::OIDCProvider": "token.actions.githubusercontent.com",
    "AWS::Lambda::EventInvokeConfig": RANDOM,
    "AWS::Lambda::EventSourceMapping": "0f0e0d0c-0000-4000-8000-000000000000",
    "AWS::Lambda::Permission": RANDOM,
    "AWS::S3::BucketPolicy": RANDOM,
    "AWS::SNS::Subscription": "0a0b0c0d-0000-4000-8000-000000000000",
    "AWS::SNS::TopicPolicy": RANDOM,
    "AWS::SQS::QueuePolicy": RANDOM,
}
# ARN by type, from the service authorization reference; types without an ARN of their own are in TARGETS.
ARNS = {
    "AWS::ApiGateway::RestApi": "arn:{partition}:apigateway:{region}::/restapis/{name}",
    "AWS::CloudWatch::Alarm": "arn:{partition}:cloudwatch:{region}:{account}:alarm:{name}",
    "AWS::CloudWatch::Dashboard": "arn:{partition}:cloudwatch::{account}:dashboard/{name}",
    "AWS::DynamoDB::Table": "arn:{partition}:dynamodb:{region}:{account}:table/{name}",
    "AWS::IAM::OIDCProvider": "arn:{partition}:iam::{account}:oidc-provider/{name}",
    "AWS::IAM::Role": "arn:{partition}:iam::{account}:role/{name}",
    "AWS::Lambda::EventSourceMapping": (
        "arn:{partition}:lambda:{region}:{account}:event-source-mapping:{name}"
    ),
    "AWS::Lambda::Function": "arn:{partition}:lambda:{region}:{account}:function:{name}",
    "AWS::Lambda::LayerVersion": "arn:{partition}:lambda:{region}:{account}:layer:{name}:1",
    "AWS::Logs::LogGroup": "arn:{partition}:logs:{region}:{account}:log-group:{name}:*",
    "AWS::S3::Bucket": "arn:{partition}:s3:::{name}",
    "AWS::SNS::Topic": "arn:{partition}:sns:{region}:{account}:{name}",
    "AWS::SQS::Queue": "arn:{partition}:sqs:{region}:{account}:{name}",
    "AWS::Scheduler::Schedule": "arn:{partition}:scheduler:{region}:{account}:schedule/default/{name}",
    "AWS::SecretsManager::Secret": "arn:{partition}:secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    "AWS::StepFunctions::StateMachine": "arn:{partition}:states:{region}:{account}:stateMachine:{name}",
}
# Actions on these know the ARN with and without this suffix: of all log streams, of a version.
SUFFIXES = {"AWS::Lambda::LayerVersion": ":1", "AWS::Logs::LogGroup": ":*"}
# Types that change another resource: the property that names it by Ref, ARN, URL or name.
TARGETS = {
    "AWS::Lambda::EventInvokeConfig": "FunctionName",
    "AWS::Lambda::Permission": "FunctionName",
    "AWS::S3::BucketPolicy": "Bucket",
    "AWS::SNS::Subscription": "TopicArn",
    "AWS::SNS::TopicPolicy": "Topics",
    "AWS::SQS::QueuePolicy": "Queues",
}
REF_IS_ARN = {
    "AWS::IAM::OIDCProvider",
    "AWS::Lambda::LayerVersion",
    "AWS::SNS::Topic",
    "AWS::SecretsManager::Secret",
    "AWS::StepFunctions::StateMachine",
}

# Functions of resolved arguments.
FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "And": all,
    "Equals": lambda items: str(items[0]) == str(items[1]),
    "Join": lambda items: items[0].join(items[1]),
    "Not": lambda items: not items[0],
    "Or": any,
    "Split": lambda items: items[1].split(items[0]),
}


class NoValue:
    """What `AWS::NoValue` leaves: no property, no element."""


@dataclass
class SimulatedStack:
    """A transformed template with its parameters, resolved."""

    template: Mapping[str, Any]
    parameters: Mapping[str, str] = field(default_factory=dict)
    name: str = STACK
    account: str = ACCOUNT
    region: str = REGION
    partition: str = "aws"
    random: str = RANDOM

    def __post_init__(self) -> None:
        declared = self.template.get("Parameters", {})
        defaults = {name: str(item["Default"]) for name, item in declared.items() if "Default" in item}
        self._values = defaults | dict(self.parameters)

    @property
    def _pseudo(self) -> dict[str, Any]:
        """What AWS itself provides for `Ref`."""
        scope = f"{self.region}:{self.account}"
        return {
            "AWS::AccountId": self.account,
            "AWS::NoValue": NoValue,
            "AWS::Partition": self.partition,
            "AWS::Region": self.region,
            "AWS::StackName": self.name,
            "AWS::StackId": f"arn:{self.partition}:cloudformation:{scope}:stack/{self.name}/0",
            "AWS::URLSuffix": self._suffix,
        }

    @property
    def _suffix(self) -> str:
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def resources(self, kind: str = "") -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield the logical id, the type and the resolved properties of each resource that exists."""
        for name, resource in self.template["Resources"].items():
            condition = resource.get("Condition")
            if resource["Type"].startswith(kind) and (condition is None or self.holds(condition)):
                yield name, resource["Type"], self.resolve(resource.get("Properties", {}))

    def holds(self, condition: str) -> bool:
        """Return whether a condition of the template is true."""
        return bool(self.resolve(self.template["Conditions"][condition]))

    def physical_name(self, logical_id: str) -> str:
        """Return the name or the id that AWS would give the resource."""
        resource = self.template["Resources"][logical_id]
        kind = resource["Type"]
        if kind == "AWS::ApiGateway::Stage":
            return str(self.resolve(resource["Properties"]["StageName"]))
        if kind in IDS:
            return IDS[kind]
        given = resource.get("Properties", {}).get(NAMED_BY[kind])
        if given is not None:
            return str(self.resolve(given))
        parts = [logical_id, self.random]
        if kind not in NAMED_WITHOUT_STACK:
            parts.insert(0, self.name)
        generated = "-".join(parts)
        return generated.lower() if kind == "AWS::S3::Bucket" else generated

    def arn(self, logical_id: str) -> str:
        """Return the ARN of a resource that has one of its own."""
        resource = self.template["Resources"][logical_id]
        kind, name = resource["Type"], self.physical_name(logical_id)
        if kind in {"AWS::ApiGateway::Deployment", "AWS::ApiGateway::Stage"}:
            api = self.resolve(resource["Properties"]["RestApiId"])
            part = f"{kind.split('::')[-1].lower()}s/{name}"
            return f"arn:{self.partition}:apigateway:{self.region}::/restapis/{api}/{part}"
        place = {"partition": self.partition, "region": self.region, "account": self.account}
        return str(ARNS[kind]).format(name=name, **place)

    def arns(self, logical_id: str) -> list[str]:
        """Return the ARNs of what a deployment changes for this resource: itself, or its targets."""
        resource = self.template["Resources"][logical_id]
        if (target := TARGETS.get(resource["Type"])) is None:
            arn = self.arn(logical_id)
            return sorted({arn, arn.removesuffix(SUFFIXES.get(resource["Type"], ""))})
        named = self.resolve(resource["Properties"][target])
        return [self.arn(self.logical_id(item)) for item in (named if isinstance(named, list) else [named])]

    def logical_id(self, reference: str) -> str:
        """Return which resource this name, ARN or other value of `Ref` is of."""
        for name, resource in self.template["Resources"].items():
            if resource["Type"] not in ARNS:
                continue
            if reference in {self.ref(name), self.physical_name(name), self.arn(name)}:
                return str(name)
        raise KeyError(reference)

    def ref(self, name: str) -> Any:  # noqa: ANN401 - as many types as CloudFormation has
        """Return what `Ref` is."""
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._values:
            value = self._values[name]
            listed = self.template["Parameters"][name]["Type"].startswith(("List<", "CommaDelimitedList"))
            return value.split(",") if listed else value
        kind = self.template["Resources"][name]["Type"]
        if kind == "AWS::SQS::Queue":
            return f"https://sqs.{self.region}.{self._suffix}/{self.account}/{self.physical_name(name)}"
        return self.arn(name) if kind in REF_IS_ARN else self.physical_name(name)

    def attribute(self, name: str, attribute: str) -> str:
        """Return what `Fn::GetAtt` is."""
        if attribute in {"Arn", "TopicArn"} or self.template["Resources"][name]["Type"] in REF_IS_ARN:
            return self.physical_name(name) if attribute.endswith("Name") else self.arn(name)
        return self.physical_name(name)

    def resolve(self, value: Any) -> Any:  # noqa: ANN401 - any part of a template
        """Return a part of the template without intrinsic functions."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NoValue]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            ((name, argument),) = value.items()
            if name in {"Ref", "Condition"} and isinstance(argument, str):
                return self.ref(argument) if name == "Ref" else self.holds(argument)
            if name.startswith("Fn::"):
                return self._call(name.removeprefix("Fn::"), argument)
        resolved = {key: self.resolve(item) for key, item in value.items()}
        return {key: item for key, item in resolved.items() if item is not NoValue}

    def _call(self, function: str, argument: Any) -> Any:  # noqa: ANN401 - as above
        if function == "If":
            condition, yes, no = argument
            return self.resolve(yes if self.holds(condition) else no)
        if function == "GetAtt":
            name, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
            return self.attribute(name, attribute)
        if function == "Sub":
            text, given = argument if isinstance(argument, list) else (argument, {})
            return re.sub(r"\$\{([^!}][^}]*)\}", lambda match: self._named(match[1], given), text)
        return FUNCTIONS[function](self.resolve(argument))

    def _named(self, name: str, given: Mapping[str, Any]) -> str:
        if name in given:
            return str(self.resolve(given[name]))
        return str(self.attribute(*name.split(".", 1)) if "." in name else self.ref(name))
