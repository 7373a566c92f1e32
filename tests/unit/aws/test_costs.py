"""What a book of costs promises, asked of the table and of the fake that other tests use in its place."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings

from aws.costs import CostTable
from aws.table import VideoTable
from backend import Credits
from tests.support.builders import NOW, REF, a_version, a_video
from tests.support.memory import MemoryCostBook, MemoryStore
from tests.unit.videos.property.test_costs import VERSIONS, Account, PlannedVersion, Play
from videos.model.errors import ContentionError
from videos.model.ports import VideoLibrary
from videos.model.records import VersionRef
from videos.model.version import Cost
from videos.spending.costs import AccountChange, CostBook, Spending, moved
from videos.spending.days import OwnerDay, Spent
from videos.spending.prices import Kind

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

World = tuple[VideoLibrary, CostBook]
FIRST = Spending(revision=1, account="a", left=99.75, recent={Kind.EDIT: (3.5, 4)})
COST = Cost(credits=3.33, available=96.42)
GONE = VersionRef(video_id="vid-gone", version=1)


@pytest.fixture(params=["table", "memory"])
def world(request: pytest.FixtureRequest) -> World:
    """A store that knows a video, and the book beside it."""
    store: VideoLibrary
    book: CostBook
    if request.param == "memory":
        store = memory = MemoryStore()
        book = MemoryCostBook(memory)
    else:
        table: Table = request.getfixturevalue("videos_table")
        store, book = VideoTable(table), CostTable(table)
    store.create(a_video(), a_version())
    return store, book


def test_the_account_and_the_costs_are_written_together(world: World) -> None:
    store, book = world
    assert book.spending() == Spending()
    assert book.change(Spending(), FIRST, {REF: COST}, {}) == set()
    assert (book.spending(), store.version(REF).cost) == (FIRST, COST)
    reading = Credits(available=90, frozen=9.75, total=99.75, account="a")
    second, costs = moved(FIRST, reading, NOW, AccountChange(begins=(REF, Kind.EDIT)))
    assert book.change(FIRST, second, costs, {}) == set()
    assert book.spending() == second


def test_whoever_read_the_account_before_it_changed_writes_nothing(world: World) -> None:
    store, book = world
    book.change(Spending(), FIRST, {}, {})
    for before in (Spending(), FIRST.model_copy(update={"revision": 7})):
        with pytest.raises(ContentionError):
            book.change(before, before.model_copy(update={"left": 1}), {REF: COST}, {})
    assert (book.spending(), store.version(REF).cost) == (FIRST, None)


def test_a_version_that_is_there_no_more_is_named_and_nothing_is_written(world: World) -> None:
    store, book = world
    assert book.change(Spending(), FIRST, {GONE: COST, REF: COST}, {}) == {GONE}
    assert (book.spending(), store.version(REF).cost) == (Spending(), None)


@pytest.mark.thorough
@settings(max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(VERSIONS)
def test_in_the_table_too_versions_cost_what_the_account_has_lost(
    videos_table: "Table", versions: list[PlannedVersion]
) -> None:
    for item in videos_table.scan()["Items"]:
        videos_table.delete_item(Key={"video_id": item["video_id"], "item": item["item"]})
    play = Play(versions, book_of=lambda _: CostTable(videos_table), store=VideoTable(videos_table))
    play.run()
    assert sum(play.reported()) == pytest.approx(play.account.lost, abs=1e-6)


def test_two_that_read_at_once_share_a_loss_out_once(videos_table: "Table") -> None:
    store, book = VideoTable(videos_table), CostTable(videos_table)
    store.create(a_video(), a_version())
    account = Account(left=100)
    begun, _ = moved(Spending(), account.credits(), NOW, AccountChange(begins=(REF, Kind.GENERATION)))
    book.change(Spending(), begun, {}, {})
    account.charge(10)
    ends = AccountChange(ends=frozenset({REF}))
    first = moved(begun, account.credits(), NOW, ends)
    second = moved(begun, account.credits(), NOW + timedelta(seconds=1), ends)
    assert book.change(begun, *first, {}) == set()
    with pytest.raises(ContentionError):
        book.change(begun, *second, {})
    assert store.version(REF).credits_used == 10


TODAY = OwnerDay("ann", NOW.date())


def test_days_add_up_and_are_kept_for_more_than_a_year(videos_table: "Table") -> None:
    book = CostTable(videos_table)
    spending = Spending()
    for revision in range(1, 4):
        after = Spending(revision=revision)
        book.change(spending, after, {}, {TODAY: Spent(credits=10.5, videos=1, edits=2)})
        spending = after
    book.change(spending, Spending(revision=9), {}, {TODAY: Spent(credits=-1.5, videos=-1)})
    spent = book.spent("ann", TODAY.day, TODAY.day)
    assert spent == {TODAY.day: Spent(credits=30, videos=2, edits=6)}
    assert book.spent("bob", TODAY.day, TODAY.day) == {}
    assert book.spent("ann", TODAY.day - timedelta(days=9), TODAY.day - timedelta(days=1)) == {}
    ttl = videos_table.get_item(Key={"video_id": "spending#ann", "item": TODAY.day.isoformat()})["Item"][
        "ttl"
    ]
    assert int(str(ttl)) > (NOW + timedelta(days=366)).timestamp()


def test_a_change_that_is_refused_adds_to_no_day(world: World) -> None:
    book: Any = world[1]
    book.change(Spending(), FIRST, {}, {})
    with pytest.raises(ContentionError):
        book.change(Spending(), FIRST, {}, {TODAY: Spent(credits=10)})
    assert book.spent("ann", TODAY.day, TODAY.day) == {}


def test_days_of_very_many_owners_are_all_written(world: World) -> None:
    book: Any = world[1]
    days = {OwnerDay(f"owner-{n}", TODAY.day): Spent(credits=n + 1) for n in range(130)}
    assert book.change(Spending(), FIRST, {}, days) == set()
    for day, change in days.items():
        assert book.spent(day.owner, TODAY.day, TODAY.day) == {TODAY.day: change}
