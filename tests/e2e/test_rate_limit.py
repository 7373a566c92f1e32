"""The rate limit of the gateway, as docs/api.md describes it."""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus

import httpx
import pytest

from infra.local.cloud import API_ID, STAGE
from tests.e2e.conftest import Pipeline
from tests.template.sam import ROOT, properties

# No endpoint answers PATCH, so nobody else who uses this pipeline uses up its limit.
METHOD, RESOURCE = "PATCH", "~1v1~1{proxy+}"
ALLOWED = 2


@pytest.fixture
def answer_of_the_template(pipeline: Pipeline) -> None:
    """Deploy what the template says of the answer. CloudFormation does so, the embedded one leaves it out."""
    answer = properties("Api")["GatewayResponses"]["THROTTLED"]
    headers = answer["ResponseParameters"]["Headers"]
    client = pipeline.endpoints.access.client("apigateway")
    client.put_gateway_response(
        restApiId=API_ID,
        responseType="THROTTLED",
        statusCode=str(answer["StatusCode"]),
        responseParameters={
            f"gatewayresponse.header.{name}": value
            for name, value in headers.items()
            if isinstance(value, str)  # not those that depend on a parameter
        },
        responseTemplates=answer["ResponseTemplates"],
    )
    client.create_deployment(restApiId=API_ID, stageName=STAGE)


@pytest.fixture
def low_limit(pipeline: Pipeline) -> Iterator[None]:
    """Let the gateway accept two requests with this method, and for hours no other."""
    client = pipeline.endpoints.access.client("apigateway")
    path = f"/{RESOURCE}/{METHOD}/throttling"

    def patch(*operations: dict[str, str]) -> None:
        client.update_stage(restApiId=API_ID, stageName=STAGE, patchOperations=operations)

    patch(
        {"op": "replace", "path": f"{path}/burstLimit", "value": str(ALLOWED)},
        {"op": "replace", "path": f"{path}/rateLimit", "value": "0.0001"},
    )
    yield
    patch({"op": "remove", "path": f"/{RESOURCE}/{METHOD}"})


def _limit(pipeline: Pipeline) -> tuple[float, int]:
    stage = pipeline.endpoints.access.client("apigateway").get_stage(restApiId=API_ID, stageName=STAGE)
    settings = stage["methodSettings"]["*/*"]
    return settings["throttlingRateLimit"], settings["throttlingBurstLimit"]


def test_the_documented_limit_is_deployed(pipeline: Pipeline) -> None:
    text = (ROOT / "docs/api.md").read_text()
    (documented,) = re.findall(r"(\d+) requests a second, and bursts of up to (\d+)", text)
    assert _limit(pipeline) == tuple(map(int, documented))


@pytest.mark.usefixtures("answer_of_the_template", "low_limit")
def test_what_exceeds_the_limit_is_refused_with_problem_details(pipeline: Pipeline) -> None:
    answers = [pipeline.call(METHOD, "/v1/videos") for _ in range(ALLOWED + 1)]
    assert [answer.status_code for answer in answers[:ALLOWED]] == [HTTPStatus.METHOD_NOT_ALLOWED] * ALLOWED
    refused = answers[ALLOWED]
    assert refused.status_code == HTTPStatus.TOO_MANY_REQUESTS
    assert refused.headers["Content-Type"] == "application/problem+json"
    assert refused.headers["Retry-After"] == "2"
    assert json.loads(refused.text) == {
        "type": "urn:nemo-video:problem:throttled",
        "title": "Too Many Requests",
        "status": HTTPStatus.TOO_MANY_REQUESTS,
        "detail": "Too many requests. Try again in a few seconds.",
    }
    # Each method has a limit of its own.
    assert pipeline.call("GET", "/v1/videos").status_code == httpx.codes.OK
