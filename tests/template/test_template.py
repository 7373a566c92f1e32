"""What the template promises, read from the file and from what SAM makes of it."""

import copy
import importlib
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

from tests.template.sam import ROOT, TEMPLATE_FILE, Properties, properties, read_template, resources

FUNCTIONS = resources("AWS::Serverless::Function")
BUCKETS = resources("AWS::S3::Bucket")
QUEUES = resources("AWS::SQS::Queue")
DEFAULTS: Properties = read_template()["Globals"]["Function"]


@cache
def _translated() -> dict[str, Any]:
    """What SAM makes of the template, once its code has been uploaded somewhere."""
    template = copy.deepcopy(read_template())
    for resource in template["Resources"].values():
        for uploaded in {"CodeUri", "ContentUri", "DefinitionUri"} & resource["Properties"].keys():
            resource["Properties"][uploaded] = "s3://bucket/key"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        parameters = {name: item["Default"] for name, item in template["Parameters"].items()}
        translated: dict[str, Any] = Translator({}, Parser()).translate(template, parameters)
    return translated


def _made(kind: str) -> dict[str, Properties]:
    return {
        name: item["Properties"] for name, item in _translated()["Resources"].items() if item["Type"] == kind
    }


def _setting(function: Properties, name: str) -> Any:  # noqa: ANN401 - whatever the template says
    return function.get(name, DEFAULTS[name])


def test_cfn_lint_finds_nothing() -> None:
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([linter, TEMPLATE_FILE], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_sam_makes_a_template_of_it() -> None:
    assert _made("AWS::Lambda::Function").keys() == FUNCTIONS.keys()
    assert len(_made("AWS::StepFunctions::StateMachine")) == 1


def test_every_function_has_a_role_of_its_own() -> None:
    roles = [function["Role"]["Fn::GetAtt"][0] for function in _made("AWS::Lambda::Function").values()]
    roles += [
        machine["RoleArn"]["Fn::GetAtt"][0] for machine in _made("AWS::StepFunctions::StateMachine").values()
    ]
    assert len(set(roles)) == len(roles)
    assert set(roles) <= _made("AWS::IAM::Role").keys()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_has_its_policies_spelled_out(name: str) -> None:
    function = FUNCTIONS[name]
    assert "Role" not in function
    assert all(set(policy) == {"Statement"} for policy in function["Policies"])
    for statement in (statement for policy in function["Policies"] for statement in policy["Statement"]):
        actions = statement["Action"]
        assert not any("*" in action for action in ([actions] if isinstance(actions, str) else actions))
        if statement["Resource"] == "*":  # these actions know no resources
            assert set(actions) == {"states:SendTaskSuccess", "states:SendTaskFailure"}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_handler_can_be_imported(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    module, attribute = FUNCTIONS[name]["Handler"].rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), attribute))


def test_every_handler_is_a_function() -> None:
    named = {function["Handler"].split(".")[1] for function in FUNCTIONS.values()}
    written = {
        path.stem
        for path in (ROOT / "functions/handlers").glob("*.py")
        if "\ndef handler(" in path.read_text()
    }
    assert named == written


