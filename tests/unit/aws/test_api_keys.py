import json
from typing import TYPE_CHECKING

import pytest

from aws.api_keys import ApiKeys

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table


def test_a_key_names_its_owner_and_no_other_key_does(keys_table: "Table") -> None:
    keys = ApiKeys(keys_table)
    ann, bob = keys.make("ann"), keys.make("bob")
    assert (keys.owner_of(ann), keys.owner_of(bob)) == ("ann", "bob")


@pytest.mark.parametrize("wrong", ["", " ", "nvp_", "ü", "nvp_" + "A" * 5000])
def test_what_is_no_key_is_nobodys(keys_table: "Table", wrong: str) -> None:
    keys = ApiKeys(keys_table)
    key = keys.make("ann")
    assert keys.owner_of(wrong) is None
    assert keys.owner_of(key.lower()) is None


def test_the_key_itself_is_kept_nowhere(keys_table: "Table") -> None:
    key = ApiKeys(keys_table).make("ann")
    kept = json.dumps(keys_table.scan()["Items"])
    assert "ann" in kept
    assert key.removeprefix("nvp_") not in kept
