"""Deploying `template.yaml` to the embedded cloud as SAM and CloudFormation do it on AWS."""

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError
from samtranslator.yaml_helper import yaml_parse

from infra.local.access import Access
from infra.local.processes import StartError

ROOT = Path(__file__).parents[2]
STACK = "nemo-video"
ARTIFACTS = "nemo-video-artifacts"
TEMPLATE_KEY = "template.json"
# The properties that name a folder or a file of this checkout.
LOCAL_PATHS = {
    "AWS::Serverless::Function": "CodeUri",
    "AWS::Serverless::LayerVersion": "ContentUri",
    "AWS::Serverless::StateMachine": "DefinitionUri",
}
WAIT = {"Delay": 0.1, "MaxAttempts": 1200}


def deploy(access: Access, *, parameters: Mapping[str, str], api_id: str) -> dict[str, str]:
    """Package and deploy the template. Return the outputs of the stack.

    Raises:
        StartError: The stack could not be created. Names each resource that failed, and why.
    """
    s3, cloudformation = access.client("s3"), access.client("cloudformation")
    s3.create_bucket(Bucket=ARTIFACTS)
    _package(s3)
    try:
        cloudformation.create_stack(
            StackName=STACK,
            TemplateURL=f"{access.endpoint_url}/{ARTIFACTS}/{TEMPLATE_KEY}",
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
            ],
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"],
            # The stack has to know the API's address before the API exists, so its id is given.
            Tags=[{"Key": "ms-custom-id", "Value": api_id}],
        )
        cloudformation.get_waiter("stack_create_complete").wait(StackName=STACK, WaiterConfig=WAIT)
    except (ClientError, WaiterError) as error:
        reasons = _reasons(access) or [str(error)]
        raise StartError("\n".join(["The stack could not be created:", *reasons])) from error
    return outputs(access)


def outputs(access: Access) -> dict[str, str]:
    """Return the outputs of the stack, by their names."""
    stack = access.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _package(s3: Any) -> None:  # noqa: ANN401 - boto3's clients have no common type
    """Upload what the template names, and the template with the addresses of that."""
    template = yaml_parse((ROOT / "template.yaml").read_text(encoding="utf-8"))
    uploaded: dict[str, str] = {}
    for resource in template["Resources"].values():
        name = LOCAL_PATHS.get(resource["Type"])
        if name is None:
            continue
        path = resource["Properties"][name]
        if path not in uploaded:
            key = path.strip("/").replace("/", "-")
            s3.put_object(Bucket=ARTIFACTS, Key=key, Body=_content(ROOT / path))
            uploaded[path] = f"s3://{ARTIFACTS}/{key}"
        resource["Properties"][name] = uploaded[path]
    # A date is the only thing in it that JSON does not know.
    s3.put_object(Bucket=ARTIFACTS, Key=TEMPLATE_KEY, Body=json.dumps(template, default=str).encode())


def _content(path: Path) -> bytes:
    """Return a file as it is, or a folder as a ZIP without compiled files."""
    if path.is_file():
        return path.read_bytes()
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(path.rglob("*")):
            if file.is_file() and file.parent.name != "__pycache__":
                archive.write(file, file.relative_to(path))
    return packed.getvalue()


def _reasons(access: Access) -> list[str]:
    try:
        events = access.client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    except ClientError:
        return []  # it failed before there was a stack
    failed = [event for event in events if event.get("ResourceStatus", "").endswith("FAILED")]
    return [f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', '')}" for event in failed]
