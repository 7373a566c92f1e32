from email.header import Header
from typing import TYPE_CHECKING

import pytest

from aws.buckets import InboxBucket
from tests.unit.conftest import INBOX
from videos.models import InboxFile

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
    ],
    ids=[
        "ascii",
        "encoded words",
        "half encoded",
        "unknown charset",
        "no base64",
        "broken base64",
        "no UTF-8",
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
