"""Tags of S3 objects."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from aws.buckets import address_of
from videos.media import InboxFile

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

logger = Logger(child=True)


class ObjectTags:
    """Implements `videos.ports.Tags`."""

    def __init__(self, s3: "S3Client") -> None:
        self._s3 = s3

    def marks(self, file: InboxFile) -> dict[str, str]:
        try:
            there = self._s3.get_object_tagging(**address_of(file))["TagSet"]
        except ClientError as error:
            if error.response["Error"].get("Code") in {"NoSuchKey", "NoSuchVersion", "MethodNotAllowed"}:
                return {}
            raise
        return {tag["Key"]: tag["Value"] for tag in there}

    def mark(self, file: InboxFile, marks: Mapping[str, str]) -> None:
        try:
            tags = self.marks(file) | dict(marks)
            self._s3.put_object_tagging(
                **address_of(file),
                Tagging={"TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]},
            )
        except (BotoCoreError, ClientError) as error:
            logger.warning("an object of the inbox was not tagged", key=file.key, exc_info=error)
