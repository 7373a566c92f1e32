import io
import json
import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from infra.packaging import package

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

BUCKET = "code"
TEMPLATE = """
Resources:
  One: { Type: AWS::Serverless::Function, Properties: { CodeUri: src/, Handler: !Sub "a.${b}" } }
  Two: { Type: AWS::Serverless::Function, Properties: { CodeUri: src, Handler: b } }
  Layer: { Type: AWS::Serverless::LayerVersion, Properties: { ContentUri: layer } }
  Flow: { Type: AWS::Serverless::StateMachine, Properties: { DefinitionUri: flow.asl.json } }
  Done: { Type: AWS::Serverless::Function, Properties: { CodeUri: s3://elsewhere/key } }
  Plain: { Type: AWS::SQS::Queue }
"""


@pytest.fixture
def s3() -> Iterator["S3Client"]:
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield client


@pytest.fixture
def template(tmp_path: Path) -> Path:
    for name, text in {
        "src/a.py": "a = 1",
        "src/deep/run.sh": "#!/bin/sh",
        "layer/b.py": "",
        "flow.asl.json": "{}",
    }.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    (tmp_path / "src/deep/run.sh").chmod(0o755)
    (tmp_path / "src/__pycache__").mkdir()
    (tmp_path / "src/__pycache__/a.pyc").write_bytes(b"")
    path = tmp_path / "template.yaml"
    path.write_text(TEMPLATE)
    return path


def _packaged(template: Path, s3: "S3Client") -> dict[str, Any]:
    key = package(template, s3, BUCKET).rsplit("/", 1)[-1]
    read: dict[str, Any] = json.loads(s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
    return {name: item.get("Properties", {}) for name, item in read["Resources"].items()}


def _body(s3: "S3Client", address: str) -> bytes:
    return s3.get_object(Bucket=BUCKET, Key=address.removeprefix(f"s3://{BUCKET}/"))["Body"].read()


def test_what_the_template_names_is_in_the_bucket(template: Path, s3: "S3Client") -> None:
    packaged = _packaged(template, s3)
    assert packaged["One"]["CodeUri"] == packaged["Two"]["CodeUri"] != packaged["Layer"]["ContentUri"]
    assert packaged["One"]["Handler"] == {"Fn::Sub": "a.${b}"}
    assert packaged["Done"]["CodeUri"] == "s3://elsewhere/key"
    assert _body(s3, packaged["Flow"]["DefinitionUri"]) == b"{}"
    archive = zipfile.ZipFile(io.BytesIO(_body(s3, packaged["One"]["CodeUri"])))
    assert archive.namelist() == ["a.py", "deep/run.sh"]
    assert archive.read("a.py") == b"a = 1"
    modes = [stat.S_IMODE(entry.external_attr >> 16) for entry in archive.infolist()]
    assert modes == [0o644, 0o755]


def test_the_same_source_has_the_same_address_and_another_source_another(
    template: Path, s3: "S3Client"
) -> None:
    first = package(template, s3, BUCKET)
    os.utime(template.parent / "src/a.py", (0, 0))
    assert package(template, s3, BUCKET) == first
    (template.parent / "src/a.py").write_text("a = 2")
    assert package(template, s3, BUCKET) != first
