"""The commands behind `make owner-bucket` and `make owner-bucket-remove`."""

from typing import TYPE_CHECKING

import pytest

from aws.owner_buckets import Destination, Destinations
from infra import owner_buckets

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

HERE = ("--bucket", "acme-videos", "--account", "111122223333")


@pytest.fixture
def destinations(keys_table: "Table", monkeypatch: pytest.MonkeyPatch) -> Destinations:
    monkeypatch.setattr(owner_buckets, "keys_table", lambda _: keys_table)
    return Destinations(keys_table)


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["infra.owner_buckets", *arguments])
    return owner_buckets.main()


def test_an_owner_has_the_bucket_that_was_named_last(
    destinations: Destinations, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, "set", "--owner", "shop", *HERE, "--prefix", "old/") == 0
    assert "acme-videos/old/*, if OwnerBuckets" in capsys.readouterr().err
    assert _run(monkeypatch, "set", "--owner", "shop", *HERE) == 0
    assert destinations.of("shop") == Destination(bucket="acme-videos", account="111122223333")
    assert destinations.of("other") is None


def test_a_bucket_is_removed_once(
    destinations: Destinations, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    destinations.set("shop", Destination(bucket="acme-videos", account="111122223333"))
    assert [_run(monkeypatch, "remove", "--owner", "shop") for _ in range(2)] == [0, 1]
    assert destinations.of("shop") is None
    assert "The videos of shop are not copied to any bucket." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--bucket", "acme-videos/finished", "--account", "111122223333"), "BUCKET must be"),
        (("--bucket", "acme-videos", "--account", "acme"), "ACCOUNT must be"),
        ((*HERE, "--prefix", "/finished/"), "PREFIX must be"),
        ((*HERE, "--prefix", "finished"), "PREFIX must be"),
        (("--bucket", " ", "--account", "111122223333"), "BUCKET is required"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    destinations: Destinations,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: tuple[str, ...],
    said: str,
) -> None:
    assert _run(monkeypatch, "set", "--owner", "shop", *given) == 1
    assert said in capsys.readouterr().err
    assert destinations.of("shop") is None
