"""The inbox and the video storage, as S3 buckets."""

import hashlib
import io
import json
from collections.abc import Iterator
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, NotRequired, TypedDict, cast

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from videos.model.media import Drop, InboxFile
from videos.model.ports import InboxFileFacts, InboxPage, Method, Neighbour, StoredFile, UploadForm
from videos.requests.folders import MOST_NAMES
from videos.requests.json_reader import as_text
from videos.requests.ownership import INBOX

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# Parts of 8 MiB, a few at once, so that memory does not depend on the size of the video.
_TRANSFER = TransferConfig(multipart_chunksize=8 * 1024 * 1024, max_concurrency=4)
_TRANSFER.max_in_memory_upload_chunks = 5
_READ_BYTES = 1024 * 1024
# Charsets of encoded words. S3 writes the first, clients that encode metadata themselves write the others.
_CHARSETS = {"utf-8", "us-ascii", "iso-8859-1", None}
_CHECKSUMS = (
    "ETag", "ChecksumCRC32", "ChecksumCRC32C", "ChecksumCRC64NVME", "ChecksumSHA1", "ChecksumSHA256",
)  # fmt: skip
_FEW = 2
"""Characters at the end of a file name that count files, enough for a hundred."""


# A HEAD response has no body with a code. 400: the key is invalid. 403: reading it is not permitted.
# A GET response has a code for archived objects, and for objects encrypted with a key of the uploader's.
_UNREADABLE = {"400", "403", "AccessDenied", "InvalidObjectState", "InvalidRequest"}


class ObjectAddress(TypedDict):
    """Arguments that identify an object in S3 calls."""

    Bucket: str
    Key: str
    VersionId: NotRequired[str]


class _Range(TypedDict):
    Range: NotRequired[str]


class InboxBucket:
    """Implements `videos.model.ports.Inbox` and `InboxListing`."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def describe(self, file: InboxFile) -> InboxFileFacts:
        try:
            head = self._s3.head_object(**address_of(file))
        except ClientError as error:
            raise _translated(error, file) from error
        instruction = head["Metadata"].get("instruction")
        return InboxFileFacts(
            size=head["ContentLength"],
            version_id=head.get("VersionId"),
            instruction=_decoded(instruction) if instruction else None,
        )

    def head(self, file: InboxFile, count: int) -> bytes:
        with self._open(file, {"Range": f"bytes=0-{count - 1}"}) as body:
            return body.read()

    def open(self, file: InboxFile) -> BinaryIO:
        return self._open(file, {})

    def upload_form(self, key: str, *, max_bytes: int, seconds: int) -> UploadForm:
        form = self._s3.generate_presigned_post(
            self._bucket, key, Conditions=[["content-length-range", 1, max_bytes]], ExpiresIn=seconds
        )
        return UploadForm(url=form["url"], fields=form["fields"])

    def link(self, file: InboxFile, *, seconds: int, method: Method = "GET") -> str:
        """Return a signed link to a file, valid for `seconds` and for this method only."""
        return self._s3.generate_presigned_url(
            "get_object", Params=dict(address_of(file)), ExpiresIn=seconds, HttpMethod=method
        )

    def list(self, prefix: str) -> list[str]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        return [item["Key"] for page in pages for item in page.get("Contents", [])]

    def names(self, folder: str, beginning: str = "") -> tuple[str, ...]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=f"{folder}{beginning}", Delimiter="/"
        )
        keys = (item["Key"] for page in pages for item in page.get("Contents", []))
        return tuple(islice((name for key in keys if (name := key.removeprefix(folder))), MOST_NAMES))

    def neighbours(self, file: InboxFile) -> tuple[Neighbour, ...]:
        folder = file.key.removesuffix(file.name)
        found = self._in_folder(folder, after=folder)
        if len(found) == MOST_NAMES:
            # Folders are uploaded in alphabetical order, so files with similar names arrive at the same time.
            found = self._in_folder(folder, after=f"{folder}{file.name.rpartition('.')[0][:-_FEW]}")
        return found

    def _in_folder(self, folder: str, *, after: str) -> tuple[Neighbour, ...]:
        pages = self._s3.get_paginator("list_objects_v2").paginate(
            Bucket=self._bucket, Prefix=folder, Delimiter="/", StartAfter=after
        )
        items = (item for page in pages for item in page.get("Contents", []))
        return tuple(
            Neighbour(name=item["Key"].removeprefix(folder), at=item["LastModified"])
            for item in islice(items, MOST_NAMES)
        )

    def versions_before(self, file: InboxFile) -> Iterator[InboxFile]:
        listed = self._s3.list_object_versions(Bucket=self._bucket, Prefix=file.key)
        versions = [found for found in listed.get("Versions", []) if found["Key"] == file.key]
        place = next((n for n, found in enumerate(versions) if found["VersionId"] == file.version_id), None)
        if place is None:
            return
        dropped_at = versions[place]["LastModified"]
        deletions = [
            marker["LastModified"]
            for marker in listed.get("DeleteMarkers", [])
            if marker["Key"] == file.key and marker["LastModified"] <= dropped_at
        ]
        for found in versions[place + 1 :]:
            if any(found["LastModified"] <= deleted_at for deleted_at in deletions):
                return
            yield file.model_copy(update={"version_id": found["VersionId"]})

    def same_content(self, file: InboxFile, other: InboxFile) -> bool:
        try:
            one, another = self._checksums(file), self._checksums(other)
        except PermissionError:
            return False
        return any(name in another and another[name] == checksum for name, checksum in one.items())

    def _checksums(self, file: InboxFile) -> dict[str, object]:
        """Return the size and value for each checksum. ETags change with the encryption, checksums do not."""
        try:
            head = self._s3.head_object(**address_of(file), ChecksumMode="ENABLED")
        except ClientError as error:
            raise _translated(error, file) from error
        checksums = {name: value for name, value in head.items() if name in _CHECKSUMS}
        return {name: (head["ContentLength"], value) for name, value in checksums.items()}

    def page(self, after: str | None) -> InboxPage:
        place: dict[str, str] = json.loads(after) if after else {}
        listed = self._s3.list_object_versions(Bucket=self._bucket, Prefix=INBOX, **place)  # type: ignore[arg-type]
        drops = [
            Drop(
                file=InboxFile(bucket=self._bucket, key=found["Key"], version_id=found["VersionId"]),
                at=found["LastModified"],
            )
            for found in listed.get("Versions", [])
            if found["IsLatest"]
        ]
        if not listed["IsTruncated"]:
            return InboxPage(drops=drops)
        place = {"KeyMarker": listed["NextKeyMarker"], "VersionIdMarker": listed["NextVersionIdMarker"]}
        return InboxPage(drops=drops, cursor=json.dumps(place))

    def _open(self, file: InboxFile, part: _Range) -> BinaryIO:
        try:
            return cast("BinaryIO", self._s3.get_object(**address_of(file), **part)["Body"])
        except ClientError as error:
            raise _translated(error, file) from error


class StorageBucket:
    """Implements `videos.model.ports.VideoStorage`."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self.bucket = bucket

    def store_stream(self, key: str, chunks: Iterator[bytes], content_type: str) -> StoredFile:
        body = _HashedStream(chunks)
        self._s3.upload_fileobj(
            io.BufferedReader(body),  # fills each part, a raw stream would upload each chunk as a part
            self.bucket,
            key,
            ExtraArgs={"ContentType": content_type},
            Config=_TRANSFER,
        )
        return StoredFile(size=body.size, sha256=body.digest.hexdigest())

    def store(self, key: str, body: bytes, content_type: str) -> None:
        self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def open(self, key: str) -> BinaryIO:
        import smart_open.s3  # noqa: PLC0415 - only packaged with the function that checks videos

        return cast(
            "BinaryIO",
            smart_open.s3.open(
                self.bucket, key, "rb", client=self._s3, buffer_size=_READ_BYTES, defer_seek=True
            ),
        )

    def read(self, key: str) -> bytes:
        try:
            return self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self._s3.exceptions.NoSuchKey as error:
            raise FileNotFoundError(key) from error

    def remove(self, key: str) -> None:
        self._s3.delete_object(Bucket=self.bucket, Key=key)

    def link(self, key: str, *, seconds: int, download_as: str | None = None, method: Method = "GET") -> str:
        disposition = (
            {"ResponseContentDisposition": f'attachment; filename="{download_as}"'} if download_as else {}
        )
        return self._s3.generate_presigned_url(
            "get_object",
            Params={"Bucket": self.bucket, "Key": key, **disposition},
            ExpiresIn=seconds,
            HttpMethod=method,
        )


