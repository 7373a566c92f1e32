"""Removing a video: what goes, what stays, and when it cannot be yet."""

import pytest

from tests.support.builders import DELIVERED, NOW, PHOTO, REF, a_version, a_video
from tests.support.memory import MemoryStore
from tests.support.recorded import RecordedDeleter
from videos.lifecycle.delete import delete_with_files
from videos.lifecycle.edit import BusyError
from videos.model.errors import VideoNotFoundError
from videos.model.media import Drop, InboxFile, Media
from videos.model.records import Stage, Status
from videos.model.version import Announced, Charge, Delivered, Ended, Reservation, VersionPart
from videos.model.video import Brand, Options, QueuedEdit, RowResult, Video
from videos.requests.ownership import prefix_of

ANNOUNCED = Announced(at=NOW, message_id="m-1")
RESERVED = Reservation(at=NOW, credits=100, budgets=("day",))
ENDED = Ended(status=Status.READY, at=NOW, message="Ready.")
DROPPED = InboxFile(bucket="b", key="inbox/a.png", version_id="v1")
RESULTS = [InboxFile(bucket="b", key=f"outbox/a.png{end}") for end in (".mp4", ".jpg", ".vtt", ".json")]


class EndedVideo:
    """A store with one video, which has ended."""

    def __init__(self, video: Video, *parts: VersionPart) -> None:
        self.store, self.inbox, self.storage = MemoryStore(), RecordedDeleter(), RecordedDeleter()
        self.store.create(video, a_version())
        self.store.end(REF, ENDED)
        for part in parts:
            self.store.write(REF, part)

    def delete(self) -> None:
        delete_with_files(
            self.store.video(REF.video_id), store=self.store, inbox=self.inbox, storage=self.storage
        )

    def is_untouched(self) -> bool:
        return not (self.inbox.files or self.storage.prefixes) and self.store.versions(REF.video_id) != []


def _dropped(*media: Media, drop: InboxFile = DROPPED) -> Video:
    return a_video().model_copy(
        update={"owner": "inbox", "dropped": Drop(file=drop, at=NOW), "media": media or (drop,)}
    )


def _asked(owner: str, *media: Media) -> Video:
    return a_video().model_copy(update={"owner": owner, "source": "api", "dropped": None, "media": media})


def test_the_records_and_all_versions_go() -> None:
    case = EndedVideo(_asked("ann"), ANNOUNCED)
    case.delete()
    assert case.storage.prefixes == [f"videos/{REF.video_id}/"]
    assert case.store.versions(REF.video_id) == []
    with pytest.raises(VideoNotFoundError):
        case.store.video(REF.video_id)


def test_a_drop_goes_in_its_version_with_the_notes_beside_it() -> None:
    case = EndedVideo(_dropped(), ANNOUNCED)
    case.delete()
    beside = [InboxFile(bucket="b", key=f"inbox/a.png{end}") for end in (".txt", ".json", ".edit.txt")]
    assert case.inbox.files == [DROPPED, *beside, *RESULTS]
    assert case.store.made_of(DROPPED.key) is None


@pytest.mark.parametrize("delivered", [DELIVERED, None])
def test_the_notes_stay_with_a_newer_video_of_the_same_key(delivered: Delivered | None) -> None:
    case = EndedVideo(_dropped(), ANNOUNCED)
    newer = _dropped(drop=DROPPED.model_copy(update={"version_id": "v2"}))
    newer = newer.model_copy(update={"video_id": "newer"})
    version = a_version(delivered=delivered).model_copy(update={"video_id": "newer"})
    case.store.create(newer, version)
    case.delete()
    assert case.inbox.files == ([DROPPED] if delivered else [DROPPED, *RESULTS])
    assert case.store.made_of(DROPPED.key) == newer


def test_the_files_of_a_job_go_with_it() -> None:
    ref = InboxFile(bucket="b", key="inbox/job.json", version_id="v1")
    case = EndedVideo(_dropped(DROPPED, drop=ref), ANNOUNCED)
    case.delete()
    assert {ref, DROPPED} < set(case.inbox.files)


