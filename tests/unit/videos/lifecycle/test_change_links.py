"""What somebody without a key may do with one video, and what it can cost at most."""

import contextlib
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Barrier

import pytest

from tests.support.builders import (
    DELIVERED,
    NOW,
    REF,
    SENDING,
    TIMELINE,
    a_version,
    a_video,
)
from tests.support.memory import MemoryCostBook, MemoryLinkBook, MemoryStore
from tests.support.recorded import RecordedWorkflow
from tests.support.waiting import HUNG_SECONDS
from videos.lifecycle.change_links import (
    CALLS_A_MINUTE,
    Changes,
    LinkChange,
    LinkLimits,
    LinkSpending,
    LinkUsedUpError,
    TooManyCallsError,
)
from videos.lifecycle.edit import BusyError, NotPossibleError
from videos.lifecycle.submit import ConflictingRequestError
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Cost, Delivered, Ended, Version
from videos.requests.options import FieldError

LIMITS = LinkLimits(changes=3, credits=1000)
VISITORS = 8
KNOWN_EDIT, KNOWN_GENERATION = 50, 100


@dataclass
class Shop:
    """A finished video, and what is behind its links."""

    store: MemoryStore = field(default_factory=MemoryStore)
    workflow: RecordedWorkflow = field(default_factory=RecordedWorkflow)
    limits: LinkLimits = LIMITS
    delivered: Delivered | None = DELIVERED
    status: Status = Status.READY

    def __post_init__(self) -> None:
        self.links, self.costs = MemoryLinkBook(self.store), MemoryCostBook(self.store)
        self.store.create(a_video(), a_version(delivered=self.delivered, timeline=TIMELINE))
        self.finish(status=self.status)

    def link(self, link_id: str = "1") -> Changes:
        """The changes of a visitor who has just read the video."""
        return Changes(
            video=self.store.video(REF.video_id),
            link_id=link_id,
            limits=self.limits,
            store=self.store,
            workflow=self.workflow,
            links=self.links,
            costs=self.costs,
        )

    def finish(self, *, credits_: float | None = None, status: Status = Status.READY) -> None:
        """End the newest version, at a final cost if one is given."""
        ref = self.store.video(REF.video_id).ref
        self.store.write(ref, SENDING)
        if credits_ is not None:
            self.store.write(ref, Cost(credits=credits_, final=True))
        self.store.end(ref, Ended.model_validate({"status": status, "at": NOW, "message": "It has ended."}))

    def begun(self) -> list[Version]:
        return [version for version in self.store.versions(REF.video_id) if version.number > 1]


@pytest.fixture
def shop() -> Shop:
    return Shop()


def test_a_change_is_the_next_version(shop: Shop) -> None:
    video = shop.link().change("Make it shorter.", "k")
    assert (video.version, video.status) == (2, Status.QUEUED)
    assert [version.instruction for version in shop.begun()] == ["Make it shorter."]
    assert shop.workflow.started == [video.ref]


def test_an_offer_has_the_price_and_changes_nothing(shop: Shop) -> None:
    offer = shop.link().offer("Make it shorter.")
    assert offer.price is not None
    assert (offer.price.at_most, offer.changes_left, offer.credits_left) == (KNOWN_EDIT, 3, 1000)
    assert shop.begun() == []
    assert shop.links.spending(REF.video_id, "1") == LinkSpending()


def test_the_price_is_that_of_the_sentence(shop: Shop) -> None:
    offer = shop.link().offer("Make it 9:16.")
    assert offer.price is not None
    assert offer.price.at_most == KNOWN_GENERATION


def test_the_same_request_is_one_version_and_counted_once(shop: Shop) -> None:
    stale = shop.link()
    for link in (stale, stale, shop.link()):
        assert link.change("Make it shorter.", "k").version == 2
    shop.finish()
    assert shop.link().change("Make it shorter.", "k").version == 2
    assert len(shop.begun()) == len(shop.links.spending(REF.video_id, "1").changes) == 1


