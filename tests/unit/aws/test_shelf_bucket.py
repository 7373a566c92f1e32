import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from aws.buckets import StorageBucket
from backend.errors import TransportError

if TYPE_CHECKING:
    from tests.unit.conftest import Clients

MIB = 1024 * 1024
# Two parts of 8 MiB under way, those that wait for them, and the one being filled.
BOUND = 64 * MIB


@pytest.fixture
def storage(cloud: "Clients", videos_bucket: str) -> StorageBucket:
    return StorageBucket(cloud.s3, videos_bucket)


class Sent:
    """Counts the bytes that S3 was handed, part by part."""

    def __init__(self, cloud: "Clients", monkeypatch: pytest.MonkeyPatch) -> None:
        self.bytes = 0
        self.parts = 0
        self.largest = 0
        monkeypatch.setattr(cloud.s3, "upload_part", self._upload_part)
        monkeypatch.setattr(cloud.s3, "put_object", self._upload_part)
        monkeypatch.setattr(cloud.s3, "complete_multipart_upload", lambda **_: {})

    def _upload_part(self, **request: Any) -> dict[str, str]:  # noqa: ANN401 - boto3's
        size = len(request["Body"].read())
        self.bytes += size
        self.parts += 1
        self.largest = max(self.largest, size)
        return {"ETag": "e"}


@pytest.mark.parametrize("chunk", [64 * 1024, 3 * MIB + 1])
def test_a_video_of_any_size_is_stored_in_constant_memory(
    cloud: "Clients", storage: StorageBucket, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    sent = Sent(cloud, monkeypatch)
    size, digest = 0, hashlib.sha256()
    outstanding = []

    def produce() -> Iterator[bytes]:
        nonlocal size
        piece = bytes(chunk)
        while size < 200 * MIB:
            size += chunk
            digest.update(piece)
            outstanding.append(size - sent.bytes)
            yield piece

    stored = storage.store_stream("videos/v/1/video.mp4", produce(), "video/mp4")
    assert (stored.size, stored.sha256) == (size, digest.hexdigest())
    assert sent.bytes == size
    assert sent.largest <= 8 * MIB
    assert max(outstanding) <= BOUND


@pytest.mark.parametrize(
    "chunks",
    [[], [b""], [b"abc"], [b"", b"a", b"", b"bc"], [bytes(5 * MIB)] * 4],
    ids=["nothing", "an empty chunk", "one", "with empty chunks", "many parts"],
)
def test_what_is_stored_is_what_came(
    cloud: "Clients", storage: StorageBucket, videos_bucket: str, chunks: list[bytes]
) -> None:
    body = b"".join(chunks)
    stored = storage.store_stream("videos/v/1/video.mp4", iter(chunks), "video/mp4")
    assert (stored.size, stored.sha256) == (len(body), hashlib.sha256(body).hexdigest())
    there = cloud.s3.get_object(Bucket=videos_bucket, Key="videos/v/1/video.mp4")
    assert there["Body"].read() == body
    assert there["ContentType"] == "video/mp4"


@pytest.mark.parametrize("arrived", [0, 1, 20])
def test_a_transfer_that_breaks_leaves_nothing_behind(
    cloud: "Clients", storage: StorageBucket, videos_bucket: str, arrived: int
) -> None:
    def breaks_off() -> Iterator[bytes]:
        for _ in range(arrived):
            yield bytes(MIB)
        raise TransportError("The download broke off.")

    with pytest.raises(TransportError):
        storage.store_stream("videos/v/1/video.mp4", breaks_off(), "video/mp4")
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket=videos_bucket)
    assert "Uploads" not in cloud.s3.list_multipart_uploads(Bucket=videos_bucket)


def test_a_stored_file_is_read_by_ranges(storage: StorageBucket) -> None:
    storage.store("k", b"0123456789", "text/plain")
    with storage.open("k") as file:
        file.seek(7)
        assert file.read(2) == b"78"
        file.seek(1)
        assert file.read(2) == b"12"


def test_a_small_file_is_read_whole(storage: StorageBucket) -> None:
    storage.store("k", b"WEBVTT", "text/vtt")
    assert storage.read("k") == b"WEBVTT"
    with pytest.raises(FileNotFoundError):
        storage.read("l")


def test_a_removed_file_is_gone(cloud: "Clients", storage: StorageBucket, videos_bucket: str) -> None:
    storage.store("k", b"1", "text/plain")
    storage.remove("k")
    assert "Contents" not in cloud.s3.list_objects_v2(Bucket=videos_bucket)


@pytest.mark.parametrize(
    ("download_as", "disposition"), [(None, None), ("a.mp4", ['attachment; filename="a.mp4"'])]
)
def test_a_link_lives_as_long_as_asked(
    storage: StorageBucket, download_as: str | None, disposition: list[str] | None
) -> None:
    link = urlsplit(storage.link("videos/v 1/ü.mp4", seconds=3600, download_as=download_as))
    query = parse_qs(link.query)
    assert link.path.endswith("/videos/v%201/%C3%BC.mp4")
    assert (query.get("X-Amz-Expires") or query["Expires"]) is not None
    assert query.get("response-content-disposition") == disposition
