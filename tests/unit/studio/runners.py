"""What stands for the studio's isolation in tests that are about something else."""

from collections.abc import Callable
from typing import TypeVar, TypeVarTuple

from studio.isolation.bounds import Bounds

Arguments = TypeVarTuple("Arguments")
Returned = TypeVar("Returned")


async def here(
    _bounds: Bounds, function: Callable[[*Arguments], Returned], *arguments: *Arguments
) -> Returned:
    """Run a function in this process."""
    return function(*arguments)
