"""What `make deploy`, `make drift` and `make destroy` do beside what SAM does.

The environments, and the stack of each, are those of `samconfig.toml`.
"""

import json
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
from samtranslator.yaml_helper import yaml_parse

from infra.commands import NO_REGION, CommandError, Parser, command
from infra.preflight import COMMANDS_TO_REMOVE, Plan, findings

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient
    from types_boto3_cloudformation.type_defs import StackResourceDriftTypeDef

ROOT = Path(__file__).parents[1]
BETWEEN_LOOKS_SECONDS = 2
SECRET = "****"  # noqa: S105 - what AWS shows in the place of a parameter with NoEcho

KEEPING = {"Retain", "RetainExceptOnCreate"}


class DeploymentError(CommandError):
    """Says what is wrong, and what to do."""


@command(failed=2)
def main() -> int:
    """Run one command; the exit status is the shell's."""
    parser = Parser(prog="infra.deployment", description=__doc__)
    parser.add_argument("command", choices=("access", "check", "protect", "drift", "kept"))
    parser.add_argument("environment")
    parser.add_argument(
        "parameters", nargs="*", metavar="Name=value", help="parameters of the stack, as in make deploy"
    )
    arguments = parser.parse_args()
    stack, overrides = configured((ROOT / "samconfig.toml").read_text(), arguments.environment)
    if arguments.command == "check":
        given = _parameters(arguments.parameters, "PARAMETERS")
        return check(boto3.Session(), stack, arguments.environment, given or overrides)
    if arguments.command == "access":
        account(boto3.Session())
        return 0
    client = boto3.Session().client("cloudformation")
    if arguments.command == "protect":
        protect(client, stack)
        return 0
    if arguments.command == "kept":
        sys.stdout.write(list_of_kept(stack, kept(client, stack)))
        return 0
    drifted = [*hand_made(client, stack), *other_parameters(client, stack, overrides)]
    sys.stdout.write("".join(f"{line}\n" for line in drifted or [f"{stack} is as it was deployed."]))
    return 1 if drifted else 0


def configured(samconfig: str, environment: str) -> tuple[str, dict[str, str]]:
    """The name of an environment's stack, and the parameters that are set for it.

    Raises:
        DeploymentError: There is no such environment, or the file is invalid.
    """
    try:
        read = tomllib.loads(samconfig)
    except tomllib.TOMLDecodeError as error:
        raise DeploymentError(f"samconfig.toml is invalid: {error}.") from error
    environments = {name: of for name, of in read.items() if isinstance(of, dict) and "deploy" in of}
    if environment not in environments:
        known = " or ".join(f"ENV={name}" for name in environments)
        raise DeploymentError(f"samconfig.toml has no environment “{environment}”: {known}.")
    found = environments[environment]
    overrides = found["deploy"]["parameters"].get("parameter_overrides", [])
    return found["global"]["parameters"]["stack_name"], _parameters(overrides, "samconfig.toml")


def _parameters(lines: Sequence[str], where: str) -> dict[str, str]:
    """Return the parameters of a deployment by name. Raises: DeploymentError."""
    if wrong := [line for line in lines if "=" not in line]:
        raise DeploymentError(f"Invalid parameter “{wrong[0]}” in {where}. Write it as Name=value.")
    return dict(line.split("=", 1) for line in lines)


def _number(parameters: Mapping[str, str], name: str) -> int | None:
    """Return a parameter that is a number; None when it is not set. Raises: DeploymentError."""
    text = parameters.get(name)
    if text and not text.isdecimal():
        raise DeploymentError(f"Invalid parameter {name}. It must be a whole number, not “{text}”.")
    return int(text) if text else None


def account(session: boto3.Session) -> str:
    """Return the number of the AWS account, before anything is built that could not be deployed.

    Raises:
        DeploymentError: No region is configured.
    """
    if session.region_name is None:
        raise DeploymentError(NO_REGION)
    return str(session.client("sts").get_caller_identity()["Account"])


