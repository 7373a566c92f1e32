"""The wire: every call of the protocol, as an ASGI application."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from pydantic import BaseModel, Field, ValidationError
from sse_starlette import EventSourceResponse, JSONServerSentEvent

from studio.accounts import Account
from studio.agent import StreamEvent
from studio.draft import parse_draft
from studio.errors import (
    BadRequestError,
    ExportBlockedError,
    RenderNotFoundError,
    StudioError,
    UnsupportedFileError,
    UnusableDraftError,
)
from studio.media import Kind, Media
from studio.renders import Render, Status
from studio.settings import Settings
from studio.store import Store

CLAIM_LIFE_S = 604_800
# Longer than any stream: the agent sends heartbeats of its own.
_NO_PING_S = 3600

router = APIRouter()


def create_app(settings: Settings) -> FastAPI:
    @contextlib.asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        store = Store(settings)
        app.state.store = store
        rendering = asyncio.create_task(store.renders.work())
        try:
            yield
        finally:
            rendering.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await rendering
            await store.close()

    app = FastAPI(title="Studio", lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(router)
    app.add_exception_handler(StudioError, _refuse)
    app.add_exception_handler(RequestValidationError, _refuse_shape)
    return app


def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


InStore = Annotated[Store, Depends(_store)]


def _account(store: InStore, authorization: Annotated[str | None, Header()] = None) -> Account:
    return store.accounts.authenticate(authorization, datetime.now(UTC))


Authenticated = Annotated[Account, Depends(_account)]


def _attributed(
    x_skill_source: Annotated[str, Header()] = "",
    x_skill_version: Annotated[str, Header()] = "",
    x_skill_platform: Annotated[str, Header()] = "",
) -> None:
    if not (x_skill_source and x_skill_version and x_skill_platform):
        raise ExportBlockedError(
            "Exports need the headers X-Skill-Source, X-Skill-Version and X-Skill-Platform."
        )


class NewSession(BaseModel):
    task_name: str = "project"
    language: str = "en"


class ClaimRequest(BaseModel):
    task_id: str
    session_id: str


class UrlUpload(BaseModel):
    urls: Annotated[list[str], Field(min_length=1, max_length=10)]
    source_type: str = "url"


class Part(BaseModel):
    text: str = ""


class Message(BaseModel):
    parts: list[Part]


class Run(BaseModel):
    app_name: str
    user_id: str
    session_id: str
    new_message: Message


class RenderOutput(BaseModel):
    format: str = "mp4"
    quality: str = "high"


class RenderRequest(BaseModel):
    id: Annotated[str, Field(pattern=r"^[\w.-]{1,128}$")]
    session_id: Annotated[str, Field(alias="sessionId")]
    draft: dict[str, Any]
    output: RenderOutput = RenderOutput()


@router.post("/api/auth/anonymous-token")
async def anonymous_token(
    store: InStore, x_client_id: Annotated[str | None, Header()] = None
) -> dict[str, object]:
    if not x_client_id:
        raise BadRequestError("The header X-Client-Id is missing. Make up a UUID, keep it and send it.")
    account = store.accounts.issue(x_client_id, datetime.now(UTC))
    return _envelope(
        {
            "token": account.token,
            "user_id": account.user_id,
            "credits": account.total,
            "expires_at": account.expires_at.isoformat(),
        }
    )


@router.post("/api/tasks/me/with-session/nemo_agent")
async def create_session(new: NewSession, account: Authenticated, store: InStore) -> dict[str, object]:
    session = store.sessions.create(account.user_id, new.language)
    return _envelope({"session_id": session.id, "task_id": session.task_id, "user_id": session.user_id})


@router.post("/api/auth/claim-token")
async def claim_token(claim: ClaimRequest, account: Authenticated, store: InStore) -> dict[str, object]:
    session = store.sessions.find(claim.session_id, account.user_id)
    return _envelope({"claim_token": f"clm_{session.claim_secret}", "expires_in": CLAIM_LIFE_S})


@router.get("/api/credits/balance/simple")
async def credits_balance(account: Authenticated) -> dict[str, object]:
    return _envelope({"available": account.available, "frozen": account.frozen, "total": account.total})


@router.post("/api/upload-video/nemo_agent/me/{session_id}")
async def upload(
    session_id: str, request: Request, account: Authenticated, store: InStore
) -> dict[str, object]:
    session = store.sessions.find(session_id, account.user_id)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        added = await store.uploads.from_multipart(request)
    else:
        try:
            asked = UrlUpload.model_validate_json(await request.body())
        except ValidationError as error:
            raise BadRequestError(
                "Send a file in the multipart field “files”, or JSON with “urls”."
            ) from error
        added = [await store.uploads.from_url(store.http, url) for url in asked.urls]
    session.media += added
    return _envelope({"files": [_file(media, request) for media in added], "session_state_applied": True})


@router.post("/run_sse")
async def run_sse(run: Run, account: Authenticated, store: InStore) -> EventSourceResponse:
    session = store.sessions.find(run.session_id, account.user_id)
    text = "\n".join(part.text for part in run.new_message.parts).strip()
    if not text:
        raise BadRequestError("The message is empty.")
    events = await store.agent.send(session, account, text)
    return EventSourceResponse(_encoded(events), ping=_NO_PING_S)


@router.get("/api/state/nemo_agent/me/{session_id}/latest")
async def state(
    session_id: str, request: Request, account: Authenticated, store: InStore
) -> dict[str, object]:
    session = store.sessions.find(session_id, account.user_id)
    draft = session.draft
    return _envelope(
        {
            "state": {
                "user_id": session.user_id,
                "draft": draft.to_wire() if draft else None,
                "video_infos": [_file(media, request) for media in session.media],
                "generated_media": [
                    {"type": "video", "name": shot.meta.name, "duration": shot.duration}
                    for shot in draft.shots
                ]
                if draft
                else [],
                "canvas_config": draft.canvas.model_dump(mode="json") if draft else None,
            }
        }
    )


@router.post("/api/render/proxy/lambda", dependencies=[Depends(_attributed)])
async def start_render(
    asked: RenderRequest, request: Request, account: Authenticated, store: InStore
) -> dict[str, object]:
    session = store.sessions.find(asked.session_id, account.user_id)
    if asked.output.format != "mp4":
        raise UnsupportedFileError(f"{asked.output.format} cannot be made: only mp4 can.")
    draft = parse_draft(asked.draft)
    media = {item.id: item for item in session.media if item.path is not None}
    if missing := draft.sources - media.keys():
        raise UnusableDraftError(
            f"The draft cannot be rendered: the session has no media {', '.join(sorted(missing))}."
        )
    render = store.renders.start(asked.id, account.user_id, session.id, draft, media)
    return _status(render, request)


@router.get("/api/render/proxy/lambda/{render_id}")
async def render_status(
    render_id: str, request: Request, account: Authenticated, store: InStore
) -> dict[str, object]:
    return _status(store.renders.find(render_id, account.user_id), request)


@router.post("/api/render/proxy/lambda/{render_id}/cancel")
async def cancel_render(
    render_id: str, request: Request, account: Authenticated, store: InStore
) -> dict[str, object]:
    render = store.renders.find(render_id, account.user_id)
    store.renders.cancel(render)
    return _status(render, request)


@router.get("/api/render/proxy/{render_id}/download")
async def download(render_id: str, account: Authenticated, store: InStore) -> FileResponse:
    render = store.renders.find(render_id, account.user_id)
    if render.status is not Status.COMPLETED:
        raise RenderNotFoundError(f"The render {render_id} is {render.status}: there is nothing to download.")
    return FileResponse(render.video, media_type="video/mp4", filename="video.mp4")


@router.get("/files/{key}/{name}")
async def file(key: str, name: str, store: InStore) -> FileResponse:
    """What `cdn_url` and `output.url` point to: who knows the address may read it."""
    if video := store.renders.video(key):
        return FileResponse(video, media_type="video/mp4")
    if (media := store.sessions.media(key)) and media.path:
        return FileResponse(media.path, media_type=media.mime)
    raise RenderNotFoundError(f"There is no file {name} here.")


async def _encoded(events: AsyncIterator[StreamEvent]) -> AsyncIterator[JSONServerSentEvent]:
    async for event in events:
        yield JSONServerSentEvent(event, sep="\n")


def _envelope(data: object) -> dict[str, object]:
    return {"code": 0, "message": "success", "data": data}


def _file(media: Media, request: Request) -> dict[str, object]:
    return {
        "filename": media.name,
        "file_type": Kind.IMAGE if media.kind is Kind.PAGE else media.kind,
        "cdn_url": _address(request, media.id, media.name) if media.path else None,
        "duration": media.duration / 1000,
        "width": media.width,
        "height": media.height,
        "fps": media.fps,
        "hash": media.sha256,
    }


def _status(render: Render, request: Request) -> dict[str, object]:
    """The one answer whose fields stand at the top level (vendor skill document)."""
    answer: dict[str, object] = {
        "id": render.id,
        "status": render.status,
        "progress": round(render.progress, 1),
        "createdAt": render.created_at.isoformat(),
    }
    if render.completed_at:
        answer["completedAt"] = render.completed_at.isoformat()
    if render.error:
        answer["error"] = render.error
    if render.status is Status.COMPLETED:
        answer["output"] = {"url": _address(request, render.folder.name, "video.mp4")}
    return answer


def _address(request: Request, key: str, name: str) -> str:
    return f"{request.base_url}files/{key}/{quote(name, safe='')}"


async def _refuse(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StudioError)  # noqa: S101 - Starlette's type is wider than what it passes
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else None
    body = {"code": error.code, "message": error.message, "data": None}
    return JSONResponse(body, status_code=error.status, headers=headers)


async def _refuse_shape(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"] if part != "body")
    return await _refuse(request, BadRequestError(f"The request is malformed at “{place}”: {first['msg']}."))
