"""The OpenAPI document: what Powertools writes of the routes, with what it cannot write."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from aws_lambda_powertools.event_handler import APIGatewayRestResolver
from aws_lambda_powertools.event_handler.openapi.models import APIKey, APIKeyIn, License, Tag

from handlers.http.estimating import ESTIMATE_PATH

Schema = dict[str, Any]

_SCHEMAS = "#/components/schemas/"
_TAGS = {
    "Videos": "Create, read, edit and delete videos.",
    "Batches": "Create many videos at once.",
    "Uploads": "Upload the files that a video is made from.",
    "Account": "The account at the video service.",
}
_IDEMPOTENCY_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "For 24 hours, a repeated request with the same key gets the first response again.",
    "schema": {"type": "string", "maxLength": 255},
    "example": "order-1042",
}


@cache
def document_of(app: APIGatewayRestResolver) -> str:
    """Return the OpenAPI document of an application, as JSON."""
    written = json.loads(
        app.get_openapi_json_schema(
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
    )
    return json.dumps(_completed(written), indent=2, ensure_ascii=False, sort_keys=True)


def _completed(document: Schema) -> Schema:
    """Correct what Powertools writes differently from what the API does."""
    schemas = document["components"]["schemas"]
    for path, method, operation in operations_of(document):
        for parameter in operation.get("parameters", []):
            if parameter["in"] == "header":  # Powertools writes them in lower case
                parameter["name"] = "-".join(word.capitalize() for word in parameter["name"].split("-"))
            if not parameter["required"]:  # an omitted parameter is not null
                parameter["schema"] = _without_null(parameter["schema"])
        if method == "post" and path != ESTIMATE_PATH:
            operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                for name in _named_in(response, schemas):
                    # Every field of a response is always there.
                    schemas[name] |= {"required": list(schemas[name].get("properties", {}))}
    used = {name for _, _, operation in operations_of(document) for name in _named_in(operation, schemas)}
    document["components"]["schemas"] = {name: _plain(schemas[name]) for name in sorted(used)}
    return document


def operations_of(document: Schema) -> Iterator[tuple[str, str, Schema]]:
    """Yield the path, the method and the content of each operation."""
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def _named_in(part: object, schemas: Schema) -> set[str]:
    """Return the names of the schemas in a part of the document, and of those in them."""
    found: set[str] = set()
    waiting: list[Any] = [part]
    while waiting:
        match waiting.pop():
            case {"$ref": str(reference)} as of_schema:
                name = reference.removeprefix(_SCHEMAS)
                if name not in found:
                    found.add(name)
                    waiting.append(schemas[name])
                waiting.extend(value for key, value in of_schema.items() if key != "$ref")
            case dict(values):
                waiting.extend(values.values())
            case list(values):
                waiting.extend(values)
    return found


def _without_null(schema: Schema) -> Schema:
    """Return the schema of a parameter that may be omitted, without the alternative `null`."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    return {key: value for key, value in schema.items() if key != "anyOf"} | kinds[0] if kinds else schema


def _plain(schema: Schema) -> Schema:
    """Return an object's schema without generated titles, and without defaults.

    The description names a default. Generators of clients take a field with a default for a required one.
    """
    fields = {
        name: {key: value for key, value in field.items() if key not in {"default", "title"}}
        for name, field in schema.get("properties", {}).items()
    }
    kept = {key: value for key, value in schema.items() if key != "title"}
    return kept | {"properties": fields} if fields else kept
