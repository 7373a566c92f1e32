"""The NemoVideo agent API, one method per call."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import BinaryIO
from urllib.parse import quote, urlencode

import httpx

from backend.clock import StreamClock
from backend.errors import NemoVideoError
from backend.models import ClaimToken, Credits, Render, Session, SessionState, UploadedFile
from backend.stream import Heartbeat, StreamEvent
from nemovideo import results
from nemovideo.attribution import Attribution
from nemovideo.download import ResumableDownload
from nemovideo.exchange import BackendTransport
from nemovideo.sse import SseDecoder
from nemovideo.stream import interpret
from nemovideo.tokens import TokenSource
from nemovideo.transport import Transport, Upload
from nemovideo.wire import Subject

_RENDERS = "/api/render/proxy/lambda"


class NemoVideo:
    """A client for one token.

    Every method raises `NemoVideoError`s. All but `send_message`, `start_render` and `upload_file` repeat a
    call that failed temporarily; all but `send_message` renew a rejected token once.
    """

    def __init__(
        self,
        base_url: str,
        tokens: TokenSource,
        *,
        attribution: Attribution,
        http: httpx.Client | None = None,
        web_url: str = "https://nemovideo.com",
    ) -> None:
        self._web_url = web_url.rstrip("/")
        self._user_id: str | None = None
        self._transport = Transport(
            base_url,
            tokens,
            attribution=attribution,
            http=http or httpx.Client(transport=BackendTransport()),
            registration_link=lambda: self.registration_link(self._user_id),
        )

    def create_session(self, *, language: str = "en") -> Session:
        data = self._transport.call(
            "POST",
            "/api/tasks/me/with-session/nemo_agent",
            Subject.ACCOUNT,
            {"task_name": "project", "language": language},
        )
        session = results.session(data)
        self._user_id = session.user_id or self._user_id
        return session

    def claim_token(self, session: Session) -> ClaimToken:
        data = self._transport.call(
            "POST",
            "/api/auth/claim-token",
            Subject.SESSION,
            {"task_id": session.task_id, "session_id": session.session_id},
        )
        return results.claim_token(data, self._web_url)

    def upload_file(
        self, session_id: str, filename: str, content: BinaryIO, *, size: int, content_type: str
    ) -> list[UploadedFile]:
        """Stream `size` bytes of `content`, which need not be able to seek; `filename` may be any text."""
        data = self._transport.upload(_upload_path(session_id), Upload(filename, content, size, content_type))
        return results.uploaded_files(data)

    def upload_url(self, session_id: str, url: str) -> list[UploadedFile]:
        data = self._transport.call(
            "POST", _upload_path(session_id), Subject.SESSION, {"urls": [url], "source_type": "url"}
        )
        return results.uploaded_files(data)

    def send_message(self, session_id: str, text: str, *, clock: StreamClock) -> Iterator[StreamEvent]:
        """Say `text` to the agent, which costs credits, and follow what it does.

        Sent at the first `next`, once, whatever happens: not even after a rejected token is it sent again.

        Raises:
            NemoVideoError: with `refused` set, the message was not taken. Otherwise it may be carried out:
                read the state, never send it again.
        """
        body: dict[str, object] = {
            "app_name": "nemo_agent",
            "user_id": "me",
            "session_id": session_id,
            "new_message": {"parts": [{"text": text}]},
        }
        decoder = SseDecoder()
        with self._transport.stream("/run_sse", Subject.SESSION, body, clock) as chunks:
            for chunk in chunks:
                for server_sent in decoder.feed(chunk):
                    for event in interpret(server_sent):
                        if not isinstance(event, Heartbeat):
                            clock.progressed()
                        yield event
        decoder.close()

    def credits(self) -> Credits:
        data, token = self._transport.call_with_token("GET", "/api/credits/balance/simple", Subject.ACCOUNT)
        account = hashlib.sha256(token.encode()).hexdigest()[:16]
        return results.credits_(data).model_copy(update={"account": account})

    def state(self, session_id: str) -> SessionState:
        path = f"/api/state/nemo_agent/me/{quote(session_id, safe='')}/latest"
        state = results.session_state(self._transport.call("GET", path, Subject.SESSION))
        self._user_id = state.user_id or self._user_id
        return state

    def start_render(self, render_id: str, session_id: str, draft: Mapping[str, object]) -> Render:
        """Ask for an MP4 under an id of the caller's choice; the draft is sent back unchanged.

        The backend may answer with an id of its own, under which alone it knows the render from then on.

        Safe to call again with the same id: after an unclear answer, or when the id is refused as known,
        the render that exists is returned.

        Raises:
            ExportBlockedError: the plan does not allow exports.
            NemoVideoError: the render was not started as far as can be known.
        """
        body: dict[str, object] = {
            "id": render_id,
            "sessionId": session_id,
            "draft": draft,
            "output": {"format": "mp4", "quality": "high"},
        }
        try:
            data = self._transport.call("POST", _RENDERS, Subject.NEW_RENDER, body, repeatable=False)
        except NemoVideoError as unclear:
            if unclear.refused:
                raise
            try:
                return self.render(render_id)
            except NemoVideoError:
                raise unclear from None
        return results.started_render(data, render_id)

    def render(self, render_id: str) -> Render:
        """The status of a render. Raises `RenderNotFoundError` for an id the backend does not know."""
        data = self._transport.call("GET", f"{_RENDERS}/{quote(render_id, safe='')}", Subject.RENDER)
        return results.render(data, render_id)

    def cancel_render(self, render_id: str) -> None:
        self._transport.call("POST", f"{_RENDERS}/{quote(render_id, safe='')}/cancel", Subject.RENDER)

    @contextmanager
    def download(self, render: Render) -> Iterator[ResumableDownload]:
        """Open the MP4 of a completed render, at its address, or without one by the backend's download call.

        Raises:
            RenderNotFoundError, ExportBlockedError: nothing (any longer) is served there.
            NemoVideoError: it could not be opened.
        """
        path = f"/api/render/proxy/{quote(render.id, safe='')}/download"

        def open_from(offset: int, validator: str | None) -> httpx.Response:
            if render.url:
                return self._transport.open_url(render.url, offset, validator)
            return self._transport.open_path(path, offset, validator)

        with closing(ResumableDownload(open_from(0, None), open_from)) as download:
            yield download

    def registration_link(self, user_id: str | None) -> str:
        """Where a person without an account gets one; `user_id` binds what was made so far to it."""
        query = f"?{urlencode({'bind': user_id})}" if user_id else ""
        return f"{self._web_url}/register{query}"


def _upload_path(session_id: str) -> str:
    return f"/api/upload-video/nemo_agent/me/{quote(session_id, safe='')}"
