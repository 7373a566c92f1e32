"""Handing a message to a Slack channel through its incoming webhook."""

import logging
import re
from http import HTTPStatus
from http.client import HTTPException

from slack_sdk.webhook import WebhookClient

from notifications.slack import SlackMessage

ANSWER_SECONDS = 10

_quiet = logging.getLogger("slack_sdk")
_quiet.setLevel(logging.WARNING)
_ADDRESS = re.compile(r"https?://[!-~]+")
# Slack's words for a webhook that will never work again: no_service, channel_is_archived, action_prohibited …
_GONE = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.GONE}


class SlackUnavailableError(Exception):
    """Slack did not take it; try again, after `retry_after` seconds when Slack says so."""

    def __init__(self, reason: str, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class SlackGoneError(Exception):
    """The webhook was revoked, its channel is gone, or it never was one; says how that is known."""


def post(message: SlackMessage, webhook_url: str) -> None:
    """Post one message.

    Raises:
        SlackUnavailableError: Not now.
        SlackGoneError: Not any more.
    """
    if not _ADDRESS.fullmatch(webhook_url):  # or an error of the client would quote it
        raise SlackGoneError("the secret does not contain a webhook URL")
    # The queue waits and tries again, not this; and its debug log would show the address, which is a secret.
    webhook = WebhookClient(webhook_url, timeout=ANSWER_SECONDS, retry_handlers=[], logger=_quiet)
    try:
        answer = webhook.send(text=message.text, blocks=message.blocks, unfurl_links=False)
    except (OSError, HTTPException) as error:
        raise SlackUnavailableError(type(error).__name__) from error
    if answer.status_code in _GONE:
        raise SlackGoneError(f"HTTP {answer.status_code} {answer.body}")
    if answer.status_code != HTTPStatus.OK:
        raise SlackUnavailableError(f"HTTP {answer.status_code} {answer.body}", _retry_after(answer.headers))


def _retry_after(headers: dict[str, str]) -> int | None:
    lowered = {name.lower(): value for name, value in headers.items()}
    value = lowered.get("retry-after", "")
    return int(value) if value.isdecimal() else None
