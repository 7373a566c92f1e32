"""A session that the backend forgets between two versions: the change is made all the same, and paid once."""

import pytest

from tests.faults.pipeline import Drop, End, GatedPipeline
from tests.support.scripted_backend.answers import says
from tests.support.scripted_backend.server import Exchange, Script
from videos.model.records import Status
from videos.steps.session import FORGOTTEN

pytestmark = pytest.mark.thorough

DONE = says("Your video is on the timeline.")


def _made(pipeline: GatedPipeline) -> Drop:
    """A picture of which a video was made, and whose session is forgotten since."""
    drop = pipeline.drop(Script(DONE))
    assert pipeline.end_of(drop).video.status is Status.READY
    drop.script.sessions[0].forgotten = True
    return drop


def _changed(pipeline: GatedPipeline, drop: Drop) -> End:
    end = pipeline.end_of(pipeline.change(drop, "Make it shorter."))
    assert len(end.announcements) == 1, "announced once"
    return end


@pytest.mark.parametrize(
    ("forgets", "sessions"),
    [((), 2), (("upload",), 3), (("run",), 3), (("upload", "run"), 4), (("run", "run"), 4)],
    ids=["while nobody looks", "at the upload", "at the post", "at both", "at two posts"],
)
def test_a_forgotten_session_is_replaced(
    pipeline: GatedPipeline, forgets: tuple[str, ...], sessions: int
) -> None:
    drop = _made(pipeline)
    drop.script.forgets = forgets
    end = _changed(pipeline, drop)
    assert end.video.status is Status.READY, end.message
    assert len(drop.script.sessions) == sessions
    first, *lost, last = drop.script.sessions
    assert ([len(session.messages) for session in lost], len(first.messages)) == ([0] * len(lost), 1)
    (message,) = last.messages
    assert message.endswith("Make it shorter.")
    assert "1. Generate a short promotional video from this content." in message
    assert last.uploads == 1
    assert FORGOTTEN in [line.message for line in end.video.history]


def test_a_backend_that_keeps_no_session_is_given_up_with_nothing_paid(pipeline: GatedPipeline) -> None:
    drop = _made(pipeline)
    drop.script.forgets = ("run",) * 9
    end = _changed(pipeline, drop)
    assert (end.video.status, end.announcements[0]["code"]) == (Status.FAILED, "session_lost")
    assert len(drop.script.messages) == 1, "of the first version"


def test_media_that_is_gone_as_well_is_told(pipeline: GatedPipeline) -> None:
    drop = _made(pipeline)
    assert drop.file.version_id
    pipeline.s3.delete_object(Bucket=drop.file.bucket, Key=drop.file.key, VersionId=drop.file.version_id)
    end = _changed(pipeline, drop)
    assert (end.video.status, end.announcements[0]["code"]) == (Status.FAILED, "file_gone")
    assert "Drop it again" in end.message
    assert len(drop.script.messages) == 1


def test_a_worker_that_is_killed_between_the_new_session_and_the_upload_pays_for_nothing(
    pipeline: GatedPipeline,
) -> None:
    drop = _made(pipeline)

    def killed_once(exchange: Exchange) -> None:
        drop.script.before_upload = lambda _: None
        exchange.kill_client()

    drop.script.before_upload = killed_once
    end = _changed(pipeline, drop)
    posted = len(drop.script.messages)
    assert (end.video.status, posted) in {(Status.READY, 2), (Status.FAILED, 1)}, end.message
    again = pipeline.end_of(pipeline.change(Drop(drop.file, drop.script, version=2), "Shorter."))
    assert again.video.status is Status.READY or posted == 2
    assert all(session.uploads for session in drop.script.sessions if session.messages)
