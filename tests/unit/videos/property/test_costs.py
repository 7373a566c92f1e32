"""Whatever overlaps, however late charges come: versions never cost more together than the account has lost.

And just that much, when nobody else spends. Also told in messages: they are never more than was lost by then.
"""

import math
import os
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from backend import Credits
from backend.errors import NotSentError
from tests.support.builders import NOW, READY, SENDING, a_version, a_video
from tests.support.memory import MemoryCostBook, MemoryStore
from videos.model.ports import VideoLibrary
from videos.model.records import VersionRef
from videos.model.version import Version
from videos.spending.costs import LATE, CostBook, Costs
from videos.spending.prices import KNOWN_PRICES, Kind

SCHEDULES = int(os.environ.get("SCHEDULES", "2000")) // 2
OWNERS = ("ann", "bob")
SWEEP = 300
"""Seconds from one sweep to the next."""


@dataclass
class Account:
    """A backend that tells one balance, and takes what it takes when it likes."""

    left: float = 10_000
    lost: float = 0
    frozen: float = 0
    token: str = "a"
    is_down: bool = False

    def credits(self) -> Credits:
        if self.is_down:
            raise NotSentError("The backend could not be reached.")
        available = self.left - self.frozen
        return Credits(available=available, frozen=self.frozen, total=self.left, account=self.token)

    def charge(self, credits_: float) -> None:
        self.left = round(self.left - credits_, 2)
        self.lost = round(self.lost + credits_, 2)


@dataclass(frozen=True)
class PlannedVersion:
    """One version: when it is sent, how long it works, what it takes and how many seconds after its work."""

    begins: int
    lasts: int
    kind: Kind
    price: float
    late: int
    repeats: bool
    """Whether each step is carried out twice."""


@dataclass
class Play:
    """A day of an account."""

    versions: list[PlannedVersion]
    book_of: Callable[[VideoLibrary], CostBook] = MemoryCostBook
    account: Account = field(default_factory=Account)
    store: VideoLibrary = field(default_factory=MemoryStore)
    said: float = 0

    def __post_init__(self) -> None:
        self.now = NOW
        self.costs = Costs(self.book_of(self.store), self.account, self._clock)  # type: ignore[arg-type]

    def run(self, others: tuple[tuple[int, Callable[[Account], None]], ...] = ()) -> None:
        entries: list[tuple[int, int, Callable[[], None]]] = []
        for number, version in enumerate(self.versions):
            ref = VersionRef(video_id=f"vid-{number}", version=1)
            video = a_video().model_copy(update={"video_id": ref.video_id})
            self.store.create(video, a_version(video_id=ref.video_id))
            over = version.begins + version.lasts
            times = 2 if version.repeats else 1
            entries += [(version.begins, 1, self._beginning(ref, version))] * times
            entries += [(max(over + version.late, version.begins), 2, self._charging(version))]
            entries += [(over, 3, self._ending(ref))] * times
        entries += [(at, 0, lambda does=does: does(self.account)) for at, does in others]  # type: ignore[misc]
        last = max(at for at, _, _ in entries) + 2 * SWEEP + int(LATE.total_seconds())
        entries += [(at, 4, self._sweep) for at in range(SWEEP, last, SWEEP)]
        for at, _, happens in sorted(entries, key=lambda entry: entry[:2]):
            self.now = NOW + timedelta(seconds=at)
            happens()
        self._days_add_up()

    def _days_add_up(self) -> None:
        """Compare what each owner has spent on its days with the costs of its versions."""
        book: Any = self.costs.book
        for place, owner in enumerate(OWNERS):
            days = book.spent(owner, date.min, date.max).values()
            own = [version for version in self._versions() if int(version.video_id[4:]) % 2 == place]
            costs = sum(version.cost.credits for version in own if version.cost is not None)
            assert math.isclose(sum(day.credits for day in days), costs, abs_tol=1e-6)
            assert sum(day.videos for day in days) == len(own)
            assert sum(day.edits for day in days) == 0

    def reported(self) -> list[float]:
        return [version.credits_used or 0 for version in self._versions()]

    def _versions(self) -> list[Version]:
        return [
            self.store.version(VersionRef(video_id=f"vid-{n}", version=1)) for n in range(len(self.versions))
        ]

    def _clock(self) -> datetime:
        return self.now

    def _beginning(self, ref: VersionRef, version: PlannedVersion) -> Callable[[], None]:
        def begin() -> None:
            try:
                self.costs.begin(ref, version.kind, OWNERS[int(ref.video_id[4:]) % 2])
            except NotSentError:
                self.account.is_down = False
                self.costs.begin(ref, version.kind, OWNERS[int(ref.video_id[4:]) % 2])
            self.store.write(ref, SENDING)

        return begin

    def _charging(self, version: PlannedVersion) -> Callable[[], None]:
        return lambda: self.account.charge(version.price)

    def _ending(self, ref: VersionRef) -> Callable[[], None]:
        def end() -> None:
            self.costs.end(self.store.version(ref))
            if self.store.end(ref, READY):
                self.said += self.store.version(ref).credits_used or 0
            assert self.said <= self.account.lost + 1e-6, "a message says more than was lost"

        return end

    def _sweep(self) -> None:
        self.costs.sweep(self.store)
        assert sum(self.reported()) <= self.account.lost + 1e-6


