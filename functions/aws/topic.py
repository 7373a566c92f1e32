"""The SNS topic: one announcement, worded for people and for machines."""

import json
from typing import TYPE_CHECKING

from videos.ports import Announcement

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient


class AnnouncementTopic:
    """Implements `videos.ports.Topic`."""

    def __init__(self, sns: "SNSClient", arn: str) -> None:
        self._sns = sns
        self._arn = arn

    def publish(self, announcement: Announcement) -> str:
        message = {"default": announcement.model_dump_json(), "email": announcement.text}
        answer = self._sns.publish(
            TopicArn=self._arn,
            Subject=announcement.subject,
            Message=json.dumps(message),
            MessageStructure="json",
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in (
                    ("status", announcement.status),
                    ("owner", announcement.owner),
                    ("source", announcement.source),
                )
            },
        )
        return answer["MessageId"]
