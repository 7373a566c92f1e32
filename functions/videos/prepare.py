"""The steps before the instruction: inspect the media, open a session, upload. Nothing is spent here."""

from datetime import UTC, datetime

from nemovideo import NemoVideo
from videos.errors import RefusedError
from videos.media_types import HEAD_BYTES, media_type
from videos.models import InboxFile, Job, Session, Stage, Uploaded, Video, WebAddress
from videos.ports import Inbox, VideoStore
from videos.stages import PROGRESS

DEFAULT_LANGUAGE = "en"


def inspect_media(job: Job, *, store: VideoStore, inbox: Inbox) -> None:
    """Look at what was handed in, before anything is spent.

    Raises:
        RefusedError: It cannot become a video.
    """
    store.report(job.video_id, Stage.INSPECTING, *PROGRESS[Stage.INSPECTING])
    for file in _inbox_files(store.video(job.video_id)):
        _media_type(file, inbox)


def open_session(job: Job, *, store: VideoStore, backend: NemoVideo) -> None:
    """Open the session in which all turns of the video happen.

    Raises:
        NemoVideoError: The backend opened none.
    """
    store.report(job.video_id, Stage.OPENING_SESSION, *PROGRESS[Stage.OPENING_SESSION])
    video = store.video(job.video_id)
    if video.backend_session is not None:
        return
    session = backend.create_session(language=video.wishes.language or DEFAULT_LANGUAGE)
    store.add_to_video(
        job.video_id,
        Session(session_id=session.session_id, task_id=session.task_id, user_id=session.user_id),
    )


def upload_media(job: Job, *, store: VideoStore, inbox: Inbox, backend: NemoVideo) -> None:
    """Hand the media to the session: files as a stream, addresses for the backend to fetch.

    Raises:
        NemoVideoError: The backend did not take it.
        RefusedError: The file is gone, or changed since it was inspected.
    """
    video = store.video(job.video_id)
    if video.uploaded is not None or not video.media:
        return
    store.report(job.video_id, Stage.UPLOADING, *PROGRESS[Stage.UPLOADING])
    session_id = session_of(video).session_id
    for item in video.media:
        match item:
            case InboxFile():
                content_type, size = _media_type(item, inbox)
                with inbox.open(item) as content:
                    backend.upload_file(session_id, item.name, content, size=size, content_type=content_type)
            case WebAddress():
                backend.upload_url(session_id, item.url)
    store.add_to_video(job.video_id, Uploaded(at=datetime.now(UTC)))


def session_of(video: Video) -> Session:
    """The session that an earlier step opened."""
    if video.backend_session is None:
        raise RuntimeError(f"{video.video_id} has no session; the workflow opens one first")
    return video.backend_session


def _inbox_files(video: Video) -> list[InboxFile]:
    return [item for item in video.media if isinstance(item, InboxFile)]


def _media_type(file: InboxFile, inbox: Inbox) -> tuple[str, int]:
    try:
        size = inbox.describe(file).size
        head = inbox.head(file, HEAD_BYTES) if size else b""
    except FileNotFoundError as error:
        raise RefusedError(
            f"“{file.name}” is no longer in the inbox.",
            code="file_gone",
            advice="Drop it again and leave it there until the video is ready.",
        ) from error
    return media_type(file.name, size, head), size