def test_the_same_key_for_another_change_is_refused(shop: Shop) -> None:
    shop.link().change("Make it shorter.", "k")
    with pytest.raises(ConflictingRequestError):
        shop.link().change("Make it longer.", "k")
    assert len(shop.links.spending(REF.video_id, "1").changes) == 1


def test_a_version_that_somebody_else_began_first_is_not_counted(shop: Shop) -> None:
    late = shop.link()
    shop.link("2").change("Make it longer.", "k")
    with pytest.raises(BusyError):
        late.change("Make it shorter.", "k")
    shop.finish()
    assert shop.link().offer("Again.").changes_left == LIMITS.changes


def test_a_change_that_was_counted_and_did_not_begin_is_the_next_one(shop: Shop) -> None:
    shop.workflow.crashes = 1
    with pytest.raises(ConnectionError):
        shop.link().change("Make it shorter.", "k")
    assert shop.link().change("Make it shorter.", "k").version == 2
    assert shop.workflow.started == [VersionRef(video_id=REF.video_id, version=2)]
    assert len(shop.links.spending(REF.video_id, "1").changes) == 1


def test_the_key_of_one_link_is_not_that_of_another(shop: Shop) -> None:
    shop.link("1").change("Make it shorter.", "k")
    shop.finish()
    assert shop.link("2").change("Make it shorter.", "k").version == 3


@pytest.mark.parametrize("limits", [LinkLimits(changes=3, credits=1000), LinkLimits(changes=9, credits=399)])
def test_a_link_is_used_up_after_so_many_changes_or_credits(shop: Shop, limits: LinkLimits) -> None:
    shop.limits = limits
    for number in range(3):
        shop.link().change("Make it shorter.", f"k{number}")
        shop.finish()
    for attempt in (lambda: shop.link().change("Again.", "k9"), lambda: shop.link().offer("Again.")):
        with pytest.raises(LinkUsedUpError):
            attempt()
    assert len(shop.begun()) == 3
    assert shop.link("2").change("The link of a newer message.", "k").version == 5


def test_final_costs_count_instead_of_what_was_set_aside(shop: Shop) -> None:
    shop.limits = LinkLimits(changes=9, credits=KNOWN_GENERATION + 20)
    shop.link().change("Make it shorter.", "k1")
    shop.finish(credits_=20)
    assert shop.link().offer("Again.").credits_left == KNOWN_GENERATION
    shop.link().change("Again.", "k2")
    shop.finish(credits_=21)
    with pytest.raises(LinkUsedUpError):
        shop.link().change("And again.", "k3")


def test_an_export_is_free_and_counted_as_a_change() -> None:
    shop = Shop(limits=LinkLimits(changes=1, credits=0), delivered=None, status=Status.FAILED)
    assert shop.link().offer("export").price is None
    with pytest.raises(LinkUsedUpError):
        shop.link().change("Make it shorter.", "k0")
    assert shop.link().change("export", "k1").version == 2
    shop.finish(status=Status.FAILED)
    with pytest.raises(LinkUsedUpError):
        shop.link().change("export", "k2")


def _while_running(shop: Shop) -> Changes:
    shop.link("other").change("Make it shorter.", "k")
    shop.store.report(REF.video_id, Stage.GENERATING, 20, "The agent is at work.")
    return shop.link()


def _without_session(shop: Shop) -> Changes:
    link = shop.link()
    return replace(link, video=link.video.model_copy(update={"backend_session": None}))


@pytest.mark.parametrize(
    ("link_of", "instruction", "refusal"),
    [
        (_while_running, "Make it shorter.", BusyError),
        (_without_session, "Make it shorter.", NotPossibleError),
        (Shop.link, "export", NotPossibleError),
        (Shop.link, "how many credits are left?", FieldError),
        (Shop.link, "status", FieldError),
    ],
)
def test_what_cannot_begin_is_not_counted(
    shop: Shop, link_of: Callable[[Shop], Changes], instruction: str, refusal: type[Exception]
) -> None:
    link = link_of(shop)
    begun = len(shop.begun())
    with pytest.raises(refusal):
        link.offer(instruction)
    with pytest.raises(refusal):
        link.change(instruction, "k1")
    assert shop.links.spending(REF.video_id, "1") == LinkSpending()
    assert len(shop.begun()) == begun


