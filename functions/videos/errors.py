"""What can go wrong with a video, in words for the person who asked for it.

VideoError                what happened, and the one thing to do
├── RefusedError          the input cannot be used; nothing was spent
├── GenerationError       the instruction led to nothing that could be exported
├── RenderError           the backend could not render the draft
└── DeliveryError         what was rendered could not be stored, or does not play

VideoNotFoundError        no video of that id, or not this caller's
WorkerBusyError           another worker is at this turn; look again later
"""

from typing import Literal, Self

from pydantic import BaseModel

from nemovideo import (
    AgentError,
    ExportBlockedError,
    FileTooLargeError,
    NemoVideoError,
    NotSentError,
    OutOfCreditsError,
    RateLimitedError,
    ServerError,
    SessionNotFoundError,
    TokenExpiredError,
    TransportError,
    UnexpectedAnswerError,
    UnsupportedFileError,
)
from videos.records import Problem


class VideoError(Exception):
    """Ends the turn as failed. `code` is stable; `advice` is what to do next."""

    code = "failed"

    def __init__(self, message: str, *, advice: str, code: str | None = None) -> None:
        super().__init__(message)
        self.problem = Problem(code=code or self.code, message=message, advice=advice)

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """The error that tells of a problem found earlier."""
        return cls(problem.message, advice=problem.advice, code=problem.code)


class RefusedError(VideoError):
    """The input cannot be used; nothing was spent."""

    code = "refused"


class GenerationError(VideoError):
    """The instruction led to nothing that could be exported."""

    code = "generation_failed"


class RenderError(VideoError):
    """The backend could not render the draft."""

    code = "render_failed"


class DeliveryError(VideoError):
    """What was rendered could not be stored, or does not play."""

    code = "delivery_failed"


class ProblemFound(BaseModel):
    """A step's answer that ends the turn; the problem itself is left with the turn."""

    verdict: Literal["problem"] = "problem"


class VideoNotFoundError(LookupError):
    """No video of that id."""


class WorkerBusyError(Exception):
    """Another worker is at this turn; look again later."""


_CODES: dict[type[NemoVideoError], str] = {
    OutOfCreditsError: "out_of_credits",
    ExportBlockedError: "export_blocked",
    UnsupportedFileError: "unsupported_file",
    FileTooLargeError: "file_too_large",
    TokenExpiredError: "token_rejected",
    SessionNotFoundError: "session_lost",
    RateLimitedError: "rate_limited",
    AgentError: "agent_error",
}

# Errors of the line and not of the job: their own words are for whoever reads the log.
_IN_PLAIN_WORDS: dict[type[NemoVideoError], str] = {
    NotSentError: "The video service could not be reached.",
    TransportError: "The connection to the video service broke.",
    ServerError: "The video service had an internal error.",
    UnexpectedAnswerError: "The video service gave an answer that makes no sense.",
}


def problem_of(error: NemoVideoError, *, registration_link: str | None = None) -> Problem:
    """The backend's error as a person reads it."""
    advice = error.advice
    if isinstance(error, OutOfCreditsError) and registration_link and registration_link not in advice:
        advice = f"{advice} Without an account, register here to go on: {registration_link}"
    plain = _of_kind(error, _IN_PLAIN_WORDS)
    code = _of_kind(error, _CODES) or ("backend_unavailable" if plain else "backend_error")
    return Problem(code=code, message=plain or str(error), advice=advice)


def _of_kind(error: NemoVideoError, table: dict[type[NemoVideoError], str]) -> str | None:
    return next((value for kind, value in table.items() if isinstance(error, kind)), None)


INTERNAL = Problem(
    code="internal",
    message="Something went wrong inside the pipeline.",
    advice="Try again in a few minutes. If it happens again, tell whoever runs the pipeline the video's id.",
)

INTERRUPTED = Problem(
    code="interrupted",
    message="The work on it was interrupted, and nothing could be taken up again.",
    advice="Retry it. What was spent on it until then is shown as its credits; a retry is paid for anew.",
)