class BucketDeleter:
    """Implements `videos.model.ports.Deleter`."""

    def __init__(self, s3: "S3Client", bucket: str) -> None:
        self._s3 = s3
        self._bucket = bucket

    def remove_versions(self, file: InboxFile) -> None:
        if file.version_id is not None:
            self._s3.delete_object(**address_of(file))
            return
        pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=file.key)
        for page in pages:
            for found in (*page.get("Versions", []), *page.get("DeleteMarkers", [])):
                if found["Key"] == file.key:
                    self._s3.delete_object(Bucket=self._bucket, Key=file.key, VersionId=found["VersionId"])

    def remove_below(self, prefix: str) -> None:
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix):
            for found in page.get("Contents", []):
                self._s3.delete_object(Bucket=self._bucket, Key=found["Key"])


class _HashedStream(io.RawIOBase):
    """A file-like view of chunks, which counts and hashes the bytes."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""
        self.size = 0
        self.digest = hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        target = memoryview(cast("bytearray", buffer)).cast("B")
        while not self._rest:
            try:
                self._rest = next(self._chunks)
            except StopIteration:
                return 0
        piece, self._rest = self._rest[: len(target)], self._rest[len(target) :]
        target[: len(piece)] = piece
        self.size += len(piece)
        self.digest.update(piece)
        return len(piece)


def address_of(file: InboxFile) -> ObjectAddress:
    """Return the arguments that identify a file in S3 calls."""
    if file.version_id is None:
        return {"Bucket": file.bucket, "Key": file.key}
    return {"Bucket": file.bucket, "Key": file.key, "VersionId": file.version_id}


def _translated(error: ClientError, file: InboxFile) -> Exception:
    code = error.response["Error"].get("Code")
    if code in {"404", "NoSuchKey", "NoSuchVersion", "405", "MethodNotAllowed"}:
        return FileNotFoundError(file.key)
    return PermissionError(file.key) if code in _UNREADABLE or str(code).startswith("KMS.") else error


def _decoded(value: str) -> str:
    """Decode metadata. S3 returns non-ASCII metadata as RFC 2047 encoded words.

    Text that only looks encoded is returned unchanged. An encoded word can name any codec of Python, such as
    `unicode_escape` or `idna`. Only codecs of mail are accepted.
    """
    try:
        words = decode_header(value)
        if {charset for _, charset in words} <= _CHARSETS:
            return as_text(str(make_header(words)))
    except (HeaderParseError, LookupError, ValueError):
        pass
    return as_text(value)
