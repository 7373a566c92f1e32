"""Spending limits: credits are reserved before anything is spent, and charged when the version has ended.

    reserve    one atomic write: either every limit has room for the expected cost, or nothing is reserved
    wait       a version that would exceed a limit waits until it renews, or fails, as the stack defines
    charge     one atomic write: the reservation is released, and what was spent is counted instead

The cost of a version cannot be requested: the backend reports one balance, which running versions share. A
version counts what the balance lost while it ran, up to its expected price. The account keeps the balance up
to which everything is counted. The next charge also counts losses beyond the expected prices, unless running
versions have reserved that much.

So no limit is exceeded while versions cost no more than expected. Otherwise limits are exceeded by at most
the cost of the versions running at that moment. A version counts in the day and month in which it started.
"""

import zlib
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Literal, Protocol

from pydantic import BaseModel

from backend import VideoBackend
from backend.errors import NemoVideoError
from videos.model.clock import Clock, utc_now
from videos.model.errors import ContentionError, OverBudgetError, VersionEndedError
from videos.model.ports import VideoStore
from videos.model.records import Stage, Status, VersionRef
from videos.model.texts import in_figures
from videos.model.version import Charge, Reservation, Version
from videos.model.video import Video
from videos.spending.costs import CostBook, expected_price
from videos.spending.prices import kind_of

# A limit may be raised, and credits set aside may come back: what waits checks again in between.
LONGEST_WAIT = timedelta(hours=6)
# What has waited for the same midnight does not begin in the same second.
SPREAD_SECONDS = 300
# Others changed the account between reading and writing; no reason to wait for long.
CONTENTION_SECONDS = 2
TRIES = 5


class Period(StrEnum):
    """How long a limit holds, in UTC."""

    DAY = "day"
    MONTH = "month"


class WhenOver(StrEnum):
    """What happens to a version that would exceed a limit."""

    WAIT = "wait"
    REFUSE = "refuse"


@dataclass(frozen=True)
class Limits:
    """Credits that may be spent; 0 is no limit."""

    credits_per_day: float = 0
    credits_per_month: float = 0
    owner_credits_per_day: float = 0
    owner_credits_per_month: float = 0
    when_over: WhenOver = WhenOver.WAIT


@dataclass(frozen=True)
class Budget:
    """One limit in one period: of the whole stack, or of one owner."""

    owner: str | None
    period: Period
    begins: date
    credits: float
    parameter: str
    """The template's, with which it is set."""

    @property
    def key(self) -> str:
        """Names what was spent of it."""
        begins = self.begins.isoformat() if self.period is Period.DAY else self.begins.strftime("%Y-%m")
        return f"{'stack' if self.owner is None else f'owner#{self.owner}'}#{begins}"

    @property
    def renews_at(self) -> datetime:
        """When the next period begins."""
        days = 1 if self.period is Period.DAY else 32
        later = self.begins + timedelta(days=days)
        first = later if self.period is Period.DAY else later.replace(day=1)
        return datetime(first.year, first.month, first.day, tzinfo=UTC)

    @property
    def name(self) -> str:
        """For people."""
        whose = "The budget" if self.owner is None else "Your budget"
        return f"{whose} of {in_figures(self.credits)} credits a {self.period}"


@dataclass(frozen=True)
class Account:
    """What all versions of a month share: credits set aside, and up to which balance costs are counted."""

    held: float = 0
    balance: float | None = None


class LedgerOutcome(StrEnum):
    """The result of an attempt to change the budgets."""

    DONE = "done"
    USED_UP = "used_up"
    CONTENTION = "contention"
    """The account or the version has changed since it was read. Read it again."""


class Ledger(Protocol):
    """The memory of what is set aside and spent. Each method is one atomic write or one consistent read."""

    def account(self, at: datetime) -> Account:
        """Of the month of that time: what an execution that was aborted left behind is forgotten with it."""

    def committed(self, budget: Budget) -> float:
        """What is spent and set aside of it."""

    def reserve(
        self,
        ref: VersionRef,
        reservation: Reservation,
        budgets: tuple[Budget, ...],
        before: Account,
        after: Account,
    ) -> tuple[LedgerOutcome, tuple[Budget, ...]]:
        """Set credits aside in all budgets, or in none; with USED_UP come those that have no room."""

    def charge(
        self, ref: VersionRef, reservation: Reservation, charge: Charge, before: Account, after: Account
    ) -> LedgerOutcome:
        """Count what was spent in place of what was set aside, once."""


class Reserved(BaseModel):
    """Whether the version may spend; if not, the workflow asks again after so many seconds."""

    verdict: Literal["reserved", "wait"]
    wait_seconds: int = 0


def budgets_of(owner: str, limits: Limits, at: datetime) -> tuple[Budget, ...]:
    """The limits that hold for an owner's version at that time."""
    today = at.astimezone(UTC).date()
    month = today.replace(day=1)
    all_budgets = (
        Budget(None, Period.DAY, today, limits.credits_per_day, "CreditsPerDay"),
        Budget(None, Period.MONTH, month, limits.credits_per_month, "CreditsPerMonth"),
        Budget(owner, Period.DAY, today, limits.owner_credits_per_day, "OwnerCreditsPerDay"),
        Budget(owner, Period.MONTH, month, limits.owner_credits_per_month, "OwnerCreditsPerMonth"),
    )
    return tuple(budget for budget in all_budgets if budget.credits > 0)


