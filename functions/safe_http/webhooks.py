"""Calling a service back, signed as Standard Webhooks are.

https://www.standardwebhooks.com describes the headers and the signature.
"""

from datetime import datetime
from http import HTTPStatus

import httpx
from standardwebhooks import Webhook

from safe_http.deadline import within
from videos.events.webhooks import WebhookOrder

ANSWER_SECONDS = 15


class WebhookFailedError(Exception):
    """The service did not take it; try again later. Says what it answered."""


class WebhookRefusedError(Exception):
    """The service said that it wants no more of these (410)."""


def call_back(order: WebhookOrder, secret: str, *, http: httpx.Client, now: datetime) -> None:
    """Make one webhook with a guarded client; `secret` is the owner's, `whsec_…`.

    Raises:
        WebhookRefusedError: It answered 410: no more of these.
        WebhookFailedError: Anything else but success within 15 seconds; a redirect too, since following
            most of them would lose the body.
    """
    headers = {
        "content-type": "application/json",
        "webhook-id": order.id,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign(order.id, now, order.body),
    }

    def post() -> httpx.Response:
        with http.stream(
            "POST", order.url, content=order.body, headers=headers, follow_redirects=False
        ) as answer:
            return answer

    try:
        answer = within(ANSWER_SECONDS, post)
    except (httpx.HTTPError, TimeoutError, ValueError) as error:
        raise WebhookFailedError(type(error).__name__) from error
    if answer.status_code == HTTPStatus.GONE:
        raise WebhookRefusedError(order.id)
    if not answer.is_success:
        raise WebhookFailedError(f"HTTP {answer.status_code}")
