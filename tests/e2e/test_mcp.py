"""The tools for AI agents on the deployed template, as official clients use them."""

import asyncio
import base64
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from secrets import token_hex
from typing import Any, TypeVar

import httpx
import httpx2
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CallToolResult, ImageContent, TextContent
from PIL import Image

from aws.api_keys import ApiKeys
from tests.e2e.conftest import Pipeline
from tests.second_opinions.programs import ask_node, npm_program
from tests.support import http
from tests.support.waiting import HUNG_SECONDS
from tests.template.sam import ROOT

T = TypeVar("T")
Use = Callable[[Client], Awaitable[T]]
SHORT: dict[str, Any] = {"instruction": "Introduce it", "duration_seconds": 3, "title": "Hello"}
TOOLS = {
    "create_video",
    "estimate_video",
    "wait_for_video",
    "edit_video",
    "list_videos",
    "export_video",
    "get_credits",
    "create_batch",
    "wait_for_batch",
    "create_upload",
}


def _over_http(pipeline: Pipeline, use: Use[T], *, key: str | None = None, era: str = "auto") -> T:
    async def run() -> T:
        headers = {"x-api-key": key or pipeline.endpoints.api_key}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=HUNG_SECONDS) as sender,
            Client(
                streamable_http_client(f"{pipeline.endpoints.api_url}/mcp", http_client=sender), mode=era
            ) as client,
        ):
            return await use(client)

    return asyncio.run(run())


def _over_stdio(pipeline: Pipeline, use: Use[T], *arguments: str, era: str = "auto") -> T:
    server = StdioServerParameters(
        command=sys.executable, args=["-m", *arguments], env=_environment(pipeline)
    )

    async def run() -> T:
        async with Client(stdio_client(server), mode=era) as client:
            return await use(client)

    return asyncio.run(run())


def _environment(pipeline: Pipeline) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT / "functions"),
        "NEMO_VIDEO_API": pipeline.endpoints.api_url,
        "NEMO_VIDEO_KEY": pipeline.endpoints.api_key,
    }


def _new_key(pipeline: Pipeline, *, scopes: tuple[str, ...] = ("read", "write")) -> str:
    table = pipeline.endpoints.access.dynamodb().Table(pipeline.endpoints.api_keys_table)
    return ApiKeys(table).make(f"somebody-{token_hex(4)}", scopes=scopes)


def _said(result: CallToolResult) -> str:
    block = result.content[0]
    assert isinstance(block, TextContent)
    return block.text


async def _ended(client: Client, video_id: str) -> CallToolResult:
    """The end of a video, with its poster. On a busy machine, that may be left out at first."""
    while True:
        result = await client.call_tool("wait_for_video", {"video_id": video_id})
        assert not result.is_error, _said(result)
        if result.structured_content["stage"] == "ended" and len(result.content) > 1:
            return result


async def _makes_a_video(client: Client) -> tuple[dict[str, Any], bytes, int]:
    """The video, its poster, and how many videos the same request made when it was sent twice."""
    assert {tool.name for tool in (await client.list_tools()).tools} == TOOLS
    request = SHORT | {"idempotency_key": token_hex(8)}
    before = (await client.call_tool("get_credits", {})).structured_content
    first = await client.call_tool("create_video", request)
    again = await client.call_tool("create_video", request)
    assert first.structured_content["id"] == again.structured_content["id"]
    result = await _ended(client, first.structured_content["id"])
    after = (await client.call_tool("get_credits", {})).structured_content
    (poster,) = (block for block in result.content if isinstance(block, ImageContent))
    assert poster.mime_type == "image/jpeg"
    assert before["available"] > after["available"]
    listed = (await client.call_tool("list_videos", {"limit": 100})).structured_content["videos"]
    found = [video for video in listed if video["id"] == first.structured_content["id"]]
    return result.structured_content, base64.b64decode(poster.data), len(found)


def _is_watchable(video: dict[str, Any], poster: bytes) -> None:
    assert video["status"] == "ready"
    assert Image.open(io.BytesIO(poster)).size == (1280, 720)
    assert http.get(video["links"]["watch"]).is_success
    file = http.get(video["links"]["video"], follow_redirects=True)
    assert file.headers["Content-Type"] == "video/mp4"


@pytest.mark.door("mcp")
def test_an_agent_makes_a_video_and_pays_once(pipeline: Pipeline) -> None:
    key = _new_key(pipeline)
    video, poster, made = _over_http(pipeline, _makes_a_video, key=key)
    _is_watchable(video, poster)
    assert made == 1
    _foreigners_see_nothing(pipeline, video["id"])


