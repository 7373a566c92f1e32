"""Posting a message to the webhook of a chat channel."""

import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, Final

import httpx

from notifications.plain import one_line
from safe_http.deadline import within

ANSWER_SECONDS: Final = 10
_REASON_LENGTH: Final = 200
_SHORTEST_SECRET: Final = 12

# The address is a secret, and these log it: httpx at INFO, httpcore at DEBUG.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.WARNING)

_ADDRESS = re.compile(r"https?://[!-~]+")
# Answers of webhooks that will never work again: revoked, deleted, in a channel that was archived.
_GONE = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


@dataclass(frozen=True, slots=True)
class Posting:
    """What a channel's webhook gets: a JSON object, and parameters that are added to its URL."""

    body: dict[str, Any]
    query: Mapping[str, str] = field(default_factory=dict)


class ChannelUnavailableError(Exception):
    """The channel did not accept the message. Try again, after `retry_after` seconds if it says so."""

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class ChannelGoneError(Exception):
    """The webhook was revoked, its channel is gone, or it never was one. Says how that is known."""


def post(posting: Posting, webhook_url: str, *, http: httpx.Client) -> None:
    """Post one message. No redirect is followed, because most of them would lose the body.

    Raises:
        ChannelUnavailableError: Not now.
        ChannelGoneError: Not any more.
    """
    if not _ADDRESS.fullmatch(webhook_url):  # or an error of the client would quote it
        raise ChannelGoneError("the secret does not contain a webhook URL")

    def send() -> httpx.Response:
        url = httpx.URL(webhook_url)
        if posting.query:
            url = url.copy_merge_params(posting.query)
        return http.post(url, json=posting.body, timeout=ANSWER_SECONDS, follow_redirects=False)

    try:
        answer = within(ANSWER_SECONDS, send)
    except (httpx.InvalidURL, UnicodeError):
        # Without its cause, whose message quotes the URL.
        raise ChannelGoneError("the secret does not contain a webhook URL") from None
    except (httpx.HTTPError, TimeoutError) as error:
        raise ChannelUnavailableError(type(error).__name__) from error
    reason = f"HTTP {answer.status_code} {_said(answer, webhook_url)}".rstrip()
    if answer.status_code in _GONE:
        raise ChannelGoneError(reason)
    if not answer.is_success:
        raise ChannelUnavailableError(reason, _retry_after(answer))


def _said(answer: httpx.Response, webhook_url: str) -> str:
    """Return the beginning of the answer, without parts of the address that it may quote."""
    text = answer.text
    for part in sorted(re.split(r"[/?&=]", webhook_url), key=len, reverse=True):
        if len(part) >= _SHORTEST_SECRET:
            text = text.replace(part, "…")
    return one_line(text, _REASON_LENGTH)


def _retry_after(answer: httpx.Response) -> int | None:
    """Return the seconds to wait, rounded up. Discord also sends fractions of a second."""
    value = answer.headers.get("retry-after", "")
    return math.ceil(float(value)) if re.fullmatch(r"\d{1,9}(\.\d{1,9})?", value, re.ASCII) else None
