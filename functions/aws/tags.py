"""Tags of S3 objects."""

from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from aws.buckets import address_of
from videos.model.media import InboxFile
from videos.model.ports import Unmarked

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

logger = Logger(child=True)

MOST_TAGS = 10
"""S3's limit for one object."""


class ObjectTags:
    """Implements `videos.model.ports.Tags`."""

    def __init__(self, s3: "S3Client") -> None:
        self._s3 = s3

    def marks(self, file: InboxFile) -> dict[str, str]:
        try:
            there = self._s3.get_object_tagging(**address_of(file))["TagSet"]
        except ClientError as error:
            if _is_gone(error):
                return {}
            raise
        return {tag["Key"]: tag["Value"] for tag in there}

    def mark(self, file: InboxFile, marks: Mapping[str, str]) -> Unmarked | None:
        try:
            others = {name: value for name, value in self.marks(file).items() if name not in marks}
            left = max(MOST_TAGS - len(others), 0)
            fitting, rest = dict(islice(marks.items(), left)), tuple(islice(marks, left, None))
            tags = others | fitting
            self._s3.put_object_tagging(
                **address_of(file),
                Tagging={"TagSet": [{"Key": name, "Value": value} for name, value in tags.items()]},
            )
        except ClientError as error:
            if _is_gone(error):
                return None
            return _refused(file, marks, error)
        except BotoCoreError as error:
            return _refused(file, marks, error)
        return Unmarked(names=rest, reason="full") if rest else None


def _is_gone(error: ClientError) -> bool:
    return error.response["Error"].get("Code") in {"NoSuchKey", "NoSuchVersion", "MethodNotAllowed"}


def _refused(file: InboxFile, marks: Mapping[str, str], error: Exception) -> Unmarked:
    logger.warning("inbox object was not tagged", key=file.key, exc_info=error)
    return Unmarked(names=tuple(marks), reason="refused")
