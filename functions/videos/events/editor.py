"""The link to the project in the video service's own editor (vendor skill 1.9: each delivery carries it)."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta

from backend import Session, VideoBackend
from backend.errors import NemoVideoError
from videos.model.ports import VideoStore
from videos.model.records import VersionRef
from videos.model.version import Editor


def link_editor(ref: VersionRef, *, store: VideoStore, backend: VideoBackend) -> None:
    """Keep a link to the project with the version; if the backend gives none, no video waits for it."""
    session = store.video(ref.video_id).backend_session
    if session is None or session.task_id is None:
        return
    with suppress(NemoVideoError):
        claim = backend.claim_token(Session(session_id=session.session_id, task_id=session.task_id))
        expires_at = datetime.now(UTC) + timedelta(seconds=claim.expires_in)
        store.write(ref, Editor(link=claim.link, expires_at=expires_at))
