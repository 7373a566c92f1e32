"""Worker of the Slack queue: post one announcement to the channel."""

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from handlers import wiring
from handlers.queues.notifying import RetryLaterError, notifier
from notifications.notice import notice_of
from notifications.posting import SlackGoneError, SlackUnavailableError, post
from notifications.slack import slack_message_of
from videos.events.announcements import Announcement

logger = Logger()
metrics = Metrics(namespace="NemoVideoPipeline")


def _post(announcement: Announcement) -> None:
    try:
        post(slack_message_of(notice_of(announcement)), wiring.channel_webhook_url())
    except SlackUnavailableError as error:
        raise RetryLaterError(str(error), error.retry_after) from error
    except SlackGoneError as error:
        logger.error("Slack webhook is gone. Put a new webhook URL into the secret.", reason=str(error))  # noqa: TRY400 - no stack to show
        metrics.add_metric(name="SlackWebhookGone", unit=MetricUnit.Count, value=1)


handler = metrics.log_metrics(notifier(_post))
