"""Webhooks: check the signature, and read the event."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError
from standardwebhooks.webhooks import EmptyWebhookSecretError, Webhook, WebhookVerificationError

from nemo_video.errors import WebhookError
from nemo_video.models import EndedEvent, ProgressEvent, StartedEvent


class OtherEvent(BaseModel):
    """An event of a type that this version of the SDK does not know."""

    type: str
    timestamp: AwareDatetime
    data: dict[str, Any]


Event = EndedEvent | ProgressEvent | StartedEvent | OtherEvent
_EVENT: Final[TypeAdapter[Event]] = TypeAdapter(Annotated[Event, Field(union_mode="left_to_right")])


def verify_webhook(secret: str, body: bytes | str, headers: Mapping[str, str]) -> Event:
    """Return the event of a webhook that the pipeline has signed.

    A webhook may arrive more than once. Ignore a header `webhook-id` that you have seen.

    Args:
        secret: The secret of the API key. It begins with `whsec_`.
        body: The body as it was received.
        headers: The headers of the request.

    Raises:
        WebhookError: The signature is missing or invalid, or older than five minutes.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    try:
        return _EVENT.validate_python(Webhook(secret).verify(body, lowered))
    except WebhookVerificationError as error:
        raise WebhookError(f"The webhook is not valid: {error}. Answer with 400, and ignore it.") from error
    except ValidationError as error:
        raise WebhookError("The webhook is no event. Answer with 400, and ignore it.") from error
    except (EmptyWebhookSecretError, ValueError) as error:
        raise WebhookError("The webhook cannot be checked: the secret or the body is not valid.") from error
