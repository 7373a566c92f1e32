import io
import json
import zipfile
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from infra.local import stack
from infra.local.processes import StartError
from infra.packaging import LOCAL_PATHS
from tests.template.sam import read_template

if TYPE_CHECKING:
    from tests.unit.conftest import Clients

EVENTS = [
    {"LogicalResourceId": "Fine", "ResourceStatus": "CREATE_COMPLETE"},
    {"LogicalResourceId": "Queue", "ResourceStatus": "CREATE_FAILED", "ResourceStatusReason": "No such key."},
]


class CloudFormation:
    """Answers with one stack, or fails at a step."""

    def __init__(self, *, refused: bool = False, failed: bool = False) -> None:
        self.refused, self.failed = refused, failed
        self.created: dict[str, Any] = {}

    def create_stack(self, **request: Any) -> None:  # noqa: ANN401
        if self.refused:
            raise ClientError(
                {"Error": {"Code": "ValidationError", "Message": "No such parameter."}}, "CreateStack"
            )
        self.created = request

    def get_waiter(self, _name: str) -> "CloudFormation":
        return self

    def wait(self, **_: object) -> None:
        if self.failed:
            raise WaiterError("StackCreateComplete", "terminal failure", {})

    def describe_stack_events(self, **_: object) -> dict[str, object]:
        if self.refused:
            raise ClientError({"Error": {"Code": "ValidationError"}}, "DescribeStackEvents")
        return {"StackEvents": EVENTS}

    def describe_stacks(self, **_: object) -> dict[str, object]:
        return {"Stacks": [{"Outputs": [{"OutputKey": "ApiUrl", "OutputValue": "http://api"}]}]}


class Access:
    def __init__(self, cloud: "Clients", cloudformation: CloudFormation) -> None:
        self._clients = {"s3": cloud.s3, "cloudformation": cloudformation}

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3's clients have no common type
        return self._clients[service]


Deploy = Callable[[CloudFormation], dict[str, str]]


@pytest.fixture
def deploy(cloud: "Clients") -> Deploy:
    def deployed(cloudformation: CloudFormation) -> dict[str, str]:
        access: Any = Access(cloud, cloudformation)
        return stack.deploy(access, parameters={"NemoApiUrl": "http://studio"}, api_id="an-api")

    return deployed


def _address(cloudformation: CloudFormation) -> str:
    """Return where the template is that was deployed."""
    key = cloudformation.created["TemplateURL"].rsplit("/", 1)[-1]
    return f"s3://{stack.ARTIFACTS}/{key}"


def _uploaded(cloud: "Clients", address: str) -> bytes:
    bucket, key = address.removeprefix("s3://").split("/", 1)
    return cloud.s3.get_object(Bucket=bucket, Key=key)["Body"].read()


def test_only_local_paths_of_the_template_are_replaced(cloud: "Clients", deploy: Deploy) -> None:
    cloudformation = CloudFormation()
    deploy(cloudformation)
    deployed = json.loads(_uploaded(cloud, _address(cloudformation)))
    written = json.loads(json.dumps(read_template(), default=str))
    for name, resource in written["Resources"].items():
        for property_name in resource.get("Properties", {}).keys() & LOCAL_PATHS:
            address = deployed["Resources"][name]["Properties"].pop(property_name)
            path = stack.ROOT / resource["Properties"].pop(property_name)
            content = _uploaded(cloud, address)
            if path.is_file():
                assert content == path.read_bytes()
            else:
                names = set(zipfile.ZipFile(io.BytesIO(content)).namelist())
                present = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}
                assert names == {file for file in present if "__pycache__" not in file}
    assert deployed == written


def test_the_stack_is_created_with_its_parameters(deploy: Deploy) -> None:
    cloudformation = CloudFormation()
    assert deploy(cloudformation) == {"ApiUrl": "http://api"}
    assert cloudformation.created["Parameters"] == [
        {"ParameterKey": "NemoApiUrl", "ParameterValue": "http://studio"}
    ]
    assert f"/{stack.ARTIFACTS}/" in cloudformation.created["TemplateURL"]


def test_a_failed_stack_names_the_resources(deploy: Deploy) -> None:
    with pytest.raises(StartError) as failed:
        deploy(CloudFormation(failed=True))
    assert str(failed.value) == "The stack could not be created:\nQueue: No such key."


def test_a_refused_stack_gives_the_reason(deploy: Deploy) -> None:
    with pytest.raises(StartError, match="No such parameter"):
        deploy(CloudFormation(refused=True))
