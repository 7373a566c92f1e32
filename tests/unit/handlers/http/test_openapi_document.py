"""The OpenAPI document: complete, valid, and the same as what the API does."""

import json
import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel

from handlers.http import examples, models, problems
from handlers.http.app import document
from handlers.http.document import operations_of
from infra.local.stack import ROOT
from tests.support.builders import DELIVERED, NOW, TIMELINE, a_version, a_video
from tests.support.recorded import RecordedWebhooks
from tests.template.sam import read_template
from tests.unit.handlers.http_calls import call
from videos.events.announcements import end_of
from videos.events.webhooks import call_back_at_end, call_back_at_start, call_back_on_progress
from videos.model.records import Stage, Status
from videos.model.version import Ended
from videos.model.video import Webhook
from videos.requests import options

Json = dict[str, Any]

DOCUMENT: Json = json.loads(document())
SCHEMAS: Json = DOCUMENT["components"]["schemas"]
OPERATIONS = {operation["operationId"]: operation for _, _, operation in operations_of(DOCUMENT)}
WEBHOOKS = {kind: path["post"] for kind, path in DOCUMENT["webhooks"].items()}
EVERY = OPERATIONS | {operation["operationId"]: operation for operation in WEBHOOKS.values()}
# Watch links, the link to the results of a batch, and methods that are not in the document have them.
OF_OTHER_PATHS = {"foreign-page", "link", "link-used-up", "method-not-allowed"}


def mistakes(schema: Json, value: object) -> list[str]:
    """Return what a schema of the document has against a value."""
    validator = jsonschema_rs.Draft202012Validator(
        {**schema, "components": DOCUMENT["components"]}, validate_formats=True
    )
    return [error.message for error in validator.iter_errors(value)]


def _contents(operation: Json) -> Iterator[tuple[str, Json]]:
    """Yield each body of an operation, with its name."""
    for content in operation.get("requestBody", {}).get("content", {}).values():
        yield "request", content
    for status, response in operation["responses"].items():
        for content in response.get("content", {}).values():
            yield status, content


def _value(example: Json) -> object:
    name = example.get("$ref", "").rpartition("/")[2]
    return (DOCUMENT["components"]["examples"][name] if name else example)["value"]


@pytest.mark.usefixtures("world")
def test_the_document_in_the_repository_is_the_one_that_is_served(context: LambdaContext) -> None:
    assert (ROOT / "docs" / "openapi.json").read_text() == document() + "\n", "run: make openapi"
    served = json.loads(call(context, "GET", "/v1/openapi.json")["body"])
    assert served == DOCUMENT | {"servers": [{"url": "https://videos.example"}]}


@pytest.mark.parametrize("name", EVERY)
def test_an_operation_is_documented(name: str) -> None:
    """Each operation has an id, a summary, a description, a tag, and examples of all it takes and returns."""
    operation = EVERY[name]
    assert re.fullmatch(r"[a-z]+(?:[A-Z][a-z]+)+", name)
    assert re.fullmatch(r"[A-Z].{5,50}[^.]", operation["summary"])
    assert re.fullmatch(r"[A-Z].+\.", operation["description"])
    assert [tag in {known["name"] for known in DOCUMENT["tags"]} for tag in operation["tags"]] == [True]
    for parameter in operation.get("parameters", []):
        assert parameter["description"].endswith("."), parameter
        assert mistakes(parameter["schema"], parameter["example"]) == [], parameter
    for place, content in _contents(operation):
        assert content["examples"], place
        for example in content["examples"].values():
            assert mistakes(content["schema"], _value(example)) == [], place


def test_there_is_one_body_for_each_status() -> None:
    for name, operation in OPERATIONS.items():
        for status, response in operation["responses"].items():
            kind = "application/json" if status.startswith("2") else problems.JSON
            assert list(response.get("content", {})) in ([], [kind]), (name, status)