@pytest.mark.parametrize(
    ("queue", "function"), [("InboxQueue", "IngestFunction"), ("GenerationQueue", "SendInstructionFunction")]
)
def test_a_message_does_not_come_again_while_its_worker_lives(queue: str, function: str) -> None:
    assert QUEUES[queue]["VisibilityTimeout"] > _setting(FUNCTIONS[function], "Timeout")
    (source,) = FUNCTIONS[function]["Events"].values()
    assert source["Properties"]["Queue"] == {"Fn::GetAtt": [queue, "Arn"]}
    assert source["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]


def test_one_worker_carries_one_instruction_and_there_are_only_so_many() -> None:
    (source,) = FUNCTIONS["SendInstructionFunction"]["Events"].values()
    assert source["Properties"]["BatchSize"] == 1
    assert source["Properties"]["ScalingConfig"] == {"MaximumConcurrency": {"Ref": "ConcurrentGenerations"}}


def test_the_worker_knows_its_last_try() -> None:
    receives = properties("GenerationQueue")["RedrivePolicy"]["maxReceiveCount"]
    assert FUNCTIONS["SendInstructionFunction"]["Environment"]["Variables"]["MAX_RECEIVES"] == str(receives)


@pytest.mark.parametrize("name", [name for name in QUEUES if not name.endswith("DeadLetters")])
def test_what_fails_too_often_is_kept_aside(name: str) -> None:
    target = QUEUES[name]["RedrivePolicy"]["deadLetterTargetArn"]["Fn::GetAtt"][0]
    assert QUEUES[target]["MessageRetentionPeriod"] == 14 * 24 * 3600


@pytest.mark.parametrize("name", QUEUES)
def test_a_queue_is_encrypted(name: str) -> None:
    assert QUEUES[name]["SqsManagedSseEnabled"] is True


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_is_private_encrypted_and_forgets(name: str) -> None:
    bucket = BUCKETS[name]
    assert bucket["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "BlockPublicPolicy": True,
        "IgnorePublicAcls": True,
        "RestrictPublicBuckets": True,
    }
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] in {"AES256", "aws:kms"}
    assert bucket["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert rule["ExpirationInDays"] == {"Ref": "KeepVideosDays"}


@pytest.mark.parametrize("name", BUCKETS)
def test_a_bucket_refuses_whatever_comes_without_tls(name: str) -> None:
    policies = [
        item for item in resources("AWS::S3::BucketPolicy").values() if item["Bucket"] == {"Ref": name}
    ]
    (policy,) = policies
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "s3:*")
    assert statement["Condition"]["Bool"] == {"aws:SecureTransport": "false"}
    assert statement["Resource"] == [{"Fn::GetAtt": [name, "Arn"]}, {"Fn::Sub": f"${{{name}.Arn}}/*"}]


def test_the_inbox_keeps_versions() -> None:
    assert properties("InboxBucket")["VersioningConfiguration"] == {"Status": "Enabled"}


@pytest.mark.parametrize("name", resources("AWS::DynamoDB::Table"))
def test_a_table_is_encrypted_recoverable_and_kept(name: str) -> None:
    table = properties(name)
    assert table["SSESpecification"] == {"SSEEnabled": True}
    assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
    assert read_template()["Resources"][name]["DeletionPolicy"] == "Retain"


def test_only_who_holds_a_signed_link_needs_no_key() -> None:
    routes = {
        (event["Properties"]["Method"], event["Properties"]["Path"]): event["Properties"].get("Auth")
        for event in FUNCTIONS["ApiFunction"]["Events"].values()
    }
    open_routes = {route for route, auth in routes.items() if auth is not None}
    assert properties("Api")["Auth"]["DefaultAuthorizer"] == "ApiKey"
    assert open_routes == {("GET", "/watch/{video_id}")}


def _requirements(path: str) -> set[str]:
    lines = (ROOT / path).read_text().splitlines()
    return {line.split("==")[0].strip() for line in lines if "==" in line and not line.startswith((" ", "#"))}


def test_what_is_shipped_holds_neither_the_runtimes_own_sdk_nor_tests() -> None:
    shipped = _requirements("functions/requirements.txt")
    assert {"httpx", "pydantic", "aws-lambda-powertools"} <= shipped
    assert not shipped & {"boto3", "botocore", "s3transfer", "pytest", "moto", "av"}
    files = [
        path.relative_to(ROOT) for path in (ROOT / "functions").rglob("*") if "__pycache__" not in path.parts
    ]
    assert not [path for path in files if "test" in path.name or path.name == "conftest.py"]


def test_the_decoder_is_in_the_layer_of_the_one_function_that_decodes() -> None:
    assert {"av", "smart-open"} <= _requirements("infra/media-layer/requirements.txt")
    layered = {name for name, function in FUNCTIONS.items() if "Layers" in function}
    assert layered == {"DeliverFunction"}


def test_no_secret_stands_in_the_environment() -> None:
    variables = [DEFAULTS["Environment"]["Variables"]]
    variables += [
        function["Environment"]["Variables"] for function in FUNCTIONS.values() if "Environment" in function
    ]
    names = {name for environment in variables for name in environment}
    assert not {name for name in names if "TOKEN" in name or "KEY" in name} - {
        "NEMO_TOKEN_SECRET",  # the name of a secret, not the secret
        "API_KEYS_TABLE",
    }
