"""What comes before the instruction: inspect the media, open a session, upload. Nothing is spent here.

A session that the backend has forgotten is replaced here, and nowhere else: by a new one, into which the
media is uploaded again. Nothing is said in it but by the version that was asked for
(`videos.requests.prompt`).
"""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import BinaryIO, TypeVar

from backend import VideoBackend
from backend.errors import NemoVideoError, SessionNotFoundError, TokenExpiredError
from backend.formats import Format
from videos.events.stages import PROGRESS
from videos.events.tags import VIDEO_ID
from videos.events.webhooks import WebhookQueue, call_back_at_start
from videos.model.clock import Clock, utc_now
from videos.model.errors import (
    FileGoneError,
    SessionLostError,
    UnreadableFileError,
    UnusableFileError,
    UnusableUrlError,
)
from videos.model.media import InboxFile, Media, WebAddress
from videos.model.media_types import HEAD_BYTES, format_of
from videos.model.ports import Inbox, Picture, Pictures, Tags, VideoStore
from videos.model.records import Stage, VersionRef
from videos.model.redaction import shown_address
from videos.model.version import Forgotten, Inspected, Version
from videos.model.video import BackendSession, Uploaded, Video
from videos.requests.brand import LOGO_NAME
from videos.requests.options import FieldError
from videos.requests.sequence import media_of
from videos.requests.sources import CheckUrl, Reach, Reached
from videos.steps.superseded import latest_of, refuse_superseded

_Address = TypeVar("_Address")

DEFAULT_LANGUAGE = "en"
# Assumption: a backend that loses this many sessions within one version will lose the next one, too.
MAX_SESSIONS = 3
FORGOTTEN = (
    "The video service had deleted the session. A new one is opened and gets all earlier instructions."
)


@dataclass(frozen=True)
class AddressChecks:
    """How addresses are looked at that did not come over HTTP, where that is done at once."""

    reachable: Reach
    """For what the backend is going to fetch."""
    allowed: CheckUrl
    """For what is going to be called later."""


def inspect_media(
    ref: VersionRef,
    *,
    store: VideoStore,
    inbox: Inbox,
    tags: Tags,
    checks: AddressChecks,
    webhooks: WebhookQueue,
    clock: Clock = utc_now,
) -> None:
    """Inspect the input before anything is spent; what the session has already is not needed again.

    Raises:
        RefusedError: It cannot become a video.
        SupersededError: Another version of what was dropped counts by now.
    """
    video, version = store.video(ref.video_id), store.version(ref)
    if version.inspected is not None:
        return
    store.report(ref.video_id, Stage.INSPECTING, *PROGRESS[Stage.INSPECTING])
    refuse_superseded(video, version, inbox=inbox, tags=tags)
    media = missing_media(video, version)
    check_media((_kept(item, video, inbox, tags) for item in media), inbox)
    if video.logo is not None and video.logo in media:
        check_logo(_kept(video.logo, video, inbox, tags), inbox)
    if video.dropped is not None:  # addresses that came over HTTP were looked at when they came
        for item in media:
            if isinstance(item, WebAddress):
                reached = _checked(checks.reachable, "url", item.url)
                _warn(video, reached, store)
        if video.webhook is not None:
            _checked(checks.allowed, "callback_url", video.webhook.url)
    call_back_at_start(video, webhooks)
    store.write(ref, Inspected(at=clock()))


def check_media(media: Iterable[Media], inbox: Inbox) -> None:
    """Inspect the submitted files.

    Raises:
        RefusedError: One of them cannot become a video.
    """
    for file in media:
        if isinstance(file, InboxFile):
            _format_of(file, inbox)


def check_logo(logo: Media | None, inbox: Inbox) -> None:
    """Inspect the logo, if there is one.

    Raises:
        RefusedError: It is not a picture.
    """
    if isinstance(logo, InboxFile) and not _format_of(logo, inbox)[0].is_picture:
        raise UnusableFileError(
            f"The logo “{logo.name}” is not a picture.",
            advice="Use a PNG, JPEG or WebP, then ask for the video again.",
        )


