"""Upload what a template names on this machine, as `sam package` does."""

import hashlib
import json
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from samtranslator.yaml_helper import yaml_parse

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

# The properties that name a folder or a file of this machine.
LOCAL_PATHS = ("CodeUri", "ContentUri", "DefinitionUri")
# A zip file holds the time of each file. With the same time the same source has the same address.
_TIME = (1980, 1, 1, 0, 0, 0)


def package(template: Path, s3: "S3Client", bucket: str) -> str:
    """Upload folders as zip files, and files as they are; return the address of the packaged template.

    Paths are relative to the template. Each is uploaded once, under the hash of its content.
    """
    read: dict[str, Any] = yaml_parse(template.read_text(encoding="utf-8"))
    addresses: dict[Path, str] = {}
    for resource in read["Resources"].values():
        properties = resource.get("Properties", {})
        for name in LOCAL_PATHS:
            if isinstance(uri := properties.get(name), str) and not uri.startswith("s3://"):
                path = (template.parent / uri).resolve()
                if path not in addresses:
                    addresses[path] = f"s3://{bucket}/{_upload(path, s3, bucket)}"
                properties[name] = addresses[path]
    body = json.dumps(read, default=str).encode()  # a date is the only thing in it that JSON does not know
    key = _put(body, ".template", s3, bucket)
    return f"{s3.meta.endpoint_url}/{bucket}/{key}"


def _upload(path: Path, s3: "S3Client", bucket: str) -> str:
    if path.is_file():
        return _put(path.read_bytes(), path.suffix, s3, bucket)
    with tempfile.TemporaryFile() as packed:
        _zip(path, packed)
        packed.seek(0)
        key = f"{hashlib.file_digest(packed, 'sha256').hexdigest()}.zip"
        packed.seek(0)
        s3.upload_fileobj(packed, bucket, key)
    return key


def _put(body: bytes, suffix: str, s3: "S3Client", bucket: str) -> str:
    key = hashlib.sha256(body).hexdigest() + suffix
    s3.put_object(Bucket=bucket, Key=key, Body=body)
    return key


def _zip(folder: Path, packed: BinaryIO) -> None:
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and "__pycache__" not in file.parts:
                entry = zipfile.ZipInfo(str(file.relative_to(folder)), _TIME)
                entry.external_attr = (0o755 if file.stat().st_mode & 0o100 else 0o644) << 16
                archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
