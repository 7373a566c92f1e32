"""What is counted of a version that has ended."""

from datetime import timedelta

import pytest

from tests.support.builders import NOW, SENDING, TIMELINE, a_version, a_video
from videos.events.metrics import measures_of, stage_seconds
from videos.model.failure_codes import FailureCode
from videos.model.records import Problem, Stage, Status
from videos.model.version import Cost, Ended, Version
from videos.model.video import HistoryEntry, Video


def _at(seconds: float, stage: Stage) -> HistoryEntry:
    return HistoryEntry(at=NOW + timedelta(seconds=seconds), stage=stage, message="…")


def _with_history(*lines: HistoryEntry) -> Video:
    return a_video().model_copy(update={"history": lines})


def _ended(seconds: float, **parts: object) -> tuple[Version, Ended]:
    ended = Ended(status=Status.READY, at=NOW + timedelta(seconds=seconds), message="It ended.")
    return a_version(ended=ended, **parts), ended


def test_each_stage_lasts_until_the_next_one_begins_and_one_entered_again_counts_all_its_time() -> None:
    video = _with_history(
        _at(0, Stage.QUEUED),
        _at(1, Stage.INSPECTING),
        _at(3, Stage.STABILIZING),
        _at(10, Stage.RENDERING),
        _at(12, Stage.STABILIZING),
        _at(13, Stage.RENDERING),
        _at(40, Stage.ENDED),
    )
    version, _ = _ended(40)
    assert stage_seconds(video, version) == {
        Stage.QUEUED: 1,
        Stage.INSPECTING: 2,
        Stage.STABILIZING: 8,
        Stage.RENDERING: 29,
    }


def test_other_versions_do_not_count() -> None:
    video = _with_history(
        _at(-9, Stage.QUEUED),
        _at(-2, Stage.ENDED),
        _at(0, Stage.QUEUED),
        _at(5, Stage.ENDED),
        _at(60, Stage.QUEUED),
        _at(90, Stage.INSPECTING),
    )
    version, _ = _ended(5)
    assert stage_seconds(video, version) == {Stage.QUEUED: 5}


@pytest.mark.parametrize(
    ("parts", "left"),
    [
        ({}, None),
        ({"send_lock": SENDING}, None),
        (
            {"send_lock": SENDING, "timeline": TIMELINE, "cost": Cost(credits=2.5, available=97.5)},
            97.5,
        ),
        ({"problem": Problem(code=FailureCode.OUT_OF_CREDITS, message="None left.", advice="Buy some.")}, 0),
    ],
)
def test_what_is_left_is_known_from_what_was_there_and_what_was_used(
    parts: dict[str, object], left: float | None
) -> None:
    version, ended = _ended(5, **parts)
    assert measures_of(_with_history(), version, ended).credits_left == left