def open_session(ref: VersionRef, *, store: VideoStore, backend: VideoBackend) -> None:
    """Open the session in which the versions of the video happen, and another one when the backend forgot it.

    Raises:
        NemoVideoError: The backend opened none.
        SessionLostError: It has forgotten too many.
    """
    video = store.video(ref.video_id)
    before = video.backend_session
    if before is not None and not _is_forgotten(before, store.version(ref), backend):
        return
    progress, message = PROGRESS[Stage.OPENING_SESSION]
    store.report(ref.video_id, Stage.OPENING_SESSION, progress, FORGOTTEN if before else message)
    attempt = before.attempt + 1 if before is not None and before.opened_in == ref.version else 1
    if attempt > MAX_SESSIONS:
        raise SessionLostError(
            f"The video service deleted {MAX_SESSIONS} sessions in a row.",
            advice="Retry in an hour. Nothing was charged.",
        )
    session = backend.create_session(language=video.options.language or DEFAULT_LANGUAGE)
    store.add_to_video(
        ref.video_id,
        BackendSession(
            session_id=session.session_id,
            task_id=session.task_id,
            user_id=session.user_id,
            opened_in=ref.version,
            attempt=attempt,
        ),
    )


def upload_media(
    ref: VersionRef,
    *,
    store: VideoStore,
    inbox: Inbox,
    tags: Tags,
    backend: VideoBackend,
    pictures: Pictures,
) -> bool:
    """Hand the media to the session: files as a stream, addresses for the backend to fetch.

    A picture in a format that the backend does not take is converted first.

    Returns:
        Whether the session has it all; if not, the backend has deleted the session.

    Raises:
        NemoVideoError: The backend did not take it.
        RefusedError: The file is gone, changed since it was inspected, or cannot be converted.
        SupersededError: Another version of what was dropped counts by now.
    """
    video, version = store.video(ref.video_id), store.version(ref)
    refuse_superseded(video, version, inbox=inbox, tags=tags)  # it may have waited for its budget for days
    media = missing_media(video, version)
    if not media:
        return True
    store.report(ref.video_id, Stage.UPLOADING, *PROGRESS[Stage.UPLOADING])
    session_id, arrived = session_of(video).session_id, _arrived(video)
    for number, item in enumerate(media, start=1):
        try:
            kept = _kept(item, video, inbox, tags)
            if item == video.logo:
                _upload_file(_of_logo(kept, inbox, pictures), session_id, backend)
            else:
                _upload(kept, session_id, inbox, backend, pictures)
        except SessionNotFoundError:
            store.write(ref, Forgotten(session_id=session_id))
            return False
        uploaded = Uploaded(
            at=datetime.now(UTC),
            session_id=session_id,
            media=(*arrived, *media[:number]),
            to_come=media[number:],
        )
        store.add_to_video(ref.video_id, uploaded)
    return True


def _kept(item: Media, video: Video, inbox: Inbox, tags: Tags) -> Media:
    """Return what is there of an item, where its version has expired.

    That is a copy of the object onto itself. A logo may have been replaced: then the new one counts.
    """
    is_logo = item == video.logo
    if not isinstance(item, InboxFile) or not (is_logo or item in video.dropped_files):
        return item
    try:
        inbox.describe(item)
    except PermissionError:
        return item
    except FileNotFoundError:
        latest = latest_of(item, inbox)
        if latest is None:
            return item
        copy = item.model_copy(update={"version_id": latest.version_id})
        return copy if is_logo or tags.marks(copy).get(VIDEO_ID) == video.video_id else item
    return item


def missing_media(video: Video, version: Version) -> tuple[Media, ...]:
    """What has to reach the session before the version's instruction is sent.

    That is what the version is made of, the logo, and where an earlier session is gone, what had reached
    that one.
    """
    uploaded = video.uploaded
    before = (*uploaded.media, *uploaded.to_come) if uploaded is not None else ()
    arrived = _arrived(video)
    logo = (video.logo,) if video.logo is not None else ()
    needed = dict.fromkeys((*before, *media_of(video, version), *logo))
    return tuple(item for item in needed if item not in arrived)


