"""Deploying `template.yaml`, unmodified, with the tool that deploys it anywhere."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from botocore.exceptions import ClientError

from infra.local.access import Access
from infra.local.processes import StartError

ROOT = Path(__file__).parents[2]
STACK = "nemo-video"
ARTIFACTS = "nemo-video-artifacts"


def deploy(access: Access, *, parameters: Mapping[str, str], api_id: str, work_dir: Path) -> dict[str, str]:
    """Package and deploy the template; returns the stack's outputs.

    Raises:
        StartError: The stack could not be created. Says which resource, and why.
    """
    access.client("s3").create_bucket(Bucket=ARTIFACTS)
    packaged = work_dir / "packaged.yaml"
    _aws(
        access,
        "package",
        f"--template-file={ROOT / 'template.yaml'}",
        f"--s3-bucket={ARTIFACTS}",
        f"--output-template-file={packaged}",
    )
    try:
        _aws(
            access,
            "deploy",
            f"--template-file={packaged}",
            f"--stack-name={STACK}",
            f"--s3-bucket={ARTIFACTS}",  # too large to be sent along
            "--capabilities",
            "CAPABILITY_IAM",
            "CAPABILITY_AUTO_EXPAND",
            # Names the API, whose address the stack has to know before it exists.
            "--tags",
            f"ms-custom-id={api_id}",
            "--parameter-overrides",
            *(f"{name}={value}" for name, value in parameters.items()),
        )
    except StartError as error:
        raise StartError("\n".join([str(error), *_reasons(access)])) from error
    return outputs(access)


def outputs(access: Access) -> dict[str, str]:
    """What the stack tells of itself."""
    stack = access.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def _aws(access: Access, verb: str, *arguments: str) -> None:
    env = {
        "AWS_ENDPOINT_URL": access.endpoint_url,
        "AWS_ACCESS_KEY_ID": access.access_key_id,
        "AWS_SECRET_ACCESS_KEY": access.secret_access_key,
        "AWS_DEFAULT_REGION": access.region,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
    done = subprocess.run(  # noqa: S603 - our own arguments
        [sys.executable, "-m", "awscli", "cloudformation", verb, *arguments],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise StartError(f"aws cloudformation {verb} failed:\n{done.stderr.strip()}")


def _reasons(access: Access) -> list[str]:
    try:
        events = access.client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    except ClientError:
        return []  # it failed before there was a stack
    failed = [event for event in events if event.get("ResourceStatus", "").endswith("FAILED")]
    return [f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', '')}" for event in failed]
