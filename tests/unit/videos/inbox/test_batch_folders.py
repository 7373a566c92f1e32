"""A batch file may come up to an hour after its files; a file that was dropped alone waits for nothing."""

from datetime import timedelta

import pytest

from tests.unit.videos.inbox.test_which_drop_counts import MINUTE, World
from videos.inbox.drop import Accepted, AcceptedBatch, Ignored, Waiting
from videos.model.media import Drop

HOUR = timedelta(hours=1)
FOLDER = "inbox/spring"


@pytest.fixture
def world() -> World:
    return World()


def _dropped(world: World, *names: str, folder: str = FOLDER) -> list[Drop]:
    link = "[InternetShortcut]\nURL=https://example.com/\n"
    return [world.inbox.put(f"{folder}/{name}", link if name.endswith(".url") else "1") for name in names]


@pytest.mark.parametrize("after", [MINUTE, 20 * MINUTE, HOUR - timedelta(seconds=1)])
@pytest.mark.parametrize("batch", ["batch.csv", "Batch.TSV", "batch.jsonl", "job.json"])
def test_files_that_were_dropped_together_wait_for_their_batch(
    world: World, after: timedelta, batch: str
) -> None:
    drops = _dropped(world, "a.png", "b.mp4", "c.url")
    assert all(isinstance(world.take(drop, after=after), Waiting) for drop in drops)
    world.inbox.put(f"{FOLDER}/{batch}", '{"files": ["a.png", "b.mp4", "c.url"]}')
    assert all(isinstance(world.take(drop, after=after), Ignored) for drop in drops)
    assert world.workflow.started == []


def test_none_is_lost_when_no_batch_comes(world: World) -> None:
    drops = _dropped(world, "a.png", "b.png")
    for drop in drops:
        taken, waited = world.take(drop, after=MINUTE), MINUTE
        while isinstance(taken, Waiting):
            assert taken.seconds <= 900, "a queue brings nothing back later"
            waited += timedelta(seconds=taken.seconds)
            taken = world.take(drop, after=waited)
        assert isinstance(taken, Accepted)
        assert waited == HOUR


def test_who_waits_is_tagged(world: World) -> None:
    drop, _ = _dropped(world, "a.png", "b.png")
    world.take(drop)
    assert world.inbox.marks(drop.file) == {"video-status": "waiting"}
    video = world.accepted(drop, after=HOUR)
    assert world.inbox.marks(drop.file) == {"video-id": video.video_id, "video-status": "queued"}


def test_material_is_tagged_with_its_batch(world: World) -> None:
    drop, _ = _dropped(world, "a.png", "b.png")
    batch = world.take(world.inbox.put(f"{FOLDER}/batch.csv", "file\na.png\n"))
    assert isinstance(batch, AcceptedBatch)
    world.take(drop)
    assert world.inbox.marks(drop.file) == {"batch-id": batch.batch.batch_id, "video-status": "batch"}


@pytest.mark.parametrize(
    "others", [(), ("notes.txt",), ("b.png.txt",), (".DS_Store",), ("sub/b.png",), ("b.png.part",)]
)
def test_a_file_that_was_dropped_alone_waits_a_minute(world: World, others: tuple[str, ...]) -> None:
    (drop, *_) = _dropped(world, "a.png", *others)
    world.accepted(drop)


def test_so_does_one_that_was_dropped_later_or_earlier(world: World) -> None:
    (early,) = _dropped(world, "a.png")
    world.inbox.now += timedelta(seconds=61)
    (late,) = _dropped(world, "b.png")
    world.accepted(early)
    world.accepted(late)


@pytest.mark.parametrize(
    ("beside", "body"),
    [("_defaults.json", '{"title": "Spring"}'), ("job.json", '{"files": ["x.png"]}')],
)
@pytest.mark.parametrize("folder", [FOLDER, "inbox"])
def test_a_folder_that_says_what_to_do_waits_for_no_batch(
    world: World, beside: str, body: str, folder: str
) -> None:
    world.inbox.put(f"{folder}/{beside}", body)
    drop, _ = _dropped(world, "a.png", "b.png")
    world.accepted(drop)


def test_files_in_the_inbox_itself_wait_for_no_batch(world: World) -> None:
    drop, _ = _dropped(world, "a.png", "b.png", folder="inbox")
    world.accepted(drop)


def test_a_file_that_says_what_to_do_waits_for_nothing(world: World) -> None:
    told = world.inbox.put(f"{FOLDER}/a.png", instruction="Shine.")
    beside = world.inbox.put(f"{FOLDER}/b.png")
    world.inbox.put(f"{FOLDER}/b.png.txt", "Shine.")
    (silent,) = _dropped(world, "c.png")
    for drop in (told, beside):
        world.accepted(drop, after=timedelta())
    world.accepted(silent)


def test_defaults_that_come_later_end_the_wait(world: World) -> None:
    drop, _ = _dropped(world, "a.png", "b.png")
    assert isinstance(world.take(drop), Waiting)
    world.inbox.put(f"{FOLDER}/_defaults.json", '{"title": "Spring"}')
    assert world.accepted(drop, after=6 * MINUTE).options.title == "Spring"


def test_material_of_a_batch_in_the_inbox_itself_may_be_moved_to_a_folder(world: World) -> None:
    """There a batch claims what its rows name, and not all that lies below."""
    batch = world.inbox.put("inbox/batch.csv", "file\na.png\nb/c.png\n")
    world.take(batch)
    drop = world.inbox.put("inbox/a.png")
    assert isinstance(world.take(drop), Ignored)
    tags = world.inbox.marks(drop.file)
    named = world.inbox.put("inbox/b/c.png", tags=tags, copied=True)
    assert isinstance(world.take(named), Ignored)
    world.accepted(world.inbox.put("inbox/alone/a.png", tags=tags, copied=True))
    world.inbox.delete("inbox/batch.csv")
    assert isinstance(world.take(drop), Ignored), "its version is read, which is kept for a day"
    world.inbox.forget_earlier_versions("inbox/batch.csv")
    assert isinstance(world.take(drop), Ignored)


def test_material_that_is_moved_out_of_the_folder_of_its_batch_is_a_drop(world: World) -> None:
    """S3 copies tags, too: a moved file brings the tag of the batch that it was a part of."""
    drop, _ = _dropped(world, "a.png", "b.png")
    world.take(world.inbox.put(f"{FOLDER}/batch.csv", "file\na.png\n"))
    assert isinstance(world.take(drop), Ignored)
    tags = world.inbox.marks(drop.file)
    below = world.inbox.put(f"{FOLDER}/sub/a.png", tags=tags, copied=True)
    assert isinstance(world.take(below), Ignored)
    moved = world.inbox.put("inbox/alone/a.png", tags=tags, copied=True)
    world.accepted(moved)
    world.inbox.delete(f"{FOLDER}/batch.csv")
    assert isinstance(world.take(drop), Ignored)
