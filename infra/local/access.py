"""Where the embedded cloud answers and with which credentials, and clients for it."""

from functools import cache
from threading import Lock
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from pydantic import BaseModel, ConfigDict

from infra.local.processes import HUNG_SECONDS

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import DynamoDBServiceResource

# Without this, the answer of a busy machine is given up after a minute, and the call is made again.
_PATIENT = Config(read_timeout=HUNG_SECONDS)
# A client may be used by several threads, but not be created by several at once.
_CREATING = Lock()


class Access(BaseModel):
    """The credentials are this machine's own cloud's, and worth nothing elsewhere."""

    model_config = ConfigDict(frozen=True)

    endpoint_url: str
    region: str
    access_key_id: str
    secret_access_key: str

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        """Return the boto3 client of a service. It is created once: that takes a tenth of a second."""
        with _CREATING:
            return _client(self, service)

    def dynamodb(self) -> "DynamoDBServiceResource":
        """Return a boto3 resource of DynamoDB, for one thread."""
        with _CREATING:
            session = _session(self)
            return session.resource("dynamodb", endpoint_url=self.endpoint_url, config=_PATIENT)


@cache
def _session(access: Access) -> boto3.Session:
    return boto3.Session(access.access_key_id, access.secret_access_key, region_name=access.region)


@cache
def _client(access: Access, service: str) -> Any:  # noqa: ANN401
    session = _session(access)
    return session.client(  # type: ignore[call-overload]
        service, endpoint_url=access.endpoint_url, config=_PATIENT
    )
