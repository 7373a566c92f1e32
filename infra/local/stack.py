"""Deploying `template.yaml` to the embedded cloud as SAM and CloudFormation do it on AWS."""

from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import ClientError, WaiterError

from infra.local.access import Access
from infra.local.processes import StartError
from infra.packaging import package

ROOT = Path(__file__).parents[2]
STACK = "nemo-video"
ARTIFACTS = "nemo-video-artifacts"
WAIT = {"Delay": 0.1, "MaxAttempts": 1200}


def deploy(access: Access, *, parameters: Mapping[str, str], api_id: str) -> dict[str, str]:
    """Package and deploy the template. Return the outputs of the stack.

    Raises:
        StartError: The stack could not be created. Names each resource that failed, and why.
    """
    s3, cloudformation = access.client("s3"), access.client("cloudformation")
    s3.create_bucket(Bucket=ARTIFACTS)
    template_url = package(ROOT / "template.yaml", s3, ARTIFACTS)
    try:
        cloudformation.create_stack(
            StackName=STACK,
            TemplateURL=template_url,
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


def _reasons(access: Access) -> list[str]:
    try:
        events = access.client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    except ClientError:
        return []  # it failed before there was a stack
    failed = [event for event in events if event.get("ResourceStatus", "").endswith("FAILED")]
    return [f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', '')}" for event in failed]
