"""Signing in to the home page with a mailed link.

Operators name the addresses, in the table of keys:
"sign-in:<address>"         a `SignInAddress`

The rest is in the table that forgets. Of a link and of a session only a hash is stored:
"sign-in-calls#<who>#<n>"   {calls}: how often a link was asked for in a window of time
"sign-in-link#<hash>"       {address, owner}: a link that was mailed and not yet used
"session#<hash>"            {address, owner}: somebody who is signed in
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from aws.api_keys import SCOPES, SESSION_PREFIX, KeyHolder, checked_owner
from videos.events.sign_in import LINK_SECONDS, SESSION_SECONDS, WINDOW_SECONDS
from videos.model.clock import Clock, utc_now

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")


class SignInAddress(BaseModel):
    """An e-mail address, as the operator wrote it, the owner whom it signs in, and the scopes."""

    email: str
    owner: str
    scopes: tuple[str, ...]


class SignInSession(BaseModel):
    """Somebody who has signed in. `key` is a secret that the API accepts until `expires_at`."""

    key: str
    owner: str
    expires_at: datetime


class AddressTakenError(Exception):
    """The address signs in another owner. The message is that owner."""


class SignInAddresses:
    """The records of the table of keys that say whom an address signs in: one owner, never two."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def add(self, address: str, email: str, owner: str, scopes: Sequence[str] = SCOPES) -> None:
        """Let an address sign in as an owner. `address` is `email` as `plain_address` returns it.

        Raises:
            AddressTakenError: The address signs in another owner.
            ValueError: The name of the owner is invalid.
        """
        item = {"email": email, "owner": checked_owner(owner), "scopes": " ".join(scopes)}
        try:
            self._table.put_item(
                Item={**_address_key(address), **item},
                ConditionExpression="attribute_not_exists(key_hash) OR #owner = :owner",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues={":owner": owner},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException as error:
            known = self.of(address)
            raise AddressTakenError(known.owner if known else "") from error

    def remove(self, address: str) -> bool:
        """Let an address sign in no longer, and end its sessions. Return False if it could not."""
        return "Attributes" in self._table.delete_item(Key=_address_key(address), ReturnValues="ALL_OLD")

    def of(self, address: str) -> SignInAddress | None:
        """Return whom an address signs in, or None."""
        item = self._table.get_item(Key=_address_key(address), ConsistentRead=True).get("Item")
        if item is None:
            return None
        scopes = tuple(str(item["scopes"]).split())
        return SignInAddress(email=str(item["email"]), owner=str(item["owner"]), scopes=scopes)


class SignIns:
    """Links and sessions, in the table that forgets: partition key `id`."""

    def __init__(self, table: "Table", clock: Clock = utc_now) -> None:
        self._table = table
        self._clock = clock

    def count(self, who: str, *, most: int) -> bool:
        """Count a request. Return False if there were as many in this window."""
        now = int(self._clock().timestamp())
        window = now // WINDOW_SECONDS
        name = hashlib.sha256(who.encode()).hexdigest()
        counted = self._table.update_item(
            Key={"id": f"sign-in-calls#{name}#{window}"},
            UpdateExpression="SET expiration = :end ADD #calls :one",
            ExpressionAttributeNames={"#calls": "calls"},
            ExpressionAttributeValues={":end": (window + 1) * WINDOW_SECONDS, ":one": 1},
            ReturnValues="UPDATED_NEW",
        )
        return int(str(counted["Attributes"]["calls"])) <= most

    def make_link(self, address: str, owner: str) -> str:
        """Return the token of a new link, which signs an address in once."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        self._keep(f"sign-in-link#{_hash(token)}", address, owner, LINK_SECONDS)
        return token

    def use_link(self, token: str) -> SignInSession | None:
        """Use a link up, and return a new session. None if it is not ours, was used, or has expired."""
        if not _TOKEN.fullmatch(token):
            return None
        link = self._table.delete_item(Key={"id": f"sign-in-link#{_hash(token)}"}, ReturnValues="ALL_OLD")
        item: dict[str, Any] | None = link.get("Attributes")
        if item is None or not self._is_alive(item):
            return None
        key, owner = SESSION_PREFIX + secrets.token_urlsafe(TOKEN_BYTES), str(item["owner"])
        expires_at = self._keep(f"session#{_hash(key)}", str(item["address"]), owner, SESSION_SECONDS)
        return SignInSession(key=key, owner=owner, expires_at=expires_at)

    def end_session(self, key: str) -> None:
        """End a session, if there is one."""
        self._table.delete_item(Key={"id": f"session#{_hash(key)}"})

    def holder_of(self, key: str, addresses: SignInAddresses) -> KeyHolder | None:
        """Return the owner and scopes of a session. None if it has ended, or its address was removed."""
        # A consistent read: API Gateway remembers for minutes that a key is unknown.
        found = self._table.get_item(Key={"id": f"session#{_hash(key)}"}, ConsistentRead=True)
        item = found.get("Item")
        if item is None or not self._is_alive(item):
            return None
        address = addresses.of(str(item["address"]))
        if address is None or address.owner != item["owner"]:
            return None
        return KeyHolder(owner=address.owner, scopes=address.scopes)

    def _keep(self, key: str, address: str, owner: str, seconds: int) -> datetime:
        expires_at = datetime.fromtimestamp(int(self._clock().timestamp()), UTC) + timedelta(seconds=seconds)
        end = int(expires_at.timestamp())
        self._table.put_item(
            Item={"id": key, "address": address, "owner": owner, "expiration": end},
            ConditionExpression="attribute_not_exists(id)",
        )
        return expires_at

    def _is_alive(self, item: dict[str, Any]) -> bool:
        # DynamoDB deletes what has expired, but only hours later.
        return int(str(item["expiration"])) > self._clock().timestamp()


def _address_key(address: str) -> dict[str, str]:
    return {"key_hash": f"sign-in:{address}"}


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
