"""What `make status` shows of one video."""

import io
from datetime import timedelta

import pytest
from rich.console import Console

from infra.operations.video_status import VideoStatus, summarize, video_status_view
from tests.support.builders import (
    DELIVERED,
    NOW,
    REF,
    RENDERING,
    SENDING,
    SESSION_ID,
    TIMELINE,
    a_reply,
    a_version,
    a_video,
)
from videos.model.failure_codes import FailureCode
from videos.model.records import Problem, Stage, Status
from videos.model.version import Announced, Ended
from videos.model.video import HistoryEntry, Uploaded

RETRY = f"make retry VIDEO={REF.video_id}"
TOLD = Announced(at=NOW, message_id="m-1")
BROKEN = Problem(code=FailureCode.INTERNAL, message="It broke.", advice="Try again.")


def _ended(status: Status) -> Ended:
    return Ended.model_validate({"status": status, "at": NOW, "message": "It ended."})


def _status(
    status: Status = Status.WORKING,
    stage: Stage = Stage.GENERATING,
    execution: str | None = "RUNNING",
    letter: str | None = None,
    **parts: object,
) -> VideoStatus:
    video = a_video().model_copy(update={"status": status, "stage": stage, "message": "Its news."})
    name = f"{REF.execution_name}-again-1"
    return VideoStatus(
        video=video, version=a_version(**parts), execution_name=name, execution=execution, dead_letter=letter
    )


@pytest.mark.parametrize(
    ("status", "where", "next_step"),
    [
        (
            _status(Status.READY, Stage.ENDED, "SUCCEEDED", announced=TOLD),
            "Ready. Notifications were sent.",
            "",
        ),
        (_status(Status.READY, Stage.ENDED), "about to be sent", ""),
        (_status(Status.READY, Stage.ENDED, "ABORTED"), "no notification was sent", "wait ten minutes"),
        (
            _status(Status.NEEDS_ANSWER, Stage.ENDED, "SUCCEEDED", announced=TOLD),
            "Its news.",
            "answer it: POST",
        ),
        (
            _status(
                Status.FAILED,
                Stage.ENDED,
                "FAILED",
                announced=TOLD,
                ended=_ended(Status.FAILED),
                problem=BROKEN,
            ),
            "Its news. Try again.",
            RETRY,
        ),
        (_status(Status.CANCELLED, Stage.ENDED, "ABORTED", announced=TOLD), "Its news.", RETRY),
        (_status(letter="m-2"), "in the dead-letter queue", "make redrive MESSAGE=m-2"),
        (_status(Status.QUEUED, Stage.QUEUED, None), "never started", RETRY),
        (
            _status(execution="TIMED_OUT"),
            "Its execution is TIMED_OUT",
            "wait ten minutes for the recovery job",
        ),
        (_status(stage=Stage.UPLOADING), "Waiting for 1 min 0 s in the generation queue", ""),
        (_status(send_lock=SENDING), "Its last progress was 1 min 0 s ago", ""),
        (_status(stage=Stage.RENDERING, rendering=RENDERING), "(attempt 1): 0 %", ""),
        (_status(stage=Stage.STABILIZING), "Its news. In this stage for 1 min 0 s.", ""),
    ],
    ids=lambda value: value.video.stage if isinstance(value, VideoStatus) else value,
)
def test_it_says_where_it_stands_and_what_to_type(status: VideoStatus, where: str, next_step: str) -> None:
    summary = summarize(status, NOW + timedelta(minutes=1))
    assert where in summary.status
    assert summary.next.startswith(next_step) if next_step else summary.next == ""


def test_a_worker_that_is_dead_by_now_is_called_dead() -> None:
    dead = SENDING.model_copy(update={"alive_until": NOW})
    summary = summarize(_status(send_lock=dead), NOW + timedelta(seconds=1))
    assert "is not sent again" in summary.status


def test_media_that_has_not_reached_the_session_is_still_being_uploaded() -> None:
    status = _status(stage=Stage.UPLOADING)
    elsewhere = Uploaded(at=NOW, session_id=f"not {SESSION_ID}")
    video = status.video.model_copy(update={"uploaded": elsewhere})
    assert "Its news." in summarize(status.model_copy(update={"video": video}), NOW).status


@pytest.mark.parametrize(
    ("parts", "cost"),
    [
        ({}, "free so far: no instruction was sent"),
        ({"send_lock": SENDING}, "a new generation, which uses credits"),
    ],
)
def test_before_a_retry_it_is_said_what_it_costs(parts: dict[str, object], cost: str) -> None:
    status = _status(Status.FAILED, Stage.ENDED, "FAILED", None, announced=TOLD, problem=BROKEN, **parts)
    assert summarize(status, NOW).cost == cost


def test_the_status_shows_when_what_happened_and_what_was_paid() -> None:
    history = (
        HistoryEntry(at=NOW, stage=Stage.QUEUED, message="Accepted."),
        HistoryEntry(at=NOW + timedelta(seconds=2), stage=Stage.GENERATING, message="The agent works."),
        HistoryEntry(at=NOW + timedelta(seconds=200), stage=Stage.ENDED, message="The video is ready."),
    )
    status = _status(
        Status.READY,
        Stage.ENDED,
        "SUCCEEDED",
        announced=TOLD,
        ended=_ended(Status.READY),
        send_lock=SENDING,
        reply=a_reply(),
        timeline=TIMELINE,
        delivered=DELIVERED,
    )
    status = status.model_copy(
        update={
            "video": status.video.model_copy(update={"history": history}),
            "last_error": "backend.errors.ServerError: HTTP 502",
        }
    )
    console = Console(file=io.StringIO(), width=120)
    console.print(video_status_view(status, NOW))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for shown in (
        "2.0 s",
        "3 min 18 s",
        "The agent works.",
        "sent once",
        f"s3://{DELIVERED.bucket}/{DELIVERED.key}",
        f"{REF.video_id}-1-again-1: SUCCEEDED",
        "ServerError: HTTP 502",
    ):
        assert shown in text
