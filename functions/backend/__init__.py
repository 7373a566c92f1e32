"""What any video service must offer, and what its drafts, replies and errors mean."""

from backend.clock import StreamClock
from backend.formats import ACCEPTED_FORMATS, MAX_UPLOAD_BYTES
from backend.models import (
    AnonymousToken,
    ClaimToken,
    Credits,
    DraftFormat,
    Render,
    Session,
    SessionState,
    UploadedFile,
)
from backend.port import VideoBackend
from backend.stream import (
    Activity,
    AgentProblem,
    AgentReply,
    Heartbeat,
    Progress,
    StreamEvent,
    Text,
    ToolCall,
    ToolResult,
    collect,
)

__all__ = [
    "ACCEPTED_FORMATS",
    "MAX_UPLOAD_BYTES",
    "Activity",
    "AgentProblem",
    "AgentReply",
    "AnonymousToken",
    "ClaimToken",
    "Credits",
    "DraftFormat",
    "Heartbeat",
    "Progress",
    "Render",
    "Session",
    "SessionState",
    "StreamClock",
    "StreamEvent",
    "Text",
    "ToolCall",
    "ToolResult",
    "UploadedFile",
    "VideoBackend",
    "collect",
]
