"""The OpenAPI document: what Powertools writes of the routes, and what it cannot write.

Powertools leaves out nulls in examples, webhooks, variables of servers, and which fields are always there.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.models import APIKey, APIKeyIn, License, Tag
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from handlers.http import examples
from handlers.http.estimating import ESTIMATE_PATH
from handlers.http.problems import TYPE, ProblemDetails
from videos.events.webhooks import EndedEvent, ProgressEvent, StartedEvent

Json = dict[str, Any]

_SCHEMAS = "#/components/schemas/"
_TAGS = {
    "Account": "The account at the video service, and what you have spent.",
    "Batches": "Create many videos at once.",
    "Uploads": "Upload the files that a video is made from.",
    "Videos": "Create, read, edit and delete videos.",
    "Webhooks": "What the pipeline sends to the `callback_url` of a video, and how it was received.",
}
_SERVER = {
    "url": "https://{api}/live",
    "description": "The output `ApiUrl` of the stack, or `$API` of `make up`.",
    "variables": {
        "api": {
            "default": "api.example.com",
            "description": "The host of `ApiUrl`.",
        }
    },
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "For 24 hours, a repeated request with the same key gets the first response again.",
    "schema": {"type": "string", "maxLength": 255},
}
_PATH_PARAMETERS = {
    "video_id": "The id of the video.",
    "batch_id": "The id of the batch.",
    "delivery_id": "The `webhook-id` of the webhook.",
}
_WEBHOOKS: dict[str, tuple[type[BaseModel], str, str]] = {
    "video.started": (
        StartedEvent,
        "A version starts",
        "Sent when a version starts, if the request has `callback_on_start`.",
    ),
    "video.progress": (
        ProgressEvent,
        "A version is being made",
        "Sent at most every ten percent, if the request has `callback_on_progress`. One may be missing.",
    ),
    "video.ended": (EndedEvent, "A version ended", "Sent when a version ends, with any status."),
}
_WEBHOOK_HEADERS = {
    "webhook-id": ("Identifies the event. Ignore an id that you have seen.", f"{examples.VIDEO_ID}-1-ready"),
    "webhook-timestamp": ("When it was sent, in seconds since 1970.", "1777896120"),
    "webhook-signature": (
        "The signature of Standard Webhooks. `make api-key` shows the secret.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
}
# New values may be added, and a client must not fail because of one.
_OPEN = (f"{_SCHEMAS}FailureCode", f"{_SCHEMAS}ProblemType")


@cache
def document_of(app: APIGatewayRestResolver, address: str | None = None) -> str:
    """Return the OpenAPI document of an application, as JSON. `address` is where it is served."""
    written = app.get_openapi_json_schema(
        title="NemoVideo pipeline",
        version="1",
        description="Send a page, a picture or a clip with one sentence. Get a finished video.",
        license_info=License(name="Apache License 2.0", identifier="Apache-2.0"),
        tags=[Tag(name=name, description=description) for name, description in _TAGS.items()],
        security_schemes={
            "key": APIKey.model_validate(
                {"name": "x-api-key", "in": APIKeyIn.header, "description": "A key of `make api-key`."}
            )
        },
        security=[{"key": []}],
    )
    document = _completed(json.loads(written))
    document["servers"] = [_SERVER if address is None else {"url": address}]
    return json.dumps(document, indent=2, ensure_ascii=False, sort_keys=True)


def operations_of(document: Json) -> Iterator[tuple[str, str, Json]]:
    """Yield the path, the method and the content of each operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _completed(document: Json) -> Json:
    components = document["components"]
    schemas: Json = components["schemas"]
    for path, method, operation in operations_of(document):
        if method == "post" and path != ESTIMATE_PATH:
            operation.setdefault("parameters", []).append(dict(_IDEMPOTENCY_KEY))
        for parameter in operation.get("parameters", []):
            _complete_parameter(parameter)
        _add_examples(operation)
    document["webhooks"] = {kind: {"post": _webhook(kind, schemas)} for kind in _WEBHOOKS}
    _correct_problem(schemas)
    for name in _named_in([*_bodies_of_success(document), document["webhooks"]], schemas):
        if fields := schemas[name].get("properties"):  # all of them are always there
            schemas[name] = schemas[name] | {"required": list(fields)}
    used = _named_in([document["paths"], document["webhooks"]], schemas)
    components["schemas"] = {name: _without_defaults(schemas[name]) for name in used}
    components["examples"] = {kind: _problem_example(kind) for kind in examples.PROBLEMS}
    return document


