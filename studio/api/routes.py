"""The calls of the protocol."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Depends, Header, Request
from fastapi.responses import FileResponse
from sse_starlette import EventSourceResponse, JSONServerSentEvent, ServerSentEvent

from studio.api.request_body import Model, beside, read_json
from studio.api.requests import LONGEST_MESSAGE, ClaimRequest, NewSession, RenderRequest, Run, UrlUpload
from studio.api.wire_formats import Form, Json, RenderStatus, UploadedFile, enveloped
from studio.draft import parse_draft
from studio.errors import (
    BadRequestError,
    DuplicateRenderError,
    ExportBlockedError,
    RenderNotFoundError,
    SessionNotFoundError,
    UnsupportedFileError,
    UnusableDraftError,
)
from studio.media.items import Kind, Media
from studio.state.accounts import Account, Scope
from studio.state.renders import Render, Status
from studio.state.store import Store

CLAIM_LIFE_S = 604_800
_LONGEST_CLIENT_ID = 128
# A file is foreign: shown on its own it runs nothing, and belongs to no origin.
_INERT = {
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; media-src 'self'; sandbox",
    "Content-Disposition": "inline",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
# Longer than any stream: the agent sends heartbeats of its own.
_NO_PING_S = 3600

router = APIRouter()


async def _store(request: Request) -> Store:
    store: Store = request.app.state.store
    return store


async def _form(request: Request) -> Form:
    form: Form = request.app.state.form
    return form


InStore = Annotated[Store, Depends(_store)]
InForm = Annotated[Form, Depends(_form)]


def _good_for(scope: Scope) -> Callable[..., Awaitable[Account]]:
    async def account(store: InStore, authorization: Annotated[str | None, Header()] = None) -> Account:
        authenticated = store.accounts.authenticate(authorization, datetime.now(UTC))
        authenticated.require(scope)
        return authenticated

    return account


async def _attributed(
    x_skill_source: Annotated[str, Header()] = "",
    x_skill_version: Annotated[str, Header()] = "",
    x_skill_platform: Annotated[str, Header()] = "",
) -> None:
    if not (x_skill_source and x_skill_version and x_skill_platform):
        raise ExportBlockedError(
            "Exports need the headers X-Skill-Source, X-Skill-Version and X-Skill-Platform."
        )


def _json(model: type[Model]) -> Callable[..., Awaitable[Model]]:
    async def body(request: Request, store: InStore) -> Model:
        return await read_json(request, model, store.settings.request_idle_seconds)

    return body


Reader = Annotated[Account, Depends(_good_for(Scope.READ))]
Writer = Annotated[Account, Depends(_good_for(Scope.WRITE))]
Uploader = Annotated[Account, Depends(_good_for(Scope.UPLOAD))]
Exporter = Annotated[Account, Depends(_good_for(Scope.RENDER))]


@router.post("/api/auth/anonymous-token")
async def anonymous_token(
    request: Request, store: InStore, x_client_id: Annotated[str | None, Header()] = None
) -> Json:
    if not x_client_id or len(x_client_id) > _LONGEST_CLIENT_ID:
        raise BadRequestError("The header X-Client-Id is missing. Make up a UUID, keep it and send it.")
    address = request.client.host if request.client else None
    token = store.accounts.issue(x_client_id, datetime.now(UTC), address)
    return enveloped(
        {
            "token": token.secret,
            "user_id": token.user_id,
            "credits": token.credits,
            "expires_at": token.expires_at.isoformat(),
        }
    )


@router.post("/api/tasks/me/with-session/nemo_agent")
async def create_session(
    account: Writer, new: Annotated[NewSession, Depends(_json(NewSession))], store: InStore, form: InForm
) -> Json:
    most = store.allowance(account).sessions
    session = store.sessions.create(account.user_id, new.language, datetime.now(UTC), most)
    return form.session({"session_id": session.id, "task_id": session.task_id, "user_id": session.user_id})


@router.post("/api/auth/claim-token")
async def claim_token(
    account: Writer, claim: Annotated[ClaimRequest, Depends(_json(ClaimRequest))], store: InStore
) -> Json:
    session = store.sessions.find(claim.session_id, account.user_id, datetime.now(UTC))
    if claim.task_id != session.task_id:
        raise SessionNotFoundError("This session has another task: send the task_id it was created with.")
    return enveloped({"claim_token": f"clm_{session.claim_secret}", "expires_in": CLAIM_LIFE_S})


@router.get("/api/credits/balance/simple")
async def credits_balance(account: Reader) -> Json:
    balance = account.balance
    return enveloped({"available": balance.available, "frozen": balance.frozen, "total": balance.total})


@router.post("/api/upload-video/nemo_agent/me/{session_id}")
async def upload(session_id: str, request: Request, account: Uploader, store: InStore, form: InForm) -> Json:
    session = store.sessions.find(session_id, account.user_id, datetime.now(UTC))
    with store.storage.arriving(account.user_id, store.allowance(account).stored_bytes) as arrived:
        if request.headers.get("content-type", "").startswith("multipart/form-data"):
            added = await store.uploads.from_multipart(request, account.user_id, arrived)
        else:
            asked = await read_json(request, UrlUpload, store.settings.request_idle_seconds)
            added = await store.uploads.from_urls(asked.urls, account.user_id, arrived)
        store.keep_media(session, added)
    return form.upload([_file(media, request) for media in added])


@router.post("/run_sse")
async def run_sse(
    account: Writer, run: Annotated[Run, Depends(_json(Run))], store: InStore, form: InForm
) -> EventSourceResponse:
    session = store.sessions.find(run.session_id, account.user_id, datetime.now(UTC))
    text = run.new_message.text
    if not text:
        raise BadRequestError("The message is empty.")
    if len(text) > LONGEST_MESSAGE:
        raise BadRequestError(
            f"The message is longer than {LONGEST_MESSAGE} characters. Shorten it or send it in parts."
        )
    events = await store.agent.send(session, account, text)
    return EventSourceResponse(_encoded(form.events(events)), ping=_NO_PING_S)


@router.get("/api/state/nemo_agent/me/{session_id}/latest")
async def state(session_id: str, request: Request, account: Reader, store: InStore) -> Json:
    session = store.sessions.find(session_id, account.user_id, datetime.now(UTC))
    draft = session.draft
    shots = draft.shots if draft else []
    return enveloped(
        {
            "state": {
                "user_id": session.user_id,
                "draft": draft.to_wire() if draft else None,
                "video_infos": [_file(media, request).described() for media in session.media],
                "generated_media": [
                    {"type": "video", "name": shot.meta.name, "duration": shot.duration} for shot in shots
                ],
                "canvas_config": draft.canvas.model_dump(mode="json") if draft else None,
            }
        }
    )


@router.post("/api/render/proxy/lambda")
async def start_render(
    request: Request,
    account: Exporter,
    _attribution: Annotated[None, Depends(_attributed)],
    asked: Annotated[RenderRequest, Depends(_json(RenderRequest))],
    store: InStore,
    form: InForm,
) -> Json:
    session = store.sessions.find(asked.session_id, account.user_id, datetime.now(UTC))
    if asked.output.format != "mp4":
        raise UnsupportedFileError(f"{asked.output.format} cannot be made: only mp4 can.")
    draft = await beside(parse_draft, asked.draft)
    media: Mapping[str, Media] = {item.id: item for item in session.media if item.path is not None}
    if missing := draft.sources - media.keys():
        raise UnusableDraftError(
            f"The draft cannot be rendered: the session has no media {', '.join(sorted(missing))}."
        )
    allowance = store.allowance(account)
    store.storage.require_room(account.user_id, allowance.stored_bytes)
    try:
        render = store.renders.start(
            asked.id, account.user_id, session.id, draft, media, most=allowance.renders
        )
    except DuplicateRenderError:
        if not form.known_render_is_answered:
            raise
        render = store.renders.find(asked.id, account.user_id)
    return form.render(_status(render, request))


@router.get("/api/render/proxy/lambda/{render_id}")
async def render_status(
    render_id: str, request: Request, account: Reader, store: InStore, form: InForm
) -> Json:
    return form.render(_status(store.renders.find(render_id, account.user_id), request))


@router.post("/api/render/proxy/lambda/{render_id}/cancel")
async def cancel_render(
    render_id: str, request: Request, account: Exporter, store: InStore, form: InForm
) -> Json:
    render = store.renders.find(render_id, account.user_id)
    store.renders.cancel(render)
    return form.render(_status(render, request))


@router.get("/api/render/proxy/{render_id}/download")
async def download(render_id: str, account: Reader, store: InStore) -> FileResponse:
    render = store.renders.find(render_id, account.user_id)
    if render.status is not Status.COMPLETED:
        raise RenderNotFoundError(f"The render {render_id} is {render.status}: there is nothing to download.")
    return FileResponse(store.renders.video_of(render), media_type="video/mp4", filename="video.mp4")


@router.get("/files/{key}/{name}")
async def file(key: str, name: str, store: InStore) -> FileResponse:
    """What `cdn_url` and `output.url` point to: who knows the address may read it."""
    if video := store.renders.video(key):
        return FileResponse(video, media_type="video/mp4", headers=_INERT)
    if (media := store.sessions.media(key)) and media.path:
        return FileResponse(media.path, media_type=media.mime, headers=_INERT)
    raise RenderNotFoundError(f"There is no file {name} here.")


@router.get("/health")
async def health(store: InStore) -> Json:
    """Whether the studio answers and its records can be read."""
    return {"sessions": store.sessions.count()}


async def _encoded(events: AsyncIterator[Json | None]) -> AsyncIterator[ServerSentEvent]:
    async for event in events:
        if event is None:
            yield ServerSentEvent("", sep="\n")
        else:
            yield JSONServerSentEvent(event, sep="\n")


def _file(media: Media, request: Request) -> UploadedFile:
    return UploadedFile(
        filename=media.name,
        file_type=Kind.IMAGE if media.kind is Kind.PAGE else media.kind,
        url=_address(request, media.id, media.name) if media.path else None,
        duration=media.duration / 1000,
        width=media.width,
        height=media.height,
        fps=media.fps,
        sha256=media.sha256,
    )


def _status(render: Render, request: Request) -> RenderStatus:
    is_whole = render.status is Status.COMPLETED
    return RenderStatus(
        id=render.id,
        status=render.status,
        progress=round(render.progress, 1),
        created_at=render.created_at.isoformat(),
        completed_at=render.completed_at.isoformat() if render.completed_at else None,
        error=render.error,
        url=_address(request, render.key, "video.mp4") if is_whole else None,
    )


def _address(request: Request, key: str, name: str) -> str:
    return f"{request.base_url}files/{key}/{quote(name, safe='')}"
