"""The SNS topic: one announcement, with a text for each kind of subscriber."""

import json
from typing import TYPE_CHECKING

from aws.messages import message_of
from notifications.chat import chat_notification_of
from notifications.mail import text_of
from notifications.notice import notice_of
from videos.events.announcements import Announcement, BatchEnded

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient


class AnnouncementTopic:
    """Implements `videos.model.ports.Topic`.

    `for_chat`: HTTPS subscribers get the schema of Amazon Q Developer in chat applications.
    `details`: messages to people have ids, codes and timelines.
    """

    def __init__(self, sns: "SNSClient", arn: str, *, for_chat: bool = False, details: bool = False) -> None:
        self._sns = sns
        self._arn = arn
        self._for_chat = for_chat
        self._details = details

    def publish(self, announcement: Announcement) -> str:
        notice = notice_of(announcement, details=self._details)
        message = {"default": message_of(announcement), "email": text_of(notice)}
        batch = None if isinstance(announcement, BatchEnded) else announcement.batch
        # Amazon Q ignores messages without its schema. This is used to skip the rows of a batch.
        if self._for_chat and batch is None:
            message["https"] = json.dumps(chat_notification_of(announcement, notice))
        attributes = {
            "type": announcement.type,
            "status": announcement.status,
            "owner": announcement.owner,
            "source": announcement.source,
        }
        if batch is not None:
            attributes["batch"] = batch.batch_id
        answer = self._sns.publish(
            TopicArn=self._arn,
            Subject=notice.subject,
            Message=json.dumps(message),
            MessageStructure="json",
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value} for name, value in attributes.items()
            },
        )
        return answer["MessageId"]
