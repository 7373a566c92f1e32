import json

import httpx
import pytest

from nemovideo import ServerError, TransportError
from tests.unit.videos.fakes import Answer, Backend, MemoryInbox, MemoryStore, RecordedCallbacks
from tests.unit.videos.media import picture
from tests.unit.videos.samples import JOB, PHOTO, SESSION_ID, a_store, a_turn, a_video
from videos.errors import RefusedError
from videos.models import Callback, InboxFile, Media, Problem, Session, Stage, Video, WebAddress
from videos.prepare import AddressChecks, inspect_media, open_session, upload_media
from videos.requests import FieldError

OPEN = "POST /api/tasks/me/with-session/nemo_agent"
UPLOAD = f"POST /api/upload-video/nemo_agent/me/{SESSION_ID}"
PNG = picture("PNG")
PAGE = WebAddress(url="https://example.com/produkt/größe?a=1")
OPENED = Answer({"code": 0, "data": {"session_id": SESSION_ID, "task_id": "task-1", "user_id": "user-7"}})
CHECKS = AddressChecks(reachable=lambda _, url: url, allowed=lambda _, url: url)
TAKEN = Answer({"code": 0, "data": {"files": [{"cdn_url": "https://cdn.example/1"}]}})


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
def inbox() -> MemoryInbox:
    return MemoryInbox({PHOTO.key: PNG})


def _without_session() -> MemoryStore:
    store = MemoryStore()
    store.create(a_video().model_copy(update={"backend_session": None}), a_turn())
    return store


@pytest.mark.parametrize("media", [(PHOTO,), (PAGE,), (PHOTO, PAGE)])
def test_what_can_become_a_video_passes(inbox: MemoryInbox, media: tuple[Media, ...]) -> None:
    store = a_store(a_video(*media))
    inspect_media(JOB, store=store, inbox=inbox, checks=CHECKS, callbacks=RecordedCallbacks())
    assert store.video(JOB.video_id).stage is Stage.INSPECTING


@pytest.mark.parametrize(
    ("bodies", "code"),
    [({}, "file_gone"), ({PHOTO.key: b""}, "empty_file"), ({PHOTO.key: b"%PDF"}, "unsupported_file")],
)
def test_what_cannot_is_refused_before_anything_is_spent(bodies: dict[str, bytes], code: str) -> None:
    with pytest.raises(RefusedError) as caught:
        inspect_media(
            JOB, store=a_store(), inbox=MemoryInbox(bodies), checks=CHECKS, callbacks=RecordedCallbacks()
        )
    assert caught.value.problem.code == code
    assert "kettle.png" in str(caught.value)
    assert caught.value.problem.advice


def _inspect(video: Video, callbacks: RecordedCallbacks, **parts: object) -> None:
    def forbidden(field: str, url: str) -> str:
        if "within" in url:
            raise FieldError(field, "It leads to a private network. Give another one.")
        return url

    checks = AddressChecks(reachable=forbidden, allowed=forbidden)
    store = a_store(video, **parts)
    inspect_media(JOB, store=store, inbox=MemoryInbox(), checks=checks, callbacks=callbacks)


def _dropped(url: str, callback: Callback | None = None) -> Video:
    return a_video(WebAddress(url=url)).model_copy(update={"dropped": PHOTO, "callback": callback})


@pytest.mark.parametrize(
    "video",
    [
        _dropped("http://within.example/"),
        _dropped("http://example.com/", Callback(url="http://within.example/")),
    ],
    ids=["what is fetched", "who is called"],
)
def test_an_address_that_was_dropped_is_looked_at_before_anything_is_spent(video: Video) -> None:
    with pytest.raises(RefusedError, match=r"http://within\.example/.*private network"):
        _inspect(video, RecordedCallbacks())


def test_one_that_came_over_http_was_looked_at_then() -> None:
    _inspect(a_video(WebAddress(url="http://within.example/")), RecordedCallbacks())


@pytest.mark.parametrize(("on_start", "calls"), [(True, 1), (False, 0)])
def test_a_drop_may_ask_to_be_called_when_it_begins(*, on_start: bool, calls: int) -> None:
    callbacks = RecordedCallbacks()
    hook = Callback(url="https://hooks.example.com/", on_start=on_start)
    _inspect(_dropped("https://example.com/", hook), callbacks)
    assert len(callbacks.orders) == calls


def test_what_was_found_when_it_was_taken_in_is_told() -> None:
    problem = Problem(code="refused", message="“job.json” makes no sense.", advice="Correct it.")
    with pytest.raises(RefusedError, match=r"job\.json") as caught:
        _inspect(a_video(), RecordedCallbacks(), problem=problem)
    assert caught.value.problem == problem


def test_a_session_is_opened_once(backend: Backend) -> None:
    store = _without_session()
    backend.on(OPEN, OPENED)
    for _ in range(2):
        open_session(JOB, store=store, backend=backend.client)
    assert store.video(JOB.video_id).backend_session == Session(
        session_id=SESSION_ID, task_id="task-1", user_id="user-7"
    )
    assert len(backend.calls(OPEN)) == 1


def test_a_session_that_is_not_opened_is_an_error(backend: Backend) -> None:
    backend.on(OPEN, Answer({}, status=503))
    with pytest.raises(ServerError):
        open_session(JOB, store=_without_session(), backend=backend.client)


def test_a_file_is_streamed_under_its_name_and_size(backend: Backend, inbox: MemoryInbox) -> None:
    file = InboxFile(bucket="inbox", key="inbox/a/Größe 🎬.png")
    inbox.bodies[file.key] = PNG
    backend.on(UPLOAD, TAKEN)
    upload_media(JOB, store=a_store(a_video(file)), inbox=inbox, backend=backend.client)
    (request,) = backend.calls(UPLOAD)
    assert int(request.headers["Content-Length"]) == len(request.content)
    assert PNG in request.content
    assert "Größe 🎬.png".encode() in request.content
    assert b"Content-Type: image/png" in request.content


def test_an_address_is_left_for_the_backend_to_fetch(backend: Backend, inbox: MemoryInbox) -> None:
    backend.on(UPLOAD, TAKEN)
    upload_media(JOB, store=a_store(a_video(PAGE)), inbox=inbox, backend=backend.client)
    (request,) = backend.calls(UPLOAD)
    assert json.loads(request.content) == {"urls": [PAGE.url], "source_type": "url"}


def test_media_is_uploaded_once(backend: Backend, inbox: MemoryInbox) -> None:
    backend.on(UPLOAD, TAKEN)
    store = a_store()
    for _ in range(2):
        upload_media(JOB, store=store, inbox=inbox, backend=backend.client)
    assert len(backend.calls(UPLOAD)) == 1


def test_an_upload_that_failed_is_not_taken_for_done(backend: Backend, inbox: MemoryInbox) -> None:
    backend.on(UPLOAD, httpx.ReadError("gone"))
    store = a_store()
    with pytest.raises(TransportError):
        upload_media(JOB, store=store, inbox=inbox, backend=backend.client)
    assert store.video(JOB.video_id).uploaded is None


def test_a_file_that_went_away_since_it_was_inspected_is_refused(backend: Backend) -> None:
    with pytest.raises(RefusedError) as caught:
        upload_media(JOB, store=a_store(), inbox=MemoryInbox(), backend=backend.client)
    assert caught.value.problem.code == "file_gone"


def test_an_instruction_alone_uploads_nothing(backend: Backend, inbox: MemoryInbox) -> None:
    store = a_store(a_video().model_copy(update={"media": ()}))
    upload_media(JOB, store=store, inbox=inbox, backend=backend.client)
    assert backend.requests == []
