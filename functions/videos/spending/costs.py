"""What versions have cost, although the backend reports only one balance.

The account is read before an instruction is posted, when its version ends, and while charges may still come.
What it has lost between two readings is shared out, once, among the versions that may have caused it:

    begin    the loss so far belongs to those at work before; from here on the version takes its share
    end      its share is reported; an only one that was charged is closed: nothing later can be its own
    discard  it was not sent after all: its share goes to the others
    sweep    charges that come late are shared out, then the version is closed

A closed version takes no new loss. It stays known while others are open that were open together with it,
directly or through more versions. A new loss that finds no room may show that the closed version caused an
earlier one (`videos.spending.cost_shares`). Its cost is final when it is no longer known.

So the versions' costs never add up to more than the account has lost, and to just that when nobody else
spends. No version takes more than one of its kind can have cost (`videos.spending.prices`): the rest was
somebody else's, as is all that is lost while no version is open. Shares are about right where versions
overlap.

A balance that rises was topped up, or its plan was renewed: what was spent meanwhile stays unknown. A rise
of no more than what the open versions were charged is taken for a charge given back.

Every change is one atomic write, of the account as it was read and of the versions' costs: whatever crashes
or comes twice changes nothing more. The balance is read after the account, so a later write saw a later one.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from pydantic import Field

from backend import Credits, VideoBackend
from backend.errors import NemoVideoError, UnexpectedAnswerError
from videos.model.clock import Clock, utc_now
from videos.model.errors import ContentionError, VideoNotFoundError
from videos.model.ports import VideoStore
from videos.model.records import Record, VersionRef
from videos.model.version import Cost, Version
from videos.spending.cost_shares import Holder, placed
from videos.spending.days import OwnerDay, Spent, spent_by_day
from videos.spending.prices import RECENT, Kind, Price, most_credits, price_of

# A charge that comes later than this after the end of its version belongs to nobody.
LATE = timedelta(minutes=10)
# The account is read at least this often while versions are open, so a charge is seen that much later.
BETWEEN_READINGS = timedelta(minutes=5)
# The cost of a version that is never seen to end, as its record is gone.
LONGEST = timedelta(days=1)
# Where versions always overlap, a cost is final this long after the end.
LONGEST_KNOWN = timedelta(hours=1)
# One transaction writes at most 100 items, this many versions and the account.
MOST_KNOWN = 80
# The account is one item, of limited size. Older shares are not moved any more.
MOST_SHARES = 20
TRIES = 10
# Shares are counted in hundredths, so that they add up exactly.
_HUNDREDTHS = 100


class Share(Record):
    """What a version has of the loss of one reading, in hundredths of a credit."""

    reading: int
    amount: int


class OpenCost(Record):
    """A version whose cost may still grow.

    `begun` and `last` are the readings between which a loss may be its own, as revisions of the account.
    While the version is open, `last` is None.
    `beyond` is what was lost while it was alone, and is more than it can have cost as far as is known.
    `shared` is whether another version was open at the same time, `unseen` whether the account changed in a
    way that may hide a charge. `available` is the balance at its end.
    """

    ref: VersionRef
    kind: Kind
    owner: str = ""
    begun_at: datetime
    begun: int = 0
    last: int | None = None
    shares: tuple[Share, ...] = ()
    credits: float = 0
    beyond: float = 0
    shared: bool = False
    unseen: bool = False
    ended_at: datetime | None = None
    available: float | None = None


class Spending(Record):
    """The account as it was last read: `left` is what was not spent, `recent` what each kind cost of late.

    `closed` are versions that take no new loss, but whose shares may still be moved.
    `account` identifies the account: balances of two accounts cannot be compared.
    """

    revision: int = 0
    account: str = ""
    left: float | None = None
    open: tuple[OpenCost, ...] = ()
    closed: tuple[OpenCost, ...] = ()
    recent: dict[Kind, tuple[float, ...]] = Field(default_factory=dict)


class CostBook(Protocol):
    """The memory of what was spent. Each method is one atomic write or one consistent read."""

    def spending(self) -> Spending: ...

    def change(
        self,
        before: Spending,
        after: Spending,
        costs: Mapping[VersionRef, Cost],
        days: Mapping[OwnerDay, Spent],
    ) -> set[VersionRef]:
        """Write the account and the costs of versions, and add to the days, all or nothing.

        Returns:
            The versions that are there no more; nothing was written if there are any.

        Raises:
            ContentionError: The account is not as it was before.
        """


@dataclass(frozen=True)
class AccountChange:
    """What is to be changed besides sharing out what was lost."""

    begins: tuple[VersionRef, Kind] | None = None
    owner: str = ""
    """Of the version that begins."""
    ends: frozenset[VersionRef] = frozenset()
    discards: frozenset[VersionRef] = frozenset()


@dataclass(frozen=True)
class Costs:
    """The costs of all versions that one account pays for."""

    book: CostBook
    backend: VideoBackend
    clock: Clock = utc_now

    def begin(self, ref: VersionRef, kind: Kind, owner: str) -> float | None:
        """Read the account before an instruction is posted; what it loses from here on may be the version's.

        Returns:
            The balance; None where the backend answers something that is none: no reason to fail a video.

        Raises:
            NemoVideoError: The backend could not be asked.
            ContentionError: Others change the account all the time; try again.
        """
        reading = self._move(AccountChange(begins=(ref, kind), owner=owner), self._read)
        return reading.available if reading is not None else None

    def end(self, version: Version) -> None:
        """Write what a version has cost so far, as it is about to end; else `sweep` does it."""
        if version.send_lock is None:
            self.discard(version.ref)
        elif self._is_open(version.ref):
            with suppress(ContentionError):
                self._move(AccountChange(ends=frozenset({version.ref})), self._read_if_possible)

    def discard(self, ref: VersionRef) -> None:
        """Take a version out that was not sent after all, and is charged nothing."""
        if self._is_open(ref):
            with suppress(ContentionError):
                self._move(AccountChange(discards=frozenset({ref})), _nothing)

    def sweep(self, store: VideoStore) -> None:
        """Share out what was charged late, and end what ended without a word; else the next sweep does it."""
        open_ = self.book.spending().open
        if open_:
            change = _ended_since((entry.ref for entry in open_ if entry.ended_at is None), store)
            with suppress(ContentionError):
                self._move(change, self._read_if_possible)

    def _is_open(self, ref: VersionRef) -> bool:
        return any(entry.ref == ref for entry in self.book.spending().open)

    def _move(self, change: AccountChange, read: Callable[[], Credits | None]) -> Credits | None:
        gone: set[VersionRef] = set()
        for _ in range(TRIES):
            before = self.book.spending()
            reading = read()
            after, costs = moved(before, reading, self.clock(), change, gone=gone)
            try:
                missing = self.book.change(before, after, costs, _days(before, after, costs, change))
            except ContentionError:
                continue
            if not missing:
                return reading
            gone |= missing
        raise ContentionError("costs")

    def _read(self) -> Credits | None:
        try:
            return self.backend.credits()
        except UnexpectedAnswerError:
            return None

    def _read_if_possible(self) -> Credits | None:
        try:
            return self.backend.credits()
        except NemoVideoError:
            return None  # worth knowing, not worth failing a finished video for


def expected_price(kind: Kind, book: CostBook) -> Price:
    """Return what an instruction is expected to cost now."""
    return price_of(kind, book.spending().recent.get(kind, ()))


def moved(
    before: Spending,
    reading: Credits | None,
    now: datetime,
    change: AccountChange,
    *,
    gone: Collection[VersionRef] = (),
) -> tuple[Spending, dict[VersionRef, Cost]]:
    """Return the account after a reading and a change, and the costs of versions that follow from it."""
    discarded = [entry for entry in before.open if entry.ref in change.discards]
    if before.left is not None:  # their shares are of what others have cost
        before = before.model_copy(update={"left": before.left + sum(entry.credits for entry in discarded)})
    absent = {*gone, *change.discards}
    revision = before.revision + 1
    entries = [
        _ended(entry, reading, now) if entry.ref in change.ends else entry
        for entry in before.open
        if entry.ref not in absent
    ]
    known = [entry for entry in before.closed if entry.ref not in absent]
    if reading is not None:
        changed = _read(entries, known, before, reading, now)
        entries = [changed.get(entry.ref, entry) for entry in entries]
        known = [changed.get(entry.ref, entry) for entry in known]
    kept = [entry for entry in entries if not _is_closed(entry, now)]
    kept = sorted(kept, key=lambda entry: entry.ended_at is None)[-MOST_KNOWN:]
    closing = [_closed(entry, revision, now) for entry in entries if entry not in kept]
    left = _left_after(before, reading, at_work=bool(kept))
    open_ = list(kept)
    if change.begins is not None and change.begins[0] not in {entry.ref for entry in kept}:
        ref, kind = change.begins
        open_ = [entry.model_copy(update={"shared": True}) for entry in kept]
        new = OpenCost(ref=ref, kind=kind, owner=change.owner, begun_at=now, begun=revision)
        open_.append(new.model_copy(update={"shared": bool(kept), "unseen": left is None}))
    still_known = _still_known([*known, *closing], kept, now)
    after = Spending(
        revision=revision,
        account=reading.account if reading is not None else before.account,
        left=left,
        open=tuple(open_),
        closed=still_known,
        recent=_learned(before.recent, closing),
    )
    everyone = {entry.ref: entry for entry in [*entries, *known, *closing]}
    known_after = {entry.ref for entry in [*kept, *still_known]}
    dropped = [entry for entry in everyone.values() if entry.ref not in known_after]
    is_new = set(everyone.values()) - {*before.open, *before.closed} | set(dropped)
    final = {entry.ref for entry in dropped if entry.credits > 0 or not entry.unseen}
    costs = {
        entry.ref: Cost(credits=entry.credits, available=entry.available, final=entry.ref in final)
        for entry in everyone.values()
        if entry in is_new
    }
    costs |= {entry.ref: Cost(credits=0) for entry in discarded if entry.credits and entry.ref not in gone}
    return after, costs


def _read(
    entries: Sequence[OpenCost],
    closed: Sequence[OpenCost],
    before: Spending,
    reading: Credits,
    now: datetime,
) -> dict[VersionRef, OpenCost]:
    """Return the versions that a reading changes."""
    waiting = [entry for entry in entries if _is_waiting(entry, now)]
    if reading.account == before.account and before.left is not None:
        lost = before.left - reading.available - reading.frozen
        if lost >= 0:
            changed = _charged(waiting, lost, before, now)
            return _rearranged(changed, [*entries, *closed], lost, before)
        if -lost <= sum(entry.credits for entry in waiting):
            return _given_back(waiting, -lost)
    return {entry.ref: entry.model_copy(update={"unseen": True}) for entry in waiting}


def _left_after(before: Spending, reading: Credits | None, *, at_work: bool) -> float | None:
    if reading is not None:
        return reading.available + reading.frozen
    # With nobody at work the balance changes unseen: what it is now does not follow from what it was.
    return before.left if at_work else None


def _charged(
    entries: Sequence[OpenCost], lost: float, before: Spending, now: datetime
) -> dict[VersionRef, OpenCost]:
    """Share out a loss, as far as there is room.

    First come the versions that work or end now, and those that worked at the same time. Where the usual cost
    is known, a loss is not split without need, because a charge is one version's: the version that ended last
    comes first, then the one that has worked longest. Otherwise versions without a charge share equally.
    """
    recent = before.recent
    usual = {entry.ref: price_of(entry.kind, recent.get(entry.kind, ())) for entry in entries}
    most = {entry.ref: most_credits(entry.kind, recent.get(entry.kind, ())) for entry in entries}
    charged = {entry.ref: round(entry.credits * _HUNDREDTHS) for entry in entries}
    rest = _hundredths_lost(lost)

    def room(entry: OpenCost, limits: Mapping[VersionRef, float]) -> int:
        return max(int(limits[entry.ref] * _HUNDREDTHS) - charged[entry.ref], 0)

    def in_order(group: Iterable[OpenCost], limits: Mapping[VersionRef, float]) -> None:
        nonlocal rest
        for entry in group:
            share = min(rest, room(entry, limits))
            charged[entry.ref] += share
            rest -= share

    def equally(group: Iterable[OpenCost], limits: Mapping[VersionRef, float]) -> None:
        nonlocal rest
        rooms = {entry.ref: room(entry, limits) for entry in group}
        for ref, share in _shares(min(rest, sum(rooms.values())), rooms).items():
            charged[ref] += share
            rest -= share

    present = _in_order(_present(entries, now))
    learned = [entry for entry in present if usual[entry.ref].based_on]
    in_order(learned, {ref: price.credits for ref, price in usual.items()})
    equally((entry for entry in present if entry not in learned and not charged[entry.ref]), most)
    in_order(present, most)
    in_order(_in_order(entries), most)
    return {
        entry.ref: _with_share(
            entry, charged[entry.ref] - round(entry.credits * _HUNDREDTHS), before.revision + 1
        )
        for entry in entries
    }


def _in_order(entries: Sequence[OpenCost]) -> list[OpenCost]:
    """Return those that have ended, the latest first, and then those at work, the earliest first."""
    ended = [entry for entry in entries if entry.ended_at is not None]
    at_work = [entry for entry in entries if entry.ended_at is None]
    return [
        *sorted(ended, key=lambda entry: entry.ended_at or entry.begun_at, reverse=True),
        *sorted(at_work, key=lambda entry: entry.begun),
    ]


def _hundredths_lost(lost: float) -> int:
    return int(lost * _HUNDREDTHS + 1e-6)


def _with_share(entry: OpenCost, amount: int, reading: int) -> OpenCost:
    shares = (*entry.shares, Share(reading=reading, amount=amount))[-MOST_SHARES:] if amount else entry.shares
    credits_ = (round(entry.credits * _HUNDREDTHS) + amount) / _HUNDREDTHS
    return entry.model_copy(update={"credits": credits_, "shares": shares})


def _rearranged(
    charged: Mapping[VersionRef, OpenCost], known: Sequence[OpenCost], lost: float, before: Spending
) -> dict[VersionRef, OpenCost]:
    """Find a place for what is left of a loss. What finds none was spent by somebody else."""
    changed = {entry.ref: charged.get(entry.ref, entry) for entry in known}
    reading = before.revision + 1
    rest = _hundredths_lost(lost) - sum(
        share.amount for entry in charged.values() for share in entry.shares if share.reading == reading
    )
    if rest:
        holders = {
            ref: _holder(entry, before, reading, is_charged=ref in charged) for ref, entry in changed.items()
        }
        rest -= placed(rest, reading, list(holders.values()))
        changed = {ref: _as_held(changed[ref], holder) for ref, holder in holders.items()}
    if len(charged) == 1:
        (only,) = (changed[ref] for ref in charged)
        changed[only.ref] = only.model_copy(update={"beyond": only.beyond + rest / _HUNDREDTHS})
    return changed


def _holder(entry: OpenCost, before: Spending, reading: int, *, is_charged: bool) -> Holder:
    most = most_credits(entry.kind, before.recent.get(entry.kind, ()))
    room = max(int(most * _HUNDREDTHS) - round(entry.credits * _HUNDREDTHS), 0)
    last = entry.last if is_charged or entry.last is not None else reading - 1
    shares = {share.reading: share.amount for share in entry.shares}
    return Holder(begun=entry.begun, last=last, room=room, shares=shares)


def _as_held(entry: OpenCost, holder: Holder) -> OpenCost:
    """Return a version with its shares as they were moved. Shares that are not known any more stay."""
    more = sum(holder.shares.values()) - sum(share.amount for share in entry.shares)
    credits_ = (round(entry.credits * _HUNDREDTHS) + more) / _HUNDREDTHS
    shares = [Share(reading=reading, amount=amount) for reading, amount in holder.shares.items() if amount]
    shares.sort(key=lambda share: share.reading)
    return entry.model_copy(update={"credits": credits_, "shares": tuple(shares[-MOST_SHARES:])})


def _present(entries: Sequence[OpenCost], now: datetime) -> list[OpenCost]:
    """Return those that are at work or end now, and those that were at work together with them."""
    begun = [entry.begun_at for entry in entries if entry.ended_at in {None, now}]
    if not begun:
        return list(entries)
    return [entry for entry in entries if entry.ended_at is None or entry.ended_at >= min(begun)]


def _given_back(entries: Sequence[OpenCost], rise: float) -> dict[VersionRef, OpenCost]:
    """Take back what was charged."""
    charged = {entry.ref: round(entry.credits * _HUNDREDTHS) for entry in entries}
    # Rounded up: no version keeps what the account has again.
    back = min(math.ceil(rise * _HUNDREDTHS - 1e-6), sum(charged.values()))
    shares = _shares(back, charged)
    return {entry.ref: _without(entry, shares[entry.ref]) for entry in entries}


def _without(entry: OpenCost, amount: int) -> OpenCost:
    """Return a version without what was given back, which is of its latest shares."""
    kept: list[Share] = []
    rest = amount
    for share in reversed(entry.shares):
        taken = min(rest, share.amount)
        rest -= taken
        if share.amount > taken:
            kept.append(Share(reading=share.reading, amount=share.amount - taken))
    credits_ = (round(entry.credits * _HUNDREDTHS) - amount) / _HUNDREDTHS
    return entry.model_copy(update={"credits": credits_, "shares": tuple(reversed(kept))})


def _shares(amount: int, rooms: Mapping[VersionRef, int]) -> dict[VersionRef, int]:
    """Share out an amount in proportion to the rooms, which are as large together or larger."""
    shares: dict[VersionRef, int] = {}
    rest, room_left = amount, sum(rooms.values())
    for ref, room in rooms.items():
        shares[ref] = -(-rest * room // room_left) if room_left else 0
        rest, room_left = rest - shares[ref], room_left - room
    return shares


def _ended(entry: OpenCost, reading: Credits | None, now: datetime) -> OpenCost:
    if entry.ended_at is not None:
        return entry
    available = reading.available if reading is not None else None
    return entry.model_copy(update={"ended_at": now, "available": available})


def _is_waiting(entry: OpenCost, now: datetime) -> bool:
    """Return whether a charge that is read now may be the version's."""
    return entry.ended_at is None or now - entry.ended_at <= LATE + BETWEEN_READINGS


