"""What an operator sees of a whole stack."""

import io
from datetime import timedelta

from rich.console import Console

from infra.operations.stack_status import Alarm, Count, StackStatus, Videos, stack_status_view, summarize
from tests.support.builders import NOW, a_video
from videos.model.records import Stage, Status
from videos.model.video import Video


def _video(name: str, status: Status, minutes_ago: int) -> Video:
    at = NOW - timedelta(minutes=minutes_ago)
    told = {"video_id": name, "status": status, "stage": Stage.RENDERING, "updated_at": at, "message": "Why."}
    return a_video().model_copy(update=told)


def test_it_counts_all_and_keeps_what_is_under_way_and_the_last_failures() -> None:
    videos = summarize(
        [
            *(_video(f"vid-f{ago}", Status.FAILED, ago) for ago in (5, 1, 7, 3, 2, 9, 4)),
            _video("vid-new", Status.WORKING, 1),
            _video("vid-stuck", Status.WORKING, 90),
            _video("vid-r", Status.READY, 2),
        ]
    )
    assert videos.counts == {Status.FAILED: 7, Status.WORKING: 2, Status.READY: 1}
    assert [video.video_id for video in videos.running] == ["vid-stuck", "vid-new"]
    assert [video.video_id for video in videos.failed] == ["vid-f1", "vid-f2", "vid-f3", "vid-f4", "vid-f5"]


def _shown(status: StackStatus) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(stack_status_view(status, NOW))
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_what_needs_action_comes_first() -> None:
    text = _shown(
        StackStatus(
            stack="a-stack",
            videos=summarize(_video(f"vid-{ago}", Status.WORKING, ago) for ago in range(20)),
            queues=[Count(queue="InboxDeadLetters", waiting=2, in_flight=0)],
            alarms=[Alarm(name="CreditsLowAlarm", description="Few.", since=NOW - timedelta(hours=30))],
        )
    )
    assert text.startswith("CreditsLowAlarm for 1 d 6 h: Few.")
    assert "20 working" in text
    assert text.index("vid-19") < text.index("vid-18")
    assert "and 5 more" in text
    assert "make redrive" in text


def test_a_quiet_stack_says_so() -> None:
    nothing = Videos(counts={}, running=[], failed=[])
    text = _shown(StackStatus(stack="a-stack", videos=nothing, queues=[], alarms=[]))
    assert "All alarms OK." in text
    assert "Videos   none" in text
    assert "make redrive" not in text
