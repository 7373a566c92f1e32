"""What an owner has spent on each day: sums that stay when the videos are deleted.

A version counts on the day (UTC) on which its instruction was sent, as in spending limits.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol

from videos.model.records import Record, VersionRef

MOST_DAYS = 366
"""That can be looked at. They are kept a little longer."""


class Spent(Record):
    """Credits, and instructions that were sent: first versions, and edits. Or a change of these."""

    credits: float = 0
    videos: int = 0
    edits: int = 0

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            credits=round(self.credits + other.credits, 2),
            videos=self.videos + other.videos,
            edits=self.edits + other.edits,
        )


@dataclass(frozen=True)
class OwnerDay:
    """A day of an owner."""

    owner: str
    day: date


class SpendingDays(Protocol):
    """The memory of what was spent on each day."""

    def spent(self, owner: str, first: date, last: date) -> dict[date, Spent]:
        """Return the days on which the owner has spent something."""


class Entry(Protocol):
    """A version whose cost is being followed."""

    @property
    def ref(self) -> VersionRef: ...
    @property
    def owner(self) -> str: ...
    @property
    def begun_at(self) -> datetime: ...
    @property
    def credits(self) -> float: ...


def spent_by_day(
    before: Iterable[Entry],
    credits_after: Mapping[VersionRef, float],
    *,
    begun: Iterable[Entry],
    discarded: Collection[VersionRef],
) -> dict[OwnerDay, Spent]:
    """Return how the days change.

    Args:
        before: The versions that were followed, with their costs so far.
        credits_after: The costs that change.
        begun: The versions that are followed from now on.
        discarded: Versions that were not sent after all.
    """
    changes: dict[OwnerDay, Spent] = {}

    def add(entry: Entry, change: Spent) -> None:
        day = OwnerDay(entry.owner, entry.begun_at.astimezone(UTC).date())
        changes[day] = changes.get(day, Spent()) + change

    for entry in begun:
        add(entry, _instruction(entry.ref, 1))
    for entry in before:
        if entry.ref in credits_after:
            add(entry, Spent(credits=credits_after[entry.ref] - entry.credits))
        if entry.ref in discarded:
            add(entry, _instruction(entry.ref, -1))
    return {day: change for day, change in changes.items() if day.owner and change != Spent()}


def _instruction(ref: VersionRef, number: int) -> Spent:
    return Spent(videos=number) if ref.version == 1 else Spent(edits=number)
