"""A batch file may come up to an hour after its files; a file that was dropped alone waits for nothing."""

from datetime import timedelta

import pytest

from tests.unit.videos.inbox.test_which_drop_counts import MINUTE, VersionedDropping
from videos.inbox.drop import Accepted, AcceptedBatch, Ignored, Waiting
from videos.model.media import Drop

HOUR = timedelta(hours=1)
FOLDER = "inbox/spring"


@pytest.fixture
def case() -> VersionedDropping:
    return VersionedDropping()


def _dropped(case: VersionedDropping, *names: str, folder: str = FOLDER) -> list[Drop]:
    link = "[InternetShortcut]\nURL=https://example.com/\n"
    return [case.inbox.put(f"{folder}/{name}", link if name.endswith(".url") else "1") for name in names]


@pytest.mark.parametrize("after", [MINUTE, 20 * MINUTE, HOUR - timedelta(seconds=1)])
@pytest.mark.parametrize("batch", ["batch.csv", "Batch.TSV", "batch.jsonl", "job.json"])
def test_files_that_were_dropped_together_wait_for_their_batch(
    case: VersionedDropping, after: timedelta, batch: str
) -> None:
    drops = _dropped(case, "a.png", "b.mp4", "c.url")
    assert all(isinstance(case.take(drop, after=after), Waiting) for drop in drops)
    case.inbox.put(f"{FOLDER}/{batch}", '{"files": ["a.png", "b.mp4", "c.url"]}')
    assert all(isinstance(case.take(drop, after=after), Ignored) for drop in drops)
    assert case.workflow.started == []


def test_none_is_lost_when_no_batch_comes(case: VersionedDropping) -> None:
    drops = _dropped(case, "a.png", "b.png")
    for drop in drops:
        taken, waited = case.take(drop, after=MINUTE), MINUTE
        while isinstance(taken, Waiting):
            assert taken.seconds <= 900, "a queue brings nothing back later"
            waited += timedelta(seconds=taken.seconds)
            taken = case.take(drop, after=waited)
        assert isinstance(taken, Accepted)
        assert waited == HOUR


def test_who_waits_is_tagged(case: VersionedDropping) -> None:
    drop, _ = _dropped(case, "a.png", "b.png")
    case.take(drop)
    assert case.inbox.marks(drop.file) == {"video-status": "waiting"}
    video = case.accepted(drop, after=HOUR)
    assert case.inbox.marks(drop.file) == {"video-id": video.video_id, "video-status": "queued"}


def test_material_is_tagged_with_its_batch(case: VersionedDropping) -> None:
    drop, _ = _dropped(case, "a.png", "b.png")
    batch = case.take(case.inbox.put(f"{FOLDER}/batch.csv", "file\na.png\n"))
    assert isinstance(batch, AcceptedBatch)
    case.take(drop)
    assert case.inbox.marks(drop.file) == {"batch-id": batch.batch.batch_id, "video-status": "batch"}


@pytest.mark.parametrize(
    "others", [(), ("notes.txt",), ("b.png.txt",), (".DS_Store",), ("sub/b.png",), ("b.png.part",)]
)
def test_a_file_that_was_dropped_alone_waits_a_minute(
    case: VersionedDropping, others: tuple[str, ...]
) -> None:
    (drop, *_) = _dropped(case, "a.png", *others)
    case.accepted(drop)


def test_so_does_one_that_was_dropped_later_or_earlier(case: VersionedDropping) -> None:
    (early,) = _dropped(case, "a.png")
    case.inbox.now += timedelta(seconds=61)
    (late,) = _dropped(case, "b.png")
    case.accepted(early)
    case.accepted(late)


@pytest.mark.parametrize(
    ("beside", "body"),
    [("_defaults.json", '{"title": "Spring"}'), ("job.json", '{"files": ["x.png"]}')],
)
@pytest.mark.parametrize("folder", [FOLDER, "inbox"])
def test_a_folder_that_says_what_to_do_waits_for_no_batch(
    case: VersionedDropping, beside: str, body: str, folder: str
) -> None:
    case.inbox.put(f"{folder}/{beside}", body)
    drop, _ = _dropped(case, "a.png", "b.png")
    case.accepted(drop)


def test_files_in_the_inbox_itself_wait_for_no_batch(case: VersionedDropping) -> None:
    drop, _ = _dropped(case, "a.png", "b.png", folder="inbox")
    case.accepted(drop)


def test_a_file_that_says_what_to_do_waits_for_nothing(case: VersionedDropping) -> None:
    told = case.inbox.put(f"{FOLDER}/a.png", instruction="Shine.")
    beside = case.inbox.put(f"{FOLDER}/b.png")
    case.inbox.put(f"{FOLDER}/b.png.txt", "Shine.")
    (silent,) = _dropped(case, "c.png")
    for drop in (told, beside):
        case.accepted(drop, after=timedelta())
    case.accepted(silent)


def test_defaults_that_come_later_end_the_wait(case: VersionedDropping) -> None:
    drop, _ = _dropped(case, "a.png", "b.png")
    assert isinstance(case.take(drop), Waiting)
    case.inbox.put(f"{FOLDER}/_defaults.json", '{"title": "Spring"}')
    assert case.accepted(drop, after=6 * MINUTE).options.title == "Spring"


def test_material_of_a_batch_in_the_inbox_itself_may_be_moved_to_a_folder(case: VersionedDropping) -> None:
    """There a batch claims what its rows name, and not all that lies below."""
    batch = case.inbox.put("inbox/batch.csv", "file\na.png\nb/c.png\n")
    case.take(batch)
    drop = case.inbox.put("inbox/a.png")
    assert isinstance(case.take(drop), Ignored)
    tags = case.inbox.marks(drop.file)
    named = case.inbox.put("inbox/b/c.png", tags=tags, copied=True)
    assert isinstance(case.take(named), Ignored)
    case.accepted(case.inbox.put("inbox/alone/a.png", tags=tags, copied=True))
    case.inbox.delete("inbox/batch.csv")
    assert isinstance(case.take(drop), Ignored), "its version is read, which is kept for a day"
    case.inbox.forget_earlier_versions("inbox/batch.csv")
    assert isinstance(case.take(drop), Ignored)


def test_material_that_is_moved_out_of_the_folder_of_its_batch_is_a_drop(case: VersionedDropping) -> None:
    """S3 copies tags, too: a moved file brings the tag of the batch that it was a part of."""
    drop, _ = _dropped(case, "a.png", "b.png")
    case.take(case.inbox.put(f"{FOLDER}/batch.csv", "file\na.png\n"))
    assert isinstance(case.take(drop), Ignored)
    tags = case.inbox.marks(drop.file)
    below = case.inbox.put(f"{FOLDER}/sub/a.png", tags=tags, copied=True)
    assert isinstance(case.take(below), Ignored)
    moved = case.inbox.put("inbox/alone/a.png", tags=tags, copied=True)
    case.accepted(moved)
    case.inbox.delete(f"{FOLDER}/batch.csv")
    assert isinstance(case.take(drop), Ignored)
