"""Writes that meet another writer's transaction. DynamoDB refuses them, and the SDK does not retry that."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

T = TypeVar("T")

CONDITION_FAILED = "ConditionalCheckFailed"
# Refusals that say nothing about the conditions: errors, and reasons of a cancelled transaction.
_REFUSED = {"TransactionConflictException", "TransactionInProgressException"}
_REASONS = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}
_OVERLOAD = {
    "ExecutionLimitExceeded",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}
# A conflict lasts as long as the other transaction: milliseconds. The API has 29 s for its whole answer.
_ATTEMPTS, _SECONDS = 10, 8.0


def uncontended(write: Callable[[], T]) -> T:
    """Carry out a write, again with growing waits while it meets another's transaction.

    Raises:
        ClientError: Anything else was wrong, or the conflict outlasted the attempts.
    """
    try:
        return write()
    except ClientError as error:
        if not is_contention(error):
            raise
    import stamina  # noqa: PLC0415 - 60 ms of each cold start, for what hardly ever happens

    for attempt in stamina.retry_context(
        on=is_contention,
        attempts=_ATTEMPTS,
        timeout=_SECONDS,
        wait_initial=0.05,
        wait_max=1.0,
        wait_jitter=0.2,
    ):
        with attempt:
            return write()
    raise AssertionError("unreachable")


def transact(table: "Table", writes: Sequence[dict[str, Any]]) -> list[bool]:
    """Make all writes or none. `writes` are items of TransactWriteItems without the name of the table.

    Returns:
        Nothing when they were made, else for each write whether its condition failed.

    Raises:
        ClientError: As `uncontended`.
    """
    named: list[Any] = [
        {kind: {"TableName": table.name, **write} for kind, write in item.items()} for item in writes
    ]
    client = table.meta.client
    try:
        uncontended(lambda: client.transact_write_items(TransactItems=named))
    except client.exceptions.TransactionCanceledException as error:
        failed = [code == CONDITION_FAILED for code in _codes(error)]
        if any(failed):
            return failed
        raise
    return []


def is_contention(error: Exception) -> bool:
    """Return whether the write may succeed as it is, once another transaction is over.

    A condition that failed is final, whatever else the transaction met.
    """
    if not isinstance(error, ClientError):
        return False
    code, codes = error.response["Error"].get("Code"), _codes(error)
    if code == "TransactionCanceledException":
        return CONDITION_FAILED not in codes and bool(_REASONS & set(codes))
    return code in _REFUSED


def is_overload(error: Exception) -> bool:
    """Return whether AWS has no room for the call at this moment, or another transaction was in its way."""
    if is_contention(error):
        return True
    return isinstance(error, ClientError) and error.response["Error"].get("Code") in _OVERLOAD


def _codes(error: ClientError) -> list[str]:
    reasons = error.response.get("CancellationReasons", [])
    return [str(reason.get("Code")) for reason in reasons]
