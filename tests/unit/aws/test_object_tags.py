from typing import TYPE_CHECKING

import pytest

from aws.bookmark import SweepBookmark
from aws.tags import ObjectTags
from videos.media import InboxFile

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

    from tests.unit.conftest import Clients

MARKS = {"video-id": "vid-x", "video-status": "ready"}


@pytest.fixture
def dropped(cloud: "Clients", inbox_bucket: str) -> InboxFile:
    put = cloud.s3.put_object(Bucket=inbox_bucket, Key="inbox/ä +.png", Body=b"1", Tagging="campaign=spring")
    return InboxFile(bucket=inbox_bucket, key="inbox/ä +.png", version_id=put["VersionId"])


def test_tags_of_others_stay(cloud: "Clients", dropped: InboxFile) -> None:
    tags = ObjectTags(cloud.s3)
    tags.mark(dropped, {"video-id": "vid-x", "video-status": "queued"})
    tags.mark(dropped, {"video-id": "vid-x", "video-status": "ready"})
    assert tags.marks(dropped) == {"campaign": "spring", **MARKS}


def test_the_version_is_marked_that_was_dropped(cloud: "Clients", dropped: InboxFile) -> None:
    cloud.s3.put_object(Bucket=dropped.bucket, Key=dropped.key, Body=b"2")
    tags = ObjectTags(cloud.s3)
    tags.mark(dropped, MARKS)
    assert tags.marks(dropped).items() >= MARKS.items()
    assert tags.marks(dropped.model_copy(update={"version_id": None})) == {}


def test_what_cannot_be_marked_stops_nothing(cloud: "Clients", dropped: InboxFile) -> None:
    tags = ObjectTags(cloud.s3)
    gone = dropped.model_copy(update={"key": "inbox/gone.png", "version_id": None})
    tags.mark(gone, MARKS)
    assert tags.marks(gone) == {}
    full = [{"Key": f"k{number}", "Value": "v"} for number in range(10)]
    cloud.s3.put_object_tagging(Bucket=dropped.bucket, Key=dropped.key, Tagging={"TagSet": full})  # type: ignore[typeddict-item]
    tags.mark(dropped, MARKS)
    assert len(tags.marks(dropped)) == 10


def test_the_sweep_finds_its_place_again(videos_table: "Table") -> None:
    bookmark = SweepBookmark(videos_table)
    assert bookmark.place() is None
    bookmark.put("here")
    assert bookmark.place() == "here"
    bookmark.put(None)
    assert bookmark.place() is None