def _foreigners_see_nothing(pipeline: Pipeline, video_id: str) -> None:
    async def look(client: Client) -> list[CallToolResult]:
        change = {"video_id": video_id, "instruction": "Shorter", "idempotency_key": "1"}
        return [
            await client.call_tool("wait_for_video", {"video_id": video_id}),
            await client.call_tool("edit_video", change),
        ]

    for result in _over_http(pipeline, look, key=_new_key(pipeline)):
        assert result.is_error
        assert _said(result).startswith("There is no such video")


@pytest.mark.thorough
def test_the_older_handshake_works_too(pipeline: Pipeline) -> None:
    video, poster, made = _over_http(pipeline, _makes_a_video, key=_new_key(pipeline), era="legacy")
    _is_watchable(video, poster)
    assert made == 1


@pytest.mark.thorough
@pytest.mark.parametrize("era", ["2026-07-28", "legacy"])
def test_the_tools_are_served_over_stdio(pipeline: Pipeline, era: str) -> None:
    video, poster, made = _over_stdio(pipeline, _makes_a_video, "nemo_video.mcp", era=era)
    _is_watchable(video, poster)
    assert made == 1


def test_the_command_line_program_serves_them_too(pipeline: Pipeline) -> None:
    async def use(client: Client) -> CallToolResult:
        return await client.call_tool("get_credits", {})

    result = _over_stdio(pipeline, use, "nemo_video", "mcp")
    assert result.structured_content["available"] > 0


