from typing import TYPE_CHECKING, Any

import pytest

from aws.api_keys import ApiKeys
from aws.owner_buckets import ConfiguredBuckets, Destination, Destinations, OwnerBucket
from videos.steps.outbox import OutboxError

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

    from tests.unit.conftest import Clients

ACCOUNT = "111122223333"
ACME = Destination(bucket="acme-videos", account=ACCOUNT, prefix="finished/")


@pytest.fixture
def _acme(cloud: "Clients", videos_bucket: str) -> None:
    cloud.s3.create_bucket(Bucket=ACME.bucket)
    cloud.s3.put_object(Bucket=videos_bucket, Key="a.mp4", Body=b"mp4", ContentType="video/mp4")


def _bucket(cloud: "Clients", videos_bucket: str, destination: Destination = ACME) -> OwnerBucket:
    return OwnerBucket(cloud.s3, videos_bucket=videos_bucket, destination=destination)


@pytest.mark.usefixtures("_acme")
def test_a_file_is_copied_below_the_prefix_with_its_type(cloud: "Clients", videos_bucket: str) -> None:
    _bucket(cloud, videos_bucket).copy("a.mp4", to="shop/é.png.mp4")
    copy = cloud.s3.get_object(Bucket=ACME.bucket, Key="finished/shop/é.png.mp4")
    assert (copy["Body"].read(), copy["ContentType"]) == (b"mp4", "video/mp4")


@pytest.mark.usefixtures("_acme")
def test_captions_of_an_earlier_version_become_empty(cloud: "Clients", videos_bucket: str) -> None:
    cloud.s3.put_object(Bucket=ACME.bucket, Key="finished/a.vtt", Body=b"WEBVTT old")
    _bucket(cloud, videos_bucket).remove_captions("a.vtt")
    captions = cloud.s3.get_object(Bucket=ACME.bucket, Key="finished/a.vtt")
    assert (captions["Body"].read(), captions["ContentType"]) == (b"WEBVTT\n", "text/vtt; charset=utf-8")


def test_s3_is_told_whose_bucket_it_has_to_be(
    cloud: "Clients", videos_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    for call in ("copy_object", "put_object"):
        monkeypatch.setattr(cloud.s3, call, lambda **request: asked.append(request))
    bucket = _bucket(cloud, videos_bucket)
    bucket.copy("a.mp4", to="a.mp4")
    bucket.remove_captions("a.vtt")
    assert [request["ExpectedBucketOwner"] for request in asked] == [ACCOUNT, ACCOUNT]


def test_a_bucket_that_is_gone_is_named_as_the_reason(cloud: "Clients", videos_bucket: str) -> None:
    bucket = _bucket(cloud, videos_bucket)
    with pytest.raises(OutboxError, match="S3 answered NoSuchBucket"):
        bucket.remove_captions("a.vtt")


def test_a_key_that_is_too_long_is_named_as_the_reason(cloud: "Clients", videos_bucket: str) -> None:
    bucket = _bucket(cloud, videos_bucket)
    with pytest.raises(OutboxError, match="longer than 1,024 bytes"):
        bucket.copy("a.mp4", to="é" * 508)


def test_each_owner_has_a_bucket_of_its_own_or_none(
    cloud: "Clients", keys_table: "Table", videos_bucket: str
) -> None:
    destinations = Destinations(keys_table)
    destinations.set("shop", ACME)
    buckets = ConfiguredBuckets(destinations, cloud.s3, videos_bucket=videos_bucket)
    assert buckets.of("shop") is not None
    assert buckets.of("other") is None


def test_no_key_opens_what_names_a_bucket(keys_table: "Table") -> None:
    Destinations(keys_table).set("shop", ACME)
    assert ApiKeys(keys_table).holder_of("owner-bucket:shop") is None


@pytest.mark.parametrize(
    "wrong",
    [{"bucket": "acme/videos"}, {"account": "acme"}, {"prefix": "a"}, {"prefix": "/"}, {"prefix": "a//"}],
)
def test_a_destination_that_cannot_be_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Destination.model_validate({**ACME.model_dump(), **wrong})
