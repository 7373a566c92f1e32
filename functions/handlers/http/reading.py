"""Validation of raw requests. A request that passes cannot break a parser or a database write."""

import json
from collections.abc import Iterator
from typing import Any

from aws_lambda_powertools.event_handler import Response

from handlers.http.problems import bad_key, malformed, not_json, not_text, too_large
from videos.requests.json_reader import UnreadableJsonError, is_text, read_json

MAX_BODY_CHARS = 100_000
MAX_KEY_CHARS = 255
JSON = "application/json"

Event = dict[str, Any]


class UnreadableRequestError(Exception):
    """The request is invalid. `response` has the reason."""

    def __init__(self, response: Response[str]) -> None:
        super().__init__()
        self.response = response


def read_request(event: Event) -> Event:
    """Return the event with its headers in lower case, and its body parsed and written again.

    Raises:
        UnreadableRequestError: The body is too large, is not JSON, or has another content type. Or the path,
            the query string or the Idempotency-Key has text that cannot be stored.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    body, key = event.get("body") or "", headers.get("idempotency-key") or ""
    if not all(map(is_text, (event["path"], *_query(event)))):
        raise UnreadableRequestError(not_text())
    if len(key) > MAX_KEY_CHARS or not key.isprintable():
        raise UnreadableRequestError(bad_key(MAX_KEY_CHARS))
    if len(body) > MAX_BODY_CHARS:
        raise UnreadableRequestError(too_large(MAX_BODY_CHARS))
    if body and not headers.get("content-type", JSON).lower().startswith(JSON):
        raise UnreadableRequestError(not_json())
    # Powertools parses the body again. Without a content type it expects JSON. It fails for types in upper
    # case, and for types without a body.
    kept = {name: value for name, value in headers.items() if name != "content-type"}
    return {**event, "headers": kept, "body": _harmless(body), "isBase64Encoded": False}


def _harmless(body: str) -> str | None:
    try:
        return json.dumps(read_json(body)) if body else None
    except UnreadableJsonError as error:
        raise UnreadableRequestError(malformed(error)) from error


def _query(event: Event) -> Iterator[str]:
    """Yield the names and values of the query string."""
    for name, values in (event.get("multiValueQueryStringParameters") or {}).items():
        yield from (name, *values)
