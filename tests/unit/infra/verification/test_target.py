"""What a user reads when the verification cannot start."""

from typing import Any

import boto3
import botocore.exceptions as boto
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from infra import commands
from infra.commands import explain
from infra.verification.errors import VerificationError
from infra.verification.target import connect


def _answer(code: str, operation: str = "GetCallerIdentity") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "arn:aws:iam::210987654321:user/me"}}, operation)


@pytest.fixture(autouse=True)
def _nothing_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


def test_the_account_and_the_region_are_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        target = connect()
    assert (target.account, target.partition, target.region) == ("123456789012", "aws", "eu-central-1")
    assert target.is_aws


def test_without_a_region_it_says_how_to_set_one() -> None:
    with pytest.raises(VerificationError, match=r"No AWS region is set. Set AWS_DEFAULT_REGION"):
        connect()


def test_without_credentials_it_says_how_to_get_some(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with pytest.raises(VerificationError, match=r"No AWS credentials were found. Set AWS_PROFILE"):
        connect()


def test_an_unknown_profile_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(VerificationError, match=r"nobody.*aws configure list-profiles"):
        connect()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (_answer("ExpiredToken"), commands.EXPIRED),
        (_answer("InvalidClientTokenId"), commands.REFUSED),
        (_answer("SignatureDoesNotMatch"), commands.REFUSED),
        (boto.UnauthorizedSSOTokenError(), commands.REFUSED),
        (boto.TokenRetrievalError(provider="sso", error_msg="x"), commands.REFUSED),
        (boto.PartialCredentialsError(provider="env", cred_var="x"), commands.NO_CREDENTIALS),
        (
            boto.EndpointConnectionError(endpoint_url="https://sts.eu-nowhere-1.amazonaws.com/"),
            "AWS_DEFAULT_REGION",
        ),
        (boto.ConnectTimeoutError(endpoint_url="https://x/"), "AWS_DEFAULT_REGION"),
        (_answer("AccessDenied", "SimulateCustomPolicy"), "not allowed to call SimulateCustomPolicy"),
        (_answer("AccessDeniedException", "CreateBucket"), "not allowed to call CreateBucket"),
        (_answer("LimitExceeded", "CreateRole"), "CreateRole failed with LimitExceeded"),
    ],
)
def test_an_error_becomes_one_sentence_that_says_what_to_do(error: Any, sentence: str) -> None:  # noqa: ANN401
    said = explain(error)
    assert sentence in said
    assert "\n" not in said
    assert "Traceback" not in said


def test_clients_are_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        target = connect()
        assert target.client("s3") is target.client("s3")
        assert target.client("s3").meta.region_name == "eu-central-1"
    assert isinstance(target.session, boto3.Session)
