"""What the pipeline remembers of a webhook: the attempts to deliver it, and what comes next."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Literal, Protocol

from videos.model.records import Record

WebhookType = Literal["video.started", "video.progress", "video.ended"]

MOST_ATTEMPTS = 30
"""Of one delivery that are kept: all of the first day, and some that were asked for later."""


class DeliveryState(StrEnum):
    """Whether a service has accepted a webhook. `given_up`: it is not retried automatically."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class Attempt(Record):
    """One attempt. `error` says in words why there was no success."""

    at: datetime
    status_code: int | None = None
    error: str | None = None


class Delivery(Record):
    """A webhook on its way. `delivery_id` is its `webhook-id`.

    `redelivery` counts how often somebody has asked for it again, and `delivered_by` is the number of the
    message that was accepted. `revision` differs after each change.
    """

    video_id: str
    delivery_id: str
    type: WebhookType
    version: int
    created_at: datetime
    state: DeliveryState = DeliveryState.PENDING
    next_attempt_at: datetime | None = None
    attempts: tuple[Attempt, ...] = ()
    redelivery: int = 0
    redelivered_at: datetime | None = None
    delivered_by: int | None = None
    revision: int = 0

    def is_delivered(self, redelivery: int) -> bool:
        """Return whether a message needs not be sent, because it or a later one was accepted."""
        return self.delivered_by is not None and redelivery <= self.delivered_by

    def after(self, attempt: Attempt, *, redelivery: int, next_attempt_at: datetime | None) -> "Delivery":
        """Return the delivery after a message was sent. Without a status below 300, the message failed.

        An earlier message that fails says nothing about a later one.
        """
        changes: dict[str, object] = {
            "attempts": (*self.attempts, attempt)[-MOST_ATTEMPTS:],
            "revision": self.revision + 1,
        }
        if attempt.error is None:
            changes |= {"state": DeliveryState.DELIVERED, "next_attempt_at": None, "delivered_by": redelivery}
        elif redelivery == self.redelivery and not self.is_delivered(redelivery):
            state = DeliveryState.GIVEN_UP if next_attempt_at is None else DeliveryState.PENDING
            changes |= {"state": state, "next_attempt_at": next_attempt_at}
        return self.model_copy(update=changes)

    def again(self, now: datetime) -> "Delivery":
        """Return the delivery after somebody has asked for it again."""
        return self.model_copy(
            update={
                "state": DeliveryState.PENDING,
                "next_attempt_at": now,
                "redelivery": self.redelivery + 1,
                "redelivered_at": now,
                "revision": self.revision + 1,
            }
        )


class Deliveries(Protocol):
    """The memory of deliveries. Each method is one atomic write or one consistent read."""

    def add(self, delivery: Delivery, *, expires_at: datetime) -> None:
        """Remember a new delivery, unless it is known."""

    def delivery(self, video_id: str, delivery_id: str) -> Delivery | None:
        """Return one delivery of a video."""

    def of_video(self, video_id: str) -> Sequence[Delivery]:
        """Return all deliveries of a video."""

    def replace(self, before: Delivery, after: Delivery) -> bool:
        """Write a delivery; False if it is not as before, or its video was deleted."""
