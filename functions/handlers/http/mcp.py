"""The endpoint for AI agents: the tools of `nemo_video.mcp` over streamable HTTP, without sessions."""

import asyncio
import json
import logging
from http import HTTPStatus
from typing import Any

import httpx
from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from aws_lambda_powertools.utilities.typing import LambdaContext
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import INVALID_REQUEST, ErrorData, JSONRPCError

from handlers.http import problems
from handlers.http.in_process import ApiTransport
from handlers.http.presenting import base_url
from nemo_video import AsyncNemoVideo
from nemo_video.mcp.server import mcp_server

MOST_BYTES = 1_000_000
"""Of a message. The API permits 100,000 characters in the arguments of a tool."""
_INVALID_ID = "The “id” of the message is invalid. Use a text or a whole number."
_NOT_PASSED_ON = {"content-length", "host", "x-api-key"}

logger = Logger()
logging.getLogger("httpx").setLevel(logging.WARNING)  # it logs URLs, and those of posters have signatures

Event = dict[str, Any]


@logger.inject_lambda_context(clear_state=True)
def handler(event: Event, context: LambdaContext) -> Event:
    if event["httpMethod"] != "POST":  # no streams that the server begins, and no sessions to end
        return problems.plain(_only_post(event["httpMethod"]))
    if _has_invalid_id(event):
        return _no_message(HTTPStatus.BAD_REQUEST, INVALID_REQUEST, _INVALID_ID)
    try:
        return asyncio.run(_answer(event, context))
    except Exception as error:  # noqa: BLE001 - it is logged
        return problems.plain(problems.unforeseen(error))


async def _answer(event: Event, context: LambdaContext) -> Event:
    api = base_url(APIGatewayProxyEvent(event))
    transport = ApiTransport(event, context, api)
    # The gateway has checked the key. The caller repeats a request that fails for a short time.
    async with AsyncNemoVideo(api, "checked-by-the-gateway", transport=transport, attempts=1) as client:
        sessions = StreamableHTTPSessionManager(
            mcp_server(client),
            json_response=True,
            stateless=True,
            security_settings=_only_from(httpx.URL(api)),
            max_request_body_size=MOST_BYTES,
        )
        async with sessions.run():
            asked = _request(event, api)
            response = await httpx.ASGITransport(sessions.asgi_app).handle_async_request(asked)
            body = await response.aread()
    return {
        "statusCode": response.status_code,
        "multiValueHeaders": {
            name: response.headers.get_list(name) for name in response.headers if name != "content-length"
        },
        "body": _in_plain_words(body.decode()),
        "isBase64Encoded": False,
    }


def _has_invalid_id(event: Event) -> bool:
    """Return whether a request has an id that no answer could repeat.

    The SDK would take it for a notification, which gets no answer.
    """
    try:
        message = json.loads(APIGatewayProxyEvent(event).decoded_body or "")
    except (ValueError, RecursionError):
        return False  # the SDK explains it
    if not isinstance(message, dict) or "method" not in message or "id" not in message:
        return False
    return not isinstance(message["id"], str | int) or isinstance(message["id"], bool)


def _no_message(status: HTTPStatus, code: int, said: str) -> Event:
    """Return an error of the protocol about a message whose id is not known."""
    error = JSONRPCError(jsonrpc="2.0", id=None, error=ErrorData(code=code, message=said))
    return {
        "statusCode": int(status),
        "multiValueHeaders": {"Content-Type": ["application/json"]},
        "body": error.model_dump_json(exclude_unset=True),
        "isBase64Encoded": False,
    }


def _in_plain_words(body: str) -> str:
    """Return an answer of the protocol. Of a malformed message, the SDK says what its validator says."""
    answer = json.loads(body) if body.startswith("{") else {}
    if not str(answer.get("error", {}).get("message", "")).startswith("Validation error"):
        return body
    answer["error"]["message"] = (
        "This is not a message of JSON-RPC 2.0. Send one object, with “jsonrpc”, “id”, “method” and “params”."
    )
    return json.dumps(answer)


def _request(event: Event, api: str) -> httpx.Request:
    headers = [
        (name.encode(), value.encode())
        for name, values in (event.get("multiValueHeaders") or {}).items()
        for value in values
        if name.lower() not in _NOT_PASSED_ON
    ]
    body = APIGatewayProxyEvent(event).decoded_body
    return httpx.Request("POST", f"{api}/mcp", headers=headers, content=(body or "").encode())


def _only_from(api: httpx.URL) -> TransportSecuritySettings:
    """Return the rule for browsers: none but a page of this address may send a request.

    API Gateway answers for its own host names only.
    """
    host = api.netloc.decode()
    return TransportSecuritySettings(allowed_hosts=[host], allowed_origins=[f"{api.scheme}://{host}"])


def _only_post(method: str) -> Any:  # noqa: ANN401 - Powertools' own
    return problems.problem(
        HTTPStatus.METHOD_NOT_ALLOWED,
        "method-not-allowed",
        f"{method} is not allowed here. Allowed: POST.",
        headers={"Allow": "POST"},
    )
