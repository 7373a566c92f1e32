"""What the steps answer to the workflow."""

from typing import Literal

from pydantic import BaseModel

NextStep = Literal[
    "generate", "wait_for_credits", "wait_for_render", "render", "deliver", "finish", "failed", "done"
]


class StepResult(BaseModel):
    """The next step. `wait_seconds` is how long a waiting step waits.

    `because` is an unusual answer of the video service, or what went wrong: for the log alone.
    """

    next: NextStep
    wait_seconds: int = 0
    because: str = ""


class PrepareResult(StepResult):
    """What Prepare may lead to. Only a deleted video is done."""

    next: Literal["wait_for_credits", "generate", "render", "finish", "done"]


class ReadyToGenerate(PrepareResult):
    """The instruction can be sent. `message_group` is the owner's group in the generation queue."""

    next: Literal["generate"] = "generate"
    message_group: str


class RenderResult(StepResult):
    """What Render may lead to."""

    next: Literal["wait_for_render", "deliver", "finish"]


class DeliverResult(StepResult):
    """What Deliver may lead to."""

    next: Literal["wait_for_render", "finish"]


class FinishResult(StepResult):
    """The version has ended. `code` and `message` are of the problem with which it has failed."""

    next: Literal["failed", "done"]
    code: str = ""
    message: str = ""
