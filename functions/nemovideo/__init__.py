"""A client for the NemoVideo agent API: one sentence in, a finished video out. Knows nothing of any cloud.

What speaks HTTP is loaded when it is first asked for: many a function handles this package's errors and
results and never calls the backend, and httpx takes longer to import than all the rest.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from nemovideo.attribution import Attribution
from nemovideo.sse import ServerSentEvent, SseDecoder
from nemovideo.stream import interpret

if TYPE_CHECKING:
    from nemovideo.client import NemoVideo
    from nemovideo.download import ResumableDownload
    from nemovideo.tokens import FixedToken, TokenSource, request_anonymous_token

__all__ = [
    "Attribution",
    "FixedToken",
    "NemoVideo",
    "ResumableDownload",
    "ServerSentEvent",
    "SseDecoder",
    "TokenSource",
    "interpret",
    "request_anonymous_token",
]

_OVER_HTTP = {
    "ResumableDownload": "nemovideo.download",
    "FixedToken": "nemovideo.tokens",
    "NemoVideo": "nemovideo.client",
    "TokenSource": "nemovideo.tokens",
    "request_anonymous_token": "nemovideo.tokens",
}


def __getattr__(name: str) -> object:
    if name not in _OVER_HTTP:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_OVER_HTTP[name]), name)
