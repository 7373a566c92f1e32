"""Following a video: conditional requests (RFC 9110, section 13) and long polling."""

import hashlib
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from handlers.http.models import VideoResource
from videos.model.records import Stage

LONGEST_WAIT = 20
"""Seconds. API Gateway ends a request after 29 seconds."""
PAUSE_SECONDS = 1.0

_now, _sleep = time.monotonic, time.sleep


class Leases(Protocol):
    """Limits how many requests of one owner wait at once."""

    def lease(self, owner: str) -> AbstractContextManager[bool]:
        """Hold a lease of the owner within the block; False when all are taken."""


def entity_tag(resource: VideoResource) -> str:
    """Return an `ETag` that changes with everything the response says."""
    return f'"{hashlib.sha256(resource.model_dump_json().encode()).hexdigest()[:32]}"'


def is_known(tag: str, if_none_match: str | None) -> bool:
    """Return whether the caller has this response already, as its `If-None-Match` says."""
    known = {part.strip().removeprefix("W/") for part in (if_none_match or "").split(",")}
    return tag in known or "*" in known


def follow(
    read: Callable[[], VideoResource],
    *,
    wait_seconds: int,
    if_none_match: str | None,
) -> VideoResource:
    """Read a video until there is news, or until the time is over.

    News is that the video has ended. With `if_none_match`, it is any change.
    """
    deadline = _now() + wait_seconds
    while True:
        resource = read()
        has_ended = resource.stage is Stage.ENDED
        is_news = not is_known(entity_tag(resource), if_none_match) if if_none_match else has_ended
        if is_news or (left := deadline - _now()) <= 0:
            return resource
        _sleep(min(PAUSE_SECONDS, left))
