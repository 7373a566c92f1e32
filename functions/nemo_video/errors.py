"""What can go wrong, as exceptions. None of them contains the API key."""

from nemo_video.models import Batch, Video

REQUEST_ID = "x-amzn-requestid"


class NemoVideoError(Exception):
    """Any error of this package. The text says what is wrong and what to do."""


class SettingsError(NemoVideoError):
    """The address of the API or the key is missing or invalid."""


class ConnectionFailedError(NemoVideoError):
    """The API, or the storage of its files, could not be reached, or did not answer in time."""


class ApiError(NemoVideoError):
    """The API answered with an error.

    Attributes:
        status: HTTP status.
        type: Stable name of the error, such as `invalid-request`; empty if API Gateway answered itself.
        detail: What is wrong and what to do.
        field: The invalid field of the request.
        code: The failure code with which a video would fail.
        request_id: Id of the request, for the operator of the stack.
        retry_after: Seconds after which a retry can succeed.
        video_id: The video that a request was about.
    """

    def __init__(
        self,
        detail: str,
        *,
        status: int,
        type: str = "",  # noqa: A002 - the name in the problem
        field: str | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.status = status
        self.type = type
        self.field = field
        self.code = code
        self.request_id = request_id
        self.retry_after = retry_after


class AuthenticationError(ApiError):
    """401 or 403: the key is missing or unknown, or it lacks the scope."""


class InvalidRequestError(ApiError):
    """400, 405, 413, 415 or 422: the request has to be corrected. See `field`."""


class NotFoundError(ApiError):
    """404 or 410: there is no such video or batch, or it belongs to another owner, or it was deleted."""


class ConflictError(ApiError):
    """409: not possible in the present state. With `retry_after`, it is possible later."""


class TemporaryError(ApiError):
    """429, 500, 502, 503 or 504: still busy or broken after all retries."""


class StorageError(NemoVideoError):
    """The storage refused an upload or a download."""


class NoFileError(NemoVideoError):
    """There is no file to download, because the video or the batch has none (yet)."""


class WaitTimeoutError(NemoVideoError):
    """The time to wait is over. The work goes on. `last` is what was known at the end."""

    def __init__(self, message: str, last: Video | Batch) -> None:
        super().__init__(message)
        self.last = last


class WebhookError(NemoVideoError):
    """A webhook has no valid signature, or is too old."""


def api_error_class(status: int) -> type[ApiError]:
    """Return the class of an error response."""
    by_status: dict[int, type[ApiError]] = {
        401: AuthenticationError,
        403: AuthenticationError,
        404: NotFoundError,
        409: ConflictError,
        410: NotFoundError,
        429: TemporaryError,
        500: TemporaryError,
        502: TemporaryError,
        503: TemporaryError,
        504: TemporaryError,
    }
    return by_status.get(status, InvalidRequestError if 400 <= status < 500 else ApiError)  # noqa: PLR2004
