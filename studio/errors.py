"""Refusals, each with the code and HTTP status a caller of the wire sees."""

from http import HTTPStatus


class StudioError(Exception):
    """A request that is refused.

    The protocol reports most refusals as a code in the envelope under HTTP 200, and a few as an HTTP status.

    Attributes:
        code: the protocol's error code.
        status: the HTTP status of the answer.
        retry_after: seconds the caller should wait, when waiting helps.
    """

    code = 500
    status = HTTPStatus.OK
    retry_after: int | None = None

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class InvalidTokenError(StudioError):
    code = 1001


class SessionNotFoundError(StudioError):
    code = 1002


class OutOfCreditsError(StudioError):
    code = 2001


class UnsupportedFileError(StudioError):
    code = 4001


class FileTooLargeError(StudioError):
    code = 4002


class BadRequestError(StudioError):
    code = 400
    status = HTTPStatus.BAD_REQUEST


class ExportBlockedError(StudioError):
    code = 402
    status = HTTPStatus.PAYMENT_REQUIRED


class RenderNotFoundError(StudioError):
    code = 404
    status = HTTPStatus.NOT_FOUND


class DuplicateRenderError(StudioError):
    code = 409
    status = HTTPStatus.CONFLICT


class UnusableDraftError(StudioError):
    code = 422
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class RateLimitedError(StudioError):
    code = 429
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
