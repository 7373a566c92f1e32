"""API keys: known only by their hashes, each with its owner."""

import hashlib
import re
import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

PREFIX = "nvp_"
_OWNER = re.compile(r"[A-Za-z0-9._-]{1,64}")


class ApiKeys:
    """The table of keys: partition key `key_hash`."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def make(self, owner: str) -> str:
        """A new key for the owner. It is returned here and kept nowhere.

        Raises:
            ValueError: The owner's name holds more than letters, digits, ".", "_" and "-".
        """
        if not _OWNER.fullmatch(owner):
            raise ValueError(f"“{owner}” cannot be an owner: use letters, digits, “.”, “_” and “-”.")
        key = PREFIX + secrets.token_urlsafe(32)
        self._table.put_item(
            Item={"key_hash": _hash(key), "owner": owner, "created_at": datetime.now(UTC).isoformat()},
            ConditionExpression="attribute_not_exists(key_hash)",
        )
        return key

    def owner_of(self, key: str) -> str | None:
        """Whose key it is; None when it is nobody's."""
        item = self._table.get_item(Key={"key_hash": _hash(key)}).get("Item")
        return str(item["owner"]) if item else None


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
