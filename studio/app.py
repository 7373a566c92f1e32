"""The studio as an ASGI application: what runs beside the calls, and how refusals are told."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from studio import calls
from studio.errors import StudioError
from studio.shapes import FORMS
from studio.store import Store


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
    app.add_exception_handler(StudioError, _refuse)
    app.add_exception_handler(HTTPException, _refuse_call)
    app.add_exception_handler(Exception, _apologise)
    return app


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
