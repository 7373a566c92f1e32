"""Retries of DynamoDB writes that conflict with a transaction, which the SDK does not retry."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

T = TypeVar("T")

CONDITION_FAILED = "ConditionalCheckFailed"
# Failures that are independent of conditions: error codes, and reasons of a cancelled transaction.
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
# A conflict lasts as long as the other transaction: milliseconds. An API request may take 29 s in total.
_ATTEMPTS, _SECONDS = 10, 8.0


def uncontended(write: Callable[[], T]) -> T:
    """Perform a write. Retry it with growing waits while it conflicts with a transaction.

    Raises:
        ClientError: Another error, or the conflict remained after all attempts.
    """
    try:
        return write()
    except ClientError as error:
        if not is_contention(error):
            raise
    import stamina  # noqa: PLC0415 - takes 60 ms of a cold start, and is rarely needed

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


def update_if(table: "Table", update: dict[str, Any]) -> bool:
    """Update an item. Return False if the condition failed.

    Raises:
        ClientError: As `uncontended`.
    """
    try:
        uncontended(lambda: table.update_item(**update))
    except table.meta.client.exceptions.ConditionalCheckFailedException:
        return False
    return True


def transact(table: "Table", writes: Sequence[dict[str, Any]]) -> list[bool]:
    """Perform all writes or none. `writes` are items of TransactWriteItems without the table name.

    Returns:
        An empty list on success, or else for each write whether its condition failed.

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
    """Return whether the same write may succeed when another transaction is over.

    A failed condition is final, even if the transaction also had a conflict.
    """
    if not isinstance(error, ClientError):
        return False
    code, codes = error.response["Error"].get("Code"), _codes(error)
    if code == "TransactionCanceledException":
        return CONDITION_FAILED not in codes and bool(_REASONS & set(codes))
    return code in _REFUSED


def is_overload(error: Exception) -> bool:
    """Return whether AWS throttled the call, or it conflicted with a transaction."""
    if is_contention(error):
        return True
    return isinstance(error, ClientError) and error.response["Error"].get("Code") in _OVERLOAD


def _codes(error: ClientError) -> list[str]:
    reasons = error.response.get("CancellationReasons", [])
    return [str(reason.get("Code")) for reason in reasons]
