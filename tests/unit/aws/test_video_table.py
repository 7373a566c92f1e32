"""What a video store promises, asked of the table and of the fake that other tests use in its place."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from aws.table import VideoTable
from tests.unit.videos.fakes import MemoryStore
from tests.unit.videos.samples import (
    DELIVERED,
    JOB,
    NOW,
    RENDERING,
    SENDING,
    SESSION_ID,
    TIMELINE,
    a_reply,
    a_turn,
    a_video,
)
from videos.errors import VideoNotFoundError
from videos.models import (
    Announced,
    Ended,
    Job,
    Outcome,
    Problem,
    Session,
    Settling,
    Stage,
    Status,
    TurnPart,
    Uploaded,
    WebAddress,
)
from videos.ports import VideoStore

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

READY = Ended(status=Status.READY, at=NOW, message="The video is ready.")
FAILED = Ended(status=Status.FAILED, at=NOW, message="It failed.")

PARTS: list[TurnPart] = [
    SENDING,
    a_reply(Outcome.AGENT_ERROR).model_copy(
        update={"problem": Problem(code="c", message="m“ü🎬”", advice="a")}
    ),
    Settling(fingerprint="f", reads=3, equal_reads=1),
    TIMELINE.model_copy(update={"changes": ("Title added: 'x'",), "credits_used": 12.5}),
    RENDERING,
    DELIVERED,
    Problem(code="refused", message="No.", advice="Another."),
    Announced(at=NOW, message_id="m-1"),
]


@pytest.fixture(params=["table", "memory"])
def store(request: pytest.FixtureRequest) -> VideoStore:
    if request.param == "memory":
        return MemoryStore()
    return VideoTable(request.getfixturevalue("videos_table"))


@pytest.fixture
def known(store: VideoStore) -> VideoStore:
    store.create(a_video(), a_turn())
    return store


def test_a_video_comes_back_as_it_was_stored(store: VideoStore) -> None:
    video = a_video(WebAddress(url="https://example.com/ü?a=1&b=2"))
    assert store.create(video, a_turn())
    assert store.video(video.video_id) == video
    assert store.turn(video.job) == a_turn()


def test_a_video_is_created_once(known: VideoStore) -> None:
    other = a_video().model_copy(update={"instruction": "Something else."})
    assert not known.create(other, a_turn())
    assert known.video(JOB.video_id) == a_video()


def test_what_is_unknown_is_not_found(store: VideoStore) -> None:
    with pytest.raises(VideoNotFoundError):
        store.video("vid-unknown")
    with pytest.raises(VideoNotFoundError):
        store.turn(Job(video_id="vid-unknown", turn=1))


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.part)
def test_a_part_is_written_and_replaced(known: VideoStore, part: TurnPart) -> None:
    known.write(JOB, part)
    known.write(JOB, part)
    assert known.turn(JOB) == a_turn(**{part.part: part})


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.part)
def test_of_two_who_write_once_the_first_wins(known: VideoStore, part: TurnPart) -> None:
    assert known.write_once(JOB, part)
    other = part.model_copy(update={"at": NOW + timedelta(seconds=1), "message": "later"})
    assert not known.write_once(JOB, other)
    assert known.turn(JOB) == a_turn(**{part.part: part})


@pytest.mark.parametrize("part", [SENDING, SENDING.model_copy(update={"credits_before": 99.95})])
def test_a_withdrawn_part_may_be_written_anew(known: VideoStore, part: TurnPart) -> None:
    known.write_once(JOB, part)
    assert known.withdraw(JOB, part)
    assert known.turn(JOB) == a_turn()
    assert known.write_once(JOB, part)


def test_only_the_very_same_part_is_withdrawn(known: VideoStore) -> None:
    known.write_once(JOB, SENDING)
    assert not known.withdraw(JOB, SENDING.model_copy(update={"worker": "worker-2"}))
    assert known.turn(JOB).sending == SENDING


def test_the_parts_of_a_video_are_replaced(known: VideoStore) -> None:
    known.add_to_video(JOB.video_id, Session(session_id="another"))
    known.add_to_video(JOB.video_id, Session(session_id=SESSION_ID, task_id="t"))
    known.add_to_video(JOB.video_id, Uploaded(at=NOW))
    video = known.video(JOB.video_id)
    assert video.backend_session == Session(session_id=SESSION_ID, task_id="t")
    assert video.uploaded == Uploaded(at=NOW)


def test_history_has_one_line_for_each_stage_entered(known: VideoStore) -> None:
    known.report(JOB.video_id, Stage.GENERATING, 20, "At work.")
    known.report(JOB.video_id, Stage.GENERATING, 25, "Still working…")
    known.report(JOB.video_id, Stage.RENDERING, 65, "Rendering.")
    video = known.video(JOB.video_id)
    assert [(line.stage, line.message) for line in video.history] == [
        (Stage.GENERATING, "At work."),
        (Stage.RENDERING, "Rendering."),
    ]
    assert (video.status, video.stage, video.progress, video.message) == (
        Status.WORKING,
        Stage.RENDERING,
        65,
        "Rendering.",
    )
    assert video.updated_at > NOW


def test_news_within_a_stage_is_shown(known: VideoStore) -> None:
    known.report(JOB.video_id, Stage.GENERATING, 20, "At work.")
    known.report(JOB.video_id, Stage.GENERATING, 25, "Still working…")
    assert known.video(JOB.video_id).message == "Still working…"


def test_what_has_ended_is_not_moved_by_a_late_report(known: VideoStore) -> None:
    known.end(JOB, READY)
    ended = known.video(JOB.video_id)
    known.report(JOB.video_id, Stage.RENDERING, 65, "Rendering.")
    assert known.video(JOB.video_id) == ended


def test_a_turn_ends_once(known: VideoStore) -> None:
    assert known.end(JOB, READY)
    assert not known.end(JOB, FAILED)
    assert known.turn(JOB).ended == READY
    video = known.video(JOB.video_id)
    assert (video.status, video.stage, video.progress) == (Status.READY, Stage.ENDED, 100)
    assert [line.message for line in video.history] == ["The video is ready."]


def test_what_is_not_there_is_not_made_by_a_report(videos_table: "Table") -> None:
    VideoTable(videos_table).report("vid-unknown", Stage.RENDERING, 65, "Rendering.")
    assert videos_table.scan()["Items"] == []


def test_both_items_expire_with_the_video(videos_table: "Table") -> None:
    VideoTable(videos_table).create(a_video(), a_turn())
    items = videos_table.scan()["Items"]
    assert [item["ttl"] for item in items] == [int(a_video().expires_at.timestamp())] * 2
