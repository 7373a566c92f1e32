"""Cursors of lists: the place of an item in an index by owner and time, as text."""

import base64
import json

from videos.model.ports import BadCursorError
from videos.requests.json_reader import read_json


def cursor_of(item_id: str, created_at: str) -> str:
    """Return the cursor of the items after this one."""
    position = json.dumps([item_id, created_at])
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def position_of(cursor: str) -> tuple[str, str]:
    """Return the id and the time in a cursor. A forged cursor shows only the owner's own items.

    Raises:
        BadCursorError: It was not returned by a list.
    """
    try:
        position = read_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise BadCursorError(cursor) from error
    match position:
        case [str(item_id), str(created_at)] if item_id and created_at and (item_id + created_at).isascii():
            return item_id, created_at
    raise BadCursorError(cursor)
