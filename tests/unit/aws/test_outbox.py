from typing import TYPE_CHECKING

import pytest

from aws.outbox import OutboxFolder
from videos.steps.outbox import OutboxError

if TYPE_CHECKING:
    from tests.unit.conftest import Clients


def test_a_file_is_copied_with_its_type(cloud: "Clients", inbox_bucket: str, videos_bucket: str) -> None:
    cloud.s3.put_object(
        Bucket=videos_bucket, Key="videos/a/1/video.mp4", Body=b"mp4", ContentType="video/mp4"
    )
    outbox = OutboxFolder(cloud.s3, videos_bucket=videos_bucket, inbox_bucket=inbox_bucket)
    outbox.copy("videos/a/1/video.mp4", to="outbox/é.png.mp4")
    copy = cloud.s3.get_object(Bucket=inbox_bucket, Key="outbox/é.png.mp4")
    assert (copy["Body"].read(), copy["ContentType"]) == (b"mp4", "video/mp4")


def test_what_cannot_be_copied_says_why(cloud: "Clients", inbox_bucket: str, videos_bucket: str) -> None:
    outbox = OutboxFolder(cloud.s3, videos_bucket=videos_bucket, inbox_bucket=inbox_bucket)
    with pytest.raises(OutboxError, match="NoSuchKey"):
        outbox.copy("videos/a/1/video.mp4", to="outbox/a.png.mp4")


def test_what_is_removed_need_not_be_there(cloud: "Clients", inbox_bucket: str, videos_bucket: str) -> None:
    cloud.s3.put_object(Bucket=inbox_bucket, Key="outbox/a.png.vtt", Body=b"WEBVTT")
    outbox = OutboxFolder(cloud.s3, videos_bucket=videos_bucket, inbox_bucket=inbox_bucket)
    for _ in range(2):
        outbox.remove_captions("outbox/a.png.vtt")
    assert not cloud.s3.list_objects_v2(Bucket=inbox_bucket, Prefix="outbox/").get("Contents")