def _complete_parameter(parameter: Json) -> None:
    name = parameter["name"]
    if parameter["in"] == "header":  # Powertools writes them in lower case
        name = parameter["name"] = "-".join(word.capitalize() for word in name.split("-"))
    schema = parameter["schema"]
    if alternatives := schema.pop("anyOf", None):  # an omitted parameter is not null
        schema |= next(kind for kind in alternatives if kind != {"type": "null"})
    if name in _PATH_PARAMETERS:
        parameter["description"] = _PATH_PARAMETERS[name]
    if name in examples.PARAMETERS:
        parameter["example"] = examples.PARAMETERS[name]
    for generated in ("title", "description"):
        schema.pop(generated, None)


def _add_examples(operation: Json) -> None:
    name = operation["operationId"]
    if "requestBody" in operation:
        operation["requestBody"]["content"]["application/json"]["examples"] = _named(
            examples.REQUESTS.get(name, {})
        )
    for status, response in operation["responses"].items():
        for content in response.get("content", {}).values():
            if status.startswith("2"):
                content["examples"] = _named(examples.RESPONSES.get(name, {}))
            else:
                kinds = [kind for kind, problem in examples.PROBLEMS.items() if problem.status == int(status)]
                content["examples"] = {kind: {"$ref": f"#/components/examples/{kind}"} for kind in kinds}


def _named(values: dict[str, Json]) -> Json:
    return {name: {"value": value} for name, value in values.items()}


def _problem_example(kind: str) -> Json:
    status, detail, field, code = examples.PROBLEMS[kind]
    problem = ProblemDetails(
        type=TYPE + kind, title=status.phrase, status=status, detail=detail, field=field, code=code
    )
    return {"value": problem.model_dump(mode="json", exclude_none=True)}


def _webhook(kind: str, schemas: Json) -> Json:
    """Return the operation of a webhook, and add its schemas to the others."""
    model, summary, description = _WEBHOOKS[kind]
    _, models = models_json_schema([(model, "serialization")], ref_template=f"{_SCHEMAS}{{model}}")
    schemas |= models["$defs"]
    return {
        "operationId": "".join(part.capitalize() if at else part for at, part in enumerate(kind.split("."))),
        "summary": summary,
        "description": description,
        "tags": ["Webhooks"],
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": said,
                "schema": {"type": "string"},
                "example": example,
            }
            for name, (said, example) in _WEBHOOK_HEADERS.items()
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": f"{_SCHEMAS}{model.__name__}"},
                    "examples": _named({"webhook": examples.WEBHOOKS[kind]}),
                }
            },
        },
        "responses": {
            "2XX": {"description": "Received. The response must arrive within 15 seconds."},
            "410": {"description": "Stops further attempts for this event."},
            "default": {"description": "Not received. The webhook is retried, for a day at most."},
        },
    }


def _correct_problem(schemas: Json) -> None:
    """Document the types of problems. A response of API Gateway may lack the status."""
    schemas["ProblemType"] = {
        "description": "The known types of problems.",
        "enum": [f"{TYPE}{kind}" for kind in examples.PROBLEMS],
        "type": "string",
    }
    details = schemas["ProblemDetails"]
    details["properties"]["type"] |= {"$ref": f"{_SCHEMAS}ProblemType"}
    details["properties"]["type"].pop("type")
    details["required"].remove("status")


def _bodies_of_success(document: Json) -> Iterator[Json]:
    for _, _, operation in operations_of(document):
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                yield response


def _named_in(part: object, schemas: Json) -> list[str]:
    """Return the names of the schemas in a part of the document, and of those in them."""
    found: set[str] = set()
    waiting: list[Any] = [part]
    while waiting:
        match waiting.pop():
            case {"$ref": str(reference)} if reference.startswith(_SCHEMAS):
                name = reference.removeprefix(_SCHEMAS)
                if name not in found:
                    found.add(name)
                    waiting.append(schemas[name])
            case dict(values):
                waiting.extend(values.values())
            case list(values):
                waiting.extend(values)
    return sorted(found)


def _without_defaults(schema: Json) -> Json:
    """Return a schema without titles and defaults of its fields, and with open lists of values.

    A description names a default. Generators of clients take a field with a default for a required one.
    """
    fields = {
        name: _opened({key: value for key, value in field.items() if key not in {"default", "title"}})
        for name, field in schema.get("properties", {}).items()
    }
    kept = {key: value for key, value in schema.items() if key != "title"}
    return kept | {"properties": fields} if fields else kept


def _opened(field: Json) -> Json:
    """Allow other text beside the known values of an open list."""
    kinds = field.get("anyOf", [{"$ref": field.get("$ref")}])
    if not any(kind.get("$ref") in _OPEN for kind in kinds):
        return field
    kept = {key: value for key, value in field.items() if key not in {"$ref", "anyOf"}}
    return kept | {"anyOf": [*kinds, {"type": "string"}]}
