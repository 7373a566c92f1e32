"""How far along a video is, for people: a percentage and a sentence for each stage."""

from videos.model.records import Stage
from videos.model.texts import shortened

PROGRESS: dict[Stage, tuple[int, str]] = {
    Stage.QUEUED: (0, "Waiting to start."),
    Stage.INSPECTING: (2, "Checking the input."),
    Stage.OPENING_SESSION: (5, "Opening a session with the video service."),
    Stage.UPLOADING: (10, "Uploading."),
    Stage.GENERATING: (20, "The agent is working on the video."),
    Stage.STABILIZING: (55, "Waiting for the timeline to become stable."),
    Stage.RENDERING: (65, "Rendering."),
    Stage.DELIVERING: (95, "Storing and checking the finished video."),
    Stage.ENDED: (100, "Done."),
}

_SHOWN = 200
"""Characters of an instruction in the history."""


def begun_message(number: int, exports: int | None) -> str:
    """The line of the history with which a version begins after the first one."""
    if exports is not None:
        return f"Version {number}: exports version {exports} again, free of charge."
    return f"Version {number} was requested."


def rendering_progress(percent: float | None) -> int:
    """The backend's 0-100 of its render, as a share of the whole."""
    begin, end = PROGRESS[Stage.RENDERING][0], PROGRESS[Stage.DELIVERING][0]
    return begin + round((end - begin) * min(max(percent or 0, 0), 100) / 100)


def waiting_message(version: int, instruction: str) -> str:
    """What the history says of an edit that waits. It keeps the instruction whole only until it begins."""
    return f"An edit waits until version {version} ends: “{shortened(instruction, _SHOWN)}”"
