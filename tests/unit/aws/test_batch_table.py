"""The table of batches, and the memory that stands for it elsewhere."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aws.batches import BatchTable, row_item
from tests.support.builders import NOW, a_batch
from tests.support.memory import MemoryBatches
from tests.unit.conftest import _table
from videos.batches.batch import BatchNotFoundError, BatchStore
from videos.model.batch import BatchEnd, Layout, Refusal, RowOutcome
from videos.model.media import InboxFile
from videos.model.ports import BadCursorError
from videos.model.records import Status

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

    from tests.unit.conftest import Clients

FILE = InboxFile(bucket="inbox", key="inbox/spring/batch.csv", version_id="v1")
EXPIRES = NOW + timedelta(days=30)
BATCH = a_batch(owner="ann")


@pytest.fixture
def table(cloud: "Clients") -> "Table":
    return _table(cloud, "BatchesTable")


@pytest.fixture(params=["table", "memory"])
def store(request: pytest.FixtureRequest, table: "Table") -> BatchStore:
    return BatchTable(table) if request.param == "table" else MemoryBatches()


def test_a_batch_is_made_once(store: BatchStore) -> None:
    assert store.create(BATCH)
    assert not store.create(BATCH.model_copy(update={"owner": "bob"}))
    assert store.batch("bat-1") == BATCH


def test_what_becomes_of_a_batch(store: BatchStore) -> None:
    store.create(BATCH)
    ended = BatchEnd(at=NOW, message="Done.", counts={Status.READY: 2}, rejected=1, results=FILE)
    for part in (Layout(rows=3, delimiter=";"), Refusal(row=1, reason="No."), ended):
        store.add_to_batch("bat-1", part)
    batch = store.batch("bat-1")
    assert (batch.layout, batch.refused, batch.ended) == (
        Layout(rows=3, delimiter=";"),
        Refusal(row=1, reason="No."),
        ended,
    )


def test_there_is_no_other_batch(store: BatchStore) -> None:
    with pytest.raises(BatchNotFoundError):
        store.batch("bat-2")
    with pytest.raises(BatchNotFoundError):
        store.batch("ü" * 1025)
    with pytest.raises(BatchNotFoundError):
        store.add_to_batch("bat-2", Layout(rows=1))


def test_a_row_is_completed_once_and_rows_come_in_their_order(store: BatchStore) -> None:
    store.create(BATCH)
    outcomes = [
        RowOutcome(row=row, status=Status.READY, video_id=f"vid-{row}") for row in (100_000, 9, 10, 2)
    ]
    for outcome in outcomes:
        assert store.complete("bat-1", outcome, expires_at=EXPIRES) is None
    store.complete("bat-1", RowOutcome(row=9, status="rejected"), expires_at=EXPIRES)
    store.complete("bat-1", RowOutcome(row=11, status="rejected"), expires_at=EXPIRES)
    assert [outcome.row for outcome in store.outcomes("bat-1")] == [2, 9, 10, 11, 100_000]
    assert store.counts("bat-1") == {Status.READY: 4, "rejected": 1}


def test_whoever_waits_for_a_row_is_known_when_it_ends_and_afterwards(table: "Table") -> None:
    store = BatchTable(table)
    store.create(BATCH)
    outcome = RowOutcome(row=2, status=Status.READY)
    _leave_token(table, 2)
    assert [store.complete("bat-1", outcome, expires_at=EXPIRES) for _ in range(2)] == ["a token"] * 2
    with pytest.raises(table.meta.client.exceptions.ConditionalCheckFailedException):
        _leave_token(table, 2)  # nobody waits for what has ended


def test_rows_that_still_go_on_have_no_outcome(table: "Table") -> None:
    store = BatchTable(table)
    _leave_token(table, 2)
    assert list(store.outcomes("bat-1")) == []


@pytest.mark.thorough
def test_many_rows_come_page_by_page(table: "Table") -> None:
    store, rows = BatchTable(table), 300
    for row in range(rows):
        store.complete("bat-1", RowOutcome(row=row, status="rejected", reason="x" * 8000), expires_at=EXPIRES)
    assert [outcome.row for outcome in store.outcomes("bat-1")] == list(range(rows))


def test_all_of_a_batch_is_forgotten_in_time(table: "Table") -> None:
    store = BatchTable(table)
    store.create(BATCH)
    store.complete("bat-1", RowOutcome(row=2, status="rejected"), expires_at=EXPIRES)
    items = table.scan()["Items"]
    assert {str(item["item"]) for item in items} == {"batch", "counts", "row#0000002"}
    assert {int(str(item["ttl"])) for item in items} == {int(EXPIRES.timestamp())}


def _leave_token(table: "Table", row: int) -> None:
    """As infra/batch.asl.json does (`tests/template/test_batch_workflow.py` compares the two)."""
    table.update_item(
        Key={"batch_id": "bat-1", "item": row_item(row)},
        UpdateExpression="SET task_token = :token",
        ConditionExpression="attribute_not_exists(outcome)",
        ExpressionAttributeValues={":token": "a token"},
    )


def _made(store: BatchStore, *names: str, owner: str = "ann") -> None:
    """Accept batches one a minute, in this order."""
    for number, name in enumerate(names):
        at = NOW + timedelta(minutes=number)
        store.create(a_batch(batch_id=f"bat-{name}", owner=owner, created_at=at))


def _listed(store: BatchStore, limit: int, status: Status | None = None) -> list[list[str]]:
    """Return the names on each page of Ann's list."""
    pages: list[list[str]] = []
    cursor: str | None = None
    while cursor is not None or not pages:
        page = store.of_owner("ann", status=status, limit=limit, after=cursor)
        pages.append([batch.batch_id.removeprefix("bat-") for batch in page.batches])
        cursor = page.cursor
    return pages


@pytest.mark.parametrize(
    ("limit", "pages"), [(2, [["e", "d"], ["c", "b"], ["a"]]), (5, [["e", "d", "c", "b", "a"]])]
)
def test_an_owners_batches_are_listed_newest_first_page_by_page(
    store: BatchStore, limit: int, pages: list[list[str]]
) -> None:
    _made(store, *"abcde")
    _made(store, "bobs", owner="bob")
    assert _listed(store, limit) == pages


def test_a_list_may_be_of_one_status(store: BatchStore) -> None:
    _made(store, *"abcde")
    ended = BatchEnd(at=NOW, message="Done.", counts={Status.READY: 2}, results=FILE)
    for name in "ace":
        store.add_to_batch(f"bat-{name}", ended)
    store.add_to_batch("bat-b", Layout(rows=2))
    assert _listed(store, 2, Status.READY) == [["e", "c"], ["a"]]
    assert _listed(store, 2, Status.WORKING) == [["b"]]
    assert _listed(store, 2, Status.QUEUED) == [["d"]]
    assert _listed(store, 2, Status.FAILED) == [[]]


def test_a_cursor_of_no_list_is_refused(store: BatchStore) -> None:
    with pytest.raises(BadCursorError):
        store.of_owner("ann", status=None, limit=2, after="x")


def test_rows_are_not_in_the_index_of_owners(table: "Table") -> None:
    store = BatchTable(table)
    store.create(BATCH)
    store.complete("bat-1", RowOutcome(row=2, status=Status.READY), expires_at=EXPIRES)
    assert table.scan(IndexName="by-owner")["Count"] == 1
