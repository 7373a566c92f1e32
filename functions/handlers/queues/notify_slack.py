"""Worker of the Slack queue: post one announcement to the channel."""

from handlers.queues.posting import channel_notifier
from notifications.slack import posting_of

handler = channel_notifier(__name__, posting_of)
