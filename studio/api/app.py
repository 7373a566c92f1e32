"""The studio as an ASGI application: background work, and how refusals become responses."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from studio.api import routes as calls
from studio.api.wire_formats import FORMS
from studio.errors import StudioError
from studio.state.store import Store


def create_app(store: Store) -> FastAPI:
    """The calls on an open store, which is closed at the end."""

    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        app.state.store = store
        app.state.form = FORMS[store.settings.shapes]
        beside = [asyncio.create_task(store.renders.work()), asyncio.create_task(store.sweep())]
        try:
            yield
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            await store.close()

    app = FastAPI(title="Studio", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(calls.router)
    app.add_middleware(_NoSniffing)
    app.add_exception_handler(StudioError, _refuse)
    app.add_exception_handler(HTTPException, _refuse_call)
    app.add_exception_handler(Exception, _apologise)
    return app


class _NoSniffing:
    """Every answer is what its type says, whatever its bytes look like."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self._app(scope, receive, sent if scope["type"] == "http" else send)


async def _refuse(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StudioError)  # noqa: S101 - Starlette's type is wider than what it passes
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
    return _refusal(error.status, request.app.state.form.code(error), error.message, headers)


async def _refuse_call(request: Request, error: Exception) -> JSONResponse:
    """There is no such call."""
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    message = f"{request.method} {request.url.path} is no call of this service."
    return _refusal(error.status_code, error.status_code, message, error.headers)


async def _apologise(_request: Request, _error: Exception) -> JSONResponse:
    """A fault of the studio's own; the server logs it."""
    return _refusal(500, 500, "The studio failed at this. Try again.")


def _refusal(status: int, code: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse({"code": code, "message": message, "data": None}, status_code=status, headers=headers)
