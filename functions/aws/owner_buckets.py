"""Buckets of owners, to which results are copied. Operators name them in the table of keys."""

from typing import TYPE_CHECKING

from pydantic import BaseModel, Field

from aws.outbox import explained
from videos.model.media import LONGEST_KEY
from videos.steps.outbox import OutboxError

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table
    from types_boto3_s3 import S3Client
    from types_boto3_s3.type_defs import CopySourceTypeDef

NO_CAPTIONS = b"WEBVTT\n"


class Destination(BaseModel):
    """A bucket, the account that it belongs to, and the folder of the copies: empty, or it ends with `/`."""

    bucket: str = Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
    account: str = Field(pattern=r"^\d{12}$")
    prefix: str = Field(default="", pattern=r"^([^/]+/)*$", max_length=512)


class Destinations:
    """The records of the table of keys that name a destination for each owner."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def set(self, owner: str, destination: Destination) -> None:
        """Name the destination of an owner, instead of an earlier one."""
        self._table.put_item(Item={**_key(owner), **destination.model_dump()})

    def remove(self, owner: str) -> bool:
        """Name none any more. Return False if there was none."""
        return "Attributes" in self._table.delete_item(Key=_key(owner), ReturnValues="ALL_OLD")

    def of(self, owner: str) -> Destination | None:
        """Return the destination of an owner, or None."""
        item = self._table.get_item(Key=_key(owner)).get("Item")
        return Destination.model_validate(item) if item is not None else None


class OwnerBucket:
    """Implements `videos.steps.outbox.Outbox` with an owner's bucket. S3 copies the files itself.

    S3 refuses each write if the bucket belongs to another account by now.
    """

    def __init__(self, s3: "S3Client", *, videos_bucket: str, destination: Destination) -> None:
        self._s3 = s3
        self._videos_bucket = videos_bucket
        self._to = destination

    def copy(self, key: str, *, to: str) -> None:
        source: CopySourceTypeDef = {"Bucket": self._videos_bucket, "Key": key}
        with explained():
            self._s3.copy_object(
                Bucket=self._to.bucket,
                Key=self._placed(to),
                CopySource=source,
                ExpectedBucketOwner=self._to.account,
            )

    def remove_captions(self, key: str) -> None:
        """Replace them with none: the stack may not delete in somebody else's bucket."""
        with explained():
            self._s3.put_object(
                Bucket=self._to.bucket,
                Key=self._placed(key),
                Body=NO_CAPTIONS,
                ContentType="text/vtt; charset=utf-8",
                ExpectedBucketOwner=self._to.account,
            )

    def _placed(self, key: str) -> str:
        placed = f"{self._to.prefix}{key}"
        if len(placed.encode()) > LONGEST_KEY:
            raise OutboxError(f"its key there would be longer than {LONGEST_KEY:,} bytes")
        return placed


class ConfiguredBuckets:
    """Implements `videos.steps.owner_bucket.OwnerBuckets`."""

    def __init__(self, destinations: Destinations, s3: "S3Client", *, videos_bucket: str) -> None:
        self._destinations = destinations
        self._s3 = s3
        self._videos_bucket = videos_bucket

    def of(self, owner: str) -> OwnerBucket | None:
        destination = self._destinations.of(owner)
        if destination is None:
            return None
        return OwnerBucket(self._s3, videos_bucket=self._videos_bucket, destination=destination)


def _key(owner: str) -> dict[str, str]:
    return {"key_hash": f"owner-bucket:{owner}"}
