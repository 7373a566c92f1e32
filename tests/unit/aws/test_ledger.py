"""What a ledger of budgets promises, asked of the table and of the fake that other tests use in its place."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from aws.ledger import BudgetTable
from aws.table import VideoTable
from tests.unit.videos.memory import MemoryLedger, MemoryStore
from tests.unit.videos.samples import JOB, NOW, READY, a_turn, a_video
from videos.model.ports import VideoLibrary
from videos.model.version import Reservation, Settlement
from videos.spending.budgets import Account, Budget, Ledger, Outcome, Period

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

DAY = Budget(None, Period.DAY, date(2026, 5, 4), 250, "CreditsPerDay")
MONTH = Budget("ann#1 ü", Period.MONTH, date(2026, 5, 1), 120.5, "OwnerCreditsPerMonth")
RESERVATION = Reservation(at=NOW, credits=100.5, budgets=(DAY.key, MONTH.key))
NEW, HELD = Account(), Account(held=100.5, balance=999.75)
SETTLEMENT = Settlement(at=NOW, credits=60.25)


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
    store.create(a_video(), a_turn())
    return store, ledger


World = tuple[VideoLibrary, Ledger]


def _committed(ledger: Ledger) -> tuple[float, float]:
    return ledger.committed(DAY), ledger.committed(MONTH)


def test_credits_are_set_aside_in_all_budgets_and_settled_once(world: World) -> None:
    store, ledger = world
    assert (_committed(ledger), ledger.account(NOW)) == ((0, 0), NEW)
    assert ledger.reserve(JOB, RESERVATION, (DAY, MONTH), NEW, HELD) == (Outcome.DONE, ())
    assert (_committed(ledger), ledger.account(NOW)) == ((100.5, 100.5), HELD)
    assert store.turn(JOB).reservation == RESERVATION
    done = Account(held=0, balance=939.5)
    assert ledger.settle(JOB, RESERVATION, SETTLEMENT, HELD, done) is Outcome.DONE
    assert ledger.settle(JOB, RESERVATION, SETTLEMENT, done, done) is Outcome.CROWDED
    assert (_committed(ledger), ledger.account(NOW)) == ((60.25, 60.25), done)
    assert store.turn(JOB).settlement == SETTLEMENT


def test_a_turn_reserves_once_and_not_after_its_end(world: World) -> None:
    store, ledger = world
    ledger.reserve(JOB, RESERVATION, (DAY,), NEW, HELD)
    assert ledger.reserve(JOB, RESERVATION, (DAY,), HELD, HELD)[0] is Outcome.CROWDED
    store.end(JOB, READY)
    assert ledger.reserve(JOB, RESERVATION, (DAY,), HELD, HELD)[0] is Outcome.CROWDED
    assert _committed(ledger)[0] == 100.5


def test_where_one_has_no_room_none_is_used_and_it_is_named(world: World) -> None:
    store, ledger = world
    ledger.reserve(JOB, RESERVATION, (DAY, MONTH), NEW, HELD)
    other = a_video().model_copy(update={"video_id": "vid-other"})
    store.create(other, a_turn(video_id="vid-other"))
    assert ledger.reserve(other.job, RESERVATION, (DAY, MONTH), HELD, HELD) == (Outcome.USED_UP, (MONTH,))
    assert _committed(ledger) == (100.5, 100.5)
    assert store.turn(other.job).reservation is None


@pytest.mark.parametrize("before", [Account(held=1), Account(balance=1), Account(held=1, balance=1)])
def test_whoever_read_the_account_before_it_changed_reads_again(world: World, before: Account) -> None:
    store, ledger = world
    assert ledger.reserve(JOB, RESERVATION, (DAY,), before, HELD)[0] is Outcome.CROWDED
    ledger.reserve(JOB, RESERVATION, (DAY,), NEW, HELD)
    assert ledger.settle(JOB, RESERVATION, SETTLEMENT, before, NEW) is Outcome.CROWDED
    assert ledger.settle(JOB, RESERVATION, SETTLEMENT, Account(held=100.5), NEW) is Outcome.CROWDED
    assert (_committed(ledger)[0], store.turn(JOB).settlement) == (100.5, None)


def test_a_balance_may_be_unknown_again(world: World) -> None:
    _, ledger = world
    unknown = Account(held=100.5)
    assert ledger.reserve(JOB, RESERVATION, (DAY,), NEW, unknown)[0] is Outcome.DONE
    assert ledger.settle(JOB, RESERVATION, SETTLEMENT, unknown, NEW) is Outcome.DONE
    assert ledger.account(NOW) == NEW


def test_a_month_has_an_account_of_its_own(world: World) -> None:
    _, ledger = world
    ledger.reserve(JOB, RESERVATION, (DAY,), NEW, HELD)
    assert ledger.account(NOW + timedelta(days=31)) == NEW


def test_what_is_counted_is_nobodys_video_and_is_forgotten_in_time(videos_table: "Table") -> None:
    store, ledger = VideoTable(videos_table), BudgetTable(videos_table)
    store.create(a_video(), a_turn())
    ledger.reserve(JOB, RESERVATION, (DAY, MONTH), NEW, HELD)
    assert videos_table.scan(IndexName="by-owner")["Count"] == 1
    kept = [
        item["ttl"] for item in videos_table.scan()["Items"] if str(item["video_id"]).startswith("budget#")
    ]
    assert len(kept) == 3
    assert min(int(str(ttl)) for ttl in kept) > (NOW + timedelta(days=60)).timestamp()
