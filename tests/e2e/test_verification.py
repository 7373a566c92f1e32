"""`make verify-aws` on the embedded cloud, from the checks to the last look for what is left."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from infra.local.access import Access
from infra.local.cloud import CloudSettings, embedded_aws
from infra.verification import __main__ as command
from infra.verification import leftovers
from infra.verification.target import connect
from infra.verification.template import ROOT, TEMPLATE_FILE
from infra.verification.transcript import proves_deployment
from tests.support.scripted_backend.answers import says
from tests.support.scripted_backend.server import Script, ScriptedBackend, scripted_backend

BROKEN = "  Broken: {Type: AWS::AppConfig::Environment, Properties: {Name: of no application}}\n"
pytestmark = pytest.mark.thorough
Verify = Callable[..., tuple[int, str]]
POLICY = {"Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
NAME = "nemo-verify-0a1b2c3d"


@pytest.fixture(scope="module")
def backend() -> Iterator[ScriptedBackend]:
    with scripted_backend() as backend:
        backend.play(Script(says("Your video is on the timeline."), credits_left=1_000_000))
        yield backend


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    home = tmp_path_factory.mktemp("cloud")
    for folder in ("logs", "tmp"):
        (home / folder).mkdir()
    with embedded_aws(CloudSettings(home, wait_scale=0.01), mail_relay="127.0.0.1:9") as access:
        yield access


@pytest.fixture
def verify(
    cloud: Access, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Verify:
    """Runs the command in the embedded cloud; returns its exit status and the transcript."""
    environment = {
        "AWS_ENDPOINT_URL": cloud.endpoint_url,
        "AWS_ACCESS_KEY_ID": cloud.access_key_id,
        "AWS_SECRET_ACCESS_KEY": cloud.secret_access_key,
        "AWS_DEFAULT_REGION": cloud.region,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "NEMO_API_URL": backend.url,
    }
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    path = tmp_path / "transcript.md"
    trusted = f"TrustedHosts={backend.files_url.removeprefix('http://')}"

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(
            "sys.argv", ["verify", f"--transcript={path}", *arguments, "--parameters", trusted]
        )
        return command.main(), path.read_text() if path.exists() else ""

    return run


def _left(cloud: Access) -> list[str]:
    found = cloud.client("s3").list_buckets()["Buckets"] + cloud.client("iam").list_roles()["Roles"]
    stacks = cloud.client("cloudformation").describe_stacks()["Stacks"]
    names = [item.get("Name") or item.get("RoleName") for item in found] + [s["StackName"] for s in stacks]
    return [name for name in names if name.startswith("nemo-verify-")]


def test_without_deploy_all_checks_pass_and_nothing_is_left(cloud: Access, verify: Verify) -> None:
    status, transcript = verify()
    assert status == 0, transcript
    assert "| deployed | no |" in transcript
    assert len(re.findall(r"\| IAM gives .+ \| passed \|", transcript)) > 20
    assert re.search(r"a change set for a new stack \| passed \| .+ \d+ resources: \d+ Add\.", transcript)
    assert _left(cloud) == []


def test_a_throw_away_stack_is_used_changed_and_deleted(cloud: Access, verify: Verify) -> None:
    status, transcript = verify("--deploy", "--yes")
    assert status == 0, transcript
    assert "failed: " not in transcript
    assert "not run |" not in transcript.split("| check |")[1]
    assert len(re.findall(r"vid-\w+: \d+x\d+, \d+\.\d s, h264", transcript)) == 4
    assert re.search(
        r"The stack left .*table .*bucket .*\. Deleted\.", transcript
    )  # what the template retains
    assert _left(cloud) == []
    assert not proves_deployment(transcript)
    for secret in (cloud.secret_access_key, "nvp_", "000000000000"):
        assert secret not in transcript


def test_a_stack_that_cannot_be_deployed_fails_the_verification_and_is_deleted(
    cloud: Access, verify: Verify, tmp_path: Path
) -> None:
    for folder in ("functions", "infra"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    template = tmp_path / "template.yaml"
    template.write_text(TEMPLATE_FILE.read_text().replace("Resources:\n", f"Resources:\n{BROKEN}", 1))
    status, transcript = verify("--deploy", "--yes", f"--template={template}")
    assert status == 1
    assert re.search(
        r"\| Deploy the stack \| failed \| .+ The stack is ROLLBACK_COMPLETE\..*Broken: ", transcript
    )
    assert "| A dropped file becomes a video | not run |" in transcript
    assert "| result | failed: " in transcript
    assert _left(cloud) == []


def test_what_is_left_is_found_and_deleted_by_its_own_command(
    cloud: Access, verify: Verify, capsys: pytest.CaptureFixture[str]
) -> None:
    sqs, logs, iam = cloud.client("sqs"), cloud.client("logs"), cloud.client("iam")
    sqs.create_queue(QueueName=f"{NAME}-Planted")
    logs.create_log_group(logGroupName=f"/aws/lambda/{NAME}")
    iam.create_role(RoleName=f"{NAME}-Planted", AssumeRolePolicyDocument="{}")
    iam.put_role_policy(RoleName=f"{NAME}-Planted", PolicyName="p", PolicyDocument=json.dumps(POLICY))
    sqs.create_queue(QueueName=f"{NAME}x-of-another-stack")
    assert verify("--clean", NAME)[0] == 0
    assert "Nothing is left" in capsys.readouterr().out
    assert leftovers.find(connect(), NAME) == []
    assert len(sqs.list_queues(QueueNamePrefix=NAME)["QueueUrls"]) == 1


def test_what_cannot_be_deleted_is_listed_with_the_command(
    cloud: Access,
    verify: Verify,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    topics = cloud.client("sns")
    topics.create_topic(Name=f"{NAME}-Planted")

    def refuse(_client: object, _arn: str) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DeleteTopic")

    kinds = [kind for kind in leftovers.KINDS if kind.name == "topic"]
    refusing = leftovers.Kind("topic", "sns", kinds[0].find, refuse)
    monkeypatch.setattr(leftovers, "KINDS", (refusing,))
    monkeypatch.setattr(
        command, "_paced", lambda settings, _target: replace(settings, pause=0, settle=0, deletion=0)
    )
    assert verify("--clean", NAME)[0] == 1
    said = capsys.readouterr().out
    assert f"topic arn:aws:sns:us-east-1:<account>:{NAME}-Planted: Your credentials are not allowed" in said
    assert f"make verify-aws CLEAN={NAME}" in said
