"""From server-sent events to what the agent says."""

import json
from collections.abc import Iterator

from backend.stream import Activity, AgentProblem, Heartbeat, StreamEvent, Text, ToolCall, ToolResult
from nemovideo.sse import ServerSentEvent


def interpret(event: ServerSentEvent) -> Iterator[StreamEvent]:
    """Read one event of either dialect, `{"type": …}` or ADK's `{"content": {"parts": […]}}`.

    There is always at least one event, so that the reader of the stream sees that something happened.

    Data that is no JSON object, such as `[DONE]`, is an event that says nothing.
    """
    if event.event == "heartbeat" or not event.data.strip():
        yield Heartbeat()
        return
    body = _json_object(event.data)
    # An ADK event may have a `type` of its own.
    typed = "type" in body and not _has_parts(body)
    read = list(_typed(body)) if typed else [*_adk(body), *_problem(body)]
    yield from read or [Activity()]


def _has_parts(body: dict[str, object]) -> bool:
    content = body.get("content")
    return isinstance(content, dict) and isinstance(content.get("parts"), list)


def _typed(body: dict[str, object]) -> Iterator[StreamEvent]:
    match body:
        case {"type": "heartbeat"}:
            yield Heartbeat()
        case {"type": "text" | "message", "content": str(text)} | {"type": "text", "text": str(text)} if text:
            yield Text(text, fragment=True)
        case {"type": "tool_call", "name": str(name)}:
            yield ToolCall(name)
        case {"type": "tool_result", "name": str(name)}:
            yield ToolResult(name)
        case {"type": "error", "message": str(message)} | {"type": "error", "content": str(message)}:
            yield AgentProblem(_code(body.get("code")), message)
        case _:
            yield from _problem(body)


def _adk(body: dict[str, object]) -> Iterator[StreamEvent]:
    partial = body.get("partial") is True
    match body:
        case {"author": "user"}:
            return
        case {"content": {"parts": list(parts)}}:
            text = "".join(_spoken(part) for part in parts)
            if text:
                yield Text(text, partial=partial)
            if not partial:
                for part in parts:
                    yield from _tool(part)


def _spoken(part: object) -> str:
    match part:
        case {"thought": True}:
            return ""
        case {"text": str(text)}:
            return text
    return ""


def _tool(part: object) -> Iterator[StreamEvent]:
    match part:
        case {"functionCall": {"name": str(name)}}:
            yield ToolCall(name)
        case {"functionResponse": {"name": str(name)}}:
            yield ToolResult(name)


def _problem(body: dict[str, object]) -> Iterator[AgentProblem]:
    match body:
        case {"error": {"message": str(message), **rest}}:
            yield AgentProblem(_code(rest.get("code")), message)
        case {"error": error} if error:
            yield AgentProblem(
                _code(body.get("code")), error if isinstance(error, str) else json.dumps(error)
            )
        case {"errorCode": code} if code:
            yield AgentProblem(_code(code), str(body.get("errorMessage") or code))
        case {"errorMessage": str(message)} if message:
            yield AgentProblem(None, message)
        case {"code": int(code)} if code and "content" not in body:
            yield AgentProblem(code, str(body.get("message") or f"code {code}"))


def _code(value: object) -> int | str | None:
    if isinstance(value, str):
        return int(value) if value.isdecimal() and len(value) <= len("1001") else value
    return value if isinstance(value, int) else None


def _json_object(data: str) -> dict[str, object]:
    try:
        body: object = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
