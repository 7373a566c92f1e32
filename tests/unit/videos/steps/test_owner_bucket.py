"""The newest result of each video is copied to the bucket of its owner, and nobody else's."""

import pytest

from tests.support.builders import DELIVERED, NOW, REF, a_version, a_video
from tests.support.memory import MemoryStore
from tests.support.recorded import RecordedOutbox
from videos.model.media import Drop, InboxFile
from videos.model.records import Status, VersionRef
from videos.model.version import Ended
from videos.steps.outbox import OutboxError
from videos.steps.owner_bucket import copy_to_owner

DROPPED = Drop(file=InboxFile(bucket="b", key="inbox/shop/Photo é.png", version_id="v1"), at=NOW)
FOLDER = f"videos/{REF.video_id}/1"
OWNER = a_video().owner


class Buckets(dict[str, RecordedOutbox]):
    """Implements `videos.steps.owner_bucket.OwnerBuckets`."""

    def of(self, owner: str) -> RecordedOutbox | None:
        return self.get(owner)


def _store(status: Status = Status.READY, **changes: object) -> MemoryStore:
    store = MemoryStore()
    video = a_video().model_copy(update={"dropped": None, **changes})
    store.create(video, a_version(delivered=DELIVERED if status is Status.READY else None))
    store.end(REF, Ended(status=status, at=NOW, message="."))
    return store


def _copied(store: MemoryStore, ref: VersionRef = REF) -> dict[str, str]:
    buckets = Buckets({OWNER: RecordedOutbox(), "another": RecordedOutbox()})
    copy_to_owner(ref, store=store, buckets=buckets)
    assert buckets["another"].files == {}
    return buckets[OWNER].files


def test_a_dropped_file_gives_its_path() -> None:
    assert _copied(_store(dropped=DROPPED)) == {
        "shop/Photo é.png.mp4": f"{FOLDER}/video.mp4",
        "shop/Photo é.png.jpg": f"{FOLDER}/poster.jpg",
        "shop/Photo é.png.vtt": f"{FOLDER}/captions.vtt",
        "shop/Photo é.png.json": f"{FOLDER}/video.json",
    }


def test_any_other_video_gives_its_id() -> None:
    assert _copied(_store())[f"{REF.video_id}.mp4"] == f"{FOLDER}/video.mp4"


def test_an_owner_without_a_bucket_gets_no_copy() -> None:
    copy_to_owner(REF, store=_store(), buckets=Buckets())


@pytest.mark.parametrize("status", [Status.FAILED, Status.CANCELLED])
def test_what_is_not_ready_is_not_copied(status: Status) -> None:
    assert _copied(_store(status)) == {}


@pytest.mark.parametrize("dropped", [None, DROPPED])
def test_a_copy_that_comes_late_replaces_no_newer_version(dropped: Drop | None) -> None:
    store = _store(dropped=dropped)
    edit = a_version().model_copy(update={"number": 2, "ended": None, "delivered": DELIVERED})
    assert store.begin(store.video(REF.video_id), edit)
    assert _copied(store) == {}


def test_a_video_that_was_deleted_meanwhile_is_left_alone() -> None:
    assert _copied(MemoryStore()) == {}


def test_a_failure_is_in_the_history_once_and_is_raised_to_be_tried_again() -> None:
    store, buckets = _store(), Buckets({OWNER: RecordedOutbox(error="S3 answered AccessDenied")})
    for _ in range(2):
        with pytest.raises(OutboxError):
            copy_to_owner(REF, store=store, buckets=buckets)
    video = store.video(REF.video_id)
    said = "The video could not be copied to the bucket of its owner: S3 answered AccessDenied."
    assert [line.message for line in video.history].count(said) == 1
    assert video.status is Status.READY
