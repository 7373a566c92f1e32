"""What an operator is told of one video: where it hangs, and the next step."""

import io
from datetime import timedelta

import pytest
from rich.console import Console

from infra.operations.story import Story, standing, story_view
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
from videos.failure_codes import FailureCode
from videos.records import Problem, Stage, Status
from videos.turn import Announced, Ended
from videos.video import Happening, Uploaded

RETRY = f"make retry VIDEO={JOB.video_id}"
TOLD = Announced(at=NOW, message_id="m-1")
BROKEN = Problem(code=FailureCode.INTERNAL, message="It broke.", advice="Try again.")


def _ended(status: Status) -> Ended:
    return Ended.model_validate({"status": status, "at": NOW, "message": "It ended."})


def _story(
    status: Status = Status.WORKING,
    stage: Stage = Stage.GENERATING,
    execution: str | None = "RUNNING",
    letter: str | None = None,
    **parts: object,
) -> Story:
    video = a_video().model_copy(update={"status": status, "stage": stage, "message": "Its news."})
    name = f"{JOB.execution_name}-again-1"
    return Story(video=video, turn=a_turn(**parts), execution_name=name, execution=execution, letter=letter)


@pytest.mark.parametrize(
    ("story", "where", "next_step"),
    [
        (_story(Status.READY, Stage.ENDED, "SUCCEEDED", announced=TOLD), "Ready, and announced.", ""),
        (_story(Status.READY, Stage.ENDED), "about to announce it", ""),
        (_story(Status.READY, Stage.ENDED, "ABORTED"), "nobody was told", "wait ten minutes for the reaper"),
        (
            _story(Status.NEEDS_ANSWER, Stage.ENDED, "SUCCEEDED", announced=TOLD),
            "Its news.",
            "answer it: POST",
        ),
        (
            _story(
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
        (_story(Status.CANCELLED, Stage.ENDED, "ABORTED", announced=TOLD), "Its news.", RETRY),
        (_story(letter="m-2"), "among the dead letters", "make redrive MESSAGE=m-2"),
        (_story(Status.QUEUED, Stage.QUEUED, None), "never started", RETRY),
        (_story(execution="TIMED_OUT"), "Its execution is TIMED_OUT", "wait ten minutes for the reaper"),
        (_story(stage=Stage.UPLOADING), "Waits for 1 min 0 s for its turn at the agent", ""),
        (_story(sending=SENDING), "its last word came 1 min 0 s ago", ""),
        (_story(stage=Stage.RENDERING, rendering=RENDERING), "(attempt 1): 0 %", ""),
        (_story(stage=Stage.SETTLING), "Its news. It is there for 1 min 0 s.", ""),
    ],
    ids=lambda value: value.video.stage if isinstance(value, Story) else value,
)
def test_it_says_where_it_stands_and_what_to_type(story: Story, where: str, next_step: str) -> None:
    stand = standing(story, NOW + timedelta(minutes=1))
    assert where in stand.where
    assert stand.next.startswith(next_step) if next_step else stand.next == ""


def test_a_worker_that_is_dead_by_now_is_called_dead() -> None:
    dead = SENDING.model_copy(update={"alive_until": NOW})
    stand = standing(_story(sending=dead), NOW + timedelta(seconds=1))
    assert "nothing is posted again" in stand.where


def test_media_that_has_not_reached_the_session_is_still_being_uploaded() -> None:
    story = _story(stage=Stage.UPLOADING)
    elsewhere = Uploaded(at=NOW, session_id=f"not {SESSION_ID}")
    video = story.video.model_copy(update={"uploaded": elsewhere})
    assert "Its news." in standing(story.model_copy(update={"video": video}), NOW).where


@pytest.mark.parametrize(
    ("parts", "cost"),
    [({}, "nothing was sent so far"), ({"sending": SENDING}, "a new instruction, charged like one")],
)
def test_before_a_retry_it_is_said_what_it_costs(parts: dict[str, object], cost: str) -> None:
    story = _story(Status.FAILED, Stage.ENDED, "FAILED", None, announced=TOLD, problem=BROKEN, **parts)
    assert standing(story, NOW).cost == cost


def test_the_story_shows_when_what_happened_and_what_was_paid() -> None:
    history = (
        Happening(at=NOW, stage=Stage.QUEUED, message="Accepted."),
        Happening(at=NOW + timedelta(seconds=2), stage=Stage.GENERATING, message="The agent works."),
        Happening(at=NOW + timedelta(seconds=200), stage=Stage.ENDED, message="The video is ready."),
    )
    story = _story(
        Status.READY,
        Stage.ENDED,
        "SUCCEEDED",
        announced=TOLD,
        ended=_ended(Status.READY),
        sending=SENDING,
        reply=a_reply(),
        timeline=TIMELINE,
        delivered=DELIVERED,
    )
    story = story.model_copy(
        update={
            "video": story.video.model_copy(update={"history": history}),
            "last_error": "nemovideo.errors.ServerError: HTTP 502",
        }
    )
    console = Console(file=io.StringIO(), width=120)
    console.print(story_view(story, NOW))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for shown in (
        "2.0 s",
        "3 min 18 s",
        "The agent works.",
        "posted once",
        f"s3://{DELIVERED.bucket}/{DELIVERED.key}",
        f"{JOB.video_id}-1-again-1: SUCCEEDED",
        "ServerError: HTTP 502",
    ):
        assert shown in text
