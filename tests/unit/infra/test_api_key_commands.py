"""The commands behind `make api-key` and `make api-key-revoke`."""

from typing import TYPE_CHECKING

import pytest

from aws.api_keys import ApiKeys, KeyHolder
from infra import api_keys

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table


@pytest.fixture
def keys(keys_table: "Table", monkeypatch: pytest.MonkeyPatch) -> ApiKeys:
    monkeypatch.setattr(api_keys, "keys_table", lambda _: keys_table)
    return ApiKeys(keys_table)


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["infra.api_keys", *arguments])
    return api_keys.main()


@pytest.mark.parametrize(
    ("given", "scopes"), [((), ("read", "write")), (("--scopes", "read"), ("read",))], ids=["all", "read"]
)
def test_a_key_is_shown_alone_and_the_secret_of_callbacks_beside_it(
    keys: ApiKeys,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: tuple[str, ...],
    scopes: tuple[str, ...],
) -> None:
    assert _run(monkeypatch, "make", "--owner", "ann", *given) == 0
    shown = capsys.readouterr()
    assert keys.holder_of(shown.out.strip()) == KeyHolder("ann", scopes)
    assert keys.webhook_secret("ann") in shown.err


def test_a_key_is_revoked_once(
    keys: ApiKeys, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    key = keys.make("ann")
    assert [_run(monkeypatch, "revoke", key) for _ in range(2)] == [0, 1]
    assert keys.holder_of(key) is None
    assert key not in "".join(capsys.readouterr())