def test_an_upload_goes_whole_and_what_was_only_named_stays() -> None:
    uploaded = InboxFile(bucket="b", key=prefix_of("ann", "upl-1") + "a.png")
    others = InboxFile(bucket="b", key=prefix_of("ben", "upl-2") + "a.png")
    case = EndedVideo(_asked("ann", uploaded, others, PHOTO), ANNOUNCED)
    case.delete()
    assert case.inbox.files == [uploaded]


@pytest.mark.parametrize("stage", [Stage.QUEUED, Stage.GENERATING])
def test_what_runs_is_left_alone(stage: Stage) -> None:
    case = EndedVideo(a_video(), ANNOUNCED)
    running = case.store.video(REF.video_id)
    running = running.model_copy(update={"stage": stage, "status": Status.WORKING})
    with pytest.raises(BusyError):
        delete_with_files(running, store=case.store, inbox=case.inbox, storage=case.storage)
    assert case.is_untouched()


@pytest.mark.parametrize("parts", [(), (ANNOUNCED, RESERVED)], ids=["not announced", "not charged"])
def test_what_is_not_over_yet_is_left_alone(parts: tuple[VersionPart, ...]) -> None:
    case = EndedVideo(a_video(), *parts)
    with pytest.raises(BusyError):
        case.delete()
    assert case.is_untouched()


def test_what_a_change_waits_for_is_left_alone() -> None:
    waiting = (QueuedEdit(idempotency_key="n", instruction="Shorter."),)
    case = EndedVideo(a_video().model_copy(update={"waiting": waiting}), ANNOUNCED)
    with pytest.raises(BusyError):
        case.delete()
    assert case.is_untouched()


def test_a_charged_reservation_holds_nothing_up() -> None:
    case = EndedVideo(a_video(), ANNOUNCED, RESERVED, Charge(at=NOW, credits=90))
    case.delete()
    assert case.store.versions(REF.video_id) == []


def test_a_version_that_begins_meanwhile_keeps_its_records() -> None:
    case = EndedVideo(a_video(), ANNOUNCED)
    before = case.store.video(REF.video_id)
    version = a_version().model_copy(update={"number": 2, "ended": None})
    assert case.store.begin(before, version)
    with pytest.raises(BusyError):
        delete_with_files(
            before.model_copy(), store=_Unaware(case.store), inbox=case.inbox, storage=case.storage
        )
    assert case.store.video(REF.video_id).version == 2


class _Unaware(MemoryStore):
    """Sees only what was there before the second version."""

    def __init__(self, store: MemoryStore) -> None:
        vars(self).update(vars(store))

    def versions(self, video_id: str) -> list:  # type: ignore[type-arg]
        return super().versions(video_id)[:1]


def test_a_logo_stays_because_other_videos_may_use_it() -> None:
    uploaded = InboxFile(bucket="b", key=prefix_of("ann", "upl-1") + "a.png")
    logo = InboxFile(bucket="b", key=prefix_of("ann", "upl-2") + "logo.png")
    video = _asked("ann", uploaded).model_copy(update={"options": Options(brand=Brand(logo=logo))})
    case = EndedVideo(video, ANNOUNCED)
    case.delete()
    assert case.inbox.files == [uploaded]


@pytest.mark.parametrize("has_newer", [False, True])
def test_the_copies_of_a_row_go_with_it_unless_they_are_a_newer_ones(*, has_newer: bool) -> None:
    def row(video_id: str, order: str) -> Video:
        place = RowResult(bucket="b", path="a.png", order=order)
        return a_video().model_copy(update={"video_id": video_id, "row_result": place})

    case = EndedVideo(row(REF.video_id, "1"), ANNOUNCED)
    if has_newer:
        case.store.create(row("newer", "2"), a_version(video_id="newer", delivered=DELIVERED))
    case.delete()
    assert case.inbox.files == ([] if has_newer else RESULTS)
    newest = case.store.made_of("outbox/a.png")
    assert (newest.video_id if newest else None) == ("newer" if has_newer else None)
