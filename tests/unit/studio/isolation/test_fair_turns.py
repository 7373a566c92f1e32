import asyncio

import pytest

from studio.errors import RateLimitedError
from studio.isolation.fair_turns import FairQueue, Turns


def test_accounts_are_served_in_turn_whatever_one_of_them_puts_in() -> None:
    queue: FairQueue[str] = FairQueue(at_once=1, per_account=1)
    for number in range(100):
        queue.put("greedy", f"greedy {number}")
    queue.put("other", "other 0")
    served = []
    for _ in range(3):
        item = queue.take()
        assert item is not None
        served.append(item)
        queue.done(item.split()[0])
    assert served == ["greedy 0", "other 0", "greedy 1"]


def test_one_account_does_not_take_every_place() -> None:
    queue: FairQueue[str] = FairQueue(at_once=2, per_account=1)
    queue.put("greedy", "greedy 0")
    queue.put("greedy", "greedy 1")
    assert [queue.take(), queue.take()] == ["greedy 0", None]
    queue.put("other", "other 0")
    assert [queue.take(), queue.take()] == ["other 0", None]


def test_what_was_taken_back_is_not_given_out() -> None:
    queue: FairQueue[str] = FairQueue(at_once=2, per_account=1)
    queue.put("a", "0")
    queue.discard("a", "0")
    queue.discard("a", "0")
    assert queue.take() is None
    assert queue.waiting("a") == 0


def test_more_than_may_wait_is_refused() -> None:
    async def run() -> None:
        turns = Turns(at_once=1, per_account=1, most_waiting=1)
        async with turns.turn("a"):
            waiting = asyncio.create_task(turns.turn("a").__aenter__())
            await asyncio.sleep(0)
            with pytest.raises(RateLimitedError, match="too many requests"):
                await turns.turn("a").__aenter__()
            waiting.cancel()

    asyncio.run(run())


@pytest.mark.parametrize("granted", [False, True])
def test_a_wait_that_is_cancelled_keeps_no_place(*, granted: bool) -> None:
    async def work(turns: Turns) -> None:
        async with turns.turn("a"):
            pass

    async def run() -> None:
        turns = Turns(at_once=1, per_account=1, most_waiting=9)
        first = turns.turn("a")
        await first.__aenter__()
        waiting = asyncio.create_task(work(turns))
        await asyncio.sleep(0)
        if granted:
            # Its turn has come, and it does not know yet.
            await first.__aexit__(None, None, None)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        if not granted:
            await first.__aexit__(None, None, None)
        async with asyncio.timeout(60), turns.turn("a"):
            pass

    asyncio.run(run())