def _arrived(video: Video) -> tuple[Media, ...]:
    session, uploaded = video.backend_session, video.uploaded
    if session is None or uploaded is None or uploaded.session_id != session.session_id:
        return ()
    return uploaded.media


def session_of(video: Video) -> BackendSession:
    """The session that an earlier step opened."""
    if video.backend_session is None:
        raise RuntimeError(f"{video.video_id} has no session; the workflow opens one first")
    return video.backend_session


def _is_forgotten(session: BackendSession, version: Version, backend: VideoBackend) -> bool:
    if version.forgotten is not None and version.forgotten.session_id == session.session_id:
        return True  # as a later step has found, whatever is said now
    try:
        backend.state(session.session_id)
    except SessionNotFoundError:
        return True
    except NemoVideoError as error:
        if not error.retryable:
            raise
        # Unknown for now. The step that sends reads it again, with more patience.
    return False


@dataclass(frozen=True)
class _Upload:
    """A file as the backend gets it. `open` may be called again."""

    name: str
    mime: str
    size: int
    open: Callable[[], BinaryIO]


def _upload(item: Media, session_id: str, inbox: Inbox, backend: VideoBackend, pictures: Pictures) -> None:
    match item:
        case InboxFile():
            _upload_file(_prepared(item, inbox, pictures), session_id, backend)
        case WebAddress():
            picture = pictures.at(item.url)
            if picture is None:
                backend.upload_url(session_id, item.url)
            else:
                _upload_file(_of_picture(picture), session_id, backend)


def _of_logo(logo: Media, inbox: Inbox, pictures: Pictures) -> _Upload:
    """Return a logo under the name that the prompt uses."""
    if isinstance(logo, InboxFile):
        upload = _prepared(logo, inbox, pictures)
    else:
        upload = _of_picture(pictures.picture_at(logo.url))
    return replace(upload, name=f"{LOGO_NAME}.{upload.name.rpartition('.')[2]}")


def _prepared(file: InboxFile, inbox: Inbox, pictures: Pictures) -> _Upload:
    found, size = _format_of(file, inbox)
    if not found.is_converted:
        return _Upload(found.name_for(file.name), found.mime, size, lambda: inbox.open(file))
    with inbox.open(file) as content:
        return _of_picture(pictures.converted(file.name, content))


def _of_picture(picture: Picture) -> _Upload:
    content = picture.content
    return _Upload(picture.name, picture.mime, len(content), lambda: io.BytesIO(content))


def _upload_file(upload: _Upload, session_id: str, backend: VideoBackend) -> None:
    try:
        _send(upload, session_id, backend)
    except TokenExpiredError as error:
        if not error.retryable:
            raise
        # There is a new token, but the stream was read: it has to be opened again.
        _send(upload, session_id, backend)


def _send(upload: _Upload, session_id: str, backend: VideoBackend) -> None:
    with upload.open() as content:
        backend.upload_file(session_id, upload.name, content, size=upload.size, content_type=upload.mime)


def _warn(video: Video, reached: Reached, store: VideoStore) -> None:
    """Add to the history what could not be checked."""
    if reached.warning:
        store.note(video.video_id, reached.warning)


def _checked(check: Callable[[str, str], _Address], field: str, address: str) -> _Address:
    try:
        return check(field, address)
    except FieldError as error:
        raise UnusableUrlError(
            f"The URL {shown_address(address)} cannot be used: {error}",
            advice="Correct it, then drop it again.",
        ) from error


def _format_of(file: InboxFile, inbox: Inbox) -> tuple[Format, int]:
    try:
        size = inbox.describe(file).size
        head = inbox.head(file, HEAD_BYTES) if size else b""
    except FileNotFoundError as error:
        raise FileGoneError(
            f"“{file.name}” is no longer in the inbox.",
            advice="Drop it again, and leave it there for as long as the video may be changed.",
        ) from error
    except PermissionError as error:
        raise UnreadableFileError.named(file.name) from error
    return format_of(file.name, size, head), size
