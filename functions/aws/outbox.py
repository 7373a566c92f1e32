"""The outbox, as a folder of the inbox bucket."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from videos.steps.outbox import OutboxError

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CopySourceTypeDef


class OutboxFolder:
    """Implements `videos.steps.outbox.Outbox`. S3 copies the files itself, up to 5 GB each."""

    def __init__(self, s3: "S3Client", *, videos_bucket: str, inbox_bucket: str) -> None:
        self._s3 = s3
        self._videos_bucket = videos_bucket
        self._inbox_bucket = inbox_bucket

    def copy(self, key: str, *, to: str) -> None:
        source: CopySourceTypeDef = {"Bucket": self._videos_bucket, "Key": key}
        with explained():
            self._s3.copy_object(Bucket=self._inbox_bucket, Key=to, CopySource=source)

    def remove_captions(self, key: str) -> None:
        with explained():
            self._s3.delete_object(Bucket=self._inbox_bucket, Key=key)


@contextmanager
def explained() -> Iterator[None]:
    """Raise what S3 says as OutboxError."""
    try:
        yield
    except ClientError as error:
        raise OutboxError(f"S3 answered {error.response['Error'].get('Code')}") from error
    except BotoCoreError as error:
        raise OutboxError(type(error).__name__) from error
