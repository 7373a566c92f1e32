import hashlib
import json
from typing import BinaryIO

import httpx
import pytest

from backend.captions import Cue
from tests.support.backend import Answer, Backend
from tests.support.builders import DOWNLOAD, NOW, REF, RENDER, RENDERING, TIMELINE, a_store
from tests.support.memory import MemoryStorage, MemoryStore, costs_of
from videos.model.errors import DeliveryError
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Ended, Version, VersionPart
from videos.steps.store_result import Delivering, Examine, UnplayableError, VideoFacts, deliver

CDN = "GET /v/1.mp4"
FOLDER = f"videos/{REF.video_id}/1"
MP4 = b"the finished video" * 1000
TRUNCATED = b"the finished"
HTML = b"<html>Please log in</html>"
CUES = (
    Cue(start_ms=0, end_ms=3000, text="Tidewater"),
    Cue(start_ms=5000, end_ms=9000, text="https://me:secret@shop.example"),
)
FACTS = VideoFacts(
    duration_ms=8020, width=1080, height=1920, video_codec="h264", audio_codec="aac", poster=b"jpeg"
)


def _examine(file: BinaryIO) -> VideoFacts:
    """A decoder that plays `MP4` and nothing else."""
    if file.read() != MP4:
        raise UnplayableError("a player cannot open it")
    return FACTS


@pytest.fixture
def backend() -> Backend:
    backend = Backend()
    backend.on(RENDER, Answer({"status": "completed", "output": {"url": "https://cdn.example/v/1.mp4"}}))
    backend.on(CDN, Answer(MP4))
    backend.on(DOWNLOAD, Answer(MP4, headers={"Content-Type": "video/mp4"}))
    return backend


@pytest.fixture
def storage() -> MemoryStorage:
    return MemoryStorage()


@pytest.fixture
def store() -> MemoryStore:
    return a_store(timeline=TIMELINE.model_copy(update={"cues": CUES}), rendering=RENDERING)


def test_a_good_video_is_stored_described_and_ready(
    backend: Backend, storage: MemoryStorage, store: MemoryStore
) -> None:
    deliver(
        REF,
        store=store,
        storage=storage,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        examine=_examine,
    )
    assert storage.bodies[f"{FOLDER}/video.mp4"] == MP4
    assert storage.bodies[f"{FOLDER}/poster.jpg"] == b"jpeg"
    assert storage.content_types == {
        f"{FOLDER}/video.mp4": "video/mp4",
        f"{FOLDER}/poster.jpg": "image/jpeg",
        f"{FOLDER}/captions.vtt": "text/vtt; charset=utf-8",
        f"{FOLDER}/video.json": "application/json",
    }
    version = store.version(REF)
    assert version.delivered is not None
    assert (version.delivered.size, version.delivered.sha256) == (len(MP4), hashlib.sha256(MP4).hexdigest())
    assert version.ended is not None
    assert version.ended.status is Status.READY
    assert store.video(REF.video_id).stage is Stage.ENDED
    description = json.loads(storage.bodies[f"{FOLDER}/video.json"])
    assert description["instruction"] == "Make it shine."
    assert description["timeline"] == TIMELINE.summary
    assert description["media"] == [{"bucket": "inbox", "key": "inbox/kettle.png", "version_id": "v1"}]
    assert (description["sha256"], description["width"]) == (version.delivered.sha256, 1080)


def _delivered(backend: Backend, storage: MemoryStorage, cues: tuple[Cue, ...]) -> tuple[Delivering, Version]:
    store = a_store(timeline=TIMELINE.model_copy(update={"cues": cues}), rendering=RENDERING)
    costs = costs_of(store, backend.client)
    done = deliver(REF, store=store, storage=storage, backend=backend.client, costs=costs, examine=_examine)
    return done, store.version(REF)


def test_the_captions_are_stored_beside_the_video(backend: Backend, storage: MemoryStorage) -> None:
    _, version = _delivered(backend, storage, CUES)
    assert version.delivered is not None
    assert version.delivered.captions_key == f"{FOLDER}/captions.vtt"
    assert storage.bodies[f"{FOLDER}/captions.vtt"].decode() == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:03.000\nTidewater\n\n"
        "00:00:05.000 --> 00:00:08.020\nhttps://shop.example\n"
    )


