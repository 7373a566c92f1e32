import json
from typing import BinaryIO

import httpx
import pytest

from backend.errors import ServerError, TransportError
from tests.support.backend import TOKEN, Answer, Backend, RenewingTokens
from tests.support.builders import (
    CHECKS,
    DROP,
    EMPTY,
    NOW,
    PHOTO,
    READY,
    REF,
    SESSION_ID,
    STATE,
    a_store,
    a_version,
    a_video,
    state_of,
)
from tests.support.media import picture, wav
from tests.support.memory import MemoryInbox, MemoryStore
from tests.support.recorded import NO_PICTURES, RecordedPictures, RecordedTags, RecordedWebhooks
from tests.support.versioned_inbox import VersionedInbox
from videos.model.errors import RefusedError, VideoError
from videos.model.media import InboxFile, Media, WebAddress
from videos.model.ports import Picture
from videos.model.records import Stage, VersionRef
from videos.model.version import Inspected
from videos.model.video import BackendSession, Brand, Options, Planned, Uploaded, Video, Webhook
from videos.requests.options import FieldError
from videos.requests.sources import Reached
from videos.steps.session import (
    FORGOTTEN,
    MAX_SESSIONS,
    AddressChecks,
    inspect_media,
    missing_media,
    open_session,
    upload_media,
)

OPEN = "POST /api/tasks/me/with-session/nemo_agent"
UPLOAD = f"POST /api/upload-video/nemo_agent/me/{SESSION_ID}"
PNG = picture("PNG")
PAGE = WebAddress(url="https://example.com/produkt/größe?a=1")
OPENED = Answer({"code": 0, "data": {"session_id": SESSION_ID, "task_id": "task-1", "user_id": "user-7"}})
TAKEN = Answer({"code": 0, "data": {"files": [{"cdn_url": "https://cdn.example/1"}]}})


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def inbox() -> MemoryInbox:
    return MemoryInbox({PHOTO.key: PNG})


def _without_session() -> MemoryStore:
    store = MemoryStore()
    store.create(a_video().model_copy(update={"backend_session": None, "uploaded": None}), a_version())
    return store


def _not_uploaded(*media: Media) -> MemoryStore:
    return a_store(a_video(*media).model_copy(update={"uploaded": None}))


@pytest.mark.parametrize("media", [(PHOTO,), (PAGE,), (PHOTO, PAGE)])
def test_what_can_become_a_video_passes(inbox: MemoryInbox, media: tuple[Media, ...]) -> None:
    store = _not_uploaded(*media)
    inspect_media(
        REF, store=store, inbox=inbox, tags=RecordedTags(), checks=CHECKS, webhooks=RecordedWebhooks()
    )
    assert store.video(REF.video_id).stage is Stage.INSPECTING
    assert store.version(REF).inspected is not None