def _closed(entry: OpenCost, reading: int, now: datetime) -> OpenCost:
    return entry.model_copy(update={"last": reading if _is_waiting(entry, now) else reading - 1})


def _still_known(
    closed: Sequence[OpenCost], open_: Sequence[OpenCost], now: datetime
) -> tuple[OpenCost, ...]:
    """Return the closed versions that are linked to an open one by versions that were open together."""
    known: list[OpenCost] = []
    earliest = min((entry.begun for entry in open_), default=None)
    for entry in sorted(closed, key=lambda entry: entry.last or 0, reverse=True):
        is_too_old = entry.ended_at is None or now - entry.ended_at > LONGEST_KNOWN
        if earliest is not None and earliest < (entry.last or 0) and not is_too_old:
            known.append(entry)
            earliest = min(earliest, entry.begun)
    return tuple(known[: MOST_KNOWN - len(open_)])


def _is_closed(entry: OpenCost, now: datetime) -> bool:
    if entry.ended_at is None:
        return now - entry.begun_at > LONGEST
    is_known = entry.credits > 0 and not entry.shared
    return is_known or now - entry.ended_at > LATE


def _learned(
    recent: Mapping[Kind, Sequence[float]], closed: Iterable[OpenCost]
) -> dict[Kind, tuple[float, ...]]:
    learned = {kind: tuple(costs) for kind, costs in recent.items()}
    for entry in closed:
        if entry.credits > 0:
            cost = round(entry.credits + entry.beyond, 2)
            learned[entry.kind] = (*learned.get(entry.kind, ()), cost)[-RECENT:]
    return learned


def _days(
    before: Spending, after: Spending, costs: Mapping[VersionRef, Cost], change: AccountChange
) -> dict[OwnerDay, Spent]:
    known = {entry.ref for entry in before.open}
    return spent_by_day(
        (*before.open, *before.closed),
        {ref: cost.credits for ref, cost in costs.items()},
        begun=[entry for entry in after.open if entry.ref not in known],
        discarded=change.discards,
    )


def _nothing() -> None:
    """Stand in for a reading that is not needed."""


def _ended_since(jobs: Iterable[VersionRef], store: VideoStore) -> AccountChange:
    """Return the versions that ended, or were deleted, without a report."""
    ends, discards = set[VersionRef](), set[VersionRef]()
    for ref in jobs:
        try:
            version = store.version(ref)
        except VideoNotFoundError:
            ends.add(ref)
            continue
        if version.ended is not None:
            (discards if version.send_lock is None else ends).add(ref)
    return AccountChange(ends=frozenset(ends), discards=frozenset(discards))
