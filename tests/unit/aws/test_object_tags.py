from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from aws.checkpoint import SweepCheckpoint
from aws.tags import ObjectTags
from videos.model.media import InboxFile
from videos.model.ports import Unmarked

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
    assert tags.mark(gone, MARKS) is None
    assert tags.marks(gone) == {}
    full = [{"Key": f"k{number}", "Value": "v"} for number in range(10)]
    cloud.s3.put_object_tagging(Bucket=dropped.bucket, Key=dropped.key, Tagging={"TagSet": full})  # type: ignore[typeddict-item]
    assert tags.mark(dropped, MARKS) == Unmarked(names=("video-id", "video-status"), reason="full")
    assert len(tags.marks(dropped)) == 10


@pytest.mark.parametrize(
    ("others", "missing"),
    [(8, ()), (9, ("video-status",)), (10, ("video-id", "video-status"))],
)
def test_as_many_tags_are_set_as_there_is_room_for(
    cloud: "Clients", dropped: InboxFile, others: int, missing: tuple[str, ...]
) -> None:
    own = {f"k{number}": "v" for number in range(others)}
    tag_set: list[Any] = [{"Key": name, "Value": value} for name, value in own.items()]
    cloud.s3.put_object_tagging(Bucket=dropped.bucket, Key=dropped.key, Tagging={"TagSet": tag_set})
    tags = ObjectTags(cloud.s3)
    for _ in range(2):
        unmarked = tags.mark(dropped, MARKS)
        assert (unmarked.names if unmarked else ()) == missing
        assert tags.marks(dropped) == own | {k: v for k, v in MARKS.items() if k not in missing}


def test_what_s3_refuses_is_told(
    cloud: "Clients", dropped: InboxFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(**_: object) -> None:
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "No."}}, "PutObjectTagging")

    monkeypatch.setattr(cloud.s3, "put_object_tagging", denied)
    unmarked = ObjectTags(cloud.s3).mark(dropped, MARKS)
    assert unmarked == Unmarked(names=("video-id", "video-status"), reason="refused")


def test_the_sweep_finds_its_place_again(videos_table: "Table") -> None:
    checkpoint = SweepCheckpoint(videos_table)
    assert checkpoint.place() is None
    checkpoint.put("here")
    assert checkpoint.place() == "here"
    checkpoint.put(None)
    assert checkpoint.place() is None
