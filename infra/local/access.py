"""Where the embedded cloud answers and with which credentials, and clients for it."""

from typing import TYPE_CHECKING, Any

import boto3
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource


class Access(BaseModel):
    """The credentials are this machine's own cloud's, and worth nothing elsewhere."""

    model_config = ConfigDict(frozen=True)

    endpoint_url: str
    region: str
    access_key_id: str
    secret_access_key: str

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        """A boto3 client of the named service."""
        return self._session().client(service, endpoint_url=self.endpoint_url)  # type: ignore[call-overload]

    def dynamodb(self) -> "DynamoDBServiceResource":
        """The boto3 resource of DynamoDB."""
        return self._session().resource("dynamodb", endpoint_url=self.endpoint_url)

    def _session(self) -> boto3.Session:
        return boto3.Session(self.access_key_id, self.secret_access_key, region_name=self.region)
