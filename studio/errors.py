"""Refusals, each with the code and HTTP status a caller of the wire sees.

StudioError
├── InvalidTokenError 1001
│   └── ExpiredTokenError
├── SessionNotFoundError 1002
├── OutOfCreditsError 2001
├── UnsupportedFileError 4001
├── FileTooLargeError 4002
├── BadRequestError 400
├── ExportBlockedError 402
├── MissingScopeError 403
├── RenderNotFoundError 404
├── SlowRequestError 408
├── DuplicateRenderError 409
├── RequestTooLargeError 413
├── UnusableDraftError 422
└── RateLimitedError 429
"""

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


class ExpiredTokenError(InvalidTokenError):
    pass


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


class MissingScopeError(StudioError):
    code = 403
    status = HTTPStatus.FORBIDDEN


class RenderNotFoundError(StudioError):
    code = 404
    status = HTTPStatus.NOT_FOUND


class SlowRequestError(StudioError):
    code = 408
    status = HTTPStatus.REQUEST_TIMEOUT


class DuplicateRenderError(StudioError):
    code = 409
    status = HTTPStatus.CONFLICT


class RequestTooLargeError(StudioError):
    code = 413
    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


class UnusableDraftError(StudioError):
    code = 422
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class RateLimitedError(StudioError):
    code = 429
    status = HTTPStatus.TOO_MANY_REQUESTS

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after
