"""Budgets in the videos table: the spent and reserved credits of each, and the shared account.

video_id = "budget#<key>", item = "budget"              committed
video_id = "budget#account#<year>-<month>", "account"   held, balance
"""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from aws.contention import is_contention, transact
from aws.table import Item, as_item, version_key
from videos.model.records import VersionRef
from videos.model.version import Charge, Reservation
from videos.spending.budgets import Account, Budget, LedgerOutcome

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

# How long a period is kept after its end. Longer than a version can wait in a queue.
_KEPT = timedelta(days=62)


class BudgetTable:
    """Implements `videos.spending.budgets.Ledger`."""

    def __init__(self, table: "Table") -> None:
        self._table = table

    def account(self, at: datetime) -> Account:
        item = self._get(_account_key(at))
        held, balance = item.get("held", 0), item.get("balance")
        return Account(held=float(held), balance=None if balance is None else float(balance))

    def committed(self, budget: Budget) -> float:
        return float(self._get(_budget_key(budget.key)).get("committed", 0))

    def reserve(
        self,
        ref: VersionRef,
        reservation: Reservation,
        budgets: tuple[Budget, ...],
        before: Account,
        after: Account,
    ) -> tuple[LedgerOutcome, tuple[Budget, ...]]:
        version = {
            "Key": version_key(ref),
            "UpdateExpression": "SET reservation = :reservation",
            "ConditionExpression": "attribute_exists(video_id) AND attribute_not_exists(reservation)"
            " AND attribute_not_exists(ended)",
            "ExpressionAttributeValues": {":reservation": as_item(reservation)},
        }
        price = _number(reservation.credits)
        rooms = [
            {
                "Key": _budget_key(budget.key),
                "UpdateExpression": "SET #ttl = :ttl ADD committed :price",
                "ConditionExpression": "attribute_not_exists(committed) OR committed <= :most",
                "ExpressionAttributeNames": {"#ttl": "ttl"},
                "ExpressionAttributeValues": {
                    ":price": price,
                    ":most": _number(budget.credits) - price,
                    ":ttl": int((budget.renews_at + _KEPT).timestamp()),
                },
            }
            for budget in budgets
        ]
        failed = self._write(version, _account(reservation.at, before, after), *rooms)
        if failed is None:
            return LedgerOutcome.DONE, ()
        used_up = tuple(budget for budget, has_none in zip(budgets, failed[2:], strict=True) if has_none)
        return (LedgerOutcome.USED_UP if used_up and not failed[0] else LedgerOutcome.CONTENTION), used_up

    def charge(
        self, ref: VersionRef, reservation: Reservation, charge: Charge, before: Account, after: Account
    ) -> LedgerOutcome:
        version = {
            "Key": version_key(ref),
            "UpdateExpression": "SET charge = :charge",
            "ConditionExpression": "attribute_exists(reservation) AND attribute_not_exists(charge)",
            "ExpressionAttributeValues": {":charge": as_item(charge)},
        }
        change = _number(charge.credits) - _number(reservation.credits)
        counted = [
            {
                "Key": _budget_key(key),
                "UpdateExpression": "ADD committed :change",
                "ExpressionAttributeValues": {":change": change},
            }
            for key in reservation.budgets
        ]
        failed = self._write(version, _account(reservation.at, before, after), *counted)
        return LedgerOutcome.DONE if failed is None else LedgerOutcome.CONTENTION

    def _get(self, key: Item) -> dict[str, Any]:
        return self._table.get_item(Key=key, ConsistentRead=True).get("Item", {})

    def _write(self, *updates: Item) -> list[bool] | None:
        """Perform all updates or none. Return None on success, or else whether each condition failed."""
        try:
            return transact(self._table, [{"Update": update} for update in updates]) or None
        except ClientError as error:
            if is_contention(error):
                return [False] * len(updates)
            raise


def _account(at: datetime, before: Account, after: Account) -> Item:
    """Return the update of the account, on condition that it is still as in `before`."""
    values: Item = {":after": _number(after.held), ":before": _number(before.held)}
    held = "held = :before" if before.held else "(attribute_not_exists(held) OR held = :before)"
    balance = "attribute_not_exists(balance)"
    if before.balance is not None:
        balance, values[":seen"] = "balance = :seen", _number(before.balance)
    changes = "SET held = :after, #ttl = :ttl"
    if after.balance is None:
        changes += " REMOVE balance"
    else:
        changes, values[":left"] = f"{changes}, balance = :left", _number(after.balance)
    values[":ttl"] = int((at + 2 * _KEPT).timestamp())
    return {
        "Key": _account_key(at),
        "UpdateExpression": changes,
        "ConditionExpression": f"{held} AND {balance}",
        "ExpressionAttributeNames": {"#ttl": "ttl"},
        "ExpressionAttributeValues": values,
    }


def _account_key(at: datetime) -> Item:
    return {"video_id": f"budget#account#{at:%Y-%m}", "item": "account"}


def _budget_key(key: str) -> Item:
    return {"video_id": f"budget#{key}", "item": "budget"}


def _number(value: float) -> Decimal:
    return Decimal(str(value))
