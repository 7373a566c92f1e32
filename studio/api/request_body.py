"""Bodies of requests, read within limits of size, shape and patience."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, TypeVarTuple

from fastapi import Request
from pydantic import BaseModel, ValidationError
from pydantic_core import from_json
from starlette.requests import ClientDisconnect

from studio.errors import BadRequestError, RequestTooLargeError, SlowRequestError, StudioError

# Many times the largest draft that can be rendered.
LARGEST_JSON = 2_000_000
MOST_VALUES = 100_000
DEEPEST = 32
LARGEST_NUMBER = 2**53
# Bytes a second that a body comes at, once it is late. A mobile network in the country is faster.
SLOWEST = 10_000
# More digits than any length or size has.
_LONGEST_SIZE = 15
# One body at a time, and beside the event loop.
_READER = ThreadPoolExecutor(1, "bodies")

Model = TypeVar("Model", bound=BaseModel)
Arguments = TypeVarTuple("Arguments")
Returned = TypeVar("Returned")


async def read_json(request: Request, model: type[Model], idle_seconds: float) -> Model:
    """A request's JSON, as the model says.

    Raises:
        BadRequestError: it is not JSON, or not what is asked for; the message names the place.
        RequestTooLargeError: it is larger than any request needs to be.
        SlowRequestError: it did not come.
    """
    too_large = RequestTooLargeError(f"The request is larger than {LARGEST_JSON // 1_000_000} MB.")
    body = bytearray()
    async for chunk in chunks(request, LARGEST_JSON, idle_seconds, too_large):
        body += chunk
    return await beside(parse, bytes(body), model)


async def beside(function: Callable[[*Arguments], Returned], *arguments: *Arguments) -> Returned:
    """Run what reads a body beside the event loop, one call at a time."""
    return await asyncio.get_running_loop().run_in_executor(_READER, function, *arguments)


def parse(body: bytes, model: type[Model]) -> Model:
    """Read JSON as the model says. Takes time in proportion to the body's length.

    Raises:
        BadRequestError: it is not JSON, has more, deeper or larger values than any request needs, or is not
            what is asked for; the message names the place.
    """
    # Before any value is made: each follows a comma or an opening bracket, but for those that texts hold.
    if sum(map(body.count, (b",", b"[", b"{"))) > MOST_VALUES:
        raise BadRequestError(f"The request has more than {MOST_VALUES} values.")
    try:
        # Lone surrogates, and more than 200 levels, are no JSON to it.
        value = from_json(body, allow_inf_nan=False)
    except ValueError as error:
        reason = str(error).partition(" at line")[0][:200]
        raise BadRequestError(f"The request is not valid JSON: {reason}.") from error
    _check(value)
    try:
        return model.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f" at “{place[:200]}”" if place else ""
        raise BadRequestError(f"The request is malformed{where}: {first['msg'][:300]}.") from error


def _check(value: object) -> None:
    """Raises: BadRequestError: the value has deeper or larger parts than any request needs."""
    level: list[Any] = [value]
    for _ in range(DEEPEST):
        if not level:
            return
        following: list[Any] = []
        for part in level:
            if isinstance(part, dict):
                following += part.values()
            elif isinstance(part, list):
                following += part
            elif isinstance(part, int | float) and not _is_sensible(part):
                raise BadRequestError("The request has a number that is too large, or not finite.")
        level = following
    raise BadRequestError(f"The request is nested more than {DEEPEST} levels deep.")


def _is_sensible(number: float) -> bool:
    return abs(number) <= LARGEST_NUMBER if isinstance(number, int) else math.isfinite(number)


async def chunks(
    request: Request,
    largest: int,
    idle_seconds: float,
    too_large: StudioError,
    arrived: Callable[[int], None] = lambda _: None,
) -> AsyncGenerator[bytes]:
    """A request's body as it comes.

    Raises:
        StudioError: `too_large`, for more than `largest` bytes, announced or received; or what `arrived`,
            which receives the number of bytes so far, raises.
        SlowRequestError: for `idle_seconds` nothing came, or less than `SLOWEST` bytes a second beyond them.
        BadRequestError: the client went away; nobody will read the answer.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and (len(announced) > _LONGEST_SIZE or int(announced) > largest):
        raise too_large
    received, waited = 0, 0.0
    stream = aiter(request.stream())
    while True:
        began = time.monotonic()
        try:
            async with asyncio.timeout(min(idle_seconds, idle_seconds + received / SLOWEST - waited)):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise SlowRequestError(
                f"Too little came in {waited + time.monotonic() - began:.3g} seconds. Send the request again."
            ) from error
        except ClientDisconnect as error:
            raise BadRequestError("The request was broken off.") from error
        if chunk is None:
            return
        waited += time.monotonic() - began
        received += len(chunk)
        if received > largest:
            raise too_large
        arrived(len(chunk))
        yield chunk
