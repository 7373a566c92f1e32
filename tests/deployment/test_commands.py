"""`make deploy`, `make drift` and `make destroy`, on the embedded cloud."""

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from infra.local.access import Access
from infra.local.cloud import CloudSettings, embedded_aws
from tests.deployment.conftest import HANDED_DOWN
from tests.support.waiting import HUNG_SECONDS
from tests.template.sam import ROOT

pytestmark = pytest.mark.thorough

STACK = "nemo-video-dev"
PROD = "nemo-video-prod"


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    home = tmp_path_factory.mktemp("cloud")
    for folder in ("logs", "tmp"):
        (home / folder).mkdir()
    with embedded_aws(CloudSettings(home), mail_relay="127.0.0.1:9") as access:
        yield access


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("build") / "deployed"


def _run(cloud: Access, *command: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if name not in HANDED_DOWN}
    env |= {
        "AWS_ENDPOINT_URL": cloud.endpoint_url,
        "AWS_ACCESS_KEY_ID": cloud.access_key_id,
        "AWS_SECRET_ACCESS_KEY": cloud.secret_access_key,
        "AWS_DEFAULT_REGION": cloud.region,
        "SAM_CLI_POLL_DELAY": "0.5",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=HUNG_SECONDS
    )


def _make(cloud: Access, folder: Path, *arguments: str, status: int = 0) -> str:
    done = _run(cloud, "make", f"BUILD={folder}", *arguments)
    told = done.stdout + done.stderr
    assert done.returncode == status, told
    return told


def test_a_stack_from_its_first_deployment_to_its_end(cloud: Access, folder: Path) -> None:
    assert "Successfully created/updated stack" in _make(cloud, folder, "deploy")
    again = _make(cloud, folder, "deploy")
    changed = set(re.findall(r"^[+*-] (?:Add|Modify|Delete) +(\w+)", again, re.MULTILINE))
    assert {re.sub(r"ApiDeployment\w+", "ApiDeployment", name) for name in changed} == {
        "ApiDeployment",  # made anew each time, for SAM cannot tell whether a parameter changed the routes
        "ApiliveStage",
    }
    assert f"{STACK} is as it was deployed." in _make(cloud, folder, "drift")

    sqs = cloud.client("sqs")
    (queue,) = (url for url in sqs.list_queues()["QueueUrls"] if "WebhookQueue" in url)
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "7"})
    drifted = _make(cloud, folder, "drift", status=2)
    assert "WebhookQueue (AWS::SQS::Queue): /VisibilityTimeout is 7, and was deployed as 180." in drifted
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "180"})

    destroyed = _make(cloud, folder, "destroy", "YES=1")
    removing = [line.strip() for line in destroyed.splitlines() if line.startswith("  .tools/")]
    kept = {*_tables(cloud), *_buckets(cloud)}
    assert len(removing) == len(kept) == 5
    with pytest.raises(ClientError, match="does not exist"):
        cloud.client("cloudformation").describe_stacks(StackName=STACK)

    (inbox,) = (name for name in _buckets(cloud) if "inbox" in name)
    for body in (b"one", b"two"):
        cloud.client("s3").put_object(Bucket=inbox, Key="inbox/photo.png", Body=body)
    for command in removing:
        done = _run(cloud, "sh", "-c", command)
        assert done.returncode == 0, done.stderr
    assert not {*_tables(cloud), *_buckets(cloud)}


def test_production_is_protected(cloud: Access, folder: Path) -> None:
    assert f"Termination protection of {PROD} is enabled." in _make(
        cloud, folder, "deploy", "ENV=prod", "YES=1"
    )
    assert "TerminationProtection" in _make(cloud, folder, "destroy", "ENV=prod", "YES=1", status=2)
    assert cloud.client("cloudformation").describe_stacks(StackName=PROD)["Stacks"][0]


def test_an_environment_that_is_not_configured_is_named(cloud: Access, folder: Path) -> None:
    told = _make(cloud, folder, "drift", "ENV=staging", status=2)
    assert "samconfig.toml has no environment “staging”: ENV=dev or ENV=prod." in told


def _tables(cloud: Access) -> set[str]:
    return {name for name in cloud.client("dynamodb").list_tables()["TableNames"] if name.startswith(STACK)}


def _buckets(cloud: Access) -> set[str]:
    found = cloud.client("s3").list_buckets()["Buckets"]
    return {bucket["Name"] for bucket in found if bucket["Name"].startswith(f"{STACK}-")}
