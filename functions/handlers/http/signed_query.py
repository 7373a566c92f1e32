"""The change link in the query string of a request."""

from collections.abc import Mapping
from typing import Any

from videos.events.signed_links import CHANGE, ChangeLink, change_link_of
from videos.model.video import Deleted, Video


def change_link_in(event: Mapping[str, Any], video: Video | Deleted) -> ChangeLink | None:
    """Return the genuine change link of a request. None if there is none, or more than one."""
    tokens = (event.get("multiValueQueryStringParameters") or {}).get(CHANGE) or []
    return change_link_of(video, tokens[0]) if len(tokens) == 1 else None
