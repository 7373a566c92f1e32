"""Send a webhook again, because its service asks for it."""

import math
from datetime import timedelta

from videos.events.announcements import end_of, for_services
from videos.events.webhooks import WebhookOrder, WebhookQueue, ended_order, started_order
from videos.lifecycle.edit import NotPossibleError
from videos.model.clock import Clock, utc_now
from videos.model.delivery import Deliveries, Delivery, DeliveryState
from videos.model.errors import ContentionError, VideoNotFoundError
from videos.model.ports import VideoStore
from videos.model.records import VersionRef
from videos.model.video import Video

BETWEEN = timedelta(minutes=1)
"""At least between two requests for the same webhook."""
TRIES = 3


class DeliveryNotFoundError(LookupError):
    """No delivery of that id, or not of this video."""


class TooSoonError(Exception):
    """The webhook was sent again a moment ago. `seconds` says when it may be sent once more."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


def redeliver(
    video: Video,
    delivery_id: str,
    *,
    store: VideoStore,
    deliveries: Deliveries,
    queue: WebhookQueue,
    public_url: str,
    clock: Clock = utc_now,
) -> Delivery:
    """Send a webhook of a video again, under the same id. A repeated request adds nothing meanwhile.

    Raises:
        DeliveryNotFoundError: The video has no such webhook.
        NotPossibleError: It is about progress, or the video has no webhook URL.
        TooSoonError: It was sent again less than a minute ago, and is not being sent.
        ContentionError: Others change the record all the time; try again.
    """
    for _ in range(TRIES):
        now, before = clock(), deliveries.delivery(video.video_id, delivery_id)
        if before is None:
            raise DeliveryNotFoundError(delivery_id)
        if (
            before.redelivered_at is not None
            and (left := before.redelivered_at + BETWEEN - now) > timedelta()
        ):
            if before.state is DeliveryState.PENDING:
                return before
            raise TooSoonError(math.ceil(left.total_seconds()))
        after = before.again(now)
        order = _order_of(video, after, store, public_url)
        if deliveries.replace(before, after):
            queue.put(order, owner=video.owner)
            return after
    raise ContentionError(delivery_id)


def _order_of(video: Video, delivery: Delivery, store: VideoStore, public_url: str) -> WebhookOrder:
    if video.webhook is None:
        raise NotPossibleError("This video has no webhook URL.")
    match delivery.type:
        case "video.started":
            order = started_order(video, delivery.version, at=delivery.created_at)
        case "video.ended":
            try:
                version = store.version(VersionRef(video_id=video.video_id, version=delivery.version))
            except VideoNotFoundError as error:
                raise DeliveryNotFoundError(delivery.delivery_id) from error
            end = for_services(end_of(video, version, public_url))
            order = ended_order(video, end, at=delivery.created_at)
        case "video.progress":
            raise NotPossibleError("Webhooks about progress cannot be sent again. Read the video instead.")
    return order.model_copy(update={"redelivery": delivery.redelivery})
