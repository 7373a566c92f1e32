"""What a ledger of budgets promises, asked of the table and of the fake that other tests use in its place."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from aws.ledger import BudgetTable
from aws.table import VideoTable
from tests.support.builders import NOW, READY, REF, a_version, a_video
from tests.support.memory import MemoryLedger, MemoryStore
from videos.model.ports import VideoLibrary
from videos.model.version import Charge, Reservation
from videos.spending.budgets import Account, Budget, Ledger, LedgerOutcome, Period

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

DAY = Budget(None, Period.DAY, date(2026, 5, 4), 250, "CreditsPerDay")
MONTH = Budget("ann#1 ü", Period.MONTH, date(2026, 5, 1), 120.5, "OwnerCreditsPerMonth")
RESERVATION = Reservation(at=NOW, credits=100.5, budgets=(DAY.key, MONTH.key))
NEW, HELD = Account(), Account(held=100.5, balance=999.75)
CHARGE = Charge(at=NOW, credits=60.25)


@pytest.fixture(params=["table", "memory"])
def world(request: pytest.FixtureRequest) -> tuple[VideoLibrary, Ledger]:
    """A store that knows a video, and the ledger beside it."""
    store: VideoLibrary
    ledger: Ledger
    if request.param == "memory":
        store = memory = MemoryStore()
        ledger = MemoryLedger(memory)
    else:
        table: Table = request.getfixturevalue("videos_table")
        store, ledger = VideoTable(table), BudgetTable(table)
    store.create(a_video(), a_version())
    return store, ledger


World = tuple[VideoLibrary, Ledger]


def _committed(ledger: Ledger) -> tuple[float, float]:
    return ledger.committed(DAY), ledger.committed(MONTH)


def test_credits_are_set_aside_in_all_budgets_and_charged_once(world: World) -> None:
    store, ledger = world
    assert (_committed(ledger), ledger.account(NOW)) == ((0, 0), NEW)
    assert ledger.reserve(REF, RESERVATION, (DAY, MONTH), NEW, HELD) == (LedgerOutcome.DONE, ())
    assert (_committed(ledger), ledger.account(NOW)) == ((100.5, 100.5), HELD)
    assert store.version(REF).reservation == RESERVATION
    done = Account(held=0, balance=939.5)
    assert ledger.charge(REF, RESERVATION, CHARGE, HELD, done) is LedgerOutcome.DONE
    assert ledger.charge(REF, RESERVATION, CHARGE, done, done) is LedgerOutcome.CONTENTION
    assert (_committed(ledger), ledger.account(NOW)) == ((60.25, 60.25), done)
    assert store.version(REF).charge == CHARGE


def test_a_version_reserves_once_and_not_after_its_end(world: World) -> None:
    store, ledger = world
    ledger.reserve(REF, RESERVATION, (DAY,), NEW, HELD)
    assert ledger.reserve(REF, RESERVATION, (DAY,), HELD, HELD)[0] is LedgerOutcome.CONTENTION
    store.end(REF, READY)
    assert ledger.reserve(REF, RESERVATION, (DAY,), HELD, HELD)[0] is LedgerOutcome.CONTENTION
    assert _committed(ledger)[0] == 100.5


def test_where_one_has_no_room_none_is_used_and_it_is_named(world: World) -> None:
    store, ledger = world
    ledger.reserve(REF, RESERVATION, (DAY, MONTH), NEW, HELD)
    other = a_video().model_copy(update={"video_id": "vid-other"})
    store.create(other, a_version(video_id="vid-other"))
    assert ledger.reserve(other.ref, RESERVATION, (DAY, MONTH), HELD, HELD) == (
        LedgerOutcome.USED_UP,
        (MONTH,),
    )
    assert _committed(ledger) == (100.5, 100.5)
    assert store.version(other.ref).reservation is None


@pytest.mark.parametrize("before", [Account(held=1), Account(balance=1), Account(held=1, balance=1)])
def test_whoever_read_the_account_before_it_changed_reads_again(world: World, before: Account) -> None:
    store, ledger = world
    assert ledger.reserve(REF, RESERVATION, (DAY,), before, HELD)[0] is LedgerOutcome.CONTENTION
    ledger.reserve(REF, RESERVATION, (DAY,), NEW, HELD)
    assert ledger.charge(REF, RESERVATION, CHARGE, before, NEW) is LedgerOutcome.CONTENTION
    assert ledger.charge(REF, RESERVATION, CHARGE, Account(held=100.5), NEW) is LedgerOutcome.CONTENTION
    assert (_committed(ledger)[0], store.version(REF).charge) == (100.5, None)


def test_a_balance_may_be_unknown_again(world: World) -> None:
    _, ledger = world
    unknown = Account(held=100.5)
    assert ledger.reserve(REF, RESERVATION, (DAY,), NEW, unknown)[0] is LedgerOutcome.DONE
    assert ledger.charge(REF, RESERVATION, CHARGE, unknown, NEW) is LedgerOutcome.DONE
    assert ledger.account(NOW) == NEW


def test_a_month_has_an_account_of_its_own(world: World) -> None:
    _, ledger = world
    ledger.reserve(REF, RESERVATION, (DAY,), NEW, HELD)
    assert ledger.account(NOW + timedelta(days=31)) == NEW


def test_what_is_counted_is_nobodys_video_and_is_forgotten_in_time(videos_table: "Table") -> None:
    store, ledger = VideoTable(videos_table), BudgetTable(videos_table)
    store.create(a_video(), a_version())
    ledger.reserve(REF, RESERVATION, (DAY, MONTH), NEW, HELD)
    assert videos_table.scan(IndexName="by-owner")["Count"] == 1
    kept = [
        item["ttl"] for item in videos_table.scan()["Items"] if str(item["video_id"]).startswith("budget#")
    ]
    assert len(kept) == 3
    assert min(int(str(ttl)) for ttl in kept) > (NOW + timedelta(days=60)).timestamp()
