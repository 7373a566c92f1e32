from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.stub import Stubber

from infra import deployment
from infra.deployment import DeploymentError, configured, hand_made, kept, list_of_kept, other_parameters

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

SAMCONFIG = """
version = 0.1
[default.build.parameters]
beta_features = true
[dev.global.parameters]
stack_name = "a-stack"
[dev.deploy.parameters]
parameter_overrides = ["KeepVideosDays=7", "DefaultInstruction=Show a=b"]
"""
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> "CloudFormationClient":
    monkeypatch.setattr(deployment, "BETWEEN_LOOKS_SECONDS", 0)
    return boto3.client(
        "cloudformation", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )


@pytest.fixture
def answers(client: "CloudFormationClient") -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def _compared(answers: Stubber, *statuses: str, reason: str = "") -> None:
    answers.add_response("detect_stack_drift", {"StackDriftDetectionId": "one"})
    for status in statuses:
        answers.add_response(
            "describe_stack_drift_detection_status",
            {
                "StackId": "id",
                "StackDriftDetectionId": "one",
                "DetectionStatus": status,
                "DetectionStatusReason": reason,
                "Timestamp": NOW,
            },
        )


def _drift(name: str, status: str, *differences: dict[str, str]) -> dict[str, Any]:
    return {
        "StackId": "id",
        "LogicalResourceId": name,
        "ResourceType": "AWS::SQS::Queue",
        "StackResourceDriftStatus": status,
        "PropertyDifferences": list(differences),
        "Timestamp": NOW,
    }


def test_an_environment_has_a_stack_and_parameters() -> None:
    wanted = {"KeepVideosDays": "7", "DefaultInstruction": "Show a=b"}
    assert configured(SAMCONFIG, "dev") == ("a-stack", wanted)


@pytest.mark.parametrize("environment", ["default", "version", "prod"])
def test_what_is_no_environment_is_refused_by_name(environment: str) -> None:
    with pytest.raises(DeploymentError, match=f"no environment “{environment}”: ENV=dev"):
        configured(SAMCONFIG, environment)


def test_every_page_of_what_drifted_is_told_once_aws_has_compared(
    client: "CloudFormationClient", answers: Stubber
) -> None:
    _compared(answers, "DETECTION_IN_PROGRESS", "DETECTION_COMPLETE")
    difference = {
        "PropertyPath": "/VisibilityTimeout",
        "ExpectedValue": "180",
        "ActualValue": "7",
        "DifferenceType": "NOT_EQUAL",
    }
    pages = [[_drift("First", "MODIFIED", difference)], [_drift("Second", "DELETED")]]
    for token, page in zip(("more", None), pages, strict=True):
        answers.add_response(
            "describe_stack_resource_drifts",
            {"StackResourceDrifts": page, **({"NextToken": token} if token else {})},
        )
    assert list(hand_made(client, "a-stack")) == [
        "First (AWS::SQS::Queue): /VisibilityTimeout is 7, and was deployed as 180.",
        "Second (AWS::SQS::Queue) was deleted.",
    ]


def test_no_comparison_is_not_taken_for_no_difference(
    client: "CloudFormationClient", answers: Stubber
) -> None:
    _compared(answers, "DETECTION_FAILED", reason="Access denied")
    with pytest.raises(DeploymentError, match="could not compare a-stack: Access denied"):
        list(hand_made(client, "a-stack"))


def test_parameters_are_compared_with_the_file_and_the_defaults(
    client: "CloudFormationClient", answers: Stubber
) -> None:
    values = {
        "KeepVideosDays": "7",
        "CreditsPerDay": "5",
        "SlackWebhookUrl": "****",
        "NotificationEmail": "",
        "Gone": "1",
    }
    parameters = [{"ParameterKey": name, "ParameterValue": value} for name, value in values.items()]
    stack = {"StackName": "a-stack", "CreationTime": NOW, "StackStatus": "CREATE_COMPLETE"}
    answers.add_response("describe_stacks", {"Stacks": [{**stack, "Parameters": parameters}]})
    assert list(other_parameters(client, "a-stack", {"KeepVideosDays": "7"})) == [
        "The parameter CreditsPerDay is “5”, and “0” in samconfig.toml or by default."
    ]


def _page(*resources: tuple[str, str, str, str | None], token: str | None) -> dict[str, Any]:
    """`resources`: logical id, type, status and physical id of each."""
    summaries = [
        {
            "LogicalResourceId": name,
            "ResourceType": kind,
            "ResourceStatus": status,
            "LastUpdatedTimestamp": NOW,
            **({"PhysicalResourceId": physical} if physical is not None else {}),
        }
        for name, kind, status, physical in resources
    ]
    return {"StackResourceSummaries": summaries, **({"NextToken": token} if token else {})}


def test_what_stays_is_found_on_every_page(client: "CloudFormationClient", answers: Stubber) -> None:
    made = "CREATE_COMPLETE"
    first = [(f"Function{n}", "AWS::Lambda::Function", made, f"f-{n}") for n in range(100)]
    pages = [
        _page(*first, token="more"),
        _page(
            ("InboxBucket", "AWS::S3::Bucket", made, "inbox"),
            ("IdempotencyTable", "AWS::DynamoDB::Table", made, "forgotten"),
            token="last",
        ),
        _page(("VideosTable", "AWS::DynamoDB::Table", "UPDATE_COMPLETE", "videos"), token=None),
    ]
    for page in pages:
        answers.add_response("list_stack_resources", page)
    assert kept(client, "a-stack") == [("AWS::S3::Bucket", "inbox"), ("AWS::DynamoDB::Table", "videos")]


def test_nothing_stays_of_a_first_deployment_that_was_rolled_back(
    client: "CloudFormationClient", answers: Stubber
) -> None:
    page = _page(
        ("InboxBucket", "AWS::S3::Bucket", "DELETE_COMPLETE", "inbox"),
        ("VideosTable", "AWS::DynamoDB::Table", "CREATE_FAILED", None),
        token=None,
    )
    answers.add_response("list_stack_resources", page)
    assert list_of_kept("a-stack", kept(client, "a-stack")) == "Nothing is kept when a-stack is deleted.\n"


def test_what_stays_is_told_with_the_command_that_removes_it() -> None:
    told = list_of_kept("a-stack", [("AWS::DynamoDB::Table", "videos"), ("AWS::S3::Bucket", "inbox")])
    assert 'delete_table(TableName="videos")' in told
    assert 'Bucket("inbox")' in told
