"""Worker of the Discord queue: post one announcement to the channel."""

from handlers.queues.posting import channel_notifier
from notifications.discord import posting_of

handler = channel_notifier(__name__, posting_of)
