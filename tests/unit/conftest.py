"""Unit tests open no socket; what they see of AWS is moto's, shaped as `template.yaml` says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
import pytest
import stamina
from moto import mock_aws
from pytest_socket import disable_socket, enable_socket

from tests.template.sam import properties

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource, Table
    from types_boto3_events import EventBridgeClient
    from types_boto3_s3 import S3Client
    from types_boto3_secretsmanager import SecretsManagerClient
    from types_boto3_sns import SNSClient
    from types_boto3_sqs import SQSClient
    from types_boto3_stepfunctions import SFNClient

REGION = "us-east-1"
INBOX, VIDEOS = "the-inbox", "the-videos"


def pytest_runtest_setup() -> None:
    disable_socket(allow_unix_socket=True)


def pytest_runtest_teardown() -> None:
    enable_socket()  # other tests of this process may need them


@pytest.fixture(autouse=True)
def _no_waiting_between_attempts() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@dataclass(frozen=True)
class Clients:
    """Made once, since each costs a tenth of a second; what they talk to is new for each test."""

    dynamodb: "DynamoDBServiceResource"
    events: "EventBridgeClient"
    s3: "S3Client"
    secrets: "SecretsManagerClient"
    sns: "SNSClient"
    sqs: "SQSClient"
    sfn: "SFNClient"


@pytest.fixture(scope="session")
def _clients() -> Clients:
    session = boto3.Session("an-access-key", "a-secret-key", region_name=REGION)
    return Clients(
        dynamodb=session.resource("dynamodb"),
        events=session.client("events"),
        s3=session.client("s3"),
        secrets=session.client("secretsmanager"),
        sns=session.client("sns"),
        sqs=session.client("sqs"),
        sfn=session.client("stepfunctions"),
    )


@pytest.fixture
def cloud(_clients: Clients, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clients]:
    """An empty AWS account."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield _clients


@pytest.fixture
def videos_table(cloud: Clients) -> "Table":
    return _table(cloud, "VideosTable")


@pytest.fixture
def keys_table(cloud: Clients) -> "Table":
    return _table(cloud, "ApiKeysTable")


@pytest.fixture
def answers_table(cloud: Clients) -> "Table":
    return _table(cloud, "IdempotencyTable")


@pytest.fixture
def inbox_bucket(cloud: Clients) -> str:
    cloud.s3.create_bucket(Bucket=INBOX)
    cloud.s3.put_bucket_versioning(
        Bucket=INBOX, VersioningConfiguration=properties("InboxBucket")["VersioningConfiguration"]
    )
    return INBOX


@pytest.fixture
def videos_bucket(cloud: Clients) -> str:
    cloud.s3.create_bucket(Bucket=VIDEOS)
    return VIDEOS


@pytest.fixture
def topic_arn(cloud: Clients) -> str:
    return cloud.sns.create_topic(Name="announcements")["TopicArn"]


@pytest.fixture
def token_secret(cloud: Clients) -> str:
    made = cloud.secrets.create_secret(
        Name="nemo-token", SecretString=properties("NemoTokenSecret")["SecretString"]
    )
    return made["ARN"]


def _table(cloud: Clients, logical_id: str) -> "Table":
    shape = properties(logical_id)
    return cloud.dynamodb.create_table(
        TableName=logical_id,
        AttributeDefinitions=shape["AttributeDefinitions"],
        KeySchema=shape["KeySchema"],
        BillingMode=shape["BillingMode"],
        **{name: shape[name] for name in ("GlobalSecondaryIndexes",) if name in shape},
    )
