"""The steps before the instruction: inspect the media, open a session, upload. Nothing is spent here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from nemovideo import NemoVideo
from videos.callbacks import CallbackQueue, call_back_at_start
from videos.errors import RefusedError
from videos.media_types import HEAD_BYTES, media_type
from videos.models import InboxFile, Job, Session, Stage, Uploaded, Video, WebAddress
from videos.ports import Inbox, VideoStore
from videos.requests import FieldError
from videos.sequence import media_of
from videos.stages import PROGRESS

DEFAULT_LANGUAGE = "en"


CheckAddress = Callable[[str, str], str]
"""Takes the name of a field and the address it holds; raises FieldError when that cannot be used."""


@dataclass(frozen=True)
class AddressChecks:
    """How addresses are looked at that did not come over HTTP, where that is done at once."""

    reachable: CheckAddress
    """For what the backend is going to fetch."""
    allowed: CheckAddress
    """For what is going to be called later."""


def inspect_media(
    job: Job, *, store: VideoStore, inbox: Inbox, checks: AddressChecks, callbacks: CallbackQueue
) -> None:
    """Look at what was handed in, before anything is spent.

    Raises:
        RefusedError: It cannot become a video.
    """
    store.report(job.video_id, Stage.INSPECTING, *PROGRESS[Stage.INSPECTING])
    video, turn = store.video(job.video_id), store.turn(job)
    if turn.problem is not None:  # it was found when the drop was read
        raise RefusedError.of(turn.problem)
    media, _ = media_of(video, turn)
    for item in media:
        match item:
            case InboxFile():
                _media_type(item, inbox)
            case WebAddress() if video.dropped is not None:
                _check(checks.reachable, "url", item.url)
    if video.dropped is not None and video.callback is not None:
        _check(checks.allowed, "callback_url", video.callback.url)
        if turn.number == 1 or turn.step is not None:  # others were asked for over HTTP, which called back
            call_back_at_start(video, callbacks)


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
    video, turn = store.video(job.video_id), store.turn(job)
    media, uploaded = media_of(video, turn)
    if uploaded is not None or not media:
        return
    store.report(job.video_id, Stage.UPLOADING, *PROGRESS[Stage.UPLOADING])
    session_id = session_of(video).session_id
    for item in media:
        match item:
            case InboxFile():
                content_type, size = _media_type(item, inbox)
                with inbox.open(item) as content:
                    backend.upload_file(session_id, item.name, content, size=size, content_type=content_type)
            case WebAddress():
                backend.upload_url(session_id, item.url)
    now = Uploaded(at=datetime.now(UTC))
    if video.sequence:
        store.write(job, now)
    else:
        store.add_to_video(job.video_id, now)


def session_of(video: Video) -> Session:
    """The session that an earlier step opened."""
    if video.backend_session is None:
        raise RuntimeError(f"{video.video_id} has no session; the workflow opens one first")
    return video.backend_session


def _check(check: CheckAddress, field: str, address: str) -> None:
    try:
        check(field, address)
    except FieldError as error:
        raise RefusedError(
            f"The address {address} cannot be used: {error}", advice="Correct it, then drop it again."
        ) from error


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
