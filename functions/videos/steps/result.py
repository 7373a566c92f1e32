"""What a step answers to the workflow."""

from typing import Literal

from pydantic import BaseModel

NextStep = Literal[
    "generate", "wait_for_credits", "wait_for_render", "render", "deliver", "finish", "failed", "done"
]


class StepResult(BaseModel):
    """The next step. `wait_seconds` is how long a waiting step waits.

    `because` is an unusual answer of the video service: for the log alone.
    """

    next: NextStep
    wait_seconds: int = 0
    because: str = ""


class ReadyToGenerate(StepResult):
    """The instruction can be sent. `message_group` is the owner's group in the generation queue."""

    next: Literal["generate"] = "generate"
    message_group: str


class Finished(StepResult):
    """The version has ended. `code` and `message` are of the problem with which it has failed."""

    next: Literal["failed", "done"]
    code: str = ""
    message: str = ""