def _at_known_prices(versions: list[PlannedVersion]) -> list[PlannedVersion]:
    return [replace(version, price=min(version.price, KNOWN_PRICES[version.kind])) for version in versions]


PRICES = st.one_of(
    st.sampled_from([0.0, 10.0, 50.0, 100.0, 33.33]), st.integers(0, 5000).map(lambda n: n / 100)
)
VERSIONS = st.lists(
    st.builds(
        PlannedVersion,
        begins=st.one_of(st.just(0), st.integers(0, 60), st.integers(0, 4000)),
        lasts=st.integers(1, 400),
        kind=st.sampled_from(Kind),
        price=PRICES,
        late=st.sampled_from([0, 0, 0, 1, 20, 120, -1]),
        repeats=st.booleans(),
    ),
    min_size=1,
    max_size=8,
).map(_at_known_prices)


@pytest.mark.examples
@settings(max_examples=SCHEDULES)
@example(  # the first one's charge comes while the second is made, the second's just before a reading
    [
        PlannedVersion(0, 103, Kind.ASPECT_RATIO, 100, 120, repeats=False),
        PlannedVersion(106, 375, Kind.GENERATION, 2, 120, repeats=False),
    ]
)
@given(VERSIONS)
def test_versions_cost_together_what_the_account_has_lost(versions: list[PlannedVersion]) -> None:
    play = Play(versions)
    play.run()
    assert math.isclose(sum(play.reported()), play.account.lost, abs_tol=1e-6)
    event(f"{len(versions)} versions")


DENSE_VERSIONS = st.lists(
    st.builds(
        PlannedVersion,
        begins=st.one_of(st.just(0), st.integers(0, 60), st.integers(0, 600)),
        lasts=st.one_of(st.integers(1, 400), st.integers(1, 2000)),
        kind=st.sampled_from(Kind),
        price=st.one_of(st.just(math.inf), PRICES),
        late=st.sampled_from([0, 0, 1, 20, 120, 300, -1, -100]),
        repeats=st.booleans(),
    ),
    min_size=2,
    max_size=8,
).map(_at_known_prices)


@pytest.mark.examples
@settings(max_examples=SCHEDULES)
@example(  # the second one took the first one's charge, so its own filled no room of its own
    [
        PlannedVersion(17, 149, Kind.ASPECT_RATIO, 10, 20, repeats=True),
        PlannedVersion(58, 1784, Kind.EDIT, 50, 120, repeats=False),
    ]
)
@given(DENSE_VERSIONS)
def test_also_where_many_overlap_for_long(versions: list[PlannedVersion]) -> None:
    play = Play(versions)
    play.run()
    assert math.isclose(sum(play.reported()), play.account.lost, abs_tol=1e-6)
    for version, cost in zip(versions, play.reported(), strict=True):
        assert cost <= KNOWN_PRICES[version.kind]
    assert not play.costs.book.spending().closed, "all that have ended are final"


def _spend(credits_: float) -> Callable[[Account], None]:
    return lambda account: account.charge(credits_)


def _top_up(credits_: float) -> Callable[[Account], None]:
    def happens(account: Account) -> None:
        account.left += credits_

    return happens


def _go_down(account: Account) -> None:
    account.is_down = True


def _come_back(account: Account) -> None:
    account.is_down = False


def _renew_token(account: Account) -> None:
    account.token += "a"


OTHERS = st.lists(
    st.tuples(
        st.integers(0, 4400),
        st.one_of(
            st.floats(0.5, 500).map(lambda credits_: _spend(round(credits_, 2))),
            st.sampled_from([_go_down, _come_back, _renew_token, _top_up(5000), _top_up(0.5)]),
        ),
    ),
    max_size=6,
).map(tuple)


@pytest.mark.examples
@settings(max_examples=SCHEDULES)
@given(VERSIONS, OTHERS)
def test_whoever_else_spends_versions_never_cost_more_than_the_account_has_lost(
    versions: list[PlannedVersion], others: tuple[tuple[int, Callable[[Account], None]], ...]
) -> None:
    play = Play(versions)
    play.run(others)  # which judges at every step
    for version, cost in zip(versions, play.reported(), strict=True):
        assert cost <= KNOWN_PRICES[version.kind]
