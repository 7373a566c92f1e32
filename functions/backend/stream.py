"""What the agent says while it works: its events, and one reply from many of them."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from backend.assumptions import CLOSING_OFFER, QUESTION_END, TEMPORARY_ISSUE
from backend.errors import AgentError, BrokenStreamError, NemoVideoError, error_of_code
from backend.texts import quote, whole_characters

STILL_WORKING_SECONDS = 120.0
"""How long a person waits in silence before "Still working…" is shown (vendor skill document)."""


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
class AgentReply:
    """What one turn of the agent came to.

    Attributes:
        text: all that a person may read; empty for the third of edits that end without a word.
        tool_calls: names in the order of the calls.
        is_question: the agent waits for an answer: nothing is finished, nothing is to be exported.
    """

    text: str
    tool_calls: tuple[str, ...]
    is_question: bool


def _ignore(_: object) -> None:
    pass


def collect(
    events: Iterable[StreamEvent],
    on_progress: Callable[[Progress], None] = _ignore,
    *,
    still_working: Callable[[float], None] = _ignore,
    now: Callable[[], float] = time.monotonic,
) -> AgentReply:
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

    def reply(self) -> AgentReply:
        if self._awaits_full_text:
            raise BrokenStreamError("The stream ended in the middle of a text.")
        text = whole_characters("\n\n".join(filter(None, map(str.strip, self._passages))))
        text = _without_apology(text)
        return AgentReply(text, tuple(self._tool_calls), is_question=_asks(text))


def _asks(text: str) -> bool:
    return QUESTION_END.search(text) is not None and CLOSING_OFFER.search(text) is None


def _without_apology(text: str) -> str:
    apology = text.find(TEMPORARY_ISSUE, text.rfind("\n") + 1)
    return text[:apology].rstrip() if apology > 0 else text


def _error(problem: AgentProblem) -> NemoVideoError:
    message = f"The agent reported an error: {quote(problem.message)}"
    known = error_of_code(problem.code, message, refused=False)
    return known or AgentError(message, code=problem.code)
