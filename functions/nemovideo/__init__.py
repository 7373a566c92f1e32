"""A client for the NemoVideo agent API: one sentence in, a finished video out. Knows nothing of any cloud.

What speaks HTTP is loaded when it is first asked for: many a function handles this package's errors and
results and never calls the backend, and httpx takes longer to import than all the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from backend.errors import (
    ACCEPTED_FORMATS,
    MAX_UPLOAD_BYTES,
    AgentError,
    BackendError,
    BrokenStreamError,
    ClientIdMissingError,
    ExportBlockedError,
    FileTooLargeError,
    MalformedEventError,
    NemoVideoError,
    NotSentError,
    OutOfCreditsError,
    RateLimitedError,
    RenderNotFoundError,
    ServerError,
    SessionNotFoundError,
    StreamDeadlineError,
    StreamError,
    StreamStalledError,
    TokenExpiredError,
    TransportError,
    UnexpectedAnswerError,
    UnknownCodeError,
    UnsupportedFileError,
)
from backend.results import (
    AnonymousToken,
    ClaimToken,
    Credits,
    DraftFormat,
    Render,
    Session,
    SessionState,
    UploadedFile,
)
from nemovideo.attribution import Attribution
from nemovideo.sse import ServerSentEvent, SseDecoder
from nemovideo.stream import (
    Activity,
    AgentProblem,
    Heartbeat,
    Progress,
    Reply,
    StreamEvent,
    Text,
    ToolCall,
    ToolResult,
    collect,
    interpret,
)

if TYPE_CHECKING:
    from nemovideo.client import NemoVideo
    from nemovideo.clock import StreamClock
    from nemovideo.download import Download
    from nemovideo.tokens import FixedToken, TokenSource, request_anonymous_token

__all__ = [
    "ACCEPTED_FORMATS",
    "MAX_UPLOAD_BYTES",
    "Activity",
    "AgentError",
    "AgentProblem",
    "AnonymousToken",
    "Attribution",
    "BackendError",
    "BrokenStreamError",
    "ClaimToken",
    "ClientIdMissingError",
    "Credits",
    "Download",
    "DraftFormat",
    "ExportBlockedError",
    "FileTooLargeError",
    "FixedToken",
    "Heartbeat",
    "MalformedEventError",
    "NemoVideo",
    "NemoVideoError",
    "NotSentError",
    "OutOfCreditsError",
    "Progress",
    "RateLimitedError",
    "Render",
    "RenderNotFoundError",
    "Reply",
    "ServerError",
    "ServerSentEvent",
    "Session",
    "SessionNotFoundError",
    "SessionState",
    "SseDecoder",
    "StreamClock",
    "StreamDeadlineError",
    "StreamError",
    "StreamEvent",
    "StreamStalledError",
    "Text",
    "TokenExpiredError",
    "TokenSource",
    "ToolCall",
    "ToolResult",
    "TransportError",
    "UnexpectedAnswerError",
    "UnknownCodeError",
    "UnsupportedFileError",
    "UploadedFile",
    "collect",
    "interpret",
    "request_anonymous_token",
]

_OVER_HTTP = {
    "Download": "nemovideo.download",
    "FixedToken": "nemovideo.tokens",
    "NemoVideo": "nemovideo.client",
    "StreamClock": "nemovideo.clock",
    "TokenSource": "nemovideo.tokens",
    "request_anonymous_token": "nemovideo.tokens",
}


def __getattr__(name: str) -> object:
    if name not in _OVER_HTTP:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_OVER_HTTP[name]), name)
