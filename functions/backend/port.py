"""What the pipeline asks of a video service. `nemovideo` is the one adapter."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from typing import BinaryIO, Protocol

from backend.clock import StreamClock
from backend.models import ClaimToken, Credits, Render, Session, SessionState, UploadedFile
from backend.stream import StreamEvent


class Download(Protocol):
    """A finished file on its way. `content_length` is bytes, None when the sender does not say."""

    @property
    def content_length(self) -> int | None: ...

    def iter_bytes(self) -> Iterator[bytes]:
        """Yield the bytes once. Raises: NemoVideoError: what came is not the whole file."""


class VideoBackend(Protocol):
    """An agent that makes videos. Every method raises `NemoVideoError`s.

    All but `send_message`, `start_render` and `upload_file` may repeat a call that failed for a moment.
    """

    def create_session(self, *, language: str = "en") -> Session: ...

    def claim_token(self, session: Session) -> ClaimToken: ...

    def upload_file(
        self, session_id: str, filename: str, content: BinaryIO, *, size: int, content_type: str
    ) -> list[UploadedFile]: ...

    def upload_url(self, session_id: str, url: str) -> list[UploadedFile]: ...

    def send_message(self, session_id: str, text: str, *, clock: StreamClock) -> Iterator[StreamEvent]:
        """Give the agent an instruction, which costs credits, at the first `next`, and never twice."""

    def credits(self) -> Credits: ...

    def state(self, session_id: str) -> SessionState: ...

    def start_render(self, render_id: str, session_id: str, draft: Mapping[str, object]) -> Render:
        """Start a render, or return the one that has this id already. The id of the result counts."""

    def render(self, render_id: str) -> Render: ...

    def cancel_render(self, render_id: str) -> None: ...

    def download(self, render: Render) -> AbstractContextManager[Download]: ...

    def registration_link(self, user_id: str | None) -> str:
        """Where a person without an account gets one."""