def test_stdio_without_a_key_says_what_is_missing(pipeline: Pipeline) -> None:
    environment = _environment(pipeline) | {"NEMO_VIDEO_KEY": ""}
    done = subprocess.run(
        [sys.executable, "-m", "nemo_video.mcp"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "NEMO_VIDEO_KEY" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_read_only_key_reads(pipeline: Pipeline) -> None:
    async def use(client: Client) -> tuple[CallToolResult, CallToolResult]:
        create = SHORT | {"idempotency_key": "1"}
        return await client.call_tool("list_videos", {}), await client.call_tool("create_video", create)

    listed, created = _over_http(pipeline, use, key=_new_key(pipeline, scopes=("read",)))
    assert listed.structured_content == {"videos": []}
    assert created.is_error
    assert "write" in _said(created)


def test_without_a_valid_key_nothing_is_told(pipeline: Pipeline) -> None:
    ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream"}
    address = f"{pipeline.endpoints.api_url}/mcp"
    without = http.post(address, json=ask, headers=headers)
    unknown = http.post(address, json=ask, headers=headers | {"x-api-key": f"nvp_{'a' * 43}"})
    assert [without.status_code, unknown.status_code] == [401, 403]
    assert "create_video" not in without.text + unknown.text


def test_other_methods_and_foreign_pages_are_refused(pipeline: Pipeline) -> None:
    for method in ("GET", "DELETE"):
        answer = pipeline.call(method, "/mcp")
        assert (answer.status_code, answer.headers["Allow"]) == (httpx.codes.METHOD_NOT_ALLOWED, "POST")
    ask = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    headers = {"Accept": "application/json, text/event-stream", "Origin": "https://evil.example"}
    assert pipeline.call("POST", "/mcp", json=ask, headers=headers).status_code == httpx.codes.FORBIDDEN


@pytest.mark.thorough
@pytest.mark.parametrize("kit", ["2026-07-28", "legacy"])
def test_the_official_typescript_clients_make_a_video(pipeline: Pipeline, kit: str) -> None:
    create = SHORT | {"idempotency_key": token_hex(8)}
    url, key = f"{pipeline.endpoints.api_url}/mcp", pipeline.endpoints.api_key
    got = ask_node("mcp_session.mjs", {"kit": kit, "url": url, "key": key, "create": create})
    assert set(got["tools"]) == TOOLS
    assert got["ended"]["structuredContent"]["id"] == got["created"]["structuredContent"]["id"]
    (poster,) = (block for block in got["ended"]["content"] if block["type"] == "image")
    _is_watchable(got["ended"]["structuredContent"], base64.b64decode(poster["data"]))
    assert got["refused"]["isError"]


@pytest.fixture
def documented(pipeline: Pipeline, tmp_path: Path) -> Path:
    """The configuration that docs/mcp.md shows, for this pipeline."""
    shown = re.findall(r"```json\n(.*?)```", (ROOT / "docs/mcp.md").read_text(), re.DOTALL)[0]
    config = json.loads(shown)
    server = config["mcpServers"]["nemo-video"]
    assert server["url"].endswith("/mcp")
    server["url"] = f"{pipeline.endpoints.api_url}/mcp"
    server["headers"] = dict.fromkeys(server["headers"], pipeline.endpoints.api_key)
    path = tmp_path / "mcp.json"
    path.write_text(json.dumps(config))
    return path


@pytest.mark.thorough
def test_the_inspector_lists_and_calls_the_tools(documented: Path) -> None:
    listed = _inspect(documented, "--method", "tools/list", "--strict")
    assert {tool["name"] for tool in listed["tools"]} == TOOLS
    create = [f"{name}={value}" for name, value in SHORT.items()]
    key = f"idempotency_key={token_hex(8)}"
    call = ("--method", "tools/call", "--tool-name")
    made = _inspect(documented, *call, "create_video", "--tool-arg", *create, key)["structuredContent"]
    posters: list[dict[str, str]] = []
    while made["stage"] != "ended" or not posters:
        waited = _inspect(documented, *call, "wait_for_video", "--tool-arg", f"video_id={made['id']}")
        made = waited["structuredContent"]
        posters = [block for block in waited["content"] if block["type"] == "image"]
    (poster,) = posters
    _is_watchable(made, base64.b64decode(poster["data"]))


def _inspect(config: Path, *arguments: str) -> Any:  # noqa: ANN401 - JSON
    command = [str(npm_program("mcp-inspector")), "--cli", "--connect-timeout", f"{HUNG_SECONDS * 1000:.0f}"]
    command += ["--config", str(config), "--server", "nemo-video"]
    environment = {**os.environ, "MCP_INSPECTOR_SECRET_STORE": "memory"}
    done = subprocess.run(
        [*command, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=HUNG_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.thorough
def test_an_agent_uploads_a_picture_estimates_edits_and_exports(pipeline: Pipeline, page: bytes) -> None:
    async def use(client: Client) -> None:
        ticket = (await client.call_tool("create_upload", {"file_name": "page.png"})).structured_content
        sent = http.post(ticket["url"], data=ticket["fields"], files={"file": ("x", page, "image/png")})
        assert sent.status_code == httpx.codes.NO_CONTENT, sent.text
        what = SHORT | {"upload_ids": [ticket["upload_id"]]}
        estimate = (await client.call_tool("estimate_video", what)).structured_content
        assert estimate["credits"] > 0
        created = await client.call_tool("create_video", what | {"idempotency_key": token_hex(8)})
        video_id = created.structured_content["id"]
        change = {"video_id": video_id, "instruction": "make the word Hello bigger"}
        busy = await client.call_tool("edit_video", change | {"idempotency_key": token_hex(8)})
        assert busy.is_error
        assert "Try again in" in _said(busy)
        await _ended(client, video_id)
        await client.call_tool("edit_video", change | {"idempotency_key": token_hex(8)})
        edited = (await _ended(client, video_id)).structured_content
        assert (edited["status"], edited["version"]) == ("ready", 2)
        export = {"video_id": video_id, "idempotency_key": token_hex(8)}
        exported = (await client.call_tool("export_video", export)).structured_content
        assert exported["version"] == 2, "it has its file already"

    _over_http(pipeline, use)


@pytest.mark.thorough
def test_an_agent_makes_a_batch(pipeline: Pipeline) -> None:
    async def use(client: Client) -> dict[str, Any]:
        rows = {"rows": [SHORT, {"titel": "Two"}], "idempotency_key": token_hex(8)}
        first = (await client.call_tool("create_batch", rows)).structured_content
        again = (await client.call_tool("create_batch", rows)).structured_content
        assert first["id"] == again["id"]
        while True:
            batch = await client.call_tool("wait_for_batch", {"batch_id": first["id"]})
            if "results" in batch.structured_content:
                return dict(batch.structured_content)

    batch = _over_http(pipeline, use)
    assert batch["counts"] == {"ready": 1, "rejected": 1}
    assert "Did you mean “title”?" in http.get(batch["results"]).text


def test_an_unknown_tool_is_an_error_of_the_protocol(pipeline: Pipeline) -> None:
    async def use(client: Client) -> None:
        with pytest.raises(MCPError, match=r"There is no tool with this name\. Use one of: create_video"):
            await client.call_tool("delete_everything", {})

    _over_http(pipeline, use)
