"""Whatever is sent, the API answers with 4xx and problem details: never with 5xx, which rings an alarm."""

import json
import re
from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.http.app import document
from handlers.http.reading import MAX_BODY_CHARS, MAX_KEY_CHARS
from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import a_video_of_ann, call, content, problem
from tests.unit.videos.requests.test_json_reader import BAD
from videos.model.records import Status

pytestmark = pytest.mark.usefixtures("world")

VIDEOS = "/v1/videos"
LONG = "x" * 3000


def _operations() -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and parts of every documented operation."""
    paths: dict[str, dict[str, Any]] = json.loads(document())["paths"]
    return [
        (method.upper(), path, parts) for path, methods in paths.items() for method, parts in methods.items()
    ]


TAKING_A_BODY = [path for _, path, parts in _operations() if "requestBody" in parts]


def _path(template: str, value: str) -> str:
    return re.sub(r"\{\w+\}", lambda _: value, template)


def _is_no_fault(answer: dict[str, Any]) -> None:
    assert 400 <= answer["statusCode"] < 500, answer
    said = json.loads(answer["body"])
    assert said["detail"].endswith(".")
    assert len(said["detail"]) < 600


def test_operations_that_take_a_body_are_known() -> None:
    assert len(TAKING_A_BODY) >= 5


@pytest.mark.parametrize("path", TAKING_A_BODY)
@pytest.mark.parametrize("name", [name for name, (body, _) in BAD.items() if 0 < len(body) <= MAX_BODY_CHARS])
def test_a_body_that_cannot_be_read_is_400(
    world: World, context: LambdaContext, path: str, name: str
) -> None:
    video = a_video_of_ann(world, Status.READY)
    body, _ = BAD[name]
    answer = call(context, "POST", _path(path, video.video_id), body)
    assert problem(answer, 400, "malformed-json")["field"] == "body"
    assert world.workflow.started == []


@pytest.mark.parametrize(
    "name", [name for name in BAD if BAD[name][0].startswith(("[", "-", '"', "9", "0", "1"))]
)
@pytest.mark.parametrize(
    "field", ["metadata", "instruction", "title", "duration_seconds", "callback_url", "rows"]
)
def test_a_value_that_cannot_be_read_is_400_wherever_it_stands(
    context: LambdaContext, world: World, field: str, name: str
) -> None:
    value, _ = BAD[name]
    body = f'{{"instruction": "a", "{field}": {{"deep": [{value}]}}}}'
    problem(call(context, "POST", VIDEOS, body), 400, "malformed-json")
    rows = f'{{"rows": [{{"instruction": "a", "{field}": {value}}}]}}'
    problem(call(context, "POST", "/v1/batches", rows), 400, "malformed-json")
    assert world.workflow.started == []


def _fields() -> list[tuple[str, str]]:
    """Path and name of every field of every documented body."""
    schemas = json.loads(document())["components"]["schemas"]
    return [
        (path, name)
        for _, path, parts in _operations()
        if "requestBody" in parts
        for name in schemas[_body_schema(parts)]["properties"]
    ]


def _body_schema(parts: dict[str, Any]) -> str:
    reference: str = parts["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    return reference.rpartition("/")[2]


@pytest.mark.parametrize("half", [r"\ud800", r"inbox/\udfff.csv", r"\udc00\ud800"])
@pytest.mark.parametrize(("path", "field"), _fields())
def test_half_a_character_is_refused_in_every_field(
    world: World, context: LambdaContext, path: str, field: str, half: str
) -> None:
    """Neither UTF-8 nor DynamoDB nor an answer can hold it."""
    video = a_video_of_ann(world, Status.READY)
    for value in (f'"{half}"', f'["{half}"]', f'{{"a": "{half}"}}', f'{{"{half}": "a"}}'):
        answer = call(context, "POST", _path(path, video.video_id), f'{{"{field}": {value}}}')
        assert problem(answer, 400, "malformed-json")["field"] == "body"
        assert answer["body"].encode()
    assert world.workflow.started == []


def test_a_byte_order_mark_is_accepted(context: LambdaContext) -> None:
    content(call(context, "POST", VIDEOS, '\ufeff{"instruction": "a"}'), 202)


@pytest.mark.parametrize("bad", ["\ud800", "a\udfffb", "\uffff", LONG, "😀" * 700, "\0", "a/../b", "%00"])
@pytest.mark.parametrize(
    ("method", "template"), [(method, path) for method, path, _ in _operations() if "{" in path]
)
def test_an_id_that_cannot_be_is_not_found(
    context: LambdaContext, method: str, template: str, bad: str
) -> None:
    body = {"text": "a"} if template.endswith("/messages") else {"instruction": "a"}
    asked = call(context, method, _path(template, "the-id"), body, raw_id=bad)
    _is_no_fault(asked)
    assert asked["statusCode"] in {400, 404, 405}


PARAMETERS = [
    (method, path, parameter["name"])
    for method, path, parts in _operations()
    for parameter in parts.get("parameters", [])
    if parameter["in"] == "query"
]


@pytest.mark.parametrize(
    "bad",
    ["\ud800", "\uffff", "[" * 400, "9" * 5000, "1e999", "NaN", "😀" * 1024, "\0", "bnVsbA", "W1tbW1tb"],
)
@pytest.mark.parametrize(("method", "path", "name"), PARAMETERS)
def test_a_query_that_cannot_be_is_no_fault(
    context: LambdaContext, method: str, path: str, name: str, bad: str
) -> None:
    for query in ({name: bad}, {bad: "1"}):
        answer = call(context, method, path, {"instruction": "a"} if method == "POST" else None, query=query)
        if answer["statusCode"] != 200:  # a key of the inbox may hold nearly anything
            _is_no_fault(answer)


@pytest.mark.parametrize("key", ["\ud800", "a\nb", "\0", "x" * (MAX_KEY_CHARS + 1), "\uffff", "\u202e"])
def test_an_idempotency_key_that_cannot_be_is_refused(context: LambdaContext, key: str) -> None:
    said = problem(
        call(context, "POST", VIDEOS, {"instruction": "a"}, headers={"Idempotency-Key": key}),
        422,
        "invalid-request",
    )
    assert said["field"] == "Idempotency-Key"


def test_what_is_echoed_is_json(world: World, context: LambdaContext) -> None:
    metadata = {"a": 1e308, "b": -0.0, "c": 10**39, "d": "\0\u2028"}
    made = content(call(context, "POST", VIDEOS, {"instruction": "a", "metadata": metadata}), 202)
    assert made["metadata"] == metadata
    assert world.store.video(made["id"]).metadata == metadata
