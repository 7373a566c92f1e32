"""The API does not break a client that was made for the last release."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.local.stack import ROOT
from tests.support.api_changes import breaking_changes

Json = dict[str, Any]

RELEASED: Json = json.loads((ROOT / "docs/openapi.released.json").read_text())
DOCUMENT: Json = json.loads((ROOT / "docs/openapi.json").read_text())
VIDEOS, EDITS, VIDEO = "/v1/videos", "/v1/videos/{video_id}/edits", "/v1/videos/{video_id}"


def test_nothing_breaks_a_client_of_the_last_release() -> None:
    said = "It is meant? Say it in CHANGELOG.md, then run: make openapi-release"
    assert breaking_changes(RELEASED, DOCUMENT) == [], said


def _schema(document: Json, name: str) -> Json:
    schema: Json = document["components"]["schemas"][name]
    return schema


def _field(document: Json, name: str, field: str) -> Json:
    found: Json = _schema(document, name)["properties"][field]
    return found


def _rename_field(document: Json) -> None:
    fields = _schema(document, "Estimate")["properties"]
    fields["renamed"] = fields.pop("message")


def _rename_schema(document: Json) -> None:
    schemas = document["components"]["schemas"]
    schemas["New"] = schemas.pop("Way")
    _field(document, "RetryOffer", "way")["$ref"] = "#/components/schemas/New"


def _allow_null(document: Json) -> None:
    field = _field(document, "Estimate", "credits")
    field["anyOf"] = [{"type": field.pop("type")}, {"type": "null"}]


BREAKING: dict[str, tuple[Callable[[Json], object], str]] = {
    "a path is gone": (lambda d: d["paths"].pop(EDITS), "POST /v1/videos/{video_id}/edits: it is gone"),
    "a webhook is gone": (lambda d: d["webhooks"].pop("video.ended"), "POST video.ended: it is gone"),
    "another name": (
        lambda d: d["paths"][VIDEOS]["get"].update(operationId="videos"),
        "GET /v1/videos: operationId is another",
    ),
    "a schema is renamed": (_rename_schema, "Way: the schema is gone"),
    "a parameter is gone": (
        lambda d: d["paths"][VIDEOS]["get"].update(parameters=[]),
        "GET /v1/videos: the parameter limit is gone",
    ),
    "a new required parameter": (
        lambda d: d["paths"][EDITS]["post"]["parameters"].append(
            {"in": "query", "name": "why", "required": True, "schema": {}}
        ),
        "POST /v1/videos/{video_id}/edits: the parameter why is required now",
    ),
    "another success": (
        lambda d: d["paths"][VIDEOS]["post"]["responses"].update({"200": {"description": "."}}),
        "POST /v1/videos 200: it is new",
    ),
    "a header is gone": (
        lambda d: d["paths"][VIDEOS]["post"]["responses"]["202"].pop("headers"),
        "POST /v1/videos 202: the header Location is gone",
    ),
    "a new required field of a request": (
        lambda d: _schema(d, "VideoRequest").update(required=["title"]),
        "POST /v1/videos.title: the field is required now",
    ),
    "a field of a request is gone": (
        lambda d: _schema(d, "EditRequest")["properties"].pop("instruction"),
        "POST /v1/videos/{video_id}/edits.instruction: the field is gone",
    ),
    "a lower limit": (
        lambda d: _field(d, "EditRequest", "instruction").update(maxLength=10),
        "POST /v1/videos/{video_id}/edits.instruction: maxLength is another",
    ),
    "fewer values of a request": (
        lambda d: _field(d, "VideoRequest", "aspect_ratio")["anyOf"][0]["enum"].pop(),
        "POST /v1/videos.aspect_ratio: the values are others",
    ),
    "a field of a response is gone": (
        _rename_field,
        "POST /v1/videos/estimate 200.message: the field is gone",
    ),
    "a field of a response is optional": (
        lambda d: _schema(d, "Estimate")["required"].remove("message"),
        "POST /v1/videos/estimate 200.message: the field is optional now",
    ),
    "a field of a response may be null": (
        _allow_null,
        "POST /v1/videos/estimate 200.credits: the type was number and is null",
    ),
    "another type": (
        lambda d: _field(d, "Estimate", "credits").update(type="string"),
        "POST /v1/videos/estimate 200.credits: the type was number and is string",
    ),
    "a new value of a response": (
        lambda d: _schema(d, "Status")["enum"].append("paused"),
        "GET /v1/videos 200.videos[].status: the values are others",
    ),
    "a field of a webhook is gone": (
        lambda d: _schema(d, "VideoEnded")["properties"].pop("edits_url"),
        "POST video.ended.data.edits_url: the field is gone",
    ),
}
HARMLESS: dict[str, Callable[[Json], object]] = {
    "a new path": lambda d: d["paths"].update({"/v1/new": d["paths"][VIDEOS]}),
    "a new error": lambda d: d["paths"][VIDEO]["get"]["responses"].update({"418": {"description": "."}}),
    "a new optional parameter": lambda d: d["paths"][EDITS]["post"]["parameters"].append(
        {"in": "query", "name": "why", "required": False, "schema": {}}
    ),
    "a new optional field of a request": lambda d: _schema(d, "EditRequest")["properties"].update(why={}),
    "a new field of a response": lambda d: _schema(d, "Estimate")["properties"].update(why={}),
    "a higher limit": lambda d: _field(d, "EditRequest", "instruction").update(maxLength=9999),
    "a new value of a request": lambda d: _field(d, "VideoRequest", "aspect_ratio")["anyOf"][0][
        "enum"
    ].append("4:5"),
    "a new failure code": lambda d: _schema(d, "FailureCode")["enum"].append("new"),
    "other words": lambda d: _field(d, "Estimate", "message").update(description="In words."),
}


def _changed(change: Callable[[Json], object]) -> list[str]:
    document = json.loads(json.dumps(DOCUMENT))
    change(document)
    return breaking_changes(DOCUMENT, document)


@pytest.mark.parametrize("name", BREAKING)
def test_a_breaking_change_is_found(name: str) -> None:
    change, expected = BREAKING[name]
    assert expected in _changed(change)


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_change_is_not_reported(name: str) -> None:
    assert _changed(HARMLESS[name]) == []
