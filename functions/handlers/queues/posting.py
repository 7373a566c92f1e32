"""Shared by the workers of chat channels: post each announcement to the webhook of the channel."""

from collections.abc import Callable
from typing import cast

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from handlers import wiring
from handlers.queues.notifying import Handler, RetryLaterError, notifier
from notifications.notice import Notice, notice_of
from notifications.posting import ChannelGoneError, ChannelUnavailableError, Posting, post
from videos.events.announcements import Announcement

logger = Logger()
metrics = Metrics(namespace="NemoVideoPipeline")


def channel_notifier(name: str, posting_of: Callable[[Notice], Posting]) -> Handler:
    """Return a Lambda handler that posts each announcement of its queue to one chat channel, once.

    `name` distinguishes the channel from others. It is the name of the handler's module.
    """

    def send(announcement: Announcement) -> None:
        posting = posting_of(notice_of(announcement, details=wiring.shows_details()))
        try:
            post(posting, wiring.channel_webhook_url(), http=wiring.channel_http())
        except ChannelUnavailableError as error:
            raise RetryLaterError(str(error), error.retry_after) from error
        except ChannelGoneError as error:
            logger.error("webhook is gone. Put a new webhook URL into the secret.", reason=str(error))  # noqa: TRY400 - no stack to show
            metrics.add_metric(name="ChannelWebhookGone", unit=MetricUnit.Count, value=1)

    return cast("Handler", metrics.log_metrics(notifier(name, send)))
