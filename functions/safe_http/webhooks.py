"""Calling a service back, signed as Standard Webhooks are.

https://www.standardwebhooks.com describes the headers and the signature.
"""

from datetime import datetime
from http import HTTPStatus

import httpx
from standardwebhooks import Webhook

from safe_http.client import in_plain_words
from safe_http.deadline import within
from safe_http.errors import UrlError
from videos.events.webhooks import WebhookOrder

ANSWER_SECONDS = 15


class WebhookFailedError(Exception):
    """The service did not take it; try again later. Says why, without the address or the answer."""

    def __init__(self, why: str, status_code: int | None = None) -> None:
        super().__init__(why)
        self.status_code = status_code


class WebhookRefusedError(Exception):
    """The service said that it wants no more of these (410)."""


def call_back(order: WebhookOrder, secret: str, *, http: httpx.Client, now: datetime) -> int:
    """Make one webhook with a guarded client, and return the status; `secret` is the owner's, `whsec_…`.

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
        with in_plain_words():
            answer = within(ANSWER_SECONDS, post)
    except TimeoutError as error:
        raise WebhookFailedError(f"The service did not answer within {ANSWER_SECONDS} seconds.") from error
    except UrlError as error:
        raise WebhookFailedError(str(error)) from error
    except (httpx.HTTPError, ValueError) as error:
        raise WebhookFailedError("The request failed.") from error
    if answer.status_code == HTTPStatus.GONE:
        raise WebhookRefusedError(order.id)
    if not answer.is_success:
        raise WebhookFailedError(f"The service answered with HTTP {answer.status_code}.", answer.status_code)
    return answer.status_code
