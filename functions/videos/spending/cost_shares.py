"""Rearrange shares of earlier losses when a new loss finds no version with room.

Which of several versions caused a loss is a guess. A wrong guess fills a version with the cost of another
one, so that its own cost finds no room later. Then the version passes an earlier share to another version
that may have caused that loss as well. This is a search for augmenting paths, as in the maximum flow problem:
if the losses can be shared out among the versions at all, they are.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(eq=False)
class Holder:
    """A version with its shares. Amounts are hundredths of a credit.

    Attributes:
        begun: The reading at which the version began. Earlier losses are not its own.
        last: The last reading whose loss may be its own; None while it is open.
        room: What it can still take.
        shares: What it has of the loss of each reading.
    """

    begun: int
    last: int | None
    room: int
    shares: dict[int, int] = field(default_factory=dict)

    def may_hold(self, reading: int) -> bool:
        """Return whether the version may have caused the loss of a reading."""
        return self.begun < reading and (self.last is None or reading <= self.last)


def placed(loss: int, reading: int, holders: Sequence[Holder]) -> int:
    """Share out the loss of a reading, and move earlier shares to make room.

    Returns:
        How much of the loss found a holder.
    """
    rest = loss
    while rest and (path := _path(reading, holders)):
        last, _ = path[-1]
        passed = [giver.shares[share] for (giver, _), (_, share) in pairwise(path)]
        amount = min(rest, last.room, *passed)
        for holder, share in path:
            holder.shares[share] = holder.shares.get(share, 0) + amount
        for (giver, _), (_, share) in pairwise(path):
            giver.shares[share] -= amount
        last.room -= amount
        rest -= amount
    return loss - rest


def _path(reading: int, holders: Sequence[Holder]) -> list[tuple[Holder, int]]:
    """Return the shortest way to a holder with room: who takes a share of which reading, in order."""
    came: dict[Holder, tuple[Holder | None, int]] = {
        holder: (None, reading) for holder in holders if holder.may_hold(reading)
    }
    queue = deque(came)
    while queue:
        holder = queue.popleft()
        if holder.room > 0:
            return _way_to(holder, came)
        for share in [reading_ for reading_, amount in holder.shares.items() if amount > 0]:
            for other in holders:
                if other not in came and other.may_hold(share):
                    came[other] = holder, share
                    queue.append(other)
    return []


def _way_to(holder: Holder, came: dict[Holder, tuple[Holder | None, int]]) -> list[tuple[Holder, int]]:
    path: list[tuple[Holder, int]] = []
    current: Holder | None = holder
    while current is not None:
        giver, share = came[current]
        path.append((current, share))
        current = giver
    return path[::-1]
