"""What is found by a stack's name. The embedded cloud tests every kind: tests/e2e/test_verification.py."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra.verification import leftovers
from infra.verification.leftovers import Kind, Leftover, delete, find
from infra.verification.target import Target

NAME = "nemo-verify-0a1b2c3d"
KINDS = tuple(
    kind for kind in leftovers.KINDS if kind.service in {"s3", "dynamodb", "sqs", "sns", "secretsmanager"}
)


@pytest.fixture
def account(target: Target, monkeypatch: pytest.MonkeyPatch) -> Iterator[Target]:
    """An account with parts of two stacks whose names begin alike."""
    monkeypatch.setattr(leftovers, "KINDS", KINDS)
    with mock_aws():
        place: Any = {"CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
        for stack in (NAME, f"{NAME}x"):
            target.client("s3").create_bucket(Bucket=f"{stack}-inbox", **place)
            target.client("sqs").create_queue(QueueName=f"{stack}-Queue")
            target.client("sns").create_topic(Name=f"{stack}-Topic")
            target.client("dynamodb").create_table(
                TableName=f"{stack}-Table",
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
                KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            )
            target.client("secretsmanager").create_secret(
                Name=f"Secret-{stack}",
                SecretString="x",
                Tags=[{"Key": "aws:cloudformation:stack-name", "Value": stack}],
            )
        yield target


def test_all_of_a_stack_is_found_and_deleted_and_nothing_of_another(account: Target) -> None:
    found = find(account, NAME)
    assert {item.kind.name for item in found} == {"bucket", "queue", "topic", "table", "secret"}
    assert delete(account, found) == []
    assert find(account, NAME) == []
    assert len(find(account, f"{NAME}x")) == len(found)


def test_a_bucket_is_deleted_with_all_versions(account: Target) -> None:
    s3 = account.client("s3")
    bucket = f"{NAME}-inbox"
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    for body in (b"one", b"two"):
        s3.put_object(Bucket=bucket, Key="inbox/a.png", Body=body)
    s3.delete_object(Bucket=bucket, Key="inbox/a.png")
    s3.create_multipart_upload(Bucket=bucket, Key="inbox/b.png")
    assert delete(account, [item for item in find(account, NAME) if item.kind.name == "bucket"]) == []
    assert bucket not in [item["Name"] for item in s3.list_buckets()["Buckets"]]


def test_a_secret_that_is_scheduled_for_deletion_is_found(account: Target) -> None:
    account.client("secretsmanager").delete_secret(SecretId=f"Secret-{NAME}", RecoveryWindowInDays=7)
    assert "secret" in {item.kind.name for item in find(account, NAME)}


def test_what_cannot_be_deleted_is_told_with_the_reason(target: Target) -> None:
    def refuse(_client: object, _name: str) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DeleteTable")

    kind = Kind("table", "dynamodb", lambda _client, _stack: iter(()), refuse)
    (failed,) = delete(target, [Leftover(kind, f"{NAME}-Table")])
    assert str(failed).startswith(f"table {NAME}-Table: Your credentials are not allowed to call DeleteTable")
