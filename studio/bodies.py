"""Bodies of requests, read within limits of size and patience."""

import asyncio
from collections.abc import AsyncGenerator
from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.requests import ClientDisconnect

from studio.errors import BadRequestError, RequestTooLargeError, SlowRequestError, StudioError

# Many times the largest draft that can be rendered.
LARGEST_JSON = 2_000_000

Model = TypeVar("Model", bound=BaseModel)


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
    try:
        return model.model_validate_json(bytes(body))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        where = f" at “{place}”" if place else ""
        raise BadRequestError(f"The request is malformed{where}: {first['msg']}.") from error


async def chunks(
    request: Request, largest: int, idle_seconds: float, too_large: StudioError
) -> AsyncGenerator[bytes]:
    """A request's body as it comes.

    Raises:
        StudioError: `too_large`, for more than `largest` bytes, announced or received.
        SlowRequestError: for `idle_seconds` nothing came.
        BadRequestError: the client went away; nobody will read the answer.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > largest:
        raise too_large
    received = 0
    stream = aiter(request.stream())
    while True:
        try:
            async with asyncio.timeout(idle_seconds):
                chunk = await anext(stream, None)
        except TimeoutError as error:
            raise SlowRequestError(
                f"Nothing came for {idle_seconds:g} seconds. Send the request again."
            ) from error
        except ClientDisconnect as error:
            raise BadRequestError("The request was broken off.") from error
        if chunk is None:
            return
        received += len(chunk)
        if received > largest:
            raise too_large
        yield chunk
