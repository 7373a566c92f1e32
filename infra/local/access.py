"""Where the embedded cloud answers and with which credentials, and clients for it."""

from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from pydantic import BaseModel, ConfigDict

from infra.local.processes import HUNG_SECONDS

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource

# Without this, the answer of a busy machine is given up after a minute, and the call is made again.
_PATIENT = Config(read_timeout=HUNG_SECONDS)


class Access(BaseModel):
    """The credentials are this machine's own cloud's, and worth nothing elsewhere."""

    model_config = ConfigDict(frozen=True)

    endpoint_url: str
    region: str
    access_key_id: str
    secret_access_key: str

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        """A boto3 client of the named service."""
        return self._session().client(  # type: ignore[call-overload]
            service, endpoint_url=self.endpoint_url, config=_PATIENT
        )

    def dynamodb(self) -> "DynamoDBServiceResource":
        """The boto3 resource of DynamoDB."""
        return self._session().resource("dynamodb", endpoint_url=self.endpoint_url, config=_PATIENT)

    def _session(self) -> boto3.Session:
        return boto3.Session(self.access_key_id, self.secret_access_key, region_name=self.region)
