import base64
import json
from datetime import UTC, datetime
from email.header import Header
from typing import TYPE_CHECKING
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from aws.buckets import BucketDeleter, InboxBucket
from tests.unit.conftest import INBOX
from videos.model.media import InboxFile

if TYPE_CHECKING:
    from tests.unit.conftest import Clients

ODD_KEYS = [
    "inbox/a b.png",
    "inbox/a+b%20c.png",
    "inbox/Übergröße.png",
    "inbox/🎬 film?.mp4",
    "inbox/" + "ü" * 450 + ".mp4",
]


@pytest.fixture
def inbox(cloud: "Clients") -> InboxBucket:
    return InboxBucket(cloud.s3, INBOX)


def _dropped(cloud: "Clients", bucket: str, key: str, body: bytes, **metadata: str) -> InboxFile:
    put = cloud.s3.put_object(Bucket=bucket, Key=key, Body=body, Metadata=metadata)
    return InboxFile(bucket=bucket, key=key, version_id=put["VersionId"])


@pytest.mark.parametrize("key", ODD_KEYS)
def test_a_file_is_found_under_any_key(
    cloud: "Clients", inbox: InboxBucket, inbox_bucket: str, key: str
) -> None:
    file = _dropped(cloud, inbox_bucket, key, b"0123456789")
    assert inbox.describe(file).size == 10
    assert inbox.head(file, 4) == b"0123"
    with inbox.open(file) as content:
        assert content.read() == b"0123456789"


def test_the_head_of_a_small_file_is_all_of_it(
    cloud: "Clients", inbox: InboxBucket, inbox_bucket: str
) -> None:
    file = _dropped(cloud, inbox_bucket, "inbox/a.png", b"01")
    assert inbox.head(file, 8192) == b"01"


def test_a_pinned_version_outlives_what_was_dropped_over_it(
    cloud: "Clients", inbox: InboxBucket, inbox_bucket: str
) -> None:
    first = _dropped(cloud, inbox_bucket, "inbox/a.png", b"first", instruction="one")
    second = _dropped(cloud, inbox_bucket, "inbox/a.png", b"the second", instruction="two")
    cloud.s3.delete_object(Bucket=inbox_bucket, Key="inbox/a.png")
    assert (inbox.describe(first).size, inbox.describe(first).instruction) == (5, "one")
    assert (inbox.head(first, 100), inbox.head(second, 100)) == (b"first", b"the second")


def test_without_a_version_the_latest_is_described_and_named(
    cloud: "Clients", inbox: InboxBucket, inbox_bucket: str
) -> None:
    file = _dropped(cloud, inbox_bucket, "inbox/a.png", b"first")
    facts = inbox.describe(file.model_copy(update={"version_id": None}))
    assert facts.version_id == file.version_id


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("Make it shine.", "Make it shine."),
        (
            Header("Füge 音乐 hinzu 🎬", "utf-8", maxlinelen=100_000).encode(),
            "Füge 音乐 hinzu 🎬",
        ),
        ("=?UTF-8?Q?Sch=C3=B6n?= and fast", "Schön and fast"),
        ("=?no-such-charset?Q?abc?=", "=?no-such-charset?Q?abc?="),
        ("=?UTF-8?B?not base64!?=", "=?UTF-8?B?not base64!?="),
        ("=?UTF-8?B?YWJjZ?=", "=?UTF-8?B?YWJjZ?="),
        ("=?UTF-8?Q?=FF=FE?=", "=?UTF-8?Q?=FF=FE?="),
        ("=?iso-8859-1?Q?Sch=F6n?=", "Schön"),
        (r"=?unicode_escape?Q?Make_it_\ud800_shine?=", r"=?unicode_escape?Q?Make_it_\ud800_shine?="),
        (r"=?unicode_escape?Q?a\8?=", r"=?unicode_escape?Q?a\8?="),
        ("=?punycode?Q?abc-9?=", "=?punycode?Q?abc-9?="),
    ],
    ids=[
        "ascii",
        "encoded words",
        "half encoded",
        "unknown charset",
        "no base64",
        "broken base64",
        "no UTF-8",
        "Latin-1",
        "half a character",
        "an escape that is none",
        "no charset of mail",
    ],
)
def test_the_instruction_is_read_from_the_metadata(
    cloud: "Clients", inbox: InboxBucket, inbox_bucket: str, sent: str, read: str
) -> None:
    file = _dropped(cloud, inbox_bucket, "inbox/a.png", b"1", instruction=sent)
    assert inbox.describe(file).instruction == read


