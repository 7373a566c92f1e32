"""Webhooks: check the signature, and read the event."""

from collections.abc import Mapping
from typing import Any

from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from nemo_video.errors import WebhookError


def verify_webhook(secret: str, body: bytes | str, headers: Mapping[str, str]) -> dict[str, Any]:
    """Return the event of a webhook that the pipeline has signed.

    A webhook may arrive more than once. Ignore a header `webhook-id` that you have seen.

    Args:
        secret: The secret of the API key. It begins with `whsec_`.
        body: The body as it was received.
        headers: The headers of the request.

    Returns:
        The event, such as `{"type": "video.ended", "timestamp": …, "data": {…}}`.

    Raises:
        WebhookError: The signature is missing or invalid, or older than five minutes.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    try:
        event: dict[str, Any] = Webhook(secret).verify(body, lowered)
    except WebhookVerificationError as error:
        raise WebhookError(f"The webhook is not valid: {error}. Answer with 400, and ignore it.") from error
    except (EmptyWebhookSecretError, ValueError) as error:
        raise WebhookError("The webhook cannot be checked: the secret or the body is not valid.") from error
    return event
