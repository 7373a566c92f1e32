"""Instructions that only name a command: an export, the credits, the status, an upload.

None of them is for the agent, which would be paid for it. Where a command makes sense it is carried out.
Elsewhere the refusal answers it and says what to do.
"""

from backend.intents import Intent, classify
from videos.model.errors import CommandError

_FOR_A_NEW_VIDEO = {
    Intent.EXPORT: "asks for an export, but there is no video yet to export.",
    Intent.CREDITS: "asks for the credits. GET /v1/credits shows them.",
    Intent.STATUS: "asks for the status. GET /v1/videos/{id} shows it.",
    Intent.UPLOAD: "asks for an upload, but does not say what the video should show.",
}
_SAY_MORE = "Say what the video should show, in one sentence. Nothing was charged."


def refuse_command(instruction: str) -> None:
    """Refuse what a new video cannot be made of.

    Raises:
        CommandError: The instruction is a command and nothing besides.
    """
    intent = classify(instruction)
    if intent is not Intent.MESSAGE:
        raise CommandError(f"“{instruction.strip()[:100]}” {_FOR_A_NEW_VIDEO[intent]}", advice=_SAY_MORE)
