"""What can go wrong with a video, in words for the person who asked for it.

VideoError                what happened, and the one thing to do
├── RefusedError          the input cannot be used; nothing was spent
├── GenerationError       the instruction led to nothing that could be exported
├── SessionLostError      the backend has forgotten too many sessions
├── RenderError           the backend could not render the draft
└── DeliveryError         what was rendered could not be stored, or does not play

Each class carries its code; the classes below these differ in nothing else (`videos.model.failure_codes`).

VideoNotFoundError        no video of that id, or not this caller's
VideoDeletedError         the video that the same request made was deleted
VersionEndedError            the version has ended, say by a cancellation: there is nothing left to do
ContentionError              others change the same record all the time; try again
"""

from collections.abc import Mapping
from typing import ClassVar, Self

from backend.errors import (
    NemoVideoError,
    NotSentError,
    OutOfCreditsError,
    ServerError,
    TokenExpiredError,
    TransportError,
    UnexpectedAnswerError,
    UnknownCodeError,
)
from videos.model.failure_codes import FailureCode
from videos.model.records import Problem


class VideoError(Exception):
    """Ends the version as failed. `code` is stable; `advice` is what to do next."""

    code: ClassVar[FailureCode] = FailureCode.FAILED

    def __init__(self, message: str, *, advice: str) -> None:
        super().__init__(message)
        self.problem = Problem(code=self.code, message=message, advice=advice)

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Return the error for a problem that was found earlier."""
        error = cls(problem.message, advice=problem.advice)
        error.problem = problem
        return error


class RefusedError(VideoError):
    """The input cannot be used; nothing was spent."""

    code = FailureCode.REFUSED


class EmptyFileError(RefusedError):
    code = FailureCode.EMPTY_FILE


class OversizedFileError(RefusedError):
    code = FailureCode.FILE_TOO_LARGE


class UnusableFileError(RefusedError):
    code = FailureCode.UNSUPPORTED_FILE


class FileGoneError(RefusedError):
    code = FailureCode.FILE_GONE


class UnreadableFileError(RefusedError):
    code = FailureCode.UNREADABLE_FILE

    @classmethod
    def named(cls, name: str) -> Self:
        """Return the error of a file that S3 does not give."""
        return cls(
            f"“{name}” cannot be read: it is archived, or encrypted with a key that the stack cannot use.",
            advice="Restore it, or upload a copy without its own key.",
        )


class MissingFileError(RefusedError):
    code = FailureCode.MISSING_FILE


class InvalidRequestError(RefusedError):
    code = FailureCode.INVALID_REQUEST


class InvalidLinkError(RefusedError):
    code = FailureCode.INVALID_LINK


class UnusableUrlError(RefusedError):
    code = FailureCode.UNUSABLE_URL


class CommandError(RefusedError):
    code = FailureCode.COMMAND


class OverBudgetError(RefusedError):
    code = FailureCode.OVER_BUDGET


class GenerationError(VideoError):
    """The instruction led to nothing that could be exported."""

    code = FailureCode.GENERATION_FAILED


class NoResultError(GenerationError):
    code = FailureCode.NO_RESULT


class NothingToExportError(GenerationError):
    code = FailureCode.NOTHING_TO_EXPORT


class UnsupportedDraftError(GenerationError):
    code = FailureCode.UNSUPPORTED_DRAFT


class SessionLostError(VideoError):
    """The backend has forgotten too many sessions."""

    code = FailureCode.SESSION_LOST


class RenderError(VideoError):
    """The backend could not render the draft."""

    code = FailureCode.RENDER_FAILED


class DeliveryError(VideoError):
    """What was rendered could not be stored, or does not play."""

    code = FailureCode.DELIVERY_FAILED


class VideoNotFoundError(LookupError):
    """No video of that id."""


class ContentionError(Exception):
    """Others change the same record all the time; try again."""


class VideoDeletedError(Exception):
    """The video was deleted, and the same request does not make it again."""


class VersionEndedError(Exception):
    """The version has ended, say by a cancellation: there is nothing left to do."""


# Errors of the connection and not of the job: their own words are for the log. None keeps the error's words.
_IN_PLAIN_WORDS: dict[type[NemoVideoError], str | None] = {
    NotSentError: "The video service could not be reached.",
    TransportError: "The connection to the video service broke.",
    ServerError: "The video service had an internal error.",
    UnknownCodeError: None,
    UnexpectedAnswerError: "The video service sent an invalid response.",
    TokenExpiredError: "The video service did not accept this pipeline's access token.",
}


def problem_of(error: NemoVideoError, *, registration_link: str | None = None) -> Problem:
    """Return the backend's error as a person reads it. The advice holds one registration link at most."""
    advice = error.advice
    if isinstance(error, OutOfCreditsError) and registration_link and "?bind=" not in advice:
        register = f"Register to get more credits: {registration_link}"
        top_up = f"{advice} If you have no account, register first: {registration_link}"
        advice = register if error.is_anonymous else top_up
    plain = _of_kind(error, _IN_PLAIN_WORDS)
    return Problem(code=FailureCode(error.slug), message=plain or str(error), advice=advice)


def _of_kind(error: NemoVideoError, table: Mapping[type[NemoVideoError], str | None]) -> str | None:
    return next((value for kind, value in table.items() if isinstance(error, kind)), None)


INTERNAL = Problem(
    code=FailureCode.INTERNAL,
    message="Something went wrong inside the pipeline.",
    advice="Try again in a few minutes. If it happens again, give the operator of this pipeline the id.",
)

INTERRUPTED = Problem(
    code=FailureCode.INTERRUPTED,
    message="The work on the video was interrupted and could not be continued.",
    advice="Retry the video. A finished timeline is exported for free. Otherwise, a retry uses credits.",
)