def test_there_is_no_example_of_nothing() -> None:
    bodies = {name for name, operation in OPERATIONS.items() if "requestBody" in operation}
    assert examples.REQUESTS.keys() == bodies
    assert examples.RESPONSES.keys() <= OPERATIONS.keys()
    parameters = {
        item["name"] for operation in OPERATIONS.values() for item in operation.get("parameters", [])
    }
    assert examples.PARAMETERS.keys() == parameters


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_field_is_described_and_none_has_a_default(name: str) -> None:
    for field, schema in SCHEMAS[name].get("properties", {}).items():
        assert "default" not in schema, field
        assert {"description", "$ref", "const"} & schema.keys(), field


def _model(name: str) -> type[BaseModel]:
    found: type[BaseModel] = next(getattr(place, name) for place in (models, options) if hasattr(place, name))
    return found


def _names_in(part: object, found: frozenset[str] = frozenset()) -> frozenset[str]:
    """Return the names of all schemas in a part of the document."""
    names = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(part))) - found
    found |= names
    for name in names:
        found |= _names_in(SCHEMAS[name], found)
    return found


TAKEN = _names_in([operation.get("requestBody") for operation in OPERATIONS.values()])
RETURNED = _names_in([operation["responses"] for operation in OPERATIONS.values()]) | _names_in(
    DOCUMENT["webhooks"]
)


def test_a_field_of_a_request_is_required_if_the_api_requires_it() -> None:
    objects = sorted(name for name in TAKEN if "properties" in SCHEMAS[name])
    assert "VideoRequest" in objects
    for name in objects:
        required = {field for field, info in _model(name).model_fields.items() if info.is_required()}
        assert set(SCHEMAS[name].get("required", [])) == required, name


def test_every_field_of_a_response_is_there_but_three_of_a_problem() -> None:
    optional = {
        f"{name}.{field}"
        for name in RETURNED
        for field in SCHEMAS[name].get("properties", {}).keys() - set(SCHEMAS[name].get("required", []))
    }
    assert optional == {"ProblemDetails.status", "ProblemDetails.field", "ProblemDetails.code"}
    assert {name for name in TAKEN & RETURNED if "properties" in SCHEMAS[name]} == set()


def test_the_types_of_problems_are_all_that_there_are() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "functions/handlers/http").glob("*.py"))
    kinds = set(re.findall(r'problem\(\s*HTTPStatus\.\w+,\s*"([a-z-]+)"', code))
    kinds |= set(re.findall(r"urn:nemo-video:problem:([a-z-]+)", (ROOT / "template.yaml").read_text()))
    assert set(SCHEMAS["ProblemType"]["enum"]) == {problems.TYPE + kind for kind in kinds - OF_OTHER_PATHS}


def test_what_api_gateway_says_itself_is_documented_too() -> None:
    gateway = read_template()["Resources"]["Api"]["Properties"]["GatewayResponses"]
    for name, response in gateway.items():
        text = response["ResponseTemplates"]["application/json"]
        said = json.loads(text.replace("$context.error.messageString", '"Bad Request"'))
        assert mistakes({"$ref": "#/components/schemas/ProblemDetails"}, said) == [], name


def test_a_webhook_is_as_documented() -> None:
    queue = RecordedWebhooks()
    video = a_video().model_copy(update={"webhook": Webhook(url="https://example.com/", on_start=True)})
    ended = Ended(status=Status.READY, at=NOW, message="It is ready.")
    version = a_version(delivered=DELIVERED, timeline=TIMELINE, ended=ended)
    call_back_at_start(video, queue)
    call_back_on_progress(video, Stage.RENDERING, 65, queue)
    call_back_at_end(video, end_of(video, version, "https://videos.example"), queue)
    sent = [json.loads(order.body) for order in queue.orders]
    assert {body["type"] for body in sent} == WEBHOOKS.keys()
    for body in sent:
        (content,) = WEBHOOKS[body["type"]]["requestBody"]["content"].values()
        assert mistakes(content["schema"], body) == []
        assert mistakes(content["schema"], body | {"data": {}}) != []
