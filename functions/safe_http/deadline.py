"""A deadline for a whole exchange with a stranger.

The timeouts of a connection start again with each byte. A server that sends one byte a second could keep a
function busy until its own timeout. So the exchange runs in a thread, and is abandoned if it takes too long.
"""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

Result = TypeVar("Result")


def within(seconds: float, exchange: Callable[[], Result]) -> Result:
    """Return what the exchange returns, or raise what it raises.

    Raises:
        TimeoutError: It takes longer. It may still be carried out.
    """
    future: Future[Result] = Future()

    def carry_out() -> None:
        try:
            future.set_result(exchange())
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            future.set_exception(error)

    Thread(target=carry_out, daemon=True).start()
    return future.result(seconds)
