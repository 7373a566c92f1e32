"""Everything the client raises.

    NemoVideoError
    ├── NotSentError              provably nothing reached the backend
    ├── TransportError            the request may have arrived, its answer did not
    ├── UnexpectedAnswerError     an answer this client cannot read
    │   └── UnknownCodeError      a code nobody documented
    ├── BackendError              an answer that says no
    │   ├── ServerError           HTTP 5xx; 503 with Retry-After was provably not taken
    │   ├── TokenExpiredError     1001, 1010, 1011, HTTP 401
    │   ├── SessionNotFoundError  1002
    │   ├── OutOfCreditsError     2001
    │   ├── UnsupportedFileError  4001
    │   ├── FileTooLargeError     4002, HTTP 413
    │   ├── ClientIdMissingError  400 when asking for an anonymous token
    │   ├── ExportBlockedError    402, or 403 on a render
    │   ├── RateLimitedError      429
    │   └── RenderNotFoundError   404 on a render
    └── StreamError               a stream that began and did not end well
        ├── BrokenStreamError     cut before its end
        ├── MalformedEventError   an event that cannot be read
        ├── StreamDeadlineError   longer than the caller could wait
        ├── StreamStalledError    no progress for too long
        └── AgentError            the agent itself reported an error

Codes and advice are the vendor skill document's; the HTTP statuses 401, 403, 404, 413 and 5xx are
listed in `assumptions`.
"""

import re
from typing import ClassVar

from backend.formats import ACCEPTED_FORMATS, MAX_UPLOAD

DAMAGED_ADVICE = "Check that the file plays on your device, then upload it again."
"""What to do when a file of an accepted format cannot be read."""


class NemoVideoError(Exception):
    """Root of the tree.

    Attributes:
        code: the backend's own code, else the HTTP status, else None.
        retryable: the very same call may succeed if made again. For a message this is never a permission
            to send it again: only `refused` is.
        refused: the backend provably did not take the request, so nothing was begun and nothing paid for.
        advice: what the person waiting for the video can do next.
        slug: the kind of failure, of the class: stable, and for programs.
    """

    slug: ClassVar[str] = "backend_error"
    retryable: bool = False
    refused: bool = False
    advice: str = "Try again in a few minutes."

    def __init__(
        self,
        message: str,
        *,
        code: int | str | None = None,
        advice: str | None = None,
        retryable: bool | None = None,
        refused: bool | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        if advice is not None:
            self.advice = advice
        if retryable is not None:
            self.retryable = retryable
        if refused is not None:
            self.refused = refused


class NotSentError(NemoVideoError):
    """No connection was made: unknown host, refused, no time left to send."""

    slug = "backend_unavailable"
    retryable = True
    refused = True


class TransportError(NemoVideoError):
    """The connection failed once the request was on its way: timeout, reset, protocol error."""

    slug = "backend_unavailable"
    retryable = True


class UnexpectedAnswerError(NemoVideoError):
    """HTML instead of JSON, a field missing, a redirect: nothing that the backend is known to say."""

    slug = "backend_unavailable"
    retryable = True
    advice = "Try again in a few minutes. If it happens again, tell the operator of this pipeline."


class UnknownCodeError(UnexpectedAnswerError):
    """The envelope has a code nobody documented; `retryable` when it looks like a fault of the server."""

    slug = "backend_error"


class BackendError(NemoVideoError):
    """The backend answered and said no. `codes` are the backend's own for it (vendor skill document)."""

    codes: ClassVar[tuple[int, ...]] = ()


class ServerError(BackendError):
    """HTTP 5xx; whether the request had an effect is unknown.

    Attributes:
        retry_after: seconds to wait before the next call, already capped; None when the backend names none.
    """

    slug = "backend_unavailable"
    retryable = True

    def __init__(
        self, message: str, *, code: int | str | None = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message, code=code, refused=retry_after is not None)
        self.retry_after = retry_after


class TokenExpiredError(BackendError):
    codes = (1001, 1010, 1011)
    slug = "token_rejected"
    refused = True
    advice = "The operator of this pipeline has to replace its access token for the video service."


class SessionNotFoundError(BackendError):
    codes = (1002,)
    slug = "session_lost"
    refused = True
    advice = "The session is gone. Start a new video."


class OutOfCreditsError(BackendError):
    """No credits left. `is_anonymous` says whether an account would help, or a top-up."""

    codes = (2001,)
    slug = "out_of_credits"
    refused = True
    is_anonymous = False
    advice = "Top up credits in your account."


class UnsupportedFileError(BackendError):
    codes = (4001,)
    slug = "unsupported_file"
    refused = True
    advice = f"Use one of the accepted formats: {', '.join(ACCEPTED_FORMATS)}."


class FileTooLargeError(BackendError):
    codes = (4002,)
    slug = "file_too_large"
    refused = True
    advice = f"Compress or trim the file. The limit is {MAX_UPLOAD}."


class ClientIdMissingError(BackendError):
    refused = True
    advice = "Send a client id (a UUID) in X-Client-Id."


class ExportBlockedError(BackendError):
    """A matter of plan, not of credits; also what missing attribution headers lead to."""

    slug = "export_blocked"
    refused = True
    advice = "Register or upgrade your plan to unlock export."


class RateLimitedError(BackendError):
    """Attributes: retry_after: seconds to wait before the next call, already capped."""

    slug = "rate_limited"
    retryable = True
    refused = True

    def __init__(self, message: str, *, retry_after: float, code: int | str | None = None) -> None:
        super().__init__(message, code=code, advice=f"Wait {retry_after:.0f} seconds, then try again.")
        self.retry_after = retry_after


class RenderNotFoundError(BackendError):
    advice = "Export the video again."


class StreamError(NemoVideoError):
    """The message was taken: never send it again, read the session's state instead."""

    advice = "The instruction may still be carried out. Check the video again in a few minutes."


class BrokenStreamError(StreamError):
    pass


class MalformedEventError(StreamError):
    pass


class StreamDeadlineError(StreamError):
    pass


class StreamStalledError(StreamError):
    pass


class AgentError(StreamError):
    slug = "agent_error"
    advice = "Rephrase the instruction, or try again later."


_BY_CODE = {code: kind for kind in BackendError.__subclasses__() for code in kind.codes}
_DAMAGED = re.compile(r"\b(?:damaged|incomplete|truncated|corrupt(?:ed)?)\b", re.IGNORECASE)


def error_of_code(
    code: int | str | None, message: str, *, refused: bool | None = None
) -> BackendError | None:
    """Return the error for one of the backend's own codes, None for any other code."""
    kind = _BY_CODE.get(code) if isinstance(code, int) else None
    if kind is None:
        return None
    # A damaged file of an accepted format is not helped by another format.
    is_damaged = kind is UnsupportedFileError and _DAMAGED.search(message) is not None
    return kind(message, code=code, refused=refused, advice=DAMAGED_ADVICE if is_damaged else None)
