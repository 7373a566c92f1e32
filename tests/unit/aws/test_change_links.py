"""What a memory of links promises, asked of the table and of the fake that other tests use in its place."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from aws.change_links import ChangeLinkTable
from aws.table import VideoTable
from tests.support.builders import NOW, REF, a_version, a_video
from tests.support.memory import MemoryLinkBook, MemoryStore
from videos.lifecycle.change_links import LinkBook, LinkChange, LinkSpending
from videos.model.ports import VideoLibrary
from videos.model.records import Status
from videos.model.version import Ended

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

ID = REF.video_id
FIRST = LinkSpending(revision=1, changes=(LinkChange(version=2, credits=99.95),))
SECOND = LinkSpending(revision=2, changes=(*FIRST.changes, LinkChange(version=3, credits=50)))


@dataclass
class Kept:
    """A store, and the memory of links in it."""

    store: VideoLibrary
    links: LinkBook


@pytest.fixture(params=["table", "memory"])
def kept(request: pytest.FixtureRequest) -> Kept:
    if request.param == "memory":
        store = MemoryStore()
        kept = Kept(store, MemoryLinkBook(store))
    else:
        table: Table = request.getfixturevalue("videos_table")
        kept = Kept(VideoTable(table), ChangeLinkTable(table))
    kept.store.create(a_video(), a_version())
    return kept


def test_a_link_has_spent_nothing_at_first(kept: Kept) -> None:
    assert kept.links.spending(ID, "1") == LinkSpending()
    assert kept.links.spending("vid-unknown", "1") == LinkSpending()


def test_what_was_spent_comes_back_by_link(kept: Kept) -> None:
    assert kept.links.spend(ID, "1", FIRST)
    assert kept.links.spend(ID, "1", SECOND)
    assert kept.links.spending(ID, "1") == SECOND
    assert kept.links.spending(ID, "2") == LinkSpending()


def test_of_two_who_spend_at_once_one_is_counted(kept: Kept) -> None:
    other = LinkSpending(revision=1, changes=(LinkChange(version=9, credits=1),))
    assert kept.links.spend(ID, "1", FIRST)
    assert not kept.links.spend(ID, "1", other)
    assert kept.links.spend(ID, "1", SECOND)
    assert not kept.links.spend(ID, "1", SECOND.model_copy(update={"changes": ()}))
    assert kept.links.spending(ID, "1") == SECOND


def test_nothing_is_counted_of_a_video_that_is_not_there(kept: Kept) -> None:
    assert not kept.links.spend("vid-unknown", "1", FIRST)
    assert not kept.links.call("vid-unknown", "1", minute=1, most=9)


def test_the_video_stays_as_it_was(kept: Kept) -> None:
    kept.links.spend(ID, "1", FIRST)
    kept.links.call(ID, "1", minute=1, most=9)
    assert kept.store.video(ID) == a_video()


def test_what_was_spent_goes_with_the_video(kept: Kept) -> None:
    kept.links.spend(ID, "1", FIRST)
    kept.store.end(REF, Ended(status=Status.READY, at=NOW, message="It is ready."))
    assert kept.store.remove(kept.store.video(ID), kept.store.versions(ID))
    assert not kept.links.spend(ID, "1", SECOND)
    assert kept.links.spending(ID, "1").changes in {(), FIRST.changes}


def test_calls_are_counted_by_link_and_minute(kept: Kept) -> None:
    assert [kept.links.call(ID, "1", minute=7, most=3) for _ in range(5)] == [True] * 3 + [False] * 2
    assert kept.links.call(ID, "2", minute=7, most=3)
    assert [kept.links.call(ID, "1", minute=8, most=3) for _ in range(4)] == [True] * 3 + [False]


def test_a_clock_that_goes_back_opens_no_minute_again(kept: Kept) -> None:
    assert kept.links.call(ID, "1", minute=8, most=1)
    assert not kept.links.call(ID, "1", minute=7, most=1)
