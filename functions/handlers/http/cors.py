"""CORS: allowed for one browser extension, if the stack is configured with it, and for no web site."""

import os
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import CORSConfig

METHODS = "GET, POST"
REMEMBERED_SECONDS = 3600

Answer = dict[str, Any]


def preflight(event: Answer) -> Answer:
    """Return the response to a CORS preflight request."""
    headers = _headers(event)
    if "Access-Control-Allow-Origin" in headers:
        headers["Access-Control-Allow-Methods"] = [METHODS]
    return {"statusCode": HTTPStatus.NO_CONTENT.value, "multiValueHeaders": headers, "body": ""}


def readable(answer: Answer, event: Answer) -> Answer:
    """Return the response with the CORS headers that let the extension read it."""
    return {**answer, "multiValueHeaders": {**answer.get("multiValueHeaders", {}), **_headers(event)}}


def _headers(event: Answer) -> dict[str, list[str]]:
    if not (extension := os.environ["EXTENSION_ORIGIN"]):
        return {}
    config = CORSConfig(
        extension,
        allow_headers=["Idempotency-Key", "If-None-Match"],
        expose_headers=["ETag", "Location", "Retry-After"],
        max_age=REMEMBERED_SECONDS,
    )
    sent = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    headers = config.to_dict(sent.get("origin"))
    return {"Vary": ["Origin"], **{name: [value] for name, value in headers.items()}}
