import stat
import subprocess
from pathlib import Path

import pytest

from infra import api_keys
from infra.local import service
from infra.local.endpoints import Endpoints

ENDPOINTS = Endpoints(
    aws_endpoint_url="http://127.0.0.1:4566",
    region="us-east-1",
    access_key_id="local",
    secret_access_key="secret",
    inbox_bucket="inbox",
    videos_bucket="videos",
    videos_table="videos",
    batches_table="batches",
    api_keys_table="keys",
    generation_queue_url="http://127.0.0.1:4566/queue",
    recover_function="recover",
    sweep_function="sweep",
    topic_arn="arn",
    state_machine_arn="arn",
    api_url="http://127.0.0.1:4566/api",
    api_key="nvp_key",
    nemo_api_url="http://127.0.0.1:8000",
    mailbox_dir=Path("mailbox"),
)


def test_where_the_cloud_is_can_be_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / "endpoints.json"
    for _ in range(2):
        ENDPOINTS.write(path)
    assert Endpoints.model_validate_json(path.read_bytes()) == ENDPOINTS
    assert {item.name for item in tmp_path.iterdir()} == {"endpoints.json", "endpoints.env"}
    Endpoints.remove(path)
    assert list(tmp_path.iterdir()) == []


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    ENDPOINTS.write(tmp_path / "endpoints.json")
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_a_shell_reads_where_the_cloud_is(tmp_path: Path) -> None:
    odd = 'it\'s $HOME `ls` "x"'
    ENDPOINTS.model_copy(update={"secret_access_key": odd}).write(tmp_path / "endpoints.json")
    names = (
        "AWS_ENDPOINT_URL",
        "AWS_SECRET_ACCESS_KEY",
        "INBOX",
        "API",
        "KEY",
        "NEMO_VIDEO_API",
        "NEMO_VIDEO_KEY",
    )
    script = '. "$1"; printf "%s\n" ' + " ".join(f'"${name}"' for name in names)
    said = subprocess.run(
        ["/bin/sh", "-c", script, "sh", tmp_path / "endpoints.env"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    api = [ENDPOINTS.api_url, ENDPOINTS.api_key]
    expected = [ENDPOINTS.aws_endpoint_url, odd, ENDPOINTS.inbox_bucket, *api, *api]
    assert said.splitlines() == expected


def test_the_clients_lead_to_this_cloud_and_nowhere_else() -> None:
    assert ENDPOINTS.access.client("s3").meta.endpoint_url == ENDPOINTS.aws_endpoint_url
    assert ENDPOINTS.access.dynamodb().meta.client.meta.endpoint_url == ENDPOINTS.aws_endpoint_url


def test_a_key_for_a_cloud_that_does_not_run_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(service, "ENDPOINTS", tmp_path / "nowhere.json")
    monkeypatch.setattr("sys.argv", ["infra.api_keys", "make", "--owner", "ann"])
    assert api_keys.main() == 1
    told = capsys.readouterr()
    assert "make up" in told.err
    assert told.out == ""
