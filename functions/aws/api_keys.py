"""API keys and webhook secrets. Only hashes of keys are stored, each with its owner."""

import base64
import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

PREFIX = "nvp_"
SESSION_PREFIX = "nvs_"
"""Of the key of somebody who has signed in with a mailed link (`aws.sign_in`)."""
SCOPES = ("read", "write")


@dataclass(frozen=True)
class KeyHolder:
    """The owner and the scopes of a key."""

    owner: str
    scopes: tuple[str, ...]


_OWNER = re.compile(r"[A-Za-z0-9._-]{1,64}")


class ApiKeys:
    """The table of keys: partition key `key_hash`."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def make(self, owner: str, scopes: Sequence[str] = SCOPES) -> str:
        """Return a new key for the owner. Only its hash is stored.

        Raises:
            ValueError: The owner's name has other characters than letters, digits, ".", "_" and "-".
        """
        checked_owner(owner)
        key = PREFIX + secrets.token_urlsafe(32)
        self._table.put_item(
            Item={
                "key_hash": _hash(key),
                "owner": owner,
                "scopes": " ".join(scopes),
                "created_at": datetime.now(UTC).isoformat(),
            },
            ConditionExpression="attribute_not_exists(key_hash)",
        )
        return key

    def revoke(self, key: str) -> bool:
        """Delete a key. Return False if it did not exist."""
        gone = self._table.delete_item(Key={"key_hash": _hash(key)}, ReturnValues="ALL_OLD")
        return "Attributes" in gone

    def holder_of(self, key: str) -> KeyHolder | None:
        """Return the owner and scopes of a key, or None if it does not exist.

        The look-up uses the key's hash, so its duration reveals nothing about any key.
        """
        item = self._table.get_item(Key={"key_hash": _hash(key)}).get("Item")
        if item is None or not hmac.compare_digest(str(item["key_hash"]), _hash(key)):
            return None
        return KeyHolder(owner=str(item["owner"]), scopes=tuple(str(item["scopes"]).split()))

    def webhook_secret(self, owner: str) -> str:
        """Return the secret that signs the owner's webhooks. It is created when first needed."""
        key = {"key_hash": f"webhook-secret:{owner}"}
        fresh = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        kept = self._table.update_item(
            Key=key,
            UpdateExpression="SET secret = if_not_exists(secret, :fresh)",
            ExpressionAttributeValues={":fresh": fresh},
            ReturnValues="ALL_NEW",
        )
        return str(kept["Attributes"]["secret"])


def checked_owner(owner: str) -> str:
    """Return the name of an owner.

    Raises:
        ValueError: The owner's name has other characters than letters, digits, ".", "_" and "-".
    """
    if not _OWNER.fullmatch(owner):
        raise ValueError(f"“{owner}” cannot be an owner: use letters, digits, “.”, “_” and “-”.")
    return owner


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
