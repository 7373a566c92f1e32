"""A write that meets another's transaction is made again; one whose condition failed is not."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from aws.contention import is_contention
from aws.ledger import BudgetTable
from aws.table import VideoTable
from tests.support.builders import NOW, READY, REF, a_version, a_video
from videos.model.records import Stage
from videos.model.version import Reservation
from videos.spending.budgets import Account, Budget, LedgerOutcome, Period

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

CONFLICT, FAILED, THROTTLED = "TransactionConflict", "ConditionalCheckFailed", "ThrottlingError"


def _cancelled(*codes: str) -> ClientError:
    answer: Any = {
        "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
        "CancellationReasons": [{"Code": code} for code in codes],
    }
    return ClientError(answer, "TransactWriteItems")


def _refused(code: str) -> ClientError:
    return ClientError(
        {"Error": {"Code": code, "Message": "Transaction is ongoing for the item"}}, "UpdateItem"
    )


class Refusals:
    """Stands before a table's calls, and refuses the next ones with these errors."""

    def __init__(self) -> None:
        self.left: list[ClientError] = []
        self.calls = 0

    def __call__(self, *errors: ClientError) -> None:
        self.left, self.calls = list(errors), 0

    def answer(self, **_: object) -> Any:  # noqa: ANN401 - botocore types its hooks as if they answered nothing
        self.calls += 1
        if not self.left:
            return None
        error = self.left.pop(0)
        return type("Answer", (), {"status_code": 400})(), dict(error.response)


@pytest.fixture
def refuse(videos_table: "Table") -> Iterator[Refusals]:
    refusals, events = Refusals(), videos_table.meta.client.meta.events
    names = [f"before-call.dynamodb.{name}" for name in ("TransactWriteItems", "UpdateItem", "DeleteItem")]
    for name in names:
        events.register_first(name, refusals.answer)
    yield refusals
    for name in names:
        events.unregister(name, refusals.answer)


@pytest.fixture
def store(videos_table: "Table") -> VideoTable:
    store = VideoTable(videos_table)
    store.create(a_video(), a_version())
    return store


@pytest.mark.parametrize(
    ("error", "may_pass"),
    [
        (_cancelled("None", CONFLICT), True),
        (_cancelled(THROTTLED, "None"), True),
        (_cancelled(CONFLICT, FAILED), False),
        (_cancelled(FAILED, "None"), False),
        (_cancelled("ValidationError"), False),
        (_refused("TransactionConflictException"), True),
        (_refused("TransactionInProgressException"), True),
        (_refused("ConditionalCheckFailedException"), False),
        (_refused("AccessDeniedException"), False),
        (ValueError(), False),
    ],
)
def test_contention_is_told_from_what_is_final(error: Exception, *, may_pass: bool) -> None:
    assert is_contention(error) is may_pass


@pytest.mark.parametrize(
    "write",
    [
        lambda store: store.end(REF, READY),
        lambda store: store.report(REF.video_id, Stage.INSPECTING, 5, "Looking."),
        lambda store: store.create(
            a_video().model_copy(update={"video_id": "vid-2"}), a_version(video_id="vid-2")
        ),
    ],
    ids=["end", "report", "create"],
)
def test_a_write_is_made_once_the_other_transaction_is_over(
    store: VideoTable, refuse: Refusals, write: Callable[[VideoTable], bool]
) -> None:
    refuse(_cancelled(CONFLICT, "None"), _refused("TransactionConflictException"))
    assert write(store) is True
    assert refuse.left == []


def test_a_condition_that_fails_is_answered_at_once(store: VideoTable, refuse: Refusals) -> None:
    refuse(_cancelled(FAILED, CONFLICT))
    assert store.end(REF, READY) is False
    assert refuse.calls == 1


def test_a_conflict_that_does_not_end_is_no_success(store: VideoTable, refuse: Refusals) -> None:
    refuse(*[_cancelled(CONFLICT, "None")] * 20)
    with pytest.raises(ClientError, match="TransactionCanceledException"):
        store.end(REF, READY)
    refuse(*[_refused("TransactionConflictException")] * 20)
    with pytest.raises(ClientError, match="TransactionConflictException"):
        store.report(REF.video_id, Stage.INSPECTING, 5, "Looking.")


@pytest.mark.usefixtures("store")
def test_the_ledger_takes_a_lasting_conflict_for_a_crowd(videos_table: "Table", refuse: Refusals) -> None:
    ledger = BudgetTable(videos_table)
    day = Budget(None, Period.DAY, NOW.date(), 250, "CreditsPerDay")
    reservation = Reservation(at=NOW, credits=100, budgets=(day.key,))
    refuse(*[_cancelled("None", CONFLICT, "None")] * 20)
    reserved = ledger.reserve(REF, reservation, (day,), Account(), Account(held=100))
    assert reserved == (LedgerOutcome.CONTENTION, ())
    refuse(_cancelled("None", CONFLICT, "None"))
    reserved = ledger.reserve(REF, reservation, (day,), Account(), Account(held=100))
    assert reserved == (LedgerOutcome.DONE, ())
