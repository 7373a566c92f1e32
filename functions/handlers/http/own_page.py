"""Requests that only a page of this stack sends. They need no API key, so no other site may send them."""

import os
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from handlers.http import problems
from handlers.http.problems import plain
from handlers.http.reading import JSON, UnreadableRequestError, read_request

Event = dict[str, Any]


def answered(app: APIGatewayRestResolver, event: Event, context: LambdaContext) -> Event:
    """Return the answer of `app`, if a page of this address sent the request, as JSON. Nobody may keep it."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    if not _is_of_our_page(headers, event):
        return plain(_foreign())
    if headers.get("content-type", "").split(";")[0].strip().lower() != JSON:
        return plain(problems.not_json())
    try:
        request = read_request(event)
    except UnreadableRequestError as error:
        return plain(error.response)
    answer = app.resolve(request, context)
    unshared = {"Cache-Control": ["no-store"], "Referrer-Policy": ["no-referrer"]}
    return {**answer, "multiValueHeaders": {**answer["multiValueHeaders"], **unshared}}


def _foreign() -> Response[str]:
    return problems.problem(
        HTTPStatus.FORBIDDEN,
        "foreign-page",
        "This request must come from a page of this service. Open the page, and try again.",
    )


def _is_of_our_page(headers: dict[str, str], event: Event) -> bool:
    """Return whether a browser says that the request comes from a page of this address."""
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return False
    ours = {
        headers.get("host"),
        event["requestContext"].get("domainName"),
        urlsplit(os.environ["PUBLIC_URL"]).netloc or None,
    }
    return urlsplit(headers.get("origin", "")).netloc in ours - {None, ""}
