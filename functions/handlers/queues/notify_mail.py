"""Worker of the mail queue: send one announcement by email."""

from botocore.exceptions import BotoCoreError, ClientError

from handlers import wiring
from handlers.queues.notifying import RetryLaterError, notifier
from notifications.mail import mail_of
from notifications.notice import notice_of
from videos.events.announcements import Announcement


def _send_mail(announcement: Announcement) -> None:
    try:
        wiring.mailer().send(mail_of(notice_of(announcement, details=wiring.shows_details())))
    except (BotoCoreError, ClientError) as error:
        raise RetryLaterError(str(error)) from error


handler = notifier(__name__, _send_mail)
