"""Text as people's programs write it: UTF-8 or UTF-16, with a mark or without, or Windows' own."""

import codecs
import json
from typing import Any

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(body: bytes) -> str:
    """The text. Never fails: what is no text at all comes out as nonsense."""
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    if b"\x00" in body[:2]:
        return body.decode("utf-16-be" if body[0] == 0 else "utf-16-le", "replace")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")


def json_object(body: bytes) -> dict[str, Any]:
    """The JSON object that the body is.

    Raises:
        ValueError: It is none. Says where it goes wrong.
    """
    try:
        found = json.loads(decoded(body))
    except json.JSONDecodeError as error:
        raise ValueError(f"it is no JSON (line {error.lineno}: {error.msg})") from error
    except (RecursionError, ValueError) as error:  # nested beyond sense, or a number of thousands of digits
        raise ValueError("it is no JSON that could be read") from error
    if not isinstance(found, dict):
        raise ValueError("it has to be a JSON object: {…}")  # noqa: TRY004 - what it says is wrong, not its type
    return found