def test_no_instruction_is_none(cloud: "Clients", inbox: InboxBucket, inbox_bucket: str) -> None:
    assert inbox.describe(_dropped(cloud, inbox_bucket, "inbox/a.png", b"1")).instruction is None


def test_what_is_gone_is_a_file_not_found(cloud: "Clients", inbox: InboxBucket, inbox_bucket: str) -> None:
    deleted = _dropped(cloud, inbox_bucket, "inbox/a.png", b"1").model_copy(update={"version_id": None})
    marker = cloud.s3.delete_object(Bucket=inbox_bucket, Key="inbox/a.png")["VersionId"]
    deletion = deleted.model_copy(update={"version_id": marker})
    never = InboxFile(bucket=inbox_bucket, key="inbox/never.png")
    for file in (deleted, deletion, never):
        with pytest.raises(FileNotFoundError):
            inbox.describe(file)
        with pytest.raises(FileNotFoundError):
            inbox.head(file, 10)
        with pytest.raises(FileNotFoundError):
            inbox.open(file)


@pytest.mark.parametrize("name", ["a.png", "Ü b (1).png", "🎬.mp4"])
def test_a_form_uploads_one_file_of_limited_size_to_one_key_for_a_while(
    inbox: InboxBucket, inbox_bucket: str, name: str
) -> None:
    key = f"uploads/0123/upl-1/{name}"
    form = inbox.upload_form(key, max_bytes=500, seconds=15 * 60)
    assert inbox_bucket in form.url
    assert form.fields["key"] == key
    policy = json.loads(base64.b64decode(form.fields["policy"]))
    assert {"key": key} in policy["conditions"]
    assert {"bucket": inbox_bucket} in policy["conditions"]
    assert ["content-length-range", 1, 500] in policy["conditions"]
    assert not [rule for rule in policy["conditions"] if isinstance(rule, list) and rule[0] == "starts-with"]
    left = datetime.fromisoformat(policy["expiration"]) - datetime.now(UTC)
    assert left.total_seconds() == pytest.approx(15 * 60, abs=30)


def test_the_keys_below_a_prefix_are_listed(cloud: "Clients", inbox: InboxBucket, inbox_bucket: str) -> None:
    for key in ("uploads/a/1/x.png", "uploads/a/12/y.png", "inbox/z.png"):
        _dropped(cloud, inbox_bucket, key, b"1")
    assert inbox.list("uploads/a/1/") == ["uploads/a/1/x.png"]
    assert inbox.list("uploads/b/") == []


def test_every_page_of_keys_is_listed(cloud: "Clients", inbox: InboxBucket) -> None:
    with Stubber(cloud.s3) as s3:
        for page in (
            {"Contents": [{"Key": "uploads/1"}], "IsTruncated": True, "NextContinuationToken": "more"},
            {"Contents": [{"Key": "uploads/2"}], "IsTruncated": True, "NextContinuationToken": "last"},
            {"IsTruncated": False},
        ):
            s3.add_response("list_objects_v2", page)
        assert inbox.list("uploads/") == ["uploads/1", "uploads/2"]


@pytest.mark.parametrize("code", ["400", "403"])
def test_a_key_that_cannot_be_read_is_not_a_fault_of_ours(code: str) -> None:
    refusal = ClientError({"Error": {"Code": code}}, "HeadObject")
    s3 = Mock(head_object=Mock(side_effect=refusal))
    with pytest.raises(PermissionError):
        InboxBucket(s3, "inbox").describe(InboxFile(bucket="inbox", key="inbox/x"))


