import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from standardwebhooks import Webhook

from aws.api_keys import ApiKeys, KeyHolder

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

BOTH = ("read", "write")


def test_a_key_names_its_owner_and_no_other_key_does(keys_table: "Table") -> None:
    keys = ApiKeys(keys_table)
    ann, bob = keys.make("ann"), keys.make("bob")
    assert keys.holder_of(ann) == KeyHolder("ann", BOTH)
    assert keys.holder_of(bob) == KeyHolder("bob", BOTH)


@pytest.mark.parametrize("scopes", [("read",), ("write",), BOTH, ()])
def test_a_key_may_do_what_it_was_made_for(keys_table: "Table", scopes: tuple[str, ...]) -> None:
    keys = ApiKeys(keys_table)
    assert keys.holder_of(keys.make("ann", scopes)) == KeyHolder("ann", scopes)


def test_a_revoked_key_is_nobodys_and_the_others_stay(keys_table: "Table") -> None:
    keys = ApiKeys(keys_table)
    first, second = keys.make("ann"), keys.make("ann")
    assert keys.revoke(first)
    assert keys.holder_of(first) is None
    assert keys.holder_of(second) == KeyHolder("ann", BOTH)
    assert not keys.revoke(first)


@pytest.mark.parametrize("wrong", ["", " ", "nvp_", "ü", "nvp_" + "A" * 5000, "webhook-secret:ann"])
def test_what_is_no_key_is_nobodys(keys_table: "Table", wrong: str) -> None:
    keys = ApiKeys(keys_table)
    key = keys.make("ann")
    secret = keys.webhook_secret("ann")
    for no_key in (wrong, key.lower(), secret):
        assert keys.holder_of(no_key) is None
        assert not keys.revoke(no_key)
    assert keys.webhook_secret("ann") == secret


@pytest.mark.parametrize("owner", ["", " ", "a b", "a/b", "ünal", "a" * 65, "webhook-secret:ann", "a\n"])
def test_an_owner_has_a_plain_name(keys_table: "Table", owner: str) -> None:
    with pytest.raises(ValueError, match="cannot be an owner"):
        ApiKeys(keys_table).make(owner)


def test_the_key_itself_is_kept_nowhere(keys_table: "Table") -> None:
    key = ApiKeys(keys_table).make("ann")
    kept = json.dumps(keys_table.scan()["Items"])
    assert "ann" in kept
    assert key.removeprefix("nvp_") not in kept


def test_an_owner_has_one_webhook_secret_for_ever(keys_table: "Table") -> None:
    keys = ApiKeys(keys_table)
    secret = keys.webhook_secret("ann")
    assert {keys.webhook_secret("ann") for _ in range(3)} == {secret}
    assert keys.webhook_secret("bob") != secret
    assert secret.startswith("whsec_")
    body = json.dumps({"type": "video.ended"})
    now = datetime.now(UTC)
    headers = {"webhook-id": "a", "webhook-timestamp": str(int(now.timestamp()))}
    headers["webhook-signature"] = Webhook(secret).sign("a", now, body)
    assert Webhook(secret).verify(body, headers)