class _Beaten(MemoryLinkBook):
    """Somebody else is counted just before, for a version of the same number that costs nothing."""

    def spend(self, video_id: str, link_id: str, after: LinkSpending) -> bool:
        if self.spending(video_id, link_id).revision == 0:
            free = LinkChange(version=after.changes[-1].version, credits=0)
            super().spend(video_id, link_id, LinkSpending(revision=1, changes=(free,)))
        return super().spend(video_id, link_id, after)


def test_a_version_is_counted_with_what_it_can_cost_although_somebody_was_first(shop: Shop) -> None:
    shop.links = _Beaten(shop.store)
    shop.link().change("Make it shorter.", "k")
    (counted,) = shop.links.spending(REF.video_id, "1").changes
    assert (counted.version, counted.credits) == (2, KNOWN_GENERATION)


def test_a_link_makes_so_many_requests_a_minute(shop: Shop) -> None:
    for _ in range(CALLS_A_MINUTE):
        shop.link().count_call(NOW)
    with pytest.raises(TooManyCallsError):
        shop.link().count_call(NOW)
    shop.link("2").count_call(NOW)
    shop.link().count_call(NOW + timedelta(minutes=1))


class _Gate:
    """The memory of links for one visitor, who waits for all others after the first look at it."""

    def __init__(self, links: MemoryLinkBook, everybody: Barrier) -> None:
        self._links, self._everybody, self._has_looked = links, everybody, False

    def spending(self, video_id: str, link_id: str) -> LinkSpending:
        spent = self._links.spending(video_id, link_id)
        if not self._has_looked:
            self._has_looked = True
            self._everybody.wait(HUNG_SECONDS)
        return spent

    def spend(self, video_id: str, link_id: str, after: LinkSpending) -> bool:
        return self._links.spend(video_id, link_id, after)

    def call(self, video_id: str, link_id: str, *, minute: int, most: int) -> bool:
        return self._links.call(video_id, link_id, minute=minute, most=most)


@pytest.mark.parametrize(
    ("limits", "most_changes"),
    [
        (LinkLimits(changes=3, credits=10_000), 3),
        (LinkLimits(changes=1, credits=10_000), 1),
        (LinkLimits(changes=0, credits=10_000), 0),
        (LinkLimits(changes=50, credits=250), 2),
        (LinkLimits(changes=50, credits=99), 0),
    ],
)
def test_what_a_link_that_everybody_has_can_spend_at_most(limits: LinkLimits, most_changes: int) -> None:
    """Twenty rounds of eight visitors at once, of whom each repeats every request: changes and credits."""
    shop = Shop(limits=limits)

    def visit(key: str, link: Changes) -> None:
        for _ in range(2):
            with contextlib.suppress(BusyError, LinkUsedUpError):
                link.change("Make it shorter.", key)

    with ThreadPoolExecutor(VISITORS) as visitors:
        for turn in range(20):
            everybody = Barrier(VISITORS)
            links = [replace(shop.link(), links=_Gate(shop.links, everybody)) for _ in range(VISITORS)]
            list(visitors.map(visit, [f"{turn}-{number}" for number in range(VISITORS)], links))
            if shop.store.video(REF.video_id).running:
                shop.finish(credits_=KNOWN_GENERATION)  # each is as dear as can be
    begun = shop.begun()
    assert len(begun) <= limits.changes
    assert len(begun) == most_changes
    assert sum(version.credits_used or 0 for version in begun) <= limits.credits
    assert len(shop.workflow.started) == len(begun)