def reserve_credits(
    ref: VersionRef,
    *,
    store: VideoStore,
    ledger: Ledger,
    backend: VideoBackend,
    book: CostBook,
    limits: Limits,
    clock: Clock = utc_now,
) -> Reserved:
    """Set aside what the version is expected to cost.

    Raises:
        VersionEndedError: It was cancelled meanwhile.
        OverBudgetError: It would go over a limit, and the stack does not let it wait, or waiting is in vain.
    """
    version, video, now = store.version(ref), store.video(ref.video_id), clock()
    if version.ended is not None:
        raise VersionEndedError(ref.execution_name)
    budgets = budgets_of(video.owner, limits, now)
    if version.reservation is not None or not budgets:
        return Reserved(verdict="reserved")
    earlier = [
        store.version(VersionRef(video_id=ref.video_id, version=number)) for number in range(1, ref.version)
    ]
    price = expected_price(kind_of(video, version, earlier), book).at_most
    too_small = tuple(budget for budget in budgets if budget.credits < price)
    if too_small:
        raise _Shortage(too_small, price, limits, video).refusal()
    for _ in range(TRIES):
        before = ledger.account(now)
        # While nothing is at work, whatever the balance has lost was not spent here.
        balance = before.balance if before.held > 0 else _left(backend)
        reservation = Reservation(at=now, credits=price, budgets=tuple(budget.key for budget in budgets))
        after = Account(held=before.held + price, balance=balance)
        outcome, used_up = ledger.reserve(ref, reservation, budgets, before, after)
        if outcome is LedgerOutcome.DONE:
            return Reserved(verdict="reserved")
        if outcome is LedgerOutcome.USED_UP:
            shortage = _Shortage(used_up, price, limits, video)
            if limits.when_over is WhenOver.REFUSE or not shortage.passes_in_time:
                raise shortage.refusal()
            return shortage.wait(ref, now, store)
        if store.version(ref).reservation is not None:
            return Reserved(verdict="reserved")
    return Reserved(verdict="wait", wait_seconds=CONTENTION_SECONDS)


def charge_credits(
    ref: VersionRef, *, store: VideoStore, ledger: Ledger, backend: VideoBackend, clock: Clock = utc_now
) -> None:
    """Count what the version has spent, and give back what else was set aside for it.

    Raises:
        ContentionError: Others change the account all the time; try again.
    """
    for _ in range(TRIES):
        version = store.version(ref)
        if version.reservation is None or version.charge is not None:
            return
        before = ledger.account(version.reservation.at)
        spent, balance = _spent(version, version.reservation, before, _left(backend))
        charge = Charge(at=clock(), credits=spent)
        after = Account(held=before.held - version.reservation.credits, balance=balance)
        if ledger.charge(ref, version.reservation, charge, before, after) is LedgerOutcome.DONE:
            return
    raise ContentionError(ref.execution_name)


def _spent(
    version: Version, reservation: Reservation, account: Account, left: float | None
) -> tuple[float, float | None]:
    """What to count for a version, and the balance up to which everything is counted then."""
    price = reservation.credits
    own = 0.0
    if version.send_lock is not None:
        cancelled = version.ended is not None and version.ended.status is Status.CANCELLED
        known = (
            None if cancelled else version.credits_used
        )  # a cancelled version's agent may still be at work
        own = price if known is None else min(max(known, 0.0), price)
    if account.balance is None:
        return own, left
    if left is None:
        return own, account.balance - own
    of_others = max(account.held - price, 0.0)
    spent = max(own, account.balance - left - of_others)
    return spent, max(account.balance - spent, left)


def _left(backend: VideoBackend) -> float | None:
    """What is not spent, whether or not running work has it reserved; None where that cannot be read."""
    try:
        credits_ = backend.credits()
    except NemoVideoError:
        return None
    return credits_.available + credits_.frozen


@dataclass(frozen=True)
class _Shortage:
    """Budgets that have no room for a version of a video."""

    budgets: tuple[Budget, ...]
    price: float
    limits: Limits
    video: Video

    @property
    def last(self) -> Budget:
        """The one that is the last to renew."""
        return max(self.budgets, key=lambda budget: budget.renews_at)

    @property
    def passes_in_time(self) -> bool:
        """Whether waiting helps, before the video itself expires."""
        return self.last.credits >= self.price and self.last.renews_at < self.video.expires_at

    def wait(self, ref: VersionRef, now: datetime, store: VideoStore) -> Reserved:
        """Show people that the version waits, and until when."""
        renews_at = self.last.renews_at
        message = (
            f"{self.last.name} is used up. The video starts when the limit renews, on {_when(renews_at)}."
        )
        store.report(ref.video_id, Stage.QUEUED, 0, message)
        spread = zlib.crc32(ref.execution_name.encode()) % SPREAD_SECONDS
        wait = min(renews_at - now + timedelta(seconds=spread), LONGEST_WAIT)
        return Reserved(verdict="wait", wait_seconds=max(round(wait.total_seconds()), 1))

    def refusal(self) -> OverBudgetError:
        """Why it does not wait, and what to do."""
        budget = self.last
        raised = f"ask the operator to raise the limit ({budget.parameter})"
        message = f"{budget.name} is used up."
        advice = f"Retry when the limit renews, on {_when(budget.renews_at)}, or {raised}."
        if budget.credits < self.price:
            message = f"{budget.name} is too low. The expected cost is {in_figures(self.price)} credits."
            advice = f"{raised[0].upper()}{raised[1:]}."
        elif self.limits.when_over is WhenOver.WAIT:
            message += " It renews only after this video expires."
        return OverBudgetError(message, advice=advice)


def _when(at: datetime) -> str:
    return f"{at.day} {at:%B %Y} at {at:%H:%M} UTC"
