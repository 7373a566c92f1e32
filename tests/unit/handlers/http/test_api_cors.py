"""Who may read the API's answers from another origin: one extension, if the stack names it."""

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import call, header

EXTENSION = f"chrome-extension://{'abcdefghijklmnop' * 2}"
ALLOWED = "Access-Control-Allow-Origin"
pytestmark = pytest.mark.usefixtures("world")


@pytest.fixture
def extension(world: World, monkeypatch: pytest.MonkeyPatch) -> str:  # noqa: ARG001 - it sets what is changed here
    monkeypatch.setenv("EXTENSION_ORIGIN", EXTENSION)
    return EXTENSION


def test_a_preflight_of_the_extension_is_told_what_it_may_send(
    context: LambdaContext, extension: str
) -> None:
    answer = call(context, "OPTIONS", "/v1/videos", headers={"Origin": extension})
    assert answer["statusCode"] == 204
    assert header(answer, ALLOWED) == extension
    assert header(answer, "Access-Control-Allow-Methods") == "GET, POST"
    asked = {name.lower() for name in header(answer, "Access-Control-Allow-Headers").split(",")}
    assert {"x-api-key", "content-type", "idempotency-key"} <= asked
    assert header(answer, "Access-Control-Max-Age") == "3600"


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/videos", None, 200),
        ("GET", "/v1/videos/nothing", None, 404),
        ("POST", "/v1/videos", "{", 400),
        ("POST", "/v1/videos", "x" * 100_001, 413),
    ],
)
def test_the_extension_may_read_every_answer(
    context: LambdaContext, extension: str, *, method: str, path: str, body: str | None, status: int
) -> None:
    answer = call(context, method, path, body, headers={"origin": extension})
    assert answer["statusCode"] == status
    assert header(answer, ALLOWED) == extension
    assert header(answer, "Access-Control-Expose-Headers") == "ETag,Location,Retry-After"
    assert header(answer, "Vary") == "Origin"


@pytest.mark.usefixtures("extension")
@pytest.mark.parametrize("origin", ["https://example.com", EXTENSION.replace("a", "b"), "null"])
@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_nobody_else_may(context: LambdaContext, method: str, origin: str) -> None:
    answer = call(context, method, "/v1/videos", headers={"Origin": origin})
    assert not [name for name in answer["multiValueHeaders"] if name.startswith("Access-Control")]


@pytest.mark.parametrize("method", ["OPTIONS", "GET"])
def test_without_the_parameter_not_even_an_extension_may(context: LambdaContext, method: str) -> None:
    answer = call(context, method, "/v1/videos", headers={"Origin": EXTENSION})
    assert not [name for name in answer["multiValueHeaders"] if name.startswith("Access-Control")]


def test_a_request_without_an_origin_is_answered_as_ever(context: LambdaContext, world: World) -> None:
    answer = call(context, "GET", "/v1/videos")
    assert answer["statusCode"] == 200
    assert world.store.of_owner("ann", status=None, limit=1, after=None).videos == []