def test_the_inbox_is_listed_page_by_page_as_it_is_now(
    cloud: "Clients", inbox: InboxBucket, inbox_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in (
        "inbox/a.png",
        "inbox/a.png",
        "inbox/b +ü.png",
        "inbox/c.png",
        "inbox/d.png",
        "uploads/e.png",
    ):
        _dropped(cloud, inbox_bucket, key, b"1")
    cloud.s3.delete_object(Bucket=inbox_bucket, Key="inbox/c.png")
    versions = cloud.s3.list_object_versions
    monkeypatch.setattr(
        cloud.s3, "list_object_versions", lambda **arguments: versions(**arguments, MaxKeys=2)
    )
    found, cursor, pages = [], None, 0
    while pages == 0 or cursor:
        page = inbox.page(cursor)
        found += page.drops
        cursor, pages = page.cursor, pages + 1
    assert pages > 1
    assert [drop.file.key for drop in found] == ["inbox/a.png", "inbox/b +ü.png", "inbox/d.png"]
    for drop in found:
        assert inbox.describe(drop.file).version_id == drop.file.version_id
        assert abs((datetime.now(UTC) - drop.at).total_seconds()) < 3600


def test_only_the_named_version_is_removed(cloud: "Clients", inbox_bucket: str) -> None:
    versions = [
        cloud.s3.put_object(Bucket=inbox_bucket, Key="inbox/a.png", Body=body)["VersionId"] for body in "ab"
    ]
    file = InboxFile(bucket=inbox_bucket, key="inbox/a.png", version_id=versions[0])
    BucketDeleter(cloud.s3, inbox_bucket).remove_versions(file)
    BucketDeleter(cloud.s3, inbox_bucket).remove_versions(file)
    (left,) = cloud.s3.list_object_versions(Bucket=inbox_bucket)["Versions"]
    assert left["VersionId"] == versions[1]


def test_all_versions_are_removed_and_nothing_else(cloud: "Clients", inbox_bucket: str) -> None:
    for key in ("inbox/a.png", "inbox/a.png", "inbox/a.png.bak"):
        cloud.s3.put_object(Bucket=inbox_bucket, Key=key, Body=b"")
    cloud.s3.delete_object(Bucket=inbox_bucket, Key="inbox/a.png")
    BucketDeleter(cloud.s3, inbox_bucket).remove_versions(InboxFile(bucket=inbox_bucket, key="inbox/a.png"))
    left = cloud.s3.list_object_versions(Bucket=inbox_bucket)
    assert [version["Key"] for version in left["Versions"]] == ["inbox/a.png.bak"]
    assert "DeleteMarkers" not in left


def test_all_below_a_prefix_is_removed(cloud: "Clients", videos_bucket: str) -> None:
    for key in ("videos/v/1/video.mp4", "videos/v/2/video.mp4", "videos/v2/1/video.mp4"):
        cloud.s3.put_object(Bucket=videos_bucket, Key=key, Body=b"")
    BucketDeleter(cloud.s3, videos_bucket).remove_below("videos/v/")
    (left,) = cloud.s3.list_objects_v2(Bucket=videos_bucket)["Contents"]
    assert left["Key"] == "videos/v2/1/video.mp4"


def test_names_of_a_folder_are_those_in_it_and_not_below(
    cloud: "Clients", inbox: InboxBucket, inbox_bucket: str
) -> None:
    for key in (
        "inbox/a/x.png",
        "inbox/a/xé.png",
        "inbox/a/y.png",
        "inbox/a/b/x.png",
        "inbox/a/",
        "inbox/x.png",
    ):
        cloud.s3.put_object(Bucket=inbox_bucket, Key=key, Body=b"1")
    assert inbox.names("inbox/a/") == ("x.png", "xé.png", "y.png")
    assert inbox.names("inbox/a/", "x") == ("x.png", "xé.png")
    assert inbox.names("inbox/nothing/") == ()


def test_versions_are_found_back_to_the_last_deletion(
    cloud: "Clients", inbox: InboxBucket, inbox_bucket: str
) -> None:
    key = "inbox/größe.png"
    _dropped(cloud, inbox_bucket, f"{key}.txt", b"beside it")
    first, second = (_dropped(cloud, inbox_bucket, key, body) for body in (b"1", b"2"))
    third = _dropped(cloud, inbox_bucket, key, b"3")
    assert list(inbox.versions_before(third)) == [second, first]
    assert list(inbox.versions_before(first)) == []
    cloud.s3.delete_object(Bucket=inbox_bucket, Key=key)
    fourth = _dropped(cloud, inbox_bucket, key, b"4")
    assert list(inbox.versions_before(fourth)) == []
    gone = fourth.model_copy(update={"version_id": "no-such-version"})
    assert list(inbox.versions_before(gone)) == []


@pytest.mark.parametrize(
    "change",
    [
        {"MetadataDirective": "REPLACE", "Metadata": {"reviewed": "yes"}},
        {"StorageClass": "STANDARD_IA"},
        {"ServerSideEncryption": "AES256"},
    ],
)
def test_a_copy_has_the_content_of_what_was_copied(
    cloud: "Clients", inbox: InboxBucket, inbox_bucket: str, change: dict[str, object]
) -> None:
    first = _dropped(cloud, inbox_bucket, "inbox/a.png", b"first")
    source = {"Bucket": inbox_bucket, "Key": "inbox/a.png"}
    copy = cloud.s3.copy_object(Bucket=inbox_bucket, Key="inbox/a.png", CopySource=source, **change)  # type: ignore[arg-type]
    other = _dropped(cloud, inbox_bucket, "inbox/a.png", b"other")
    copied = first.model_copy(update={"version_id": copy["VersionId"]})
    assert inbox.same_content(copied, first)
    assert not inbox.same_content(other, first)


def test_content_is_the_same_under_another_key_of_encryption() -> None:
    heads = {
        "one": {"ContentLength": 5, "ETag": '"a"', "ChecksumCRC64NVME": "same"},
        "two": {
            "ContentLength": 5,
            "ETag": '"b"',
            "ChecksumCRC64NVME": "same",
            "ChecksumType": "FULL_OBJECT",
        },
        "three": {"ContentLength": 5, "ETag": '"c"', "ChecksumType": "FULL_OBJECT"},
        "four": {"ContentLength": 6, "ETag": '"a"', "ChecksumCRC64NVME": "same"},
    }
    s3 = Mock(head_object=lambda **asked: heads[asked["VersionId"]])
    one, *others = (InboxFile(bucket="inbox", key="inbox/x", version_id=version) for version in heads)
    assert [InboxBucket(s3, "inbox").same_content(one, other) for other in others] == [True, False, False]


def test_neighbours_are_in_the_same_folder_and_say_when_they_came(
    cloud: "Clients", inbox: InboxBucket, inbox_bucket: str
) -> None:
    for key in ("inbox/a/x.png", "inbox/a/y.png", "inbox/a/b/z.png", "inbox/a/", "inbox/x.png"):
        cloud.s3.put_object(Bucket=inbox_bucket, Key=key, Body=b"1")
    found = inbox.neighbours(InboxFile(bucket=inbox_bucket, key="inbox/a/x.png"))
    assert [neighbour.name for neighbour in found] == ["x.png", "y.png"]
    assert all(abs((datetime.now(UTC) - neighbour.at).total_seconds()) < 3600 for neighbour in found)


def test_of_a_large_folder_those_with_near_names_are_neighbours(
    cloud: "Clients", inbox: InboxBucket, inbox_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("aws.buckets.MOST_NAMES", 3)
    for number in range(10):
        cloud.s3.put_object(Bucket=inbox_bucket, Key=f"inbox/a/photo-{number}00.png", Body=b"1")
    found = inbox.neighbours(InboxFile(bucket=inbox_bucket, key="inbox/a/photo-700.png"))
    assert [neighbour.name for neighbour in found] == ["photo-700.png", "photo-800.png", "photo-900.png"]
