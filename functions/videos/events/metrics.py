"""What is counted of a version that has ended, for graphs and alarms."""

from itertools import pairwise

from pydantic import BaseModel

from videos.model.failure_codes import FailureCode
from videos.model.records import Stage, Status
from videos.model.version import Ended, Version
from videos.model.video import Video


class Measures(BaseModel):
    """How a version ended, how many seconds it spent in each stage, and what is left in the account."""

    status: Status
    stage_seconds: dict[Stage, float]
    credits_left: float | None


def measures_of(video: Video, version: Version, ended: Ended) -> Measures:
    """Taken from the video's history; a stage that was entered again counts once, with all its time."""
    return Measures(
        status=ended.status,
        stage_seconds=stage_seconds(video, version),
        credits_left=_credits_left(version),
    )


def stage_seconds(video: Video, version: Version) -> dict[Stage, float]:
    """How long the version has been in each stage that it has left, in the order of entering."""
    until = version.ended.at if version.ended is not None else video.updated_at
    lines = [line for line in video.history if version.created_at <= line.at <= until]
    seconds: dict[Stage, float] = {}
    for line, following in pairwise(lines):
        seconds[line.stage] = seconds.get(line.stage, 0.0) + (following.at - line.at).total_seconds()
    return seconds


def _credits_left(version: Version) -> float | None:
    """As the version has left them; None where it did not learn that."""
    if version.problem is not None and version.problem.code is FailureCode.OUT_OF_CREDITS:
        return 0.0
    return version.credits_left
