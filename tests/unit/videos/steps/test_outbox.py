"""The newest result of a dropped file is copied to the outbox, and nothing else is."""

import pytest

from tests.support.builders import DELIVERED, NOW, REF, a_version, a_video
from tests.support.memory import MemoryStore
from tests.support.recorded import RecordedOutbox
from videos.model.media import Drop, InboxFile
from videos.model.records import Stage, Status, VersionRef
from videos.model.version import Ended
from videos.model.video import RowResult, Video
from videos.steps.outbox import copy_to_outbox

DROPPED = InboxFile(bucket="b", key="inbox/shop/Photo é.png", version_id="v1")
FOLDER = f"videos/{REF.video_id}/1"
COPIES = {
    "outbox/shop/Photo é.png.mp4": f"{FOLDER}/video.mp4",
    "outbox/shop/Photo é.png.jpg": f"{FOLDER}/poster.jpg",
    "outbox/shop/Photo é.png.vtt": f"{FOLDER}/captions.vtt",
    "outbox/shop/Photo é.png.json": f"{FOLDER}/video.json",
}
SILENT = DELIVERED.model_copy(update={"captions_key": None})


def _dropped(file: InboxFile = DROPPED, **changes: object) -> Video:
    return a_video().model_copy(update={"dropped": Drop(file=file, at=NOW), "media": (file,), **changes})


def _store(video: Video, status: Status = Status.READY) -> MemoryStore:
    store = MemoryStore()
    store.create(video, a_version(delivered=DELIVERED if status is Status.READY else None))
    store.end(REF, Ended(status=status, at=NOW, message="."))
    return store


def _copied(store: MemoryStore, ref: VersionRef = REF) -> dict[str, str]:
    outbox = RecordedOutbox()
    copy_to_outbox(ref, store=store, outbox=outbox)
    return outbox.files


def test_a_result_lies_under_the_path_of_the_dropped_file() -> None:
    assert _copied(_store(_dropped())) == COPIES


def test_captions_of_an_earlier_version_do_not_stay() -> None:
    captions = "outbox/shop/Photo é.png.vtt"
    store, outbox = MemoryStore(), RecordedOutbox(files={captions: "of an earlier version"})
    store.create(_dropped(), a_version(delivered=SILENT))
    store.end(REF, Ended(status=Status.READY, at=NOW, message="."))
    copy_to_outbox(REF, store=store, outbox=outbox)
    assert outbox.files == {key: file for key, file in COPIES.items() if key != captions}


def test_a_job_gives_its_result_the_name_of_its_manifest() -> None:
    manifest = InboxFile(bucket="b", key="inbox/trip/job.json", version_id="v1")
    assert "outbox/trip/job.json.mp4" in _copied(_store(_dropped(manifest)))


def test_a_video_that_was_not_dropped_has_no_place_there() -> None:
    assert _copied(_store(a_video().model_copy(update={"dropped": None}))) == {}


@pytest.mark.parametrize("status", [Status.CANCELLED, Status.FAILED])
def test_what_did_not_get_ready_is_not_copied(status: Status) -> None:
    assert _copied(_store(_dropped(), status)) == {}


def test_a_newer_drop_of_the_same_key_is_not_overwritten() -> None:
    store = _store(_dropped())
    newer = _dropped(DROPPED.model_copy(update={"version_id": "v2"}), video_id="newer")
    store.create(newer, a_version().model_copy(update={"video_id": "newer"}))
    assert _copied(store) == {}


@pytest.mark.parametrize(("delivered", "is_copied"), [(DELIVERED, False), (None, True)])
def test_a_later_version_is_not_overwritten(delivered: object, *, is_copied: bool) -> None:
    store = _store(_dropped())
    edit = a_version().model_copy(update={"number": 2, "ended": None, "delivered": delivered})
    assert store.begin(store.video(REF.video_id), edit)
    assert bool(_copied(store)) is is_copied


def test_a_video_that_was_deleted_meanwhile_is_left_alone() -> None:
    assert _copied(MemoryStore()) == {}


def test_a_failure_is_noted_and_stops_nothing() -> None:
    store = _store(_dropped())
    copy_to_outbox(REF, store=store, outbox=RecordedOutbox(error="S3 answered AccessDenied"))
    video = store.video(REF.video_id)
    assert video.status is Status.READY
    said = "The video was not copied to the outbox: S3 answered AccessDenied."
    assert video.history[-1].message == said
    assert [line.stage for line in video.history].count(Stage.ENDED) == 1, "a note is no end"


def test_a_key_that_is_too_long_has_no_result_there() -> None:
    assert _copied(_store(_dropped(InboxFile(bucket="b", key="inbox/" + "a" * 1015)))) == {}
    assert len(_copied(_store(_dropped(InboxFile(bucket="b", key="inbox/" + "a" * 1012))))) == len(COPIES)


def _row(order: str = "2026-05-04#bat-1", **changes: object) -> Video:
    """A video of a row, whose result is in the folder of the batch."""
    place = RowResult(bucket="b", path="shop/row-2-Photo é.png", order=order)
    return a_video().model_copy(update={"row_result": place, **changes})


ROW_COPIES = {key.replace("Photo", "row-2-Photo"): file for key, file in COPIES.items()}


def test_a_result_of_a_row_lies_beside_those_of_its_folder() -> None:
    assert _copied(_store(_row())) == ROW_COPIES


def test_a_row_of_an_older_batch_does_not_replace_that_of_a_newer_one() -> None:
    store = _store(_row())
    newer = _row("2026-05-05#bat-2", video_id="vid-newer")
    store.create(newer, a_version(video_id="vid-newer"))
    assert _copied(store) == {}
    older = _store(_row("2026-05-05#bat-2"))
    older.create(_row(video_id="vid-older"), a_version(video_id="vid-older"))
    assert _copied(older) == ROW_COPIES