def check(session: boto3.Session, stack: str, environment: str, parameters: dict[str, str]) -> int:
    """Print what speaks against a deployment. Return 2 when it would fail, else 0.

    Raises:
        DeploymentError: No region is configured.
    """
    generations = _number(parameters, "ConcurrentGenerations")
    reserved = _number(parameters, "ApiConcurrency")
    number = account(session)
    plan = Plan(
        stack=stack,
        environment=environment,
        region=session.region_name or "",
        account=number,
        generations=generations,
        default_generations=int(_template()["Parameters"]["ConcurrentGenerations"]["Default"]),
        reserved=reserved,
        event_bus=parameters.get("EventBus", ""),
    )
    fatal = False
    for finding in findings(session, plan):
        sys.stderr.write(f"{'Error' if finding.fatal else 'Warning'}: {finding.text}\n")
        fatal = fatal or finding.fatal
    return 2 if fatal else 0


def protect(client: "CloudFormationClient", stack: str) -> None:
    """Have AWS refuse to delete the stack until that is taken back."""
    client.update_termination_protection(StackName=stack, EnableTerminationProtection=True)
    sys.stdout.write(f"Termination protection of {stack} is enabled.\n")


def hand_made(client: "CloudFormationClient", stack: str) -> Iterator[str]:
    """A line for each change that was not made by a deployment, once AWS has compared.

    Raises:
        DeploymentError: AWS could not compare.
    """
    detection = client.detect_stack_drift(StackName=stack)["StackDriftDetectionId"]
    while True:
        status = client.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        if status["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        time.sleep(BETWEEN_LOOKS_SECONDS)
    if status["DetectionStatus"] == "DETECTION_FAILED":
        raise DeploymentError(f"AWS could not compare {stack}: {status.get('DetectionStatusReason', '')}")
    for drift in _drifts(client, stack):
        yield from _differences(drift)


def _drifts(client: "CloudFormationClient", stack: str) -> Iterator["StackResourceDriftTypeDef"]:
    arguments: dict[str, Any] = {
        "StackName": stack,
        "StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"],
    }
    while True:
        page = client.describe_stack_resource_drifts(**arguments)
        yield from page["StackResourceDrifts"]
        if not page.get("NextToken"):
            return
        arguments["NextToken"] = page["NextToken"]


def _differences(drift: "StackResourceDriftTypeDef") -> Iterator[str]:
    name = f"{drift['LogicalResourceId']} ({drift['ResourceType']})"
    if drift["StackResourceDriftStatus"] == "DELETED":
        yield f"{name} was deleted."
    for difference in drift.get("PropertyDifferences", []):
        yield (
            f"{name}: {difference['PropertyPath']} is {difference['ActualValue']}, "
            f"and was deployed as {difference['ExpectedValue']}."
        )


def other_parameters(client: "CloudFormationClient", stack: str, overrides: dict[str, str]) -> Iterator[str]:
    """A line for each parameter that is neither as `samconfig.toml` says nor as the template does.

    A deployment leaves those alone that it does not name.
    """
    wanted = {name: str(item["Default"]) for name, item in _template()["Parameters"].items()} | overrides
    for parameter in client.describe_stacks(StackName=stack)["Stacks"][0].get("Parameters", []):
        name, value = parameter["ParameterKey"], parameter["ParameterValue"]
        if name in wanted and value not in {wanted[name], SECRET}:
            yield f"The parameter {name} is “{value}”, and “{wanted[name]}” in samconfig.toml or by default."


def kept(client: "CloudFormationClient", stack: str) -> list[tuple[str, str]]:
    """Return what stays when the stack is deleted: the type and the name of each.

    A resource that was never made, or that a failed first deployment has deleted again, does not stay.
    """
    noted = json.loads((ROOT / "infra/stateful.json").read_text())
    return [
        (resource["ResourceType"], resource["PhysicalResourceId"])
        for page in client.get_paginator("list_stack_resources").paginate(StackName=stack)
        for resource in page["StackResourceSummaries"]
        if noted.get(resource["LogicalResourceId"], {}).get("DeletionPolicy") in KEEPING
        and resource["ResourceStatus"] != "DELETE_COMPLETE"
        and resource.get("PhysicalResourceId")
    ]


def list_of_kept(stack: str, resources: list[tuple[str, str]]) -> str:
    """Return a list of what is kept, with the commands that delete it."""
    if not resources:
        return f"Nothing is kept when {stack} is deleted.\n"
    lines = [f"These are kept with their content when {stack} is deleted. To delete them afterwards, run:"]
    lines += [f"  {COMMANDS_TO_REMOVE[kind].format(id=name)}" for kind, name in resources]
    return "\n".join(lines) + "\n"


def _template() -> dict[str, Any]:
    read: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return read


if __name__ == "__main__":
    sys.exit(main())
