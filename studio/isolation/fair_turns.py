"""Turns: accounts share what there is little of, and each is served in turn."""

import asyncio
import contextlib
from collections import Counter, OrderedDict, deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

from studio.errors import RateLimitedError

Item = TypeVar("Item")
_RETRY_AFTER_S = 10


class FairQueue(Generic[Item]):
    """Gives out what waits, one account after the other, and no more at once than allowed."""

    def __init__(self, at_once: int, per_account: int) -> None:
        self._at_once = at_once
        self._per_account = per_account
        self._out: Counter[str] = Counter()
        # The account that was served longest ago comes first.
        self._waiting: OrderedDict[str, deque[Item]] = OrderedDict()

    def put(self, account: str, item: Item) -> None:
        self._waiting.setdefault(account, deque()).append(item)

    def take(self) -> Item | None:
        """The next item. Report its end with `done`. `None` while nothing may start."""
        if self._out.total() >= self._at_once:
            return None
        account = next((name for name in self._waiting if self._out[name] < self._per_account), None)
        if account is None:
            return None
        items = self._waiting.pop(account)
        item = items.popleft()
        if items:
            self._waiting[account] = items
        self._out[account] += 1
        return item

    def done(self, account: str) -> None:
        """An item of the account that was given out is worked on no more."""
        self._out[account] -= 1
        if not self._out[account]:
            del self._out[account]

    def discard(self, account: str, item: Item) -> None:
        """Take back what was put, if it still waits."""
        items = self._waiting.get(account)
        if items and item in items:
            items.remove(item)
            if not items:
                del self._waiting[account]

    def waiting(self, account: str) -> int:
        return len(self._waiting.get(account, ()))


class Turns:
    """Bounds how much of one kind of work is done at once, in all and for one account.

    Attributes:
        most_waiting: of one account; more are refused.
    """

    def __init__(self, at_once: int, per_account: int, most_waiting: int) -> None:
        self._queue: FairQueue[tuple[str, asyncio.Future[None]]] = FairQueue(at_once, per_account)
        self.most_waiting = most_waiting

    @contextlib.asynccontextmanager
    async def turn(self, account: str) -> AsyncIterator[None]:
        """Wait for a turn, and hold it for the block.

        Raises:
            RateLimitedError: too much work of this account waits already.
        """
        if self._queue.waiting(account) >= self.most_waiting:
            raise RateLimitedError(
                "Your account has too many requests of this kind in progress. Wait until some are done.",
                retry_after=_RETRY_AFTER_S,
            )
        granted = asyncio.get_running_loop().create_future()
        self._queue.put(account, (account, granted))
        self._grant()
        try:
            await granted
            yield
        finally:
            if granted.done() and not granted.cancelled():
                self._queue.done(account)
            else:
                self._queue.discard(account, (account, granted))
            self._grant()

    def _grant(self) -> None:
        while (taken := self._queue.take()) is not None:
            account, granted = taken
            if granted.cancelled():
                self._queue.done(account)
            else:
                granted.set_result(None)
