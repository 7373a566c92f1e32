"""The account and the region in which a verification runs."""

import os
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from infra.commands import NO_REGION, explain
from infra.verification.errors import VerificationError

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource

# IAM and CloudFormation throttle callers that ask this often.
_PATIENT = Config(retries={"mode": "adaptive", "max_attempts": 10}, connect_timeout=10)


@dataclass(frozen=True)
class Target:
    """An account, or an emulator of one if it has an endpoint of its own."""

    session: boto3.Session
    endpoint_url: str | None
    account: str
    partition: str

    @property
    def region(self) -> str:
        """The name of the region."""
        return str(self.session.region_name)

    @property
    def is_aws(self) -> bool:
        """Whether this is AWS, not an emulator."""
        return self.endpoint_url is None

    @property
    def dns_suffix(self) -> str:
        """What the names of AWS's servers end with."""
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        """Return a boto3 client of the named service."""
        if service not in self._clients:
            self._clients[service] = self.session.client(  # type: ignore[call-overload]
                service, endpoint_url=self.endpoint_url, config=_PATIENT
            )
        return self._clients[service]

    def dynamodb(self) -> "DynamoDBServiceResource":
        """Return the boto3 resource of DynamoDB."""
        return self.session.resource("dynamodb", endpoint_url=self.endpoint_url, config=_PATIENT)

    @cached_property
    def _clients(self) -> dict[str, Any]:
        return {}


def connect() -> Target:
    """Return the account of this shell's credentials.

    Raises:
        VerificationError: There are no usable credentials or no usable region.
    """
    try:
        session = boto3.Session()
        if not session.region_name:
            raise VerificationError(NO_REGION)
        endpoint_url = os.environ.get("AWS_ENDPOINT_URL") or None
        identity = session.client("sts", endpoint_url=endpoint_url, config=_PATIENT).get_caller_identity()
    except (BotoCoreError, ClientError) as error:
        raise VerificationError(explain(error)) from error
    return Target(session, endpoint_url, identity["Account"], identity["Arn"].split(":")[1])
