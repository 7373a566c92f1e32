"""The endpoint for AI agents, as official clients use it: both handshakes, tools, errors, owners."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from functools import partial
from secrets import token_hex
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import httpx2
import pytest
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer
from aws_lambda_powertools.utilities.typing import LambdaContext
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp_types import CallToolResult, ImageContent, TextContent

from aws.waits import WaitLeases
from handlers import wiring
from handlers.http import answering, mcp
from nemo_video.mcp import tools
from tests.events.payloads import Event, event
from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import ID, a_video_of_ann
from videos.model.records import Status

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

pytestmark = pytest.mark.usefixtures("world", "posters")

T = TypeVar("T")
ENDPOINT = "https://videos.example/mcp"
ERAS = ("2026-07-28", "legacy")


@pytest.fixture(autouse=True)
def _answers_are_kept(answers_table: "Table", monkeypatch: pytest.MonkeyPatch) -> None:
    layer = DynamoDBPersistenceLayer(answers_table.name)
    monkeypatch.setattr(answering, "_persistence", lambda: layer)
    monkeypatch.setattr(wiring, "wait_leases", lambda: WaitLeases(answers_table))


@pytest.fixture
def posters(monkeypatch: pytest.MonkeyPatch) -> list[httpx.Request]:
    """The requests for posters, which are answered with a picture."""
    asked = []

    def storage(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, content=b"a picture", headers={"Content-Type": "image/jpeg"})

    connection = partial(httpx.AsyncClient, transport=httpx.MockTransport(storage))
    monkeypatch.setattr(tools, "new_connection", connection)
    return asked


def an_event(request: httpx2.Request, *, owner: str = "ann", scopes: str = "read write") -> Event:
    """What API Gateway makes of a request."""
    asked = event("api_gateway_post_video")
    headers = {name: request.headers.get_list(name) for name in request.headers}
    asked |= {
        "resource": "/mcp",
        "path": "/mcp",
        "pathParameters": None,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "body": request.content.decode() or None,
    }
    asked["requestContext"] |= {"requestId": token_hex(8)}
    asked["requestContext"]["authorizer"] |= {"owner": owner, "scopes": scopes}
    return asked


def connected(
    context: LambdaContext,
    use: Callable[[Client], Awaitable[T]],
    *,
    era: str = "auto",
    owner: str = "ann",
    scopes: str = "read write",
) -> T:
    """Return what the official client gets."""

    def gateway(request: httpx2.Request) -> httpx2.Response:
        answer = mcp.handler(an_event(request, owner=owner, scopes=scopes), context)
        headers = [(name, value) for name, values in answer["multiValueHeaders"].items() for value in values]
        return httpx2.Response(answer["statusCode"], headers=headers, content=answer["body"].encode())

    async def in_a_thread(request: httpx2.Request) -> httpx2.Response:
        return await asyncio.to_thread(gateway, request)  # the handler has a loop of its own

    async def run() -> T:
        transport = httpx2.MockTransport(in_a_thread)
        async with (
            httpx2.AsyncClient(transport=transport) as http,
            Client(streamable_http_client(ENDPOINT, http_client=http), mode=era) as client,
        ):
            return await use(client)

    return asyncio.run(run())


def text_of(result: CallToolResult) -> str:
    block = result.content[0]
    assert isinstance(block, TextContent)
    return block.text


def test_both_handshakes_lead_to_the_same_tools(context: LambdaContext) -> None:
    async def use(client: Client) -> tuple[str, Any, list[str]]:
        return (
            client.protocol_version,
            client.server_info,
            [tool.name for tool in (await client.list_tools()).tools],
        )

    version, about, names = connected(context, use, era="auto")
    older_version, older_about, older_names = connected(context, use, era="legacy")
    assert (version, older_version) == ("2026-07-28", "2025-11-25")
    assert (
        (about.name, about.title)
        == (older_about.name, older_about.title)
        == ("nemo-video", "NemoVideo pipeline")
    )
    assert names == older_names
    assert "create_video" in names


@pytest.mark.parametrize("era", ERAS)
def test_a_repeated_key_makes_one_video(world: World, context: LambdaContext, era: str) -> None:
    async def use(client: Client) -> list[CallToolResult]:
        ask = {"instruction": "A kettle", "idempotency_key": "order-1"}
        other = ask | {"instruction": "A teapot"}
        return [await client.call_tool("create_video", asked) for asked in (ask, ask, other)]

    first, again, other = connected(context, use, era=era)
    assert first.structured_content["id"] == again.structured_content["id"]
    assert world.workflow.started == [world.store.video(first.structured_content["id"]).ref]
    assert other.is_error
    assert "Idempotency-Key" in text_of(other)


@pytest.mark.parametrize("era", ERAS)
def test_an_agent_sees_the_videos_of_its_owner_only(world: World, context: LambdaContext, era: str) -> None:
    a_video_of_ann(world, Status.READY)

    async def use(client: Client) -> tuple[CallToolResult, CallToolResult, CallToolResult]:
        change = {"video_id": ID, "instruction": "Shorter.", "idempotency_key": "1"}
        return (
            await client.call_tool("wait_for_video", {"video_id": ID}),
            await client.call_tool("list_videos", {}),
            await client.call_tool("edit_video", change),
        )

    seen, listed, edited = connected(context, use, era=era)
    assert [seen.structured_content["id"], *(v["id"] for v in listed.structured_content["videos"])] == [
        ID,
        ID,
    ]
    assert edited.structured_content["version"] == 2
    seen, listed, edited = connected(context, use, era=era, owner="bob")
    assert (seen.is_error, edited.is_error, listed.structured_content) == (True, True, {"videos": []})
    assert text_of(seen).startswith("There is no such video")


def test_a_read_only_key_changes_nothing(world: World, context: LambdaContext) -> None:
    a_video_of_ann(world, Status.READY)

    async def use(client: Client) -> list[CallToolResult]:
        spending: dict[str, dict[str, Any]] = {
            "create_video": {"instruction": "A kettle"},
            "edit_video": {"video_id": ID, "instruction": "Shorter."},
            "export_video": {"video_id": ID},
            "create_batch": {"rows": [{"instruction": "A kettle"}]},
        }
        return [
            await client.call_tool(name, arguments | {"idempotency_key": name})
            for name, arguments in spending.items()
        ]

    results = connected(context, use, scopes="read")
    assert all(result.is_error and "write" in text_of(result) for result in results)
    assert world.workflow.started == []


def test_a_finished_video_has_its_links_and_its_poster(
    world: World, context: LambdaContext, posters: list[httpx.Request]
) -> None:
    a_video_of_ann(world, Status.READY)

    async def use(client: Client) -> CallToolResult:
        return await client.call_tool("wait_for_video", {"video_id": ID})

    result = connected(context, use)
    assert result.structured_content["links"]["watch"].startswith("https://videos.example/watch/")
    assert isinstance(result.content[1], ImageContent)
    (request,) = posters
    assert str(request.url).startswith("https://videos.example/watch/")


def posted(
    context: LambdaContext, body: str, headers: dict[str, str] | None = None, *, method: str = "POST"
) -> Event:
    """Return the answer to a request that no client would send."""
    sent = {
        "Accept": "application/json, text/event-stream",
        "Content-Type": "application/json",
        "x-api-key": "nvp_secret",
        **(headers or {}),
    }
    return mcp.handler(an_event(httpx2.Request(method, ENDPOINT, headers=sent, content=body)), context)


LIST = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_are_no_streams_and_no_sessions(context: LambdaContext, method: str) -> None:
    answer = posted(context, "", method=method)
    assert (answer["statusCode"], answer["multiValueHeaders"]["Allow"]) == (405, ["POST"])
    assert "mcp-session-id" not in posted(context, LIST)["multiValueHeaders"]


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        (None, 200),
        ("https://videos.example", 200),
        ("https://evil.example", 403),
        ("http://videos.example", 403),
        ("null", 403),
        ("chrome-extension://abcdefgh", 403),
    ],
)
@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
def test_a_foreign_page_is_refused(
    context: LambdaContext, origin: str | None, status: int, version: str
) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": version,
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    ask = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}})
    headers = {"MCP-Protocol-Version": version, "Mcp-Method": "tools/list"}
    headers |= {"Origin": origin} if origin else {}
    assert posted(context, ask, headers)["statusCode"] == status


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        ("null", 400),
        ("5", 400),
        ('{"jsonrpc": "2.0", "id": 1}', 400),
        ('{"jsonrpc": "1.0", "id": 1, "method": "ping"}', 400),
        ("[" * 10_000, 400),
        (json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": "x" * 1_000_000}), 413),
    ],
    ids=["nothing", "half", "batch", "null", "number", "no method", "old version", "deep", "large"],
)
@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
def test_what_is_no_message_is_refused(context: LambdaContext, body: str, status: int, version: str) -> None:
    answer = posted(context, body, {"MCP-Protocol-Version": version})
    assert answer["statusCode"] == status
    assert "Traceback" not in answer["body"]
    assert "validation error" not in answer["body"].lower(), "the words of a validator"


@pytest.mark.parametrize("message_id", [{}, [], None, True, 1.5])
@pytest.mark.parametrize("version", ["2025-11-25", "2026-07-28"])
def test_a_request_whose_id_cannot_be_repeated_gets_an_error(
    context: LambdaContext, message_id: object, version: str
) -> None:
    ping = {"jsonrpc": "2.0", "id": message_id, "method": "ping"}
    answer = posted(context, json.dumps(ping), {"MCP-Protocol-Version": version})
    assert answer["statusCode"] == 400
    assert json.loads(answer["body"]) == {
        "jsonrpc": "2.0",
        "id": None,
        "error": {
            "code": -32600,
            "message": "The “id” of the message is invalid. Use a text or a whole number.",
        },
    }


def test_a_notification_has_no_id_and_no_answer(context: LambdaContext) -> None:
    notification = json.dumps({"jsonrpc": "2.0", "method": "notifications/initialized"})
    answer = posted(context, notification, {"MCP-Protocol-Version": "2025-11-25"})
    assert (answer["statusCode"], answer["body"]) == (202, "")


def test_an_unknown_version_of_the_protocol_is_told_the_known_ones(context: LambdaContext) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2099-01-01",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    ask = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}})
    headers = {"MCP-Protocol-Version": "2099-01-01", "Mcp-Method": "tools/list"}
    answer = posted(context, ask, headers)
    assert answer["statusCode"] == 400
    assert "2026-07-28" in json.loads(answer["body"])["error"]["data"]["supported"]


def test_headers_that_contradict_the_message_are_refused(context: LambdaContext) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    ask = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": meta}})
    headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call"}
    answer = posted(context, ask, headers)
    assert (answer["statusCode"], json.loads(answer["body"])["error"]["code"]) == (400, -32020)


def test_a_stream_of_changes_is_not_offered(context: LambdaContext) -> None:
    meta = {
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    }
    message = {"jsonrpc": "2.0", "id": 1, "method": "subscriptions/listen", "params": {"_meta": meta}}
    headers = {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "subscriptions/listen"}
    answer = posted(context, json.dumps(message), headers)
    assert answer["statusCode"] in {400, 404}


def test_the_key_is_not_passed_on(context: LambdaContext, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    answer = httpx.ASGITransport.handle_async_request

    async def kept(self: httpx.ASGITransport, request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return await answer(self, request)

    monkeypatch.setattr(httpx.ASGITransport, "handle_async_request", kept)
    assert posted(context, LIST)["statusCode"] == 200
    (request,) = asked
    assert "nvp_secret" not in str(request.headers.raw)


def test_no_signed_link_is_logged(
    world: World, context: LambdaContext, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    a_video_of_ann(world, Status.READY)
    caplog.set_level("INFO")

    async def use(client: Client) -> CallToolResult:
        return await client.call_tool("wait_for_video", {"video_id": ID})

    result = connected(context, use)
    assert "signature=" in result.structured_content["links"]["watch"]
    assert "signature=" not in caplog.text + "".join(capsys.readouterr())


def test_an_unexpected_error_shows_no_details(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_client: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(mcp, "mcp_server", broken)
    answer = posted(context, LIST)
    assert answer["statusCode"] == 500
    assert "secret" not in answer["body"]
