"""The one reader for JSON from outside: request bodies, sidecars, manifests, defaults, rows, cursors.

Python's own parser accepts more than JSON is, and more than the pipeline can store and send again: numbers
beyond a double, half characters, nesting that exhausts the stack. All of it is refused here, by name.
"""

import json
import math
import re
from typing import NoReturn

from pydantic import JsonValue

from videos.model.texts import decoded

MAX_DEPTH = 32
MAX_NUMBER_CHARS = 40
"""More than any id, price or time has."""

NOT_TEXT = re.compile("[\ud800-\udfff]")
"""Halves of a character, which no encoding can carry."""


class UnreadableJsonError(ValueError):
    """The input is not JSON that can be used. Its text says why, as a clause without a full stop."""


def read_json(body: bytes | str) -> JsonValue:
    """Parse JSON. Bytes may be in any encoding that `decoded` knows; a byte order mark is accepted.

    Raises:
        UnreadableJsonError: It is malformed, nested too deep, repeats a field, or holds a number or a
            character that cannot be stored.
    """
    text = (decoded(body) if isinstance(body, bytes) else body).removeprefix("\ufeff")
    try:
        found: JsonValue = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise UnreadableJsonError(
            f"it is not valid JSON (line {error.lineno}, column {error.colno})"
        ) from error
    except RecursionError:
        raise UnreadableJsonError(_TOO_DEEP) from None  # its traceback has a thousand lines
    _check(found)
    return found


def json_object(body: bytes | str) -> dict[str, JsonValue]:
    """Parse a JSON object.

    Raises:
        UnreadableJsonError: As `read_json`, or it is another value.
    """
    found = read_json(body)
    if not isinstance(found, dict):
        raise UnreadableJsonError("it has to be a JSON object: {…}")
    return found


def is_text(text: str) -> bool:
    """Whether the text can be stored, sent and shown: it has no half characters."""
    return NOT_TEXT.search(text) is None


def as_text(text: str) -> str:
    """Return the text with each half character replaced, for input that nobody can correct."""
    return NOT_TEXT.sub("\N{REPLACEMENT CHARACTER}", text)


_TOO_DEEP = f"it is nested more than {MAX_DEPTH} levels deep"


def _check(value: JsonValue) -> None:
    """Check depth and texts without recursion."""
    pending: list[tuple[JsonValue, int]] = [(value, 1)]
    while pending:
        item, level = pending.pop()
        if isinstance(item, str) and not is_text(item):
            raise UnreadableJsonError("a text in it has an unpaired surrogate, which is half a character")
        if isinstance(item, dict | list):
            if level > MAX_DEPTH:
                raise UnreadableJsonError(_TOO_DEEP)
            parts = [part for pair in item.items() for part in pair] if isinstance(item, dict) else item
            pending += [(part, level + 1) for part in parts]


def _integer(digits: str) -> int:
    _check_length(digits)
    return int(digits)


def _real(digits: str) -> float:
    _check_length(digits)
    number = float(digits)
    if not math.isfinite(number):
        raise UnreadableJsonError("a number in it is out of range")
    return number


def _check_length(digits: str) -> None:
    if len(digits) > MAX_NUMBER_CHARS:
        raise UnreadableJsonError(f"a number in it has more than {MAX_NUMBER_CHARS} digits")


def _no_number(name: str) -> NoReturn:
    raise UnreadableJsonError(f"{name} is not a number in JSON")


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise UnreadableJsonError("an object in it has the same field twice")
    return found


_DECODER = json.JSONDecoder(
    parse_int=_integer, parse_float=_real, parse_constant=_no_number, object_pairs_hook=_object
)
