"""The OpenAPI document, by the rules of Spectral and by those of `openapi.ruleset.yaml`."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.second_opinions.programs import FOLDER, npm_program
from tests.template.sam import ROOT

Json = dict[str, Any]

RULES = FOLDER / "openapi.ruleset.yaml"
DOCUMENT: Json = json.loads((ROOT / "docs/openapi.json").read_text())


def _findings(document: Json, folder: Path) -> list[str]:
    """Return the rules that a document breaks, with the place."""
    path = folder / "openapi.json"
    path.write_text(json.dumps(document))
    command = [
        str(npm_program("spectral")),
        "lint",
        str(path),
        f"--ruleset={RULES}",
        "--format=json",
        "--quiet",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode in {0, 1}, done.stderr
    found: list[Json] = json.loads(done.stdout)
    return [f"{item['code']}: {'.'.join(item['path'])}: {item['message']}" for item in found]


def test_the_document_follows_every_rule(tmp_path: Path) -> None:
    assert _findings(DOCUMENT, tmp_path) == []


def _post(document: Json) -> Json:
    operation: Json = document["paths"]["/v1/videos"]["post"]
    return operation


# A mistake for each rule of our own, and two for rules of Spectral.
MISTAKES: dict[str, Callable[[Json], object]] = {
    "operation-id-is-a-name": lambda document: _post(document).update(operationId="create_video"),
    "summary-is-a-title": lambda document: _post(document).update(summary="creates."),
    "body-has-examples": lambda document: _json(_post(document)["requestBody"]).pop("examples"),
    "parameter-has-an-example": lambda document: _post(document)["parameters"][0].pop("example"),
    "field-is-described": lambda document: _field(document).pop("description"),
    "field-has-no-default": lambda document: _field(document).update(default="en"),
    "error-is-a-problem": lambda document: _post(document)["responses"]["422"]["content"].update({"a/b": {}}),
    "success-has-one-type": lambda document: _success(document)["content"].update({"text/plain": {}}),
    "success-is-one-schema": lambda document: _json(_success(document)).update(schema={"type": "object"}),
    "oas3-valid-media-example": lambda document: _estimate(document).pop("allowed"),
    "oas3-unused-component": lambda document: document["components"]["schemas"].update(Unused={}),
}


def _json(body: Json) -> Json:
    content: Json = body["content"]["application/json"]
    return content


def _field(document: Json) -> Json:
    field: Json = document["components"]["schemas"]["VideoRequest"]["properties"]["language"]
    return field


def _success(document: Json) -> Json:
    response: Json = _post(document)["responses"]["202"]
    return response


def _estimate(document: Json) -> Json:
    response = document["paths"]["/v1/videos/estimate"]["post"]["responses"]["200"]
    value: Json = _json(response)["examples"]["estimate"]["value"]
    return value


def test_every_mistake_is_found(tmp_path: Path) -> None:
    document = json.loads(json.dumps(DOCUMENT))
    for make in MISTAKES.values():
        make(document)
    found = {finding.partition(":")[0] for finding in _findings(document, tmp_path)}
    assert MISTAKES.keys() <= found, found
