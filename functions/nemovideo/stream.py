"""What the agent says while it works: events from server-sent events, one reply from many events."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from backend.assumptions import CLOSING_OFFER, QUESTION_END, TEMPORARY_ISSUE
from backend.errors import AgentError, BrokenStreamError, NemoVideoError
from backend.texts import whole_characters
from nemovideo.sse import ServerSentEvent
from nemovideo.wire import error_of_code, quote

STILL_WORKING_SECONDS = 120.0
"""How long a person waits in silence before being told "Still working…" (vendor skill document)."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words for a person, before the translation of GUI phrases.

    A `partial` text is repeated by the full one that follows. A `fragment` continues the text before it.
    """

    text: str
    partial: bool = False
    fragment: bool = False


@dataclass(frozen=True, slots=True)
class ToolCall:
    name: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    name: str


@dataclass(frozen=True, slots=True)
class Activity:
    """Work that shows nothing: a thought, a change of state, a kind of event not known here."""


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """The backend is alive, which is no progress."""


@dataclass(frozen=True, slots=True)
class AgentProblem:
    code: int | str | None
    message: str


StreamEvent = Text | ToolCall | ToolResult | Activity | Heartbeat | AgentProblem
Progress = Literal["text", "tool_call", "tool_result", "activity"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What one turn of the agent came to.

    Attributes:
        text: all that a person may read; empty for the third of edits that end without a word.
        tool_calls: names in the order of the calls.
        is_question: the agent waits for an answer: nothing is finished, nothing is to be exported.
    """

    text: str
    tool_calls: tuple[str, ...]
    is_question: bool


def interpret(event: ServerSentEvent) -> Iterator[StreamEvent]:
    """Read one event of either dialect, `{"type": …}` or ADK's `{"content": {"parts": […]}}`.

    At least one event results, so that whoever follows the stream sees that something happened.

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


def _ignore(_: object) -> None:
    pass


def collect(
    events: Iterable[StreamEvent],
    on_progress: Callable[[Progress], None] = _ignore,
    *,
    still_working: Callable[[float], None] = _ignore,
    now: Callable[[], float] = time.monotonic,
) -> Reply:
    """Follow a stream to its end.

    `on_progress` is called for every event but heartbeats. `still_working` is called with the seconds without
    a text when these have grown by two minutes and an event arrives, be it a heartbeat: the moment to say
    "Still working…".

    Raises:
        AgentError: the agent reported an error.
        BackendError: the agent reported one of the backend's codes, say `OutOfCreditsError`.
        BrokenStreamError: the stream ended between a partial text and its full one.
        NemoVideoError: whatever `events` raises.
    """
    transcript = _Transcript()
    last_text = last_word = now()
    for event in events:
        match event:
            case Text():
                last_text = last_word = now()
            case AgentProblem() if not (transcript.has_text and event.message.startswith(TEMPORARY_ISSUE)):
                raise _error(event)
            case _ if now() - last_word >= STILL_WORKING_SECONDS:
                last_word = now()
                still_working(last_word - last_text)
        transcript.add(event)
        if (progress := _PROGRESS.get(type(event))) is not None:
            on_progress(progress)
    return transcript.reply()


_PROGRESS: dict[type[StreamEvent], Progress] = {
    Text: "text",
    ToolCall: "tool_call",
    ToolResult: "tool_result",
    Activity: "activity",
}


class _Transcript:
    """Passages of text and the names of tools, as they come."""

    def __init__(self) -> None:
        self._passages: list[str] = []
        self._tool_calls: list[str] = []
        self._continued = False
        self._awaits_full_text = False

    @property
    def has_text(self) -> bool:
        return bool(self._passages)

    def add(self, event: StreamEvent) -> None:
        match event:
            case Text(partial=True):
                self._awaits_full_text = True
            case Text(text=text, fragment=fragment):
                if fragment and self._continued:
                    self._passages[-1] += text
                else:
                    self._passages.append(text)
                self._continued = fragment
                self._awaits_full_text = False
            case ToolCall(name):
                self._tool_calls.append(name)
                self._continued = False
            case ToolResult():
                self._continued = False

    def reply(self) -> Reply:
        if self._awaits_full_text:
            raise BrokenStreamError("The stream ended in the middle of a text.")
        text = whole_characters("\n\n".join(filter(None, map(str.strip, self._passages))))
        text = _without_apology(text)
        return Reply(text, tuple(self._tool_calls), is_question=_asks(text))


def _asks(text: str) -> bool:
    return QUESTION_END.search(text) is not None and CLOSING_OFFER.search(text) is None


def _without_apology(text: str) -> str:
    apology = text.find(TEMPORARY_ISSUE, text.rfind("\n") + 1)
    return text[:apology].rstrip() if apology > 0 else text


def _error(problem: AgentProblem) -> NemoVideoError:
    message = f"The agent reported an error: {quote(problem.message)}"
    known = error_of_code(problem.code, message, refused=False)
    return known or AgentError(message, code=problem.code)