def test_a_video_without_words_has_no_captions(backend: Backend, storage: MemoryStorage) -> None:
    done, version = _delivered(backend, storage, ())
    assert version.delivered is not None
    assert (version.delivered.captions_key, done.because) == (None, "")
    assert f"{FOLDER}/captions.vtt" not in storage.bodies


def test_captions_that_cannot_be_stored_are_logged_and_the_video_is_ready(
    backend: Backend, storage: MemoryStorage, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = storage.store

    def refuses_captions(key: str, body: bytes, content_type: str) -> None:
        if key.endswith(".vtt"):
            raise OSError("no space")
        store(key, body, content_type)

    monkeypatch.setattr(storage, "store", refuses_captions)
    done, version = _delivered(backend, storage, CUES)
    assert (done.verdict, "no space" in done.because) == ("delivered", True)
    assert version.delivered is not None
    assert version.delivered.captions_key is None
    assert version.ended is not None
    assert version.ended.status is Status.READY


BAD = [
    pytest.param(Answer(b""), id="empty"),
    pytest.param(Answer(TRUNCATED), id="truncated"),
    pytest.param(Answer(TRUNCATED, headers={"Content-Length": str(len(MP4))}), id="shorter than announced"),
    pytest.param(Answer(HTML, headers={"Content-Type": "text/html"}), id="a page"),
    pytest.param(Answer(b"gone", status=404), id="withdrawn"),
    pytest.param(Answer(b"expired", status=403), id="expired"),
    pytest.param(Answer(b"overloaded", status=503), id="the CDN is overloaded"),
    pytest.param(httpx.ReadError("gone"), id="the connection breaks"),
    pytest.param(httpx.ConnectError("no such host"), id="the CDN cannot be reached"),
]


@pytest.mark.parametrize("answer", BAD)
def test_a_bad_body_behind_the_address_is_fetched_by_the_download_call(
    backend: Backend, storage: MemoryStorage, store: MemoryStore, answer: Answer | httpx.TransportError
) -> None:
    backend.on(CDN, answer)
    deliver(
        REF,
        store=store,
        storage=storage,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        examine=_examine,
    )
    assert storage.bodies[f"{FOLDER}/video.mp4"] == MP4
    assert len(backend.calls(DOWNLOAD)) == 1


@pytest.mark.parametrize("answer", BAD)
def test_a_video_that_cannot_be_had_now_is_not_called_ready(
    backend: Backend, storage: MemoryStorage, store: MemoryStore, answer: Answer | httpx.TransportError
) -> None:
    backend.on(CDN, answer)
    backend.on(DOWNLOAD, answer)
    delivering = deliver(
        REF,
        store=store,
        storage=storage,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        examine=_examine,
    )
    assert (delivering.verdict, delivering.wait_seconds) == ("wait", 5)
    assert storage.bodies == {}
    version = store.version(REF)
    assert (version.delivered, version.ended) == (None, None)


def _fails(backend: Backend, storage: MemoryStorage, store: MemoryStore, examine: Examine) -> DeliveryError:
    """The error with which the delivery is given up at last."""
    for _ in range(30):
        try:
            deliver(
                REF,
                store=store,
                storage=storage,
                backend=backend.client,
                costs=costs_of(store, backend.client),
                examine=examine,
            )
        except DeliveryError as error:
            return error
    raise AssertionError("it is never given up")


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"duration_ms": 7499}, "it lasts 7.5 s where the timeline has 8.0 s"),
        ({"duration_ms": 8501}, "it lasts 8.5 s"),
        ({"video_codec": "hevc"}, "its video is hevc, not H.264"),
    ],
)
def test_what_plays_but_is_not_what_was_drafted_is_refused(
    backend: Backend, storage: MemoryStorage, store: MemoryStore, facts: dict[str, object], why: str
) -> None:
    other = VideoFacts(**{**vars(FACTS), **facts})
    error = _fails(backend, storage, store, lambda _: other)
    assert why in str(error)
    assert error.problem.advice
    assert storage.bodies == {}


