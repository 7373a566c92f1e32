"""How many requests of one owner may wait at once, as leases in a DynamoDB table.

A waiting request occupies an instance of the API. Without a limit, one owner could occupy all of them.
"""

import contextlib
import hashlib
import time
import uuid
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

LEASES_PER_OWNER = 3
LEASE_SECONDS = 30  # longer than API Gateway waits for an answer: a killed function keeps no lease


class WaitLeases:
    """Implements `handlers.http.following.Leases`. `now` is in seconds since 1970."""

    def __init__(self, table: "Table", now: Callable[[], float] = time.time) -> None:
        self._table = table
        self._now = now

    @contextlib.contextmanager
    def lease(self, owner: str) -> Iterator[bool]:
        """Hold a lease of the owner within the block; False when all are taken."""
        holder = uuid.uuid4().hex
        name = hashlib.sha256(owner.encode()).hexdigest()
        taken = next(
            (key for n in range(LEASES_PER_OWNER) if self._take(key := f"wait#{name}#{n}", holder)), None
        )
        try:
            yield taken is not None
        finally:
            if taken is not None:
                self._release(taken, holder)

    def _take(self, key: str, holder: str) -> bool:
        now = int(self._now())
        try:
            self._table.put_item(
                Item={"id": key, "holder": holder, "expiration": now + LEASE_SECONDS},
                ConditionExpression="attribute_not_exists(id) OR expiration < :now OR holder = :holder",
                ExpressionAttributeValues={":now": now, ":holder": holder},
            )
        except self._table.meta.client.exceptions.ConditionalCheckFailedException:
            return False
        return True

    def _release(self, key: str, holder: str) -> None:
        # Another holder is there if the lease expired.
        with contextlib.suppress(self._table.meta.client.exceptions.ConditionalCheckFailedException):
            self._table.delete_item(
                Key={"id": key},
                ConditionExpression="holder = :holder",
                ExpressionAttributeValues={":holder": holder},
            )