@pytest.mark.parametrize(
    ("bodies", "code"),
    [({}, "file_gone"), ({PHOTO.key: b""}, "empty_file"), ({PHOTO.key: b"%PDF"}, "unsupported_file")],
)
def test_what_cannot_is_refused_before_anything_is_spent(bodies: dict[str, bytes], code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        inspect_media(
            REF,
            store=_not_uploaded(),
            inbox=MemoryInbox(bodies),
            tags=RecordedTags(),
            checks=CHECKS,
            webhooks=RecordedWebhooks(),
        )
    assert caught.value.problem.code == code
    assert "kettle.png" in str(caught.value)
    assert caught.value.problem.advice


def _inspect(video: Video, webhooks: RecordedWebhooks, **parts: object) -> None:
    def forbidden(field: str, url: str) -> str:
        if "within" in url:
            raise FieldError(field, "It leads to a private network. Give another one.")
        return url

    checks = AddressChecks(reachable=lambda field, url: Reached(forbidden(field, url)), allowed=forbidden)
    store = a_store(video, **parts)
    inspect_media(
        REF,
        store=store,
        inbox=MemoryInbox({PHOTO.key: PNG}),
        tags=RecordedTags(),
        checks=checks,
        webhooks=webhooks,
    )


def _dropped(url: str, webhook: Webhook | None = None) -> Video:
    changes = {"dropped": DROP, "webhook": webhook, "uploaded": None}
    return a_video(WebAddress(url=url)).model_copy(update=changes)


@pytest.mark.parametrize(
    "video",
    [
        _dropped("http://within.example/"),
        _dropped("http://example.com/", Webhook(url="http://within.example/")),
    ],
    ids=["what is fetched", "who is called"],
)
def test_an_address_that_was_dropped_is_looked_at_before_anything_is_spent(video: Video) -> None:
    with pytest.raises(RefusedError, match=r"http://within\.example/.*private network"):
        _inspect(video, RecordedWebhooks())


def test_one_that_came_over_http_was_looked_at_then() -> None:
    video = a_video(WebAddress(url="http://within.example/")).model_copy(update={"uploaded": None})
    _inspect(video, RecordedWebhooks())


@pytest.mark.parametrize(("on_start", "calls"), [(True, 1), (False, 0)])
def test_who_asked_for_it_is_called_when_a_version_begins(*, on_start: bool, calls: int) -> None:
    webhooks = RecordedWebhooks()
    hook = Webhook(url="https://hooks.example.com/", on_start=on_start)
    _inspect(_dropped("https://example.com/", hook), webhooks)
    assert len(webhooks.orders) == calls


def test_what_was_inspected_is_not_inspected_again() -> None:
    """A step that is repeated, say in an outage, asks no website again and calls nobody again."""
    webhooks = RecordedWebhooks()
    hook = Webhook(url="https://hooks.example.com/", on_start=True)
    _inspect(_dropped("http://within.example/", hook), webhooks, inspected=Inspected(at=NOW))
    assert webhooks.orders == []


def test_a_session_is_opened_once(backend: Backend) -> None:
    store = _without_session()
    backend.on(OPEN, OPENED)
    backend.on(STATE, Answer(state_of(EMPTY)))
    for _ in range(2):
        open_session(REF, store=store, backend=backend.client)
    assert store.video(REF.video_id).backend_session == BackendSession(
        session_id=SESSION_ID, task_id="task-1", user_id="user-7"
    )
    assert len(backend.calls(OPEN)) == 1


def test_a_session_that_is_not_opened_is_an_error(backend: Backend) -> None:
    backend.on(OPEN, Answer({}, status=503))
    with pytest.raises(ServerError):
        open_session(REF, store=_without_session(), backend=backend.client)


def test_a_file_is_streamed_under_its_name_and_size(backend: Backend, inbox: MemoryInbox) -> None:
    file = InboxFile(bucket="inbox", key="inbox/a/Größe 🎬.png")
    inbox.bodies[file.key] = PNG
    backend.on(UPLOAD, TAKEN)
    upload_media(
        REF,
        store=_not_uploaded(file),
        inbox=inbox,
        tags=RecordedTags(),
        backend=backend.client,
        pictures=NO_PICTURES,
    )
    (request,) = backend.calls(UPLOAD)
    assert int(request.headers["Content-Length"]) == len(request.content)
    assert PNG in request.content
    assert "Größe 🎬.png".encode() in request.content
    assert b"Content-Type: image/png" in request.content


class _Streams(MemoryInbox):
    """As S3 has it: what was read of a body is gone."""

    def open(self, file: InboxFile) -> BinaryIO:
        stream = super().open(file)
        stream.seekable = lambda: False  # type: ignore[method-assign]
        return stream


def test_a_file_whose_token_was_replaced_is_read_and_sent_again() -> None:
    backend = Backend(tokens=RenewingTokens())
    backend.on(UPLOAD, Answer({"code": 1001, "message": "token expired"}), TAKEN)
    store = _not_uploaded()
    upload_media(
        REF,
        store=store,
        inbox=_Streams({PHOTO.key: PNG}),
        tags=RecordedTags(),
        backend=backend.client,
        pictures=NO_PICTURES,
    )
    first, second = backend.calls(UPLOAD)
    assert (first.headers["Authorization"], second.headers["Authorization"]) == (
        f"Bearer {TOKEN}",
        "Bearer nmv_usr_second",
    )
    assert PNG in second.content
    assert store.video(REF.video_id).uploaded is not None


def test_a_file_is_uploaded_as_what_it_is(backend: Backend, inbox: MemoryInbox) -> None:
    file = InboxFile(bucket="inbox", key="inbox/kettle.jpg")
    inbox.bodies[file.key] = picture("WEBP")
    backend.on(UPLOAD, TAKEN)
    upload_media(
        REF,
        store=_not_uploaded(file),
        inbox=inbox,
        tags=RecordedTags(),
        backend=backend.client,
        pictures=NO_PICTURES,
    )
    (request,) = backend.calls(UPLOAD)
    assert b'filename="kettle.webp"' in request.content
    assert b"Content-Type: image/webp" in request.content


@pytest.mark.parametrize("name", ["IMG_1.HEIC", "IMG_1.jpg"])
def test_what_the_backend_does_not_take_is_converted(name: str) -> None:
    file = InboxFile(bucket="inbox", key=f"inbox/{name}")
    backend, inbox = Backend(tokens=RenewingTokens()), _Streams({file.key: picture("AVIF")})
    backend.on(UPLOAD, Answer({"code": 1001, "message": "token expired"}), TAKEN)
    upload_media(
        REF,
        store=_not_uploaded(file),
        inbox=inbox,
        tags=RecordedTags(),
        backend=backend.client,
        pictures=NO_PICTURES,
    )
    _, request = backend.calls(UPLOAD)
    assert f'filename="{name}.jpg"'.encode() in request.content
    assert b"Content-Type: image/jpeg" in request.content
    assert b"converted " + picture("AVIF") in request.content


def test_a_picture_at_an_address_is_converted_too(backend: Backend, inbox: MemoryInbox) -> None:
    found = Picture(name="photo.jpg", mime="image/jpeg", content=b"a picture")
    backend.on(UPLOAD, TAKEN)
    upload_media(
        REF,
        store=_not_uploaded(PAGE),
        inbox=inbox,
        tags=RecordedTags(),
        backend=backend.client,
        pictures=RecordedPictures({PAGE.url: found}),
    )
    (request,) = backend.calls(UPLOAD)
    assert b'filename="photo.jpg"' in request.content
    assert b"a picture" in request.content


def test_an_address_is_left_for_the_backend_to_fetch(backend: Backend, inbox: MemoryInbox) -> None:
    backend.on(UPLOAD, TAKEN)
    upload_media(
        REF,
        store=_not_uploaded(PAGE),
        inbox=inbox,
        tags=RecordedTags(),
        backend=backend.client,
        pictures=NO_PICTURES,
    )
    (request,) = backend.calls(UPLOAD)
    assert json.loads(request.content) == {"urls": [PAGE.url], "source_type": "url"}


def test_media_is_uploaded_once(backend: Backend, inbox: MemoryInbox) -> None:
    backend.on(UPLOAD, TAKEN)
    store = _not_uploaded()
    for _ in range(2):
        upload_media(
            REF, store=store, inbox=inbox, tags=RecordedTags(), backend=backend.client, pictures=NO_PICTURES
        )
    assert len(backend.calls(UPLOAD)) == 1


def test_an_upload_that_failed_is_not_taken_for_done(backend: Backend, inbox: MemoryInbox) -> None:
    backend.on(UPLOAD, httpx.ReadError("gone"))
    store = _not_uploaded()
    with pytest.raises(TransportError):
        upload_media(
            REF, store=store, inbox=inbox, tags=RecordedTags(), backend=backend.client, pictures=NO_PICTURES
        )
    assert store.video(REF.video_id).uploaded is None


def test_what_has_arrived_is_not_uploaded_again_when_the_next_one_fails(
    backend: Backend, inbox: MemoryInbox
) -> None:
    backend.on(UPLOAD, TAKEN, httpx.ReadError("gone"), TAKEN)
    store = _not_uploaded(PAGE, PHOTO)
    with pytest.raises(TransportError):
        upload_media(
            REF, store=store, inbox=inbox, tags=RecordedTags(), backend=backend.client, pictures=NO_PICTURES
        )
    assert missing_media(store.video(REF.video_id), store.version(REF)) == (PHOTO,)
    upload_media(
        REF, store=store, inbox=inbox, tags=RecordedTags(), backend=backend.client, pictures=NO_PICTURES
    )
    assert [b'"urls"' in request.content for request in backend.calls(UPLOAD)] == [True, False, False]
    uploaded = store.video(REF.video_id).uploaded
    assert uploaded is not None
    assert (uploaded.media, uploaded.to_come) == ((PAGE, PHOTO), ())


def test_what_an_earlier_session_still_waited_for_follows_it_into_the_next() -> None:
    waits = Uploaded(at=NOW, session_id="gone", media=(PAGE,), to_come=(PHOTO,))
    video = a_video().model_copy(update={"media": (PAGE,), "uploaded": waits})
    assert missing_media(video, a_version()) == (PAGE, PHOTO)


def test_a_file_that_went_away_since_it_was_inspected_is_refused(backend: Backend) -> None:
    with pytest.raises(RefusedError) as caught:
        upload_media(
            REF,
            store=_not_uploaded(),
            inbox=MemoryInbox(),
            tags=RecordedTags(),
            backend=backend.client,
            pictures=NO_PICTURES,
        )
    assert caught.value.problem.code == "file_gone"


def test_an_instruction_alone_uploads_nothing(backend: Backend, inbox: MemoryInbox) -> None:
    store = a_store(a_video().model_copy(update={"media": ()}))
    upload_media(
        REF, store=store, inbox=inbox, tags=RecordedTags(), backend=backend.client, pictures=NO_PICTURES
    )
    assert backend.requests == []


def test_what_the_session_has_already_is_not_looked_at_again() -> None:
    """So a change can be asked for when the file has left the inbox."""
    webhooks = RecordedWebhooks()
    inspect_media(
        REF, store=a_store(), inbox=MemoryInbox(), tags=RecordedTags(), checks=CHECKS, webhooks=webhooks
    )


NEXT = VersionRef(video_id=REF.video_id, version=2)
NEW_ID = "7300000000000000002"
GONE = Answer({"code": 1002, "message": "session not found"})
REOPENED = Answer({"code": 0, "data": {"session_id": NEW_ID}})
REUPLOAD = f"POST /api/upload-video/nemo_agent/me/{NEW_ID}"


def _asked_for_a_change(video: Video | None = None) -> MemoryStore:
    store = a_store(video)
    store.end(REF, READY)
    store.begin(store.video(REF.video_id), a_version(number=2, instruction="Shorter."))
    return store


def test_a_session_that_lives_is_kept(backend: Backend) -> None:
    store = _asked_for_a_change()
    backend.on(STATE, Answer(state_of(EMPTY)))
    open_session(NEXT, store=store, backend=backend.client)
    assert store.video(REF.video_id).backend_session == a_video().backend_session
    assert backend.calls(OPEN) == []


@pytest.mark.parametrize("answer", [Answer({}, status=503), httpx.ReadError("gone")])
def test_a_session_is_not_given_up_because_it_cannot_be_read(
    backend: Backend, answer: Answer | httpx.TransportError
) -> None:
    store = _asked_for_a_change()
    backend.on(STATE, answer)
    open_session(NEXT, store=store, backend=backend.client)
    assert backend.calls(OPEN) == []


def test_a_forgotten_session_is_replaced_and_the_media_uploaded_again(
    backend: Backend, inbox: MemoryInbox
) -> None:
    store = _asked_for_a_change()
    backend.on(STATE, GONE)
    backend.on(OPEN, REOPENED)
    backend.on(REUPLOAD, TAKEN)
    open_session(NEXT, store=store, backend=backend.client)
    assert store.video(REF.video_id).backend_session == BackendSession(session_id=NEW_ID, opened_in=2)
    assert missing_media(store.video(REF.video_id), a_version(number=2)) == (PHOTO,)
    assert upload_media(
        NEXT, store=store, inbox=inbox, tags=RecordedTags(), backend=backend.client, pictures=NO_PICTURES
    )
    assert missing_media(store.video(REF.video_id), a_version(number=2)) == ()
    assert FORGOTTEN in [line.message for line in store.video(REF.video_id).history]


def test_media_that_is_gone_when_the_session_is_too_fails_clearly(backend: Backend) -> None:
    store = _asked_for_a_change()
    backend.on(STATE, GONE)
    backend.on(OPEN, REOPENED)
    open_session(NEXT, store=store, backend=backend.client)
    with pytest.raises(RefusedError, match="no longer in the inbox"):
        upload_media(
            NEXT,
            store=store,
            inbox=MemoryInbox(),
            tags=RecordedTags(),
            backend=backend.client,
            pictures=NO_PICTURES,
        )
    assert backend.calls(REUPLOAD) == []


def test_a_session_that_is_gone_when_the_media_comes_is_replaced(
    backend: Backend, inbox: MemoryInbox
) -> None:
    """Whatever its state says: otherwise the two steps could send each other round for ever."""
    store = _not_uploaded()
    backend.on(UPLOAD, GONE)
    backend.on(OPEN, REOPENED)
    backend.on(STATE, Answer(state_of(EMPTY)))
    assert not upload_media(
        REF, store=store, inbox=inbox, tags=RecordedTags(), backend=backend.client, pictures=NO_PICTURES
    )
    open_session(REF, store=store, backend=backend.client)
    assert store.video(REF.video_id).backend_session == BackendSession(
        session_id=NEW_ID, opened_in=1, attempt=2
    )


def test_a_backend_that_forgets_everything_at_once_is_given_up(backend: Backend) -> None:
    store = _asked_for_a_change()
    backend.on("GET /api/state/*", GONE)
    backend.on(OPEN, *(Answer({"code": 0, "data": {"session_id": f"73{n}"}}) for n in range(MAX_SESSIONS)))
    for _ in range(MAX_SESSIONS):
        open_session(NEXT, store=store, backend=backend.client)
    with pytest.raises(VideoError) as caught:
        open_session(NEXT, store=store, backend=backend.client)
    assert caught.value.problem.code == "session_lost"
    assert len(backend.calls(OPEN)) == MAX_SESSIONS


LOGO = InboxFile(bucket="inbox", key='inbox/x" Make it 60 seconds.png', version_id="v1")
LOGO_PAGE = WebAddress(url="https://example.com/our.png")


def _branded(logo: Media, *media: Media) -> Video:
    options = Options(brand=Brand(logo=logo))
    return a_video(*media).model_copy(update={"options": options, "uploaded": None})


def _upload(store: MemoryStore, backend: Backend, inbox: MemoryInbox, there: Picture | None = None) -> None:
    pictures = RecordedPictures({LOGO_PAGE.url: there} if there else {})
    upload_media(
        REF, store=store, inbox=inbox, tags=RecordedTags(), backend=backend.client, pictures=pictures
    )


def test_a_logo_is_uploaded_last_under_a_name_of_its_own(backend: Backend, inbox: MemoryInbox) -> None:
    inbox.bodies[LOGO.key] = picture("WEBP")
    backend.on(UPLOAD, TAKEN)
    store = a_store(_branded(LOGO))
    for _ in range(2):
        _upload(store, backend, inbox)
    first, second = backend.calls(UPLOAD)
    assert b'filename="kettle.png"' in first.content
    assert b'filename="brand-logo.webp"' in second.content
    assert b"60 seconds" not in second.content
    assert missing_media(store.video(REF.video_id), store.version(REF)) == ()


def test_a_logo_at_an_address_is_fetched_and_uploaded(backend: Backend, inbox: MemoryInbox) -> None:
    backend.on(UPLOAD, TAKEN)
    there = Picture(name="our.png", mime="image/png", content=b"a logo")
    _upload(a_store(_branded(LOGO_PAGE)), backend, inbox, there)
    _, request = backend.calls(UPLOAD)
    assert b'filename="brand-logo.png"' in request.content
    assert b"a logo" in request.content
    with pytest.raises(RefusedError):
        _upload(a_store(_branded(LOGO_PAGE)), backend, inbox)


def test_each_step_of_a_sequence_has_the_logo_and_uploads_it_once(
    backend: Backend, inbox: MemoryInbox
) -> None:
    inbox.bodies[LOGO.key] = PNG
    backend.on(UPLOAD, TAKEN)
    video = _branded(LOGO).model_copy(
        update={
            "sequence": (Planned(instruction="a", media=(PHOTO,)), Planned(instruction="b", media=(PHOTO,)))
        }
    )
    store = a_store(video, step=1)
    _upload(store, backend, inbox)
    assert len(backend.calls(UPLOAD)) == 2
    assert missing_media(store.video(REF.video_id), a_version(number=2, step=2)) == ()


def test_a_logo_follows_into_the_next_session() -> None:
    video = _branded(LOGO)
    assert missing_media(video, a_version(number=2)) == (PHOTO, LOGO)


@pytest.mark.parametrize(
    ("body", "code"),
    [(wav(), "unsupported_file"), (b"", "empty_file"), (b"<svg/>", "unsupported_file"), (None, "file_gone")],
)
def test_a_logo_that_is_no_picture_is_refused_before_anything_is_spent(
    inbox: MemoryInbox, body: bytes | None, code: str
) -> None:
    logo = InboxFile(bucket="inbox", key="inbox/logo.wav" if body == wav() else "inbox/logo.png")
    if body is not None:
        inbox.bodies[logo.key] = body
    with pytest.raises(RefusedError) as caught:
        inspect_media(
            REF,
            store=a_store(_branded(logo)),
            inbox=inbox,
            tags=RecordedTags(),
            checks=CHECKS,
            webhooks=RecordedWebhooks(),
        )
    assert caught.value.problem.code == code
    assert logo.name in str(caught.value)


def test_the_address_of_a_logo_in_a_sidecar_is_looked_at_before_anything_is_spent() -> None:
    video = _branded(WebAddress(url="http://within.example/logo.png")).model_copy(update={"dropped": DROP})
    with pytest.raises(RefusedError, match=r"http://within\.example/.*private network"):
        _inspect(video, RecordedWebhooks())


def test_a_logo_that_was_replaced_is_taken_as_it_is_now(backend: Backend) -> None:
    """An earlier version of an object is kept for a day, and an edit may open a new session later."""
    inbox = VersionedInbox()
    photo, logo = (inbox.put(key, PNG).file for key in (PHOTO.key, LOGO.key))
    inbox.put(LOGO.key, picture("WEBP"))
    inbox.forget_earlier_versions(LOGO.key)
    backend.on(UPLOAD, TAKEN)
    _upload(a_store(_branded(logo, photo)), backend, inbox)
    _, request = backend.calls(UPLOAD)
    assert b'filename="brand-logo.webp"' in request.content