def test_what_arrived_empty_is_refused_even_if_it_plays(
    backend: Backend, storage: MemoryStorage, store: MemoryStore
) -> None:
    for call in (CDN, DOWNLOAD):
        backend.on(call, Answer(b"", headers={"Content-Type": "video/mp4"}))
    assert "it is empty" in str(_fails(backend, storage, store, lambda _: FACTS))
    assert storage.bodies == {}


@pytest.mark.parametrize("duration_ms", [7500, 8500])
def test_a_length_may_differ_by_half_a_second(
    backend: Backend, storage: MemoryStorage, store: MemoryStore, duration_ms: int
) -> None:
    facts = VideoFacts(**{**vars(FACTS), "duration_ms": duration_ms})
    deliver(
        REF,
        store=store,
        storage=storage,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        examine=lambda _: facts,
    )
    assert store.version(REF).delivered is not None


def test_delivering_again_is_one_end(backend: Backend, storage: MemoryStorage, store: MemoryStore) -> None:
    for _ in range(2):
        deliver(
            REF,
            store=store,
            storage=storage,
            backend=backend.client,
            costs=costs_of(store, backend.client),
            examine=_examine,
        )
    assert [line.stage for line in store.video(REF.video_id).history] == [Stage.DELIVERING, Stage.ENDED]


@pytest.mark.parametrize("is_deleted", [False, True], ids=["cancelled", "deleted"])
def test_what_nobody_wants_any_more_is_not_left_lying(
    backend: Backend, storage: MemoryStorage, store: MemoryStore, *, is_deleted: bool
) -> None:
    def examine(file: BinaryIO) -> VideoFacts:
        cancelled = Ended(status=Status.CANCELLED, at=NOW, message="Its owner cancelled it.")
        store.end(REF, cancelled)
        if is_deleted:
            store.remove(store.video(REF.video_id), [store.version(REF)])
        return _examine(file)

    deliver(
        REF,
        store=store,
        storage=storage,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        examine=examine,
    )
    assert storage.bodies == {}
    assert is_deleted or store.version(REF).delivered is None


def test_what_was_not_rendered_is_not_delivered(backend: Backend, storage: MemoryStorage) -> None:
    with pytest.raises(RuntimeError, match="nothing to deliver"):
        deliver(
            REF,
            store=a_store(),
            storage=storage,
            backend=backend.client,
            costs=costs_of(a_store(), backend.client),
            examine=_examine,
        )


@pytest.mark.parametrize(
    ("allowed", "milliseconds", "is_taken"),
    [
        ((8000, 12000), 12000, True),
        ((8000, 12000), 7600, True),
        ((8000, 12000), 13000, False),
        ((None, None), 47000, True),
    ],
    ids=["music longer than the picture", "half a second less", "longer than anything", "an unclear draft"],
)
def test_a_length_is_good_if_the_draft_allows_it_or_is_unclear(
    backend: Backend,
    storage: MemoryStorage,
    allowed: tuple[int | None, int | None],
    milliseconds: int,
    *,
    is_taken: bool,
) -> None:
    timeline = TIMELINE.model_copy(update={"shortest_ms": allowed[0], "longest_ms": allowed[1]})
    store = a_store(timeline=timeline, rendering=RENDERING)
    facts = VideoFacts(**{**vars(FACTS), "duration_ms": milliseconds})
    deliver(
        REF,
        store=store,
        storage=storage,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        examine=lambda _: facts,
    )
    assert (store.version(REF).delivered is not None) is is_taken


def test_what_is_cancelled_between_the_last_check_and_the_end_leaves_no_file(
    backend: Backend, storage: MemoryStorage, store: MemoryStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = store.write

    def cancelled_after(ref: VersionRef, part: VersionPart) -> None:
        write(ref, part)
        store.end(REF, Ended(status=Status.CANCELLED, at=NOW, message="Its owner cancelled it."))

    monkeypatch.setattr(store, "write", cancelled_after)
    deliver(
        REF,
        store=store,
        storage=storage,
        backend=backend.client,
        costs=costs_of(store, backend.client),
        examine=_examine,
    )
    assert storage.bodies == {}
