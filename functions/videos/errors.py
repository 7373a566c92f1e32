"""What can go wrong with a video, in words for the person who asked for it.

VideoError                what happened, and the one thing to do
├── RefusedError          the input cannot be used; nothing was spent
├── GenerationError       the instruction led to nothing that could be exported
├── RenderError           the backend could not render the draft
└── DeliveryError         what was rendered could not be stored, or does not play

VideoNotFoundError        no video of that id, or not this caller's
TurnEndedError            the turn has ended, say by a cancellation: there is nothing left to do
CrowdedError              others change the same record all the time; try again
"""

from collections.abc import Mapping
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
    UnknownCodeError,
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
    """A step's answer that ends the turn; the problem itself is left with the turn, unless it had ended."""

    verdict: Literal["problem"] = "problem"


class VideoNotFoundError(LookupError):
    """No video of that id."""


class CrowdedError(Exception):
    """Others change the same record all the time; try again."""


class TurnEndedError(Exception):
    """The turn has ended, say by a cancellation: there is nothing left to do."""


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

# Errors of the connection and not of the job: their own words are for the log. None keeps the error's words.
_IN_PLAIN_WORDS: dict[type[NemoVideoError], str | None] = {
    NotSentError: "The video service could not be reached.",
    TransportError: "The connection to the video service broke.",
    ServerError: "The video service had an internal error.",
    UnknownCodeError: None,
    UnexpectedAnswerError: "The video service gave an answer that makes no sense.",
    TokenExpiredError: "The video service did not accept this pipeline's access token.",
}


def problem_of(error: NemoVideoError, *, registration_link: str | None = None) -> Problem:
    """Return the backend's error as a person reads it. The advice holds one registration link at most."""
    advice = error.advice
    if isinstance(error, OutOfCreditsError) and registration_link and "?bind=" not in advice:
        register = f"Register to get more credits: {registration_link}"
        top_up = f"{advice} Without an account, register here to go on: {registration_link}"
        advice = register if error.is_anonymous else top_up
    plain = _of_kind(error, _IN_PLAIN_WORDS)
    code = _of_kind(error, _CODES) or ("backend_unavailable" if plain else "backend_error")
    return Problem(code=code, message=plain or str(error), advice=advice)


def _of_kind(error: NemoVideoError, table: Mapping[type[NemoVideoError], str | None]) -> str | None:
    return next((value for kind, value in table.items() if isinstance(error, kind)), None)


INTERNAL = Problem(
    code="internal",
    message="Something went wrong inside the pipeline.",
    advice="Try again in a few minutes. If it happens again, give the operator of this pipeline the id.",
)

INTERRUPTED = Problem(
    code="interrupted",
    message="The work on it was interrupted and could not be continued.",
    advice="Retry to try again. A finished timeline is exported for free; else a retry uses credits.",
)
