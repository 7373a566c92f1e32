"""What an answer of the video service means before, at and after the payment: the one table of it.

    answer                            before the post   at the post           after the post
    ------------------------------    --------------    ------------------    ---------------------------
    no connection                     ask again         send again            ask again
    429, 503 with Retry-After         ask again         send again            ask again
    a redirect                        ask again         send again            ask again
    no or a broken answer             ask again         unclear: read state   ask again
    5xx, codes 5000-5999              ask again         unclear: read state   ask again
    HTML, odd JSON, missing data      ask again         unclear: read state   ask again
    other codes, other 4xx            final             unclear: read state   ask again
    1001, 1010, 1011, 401             final             final                 ask again
    1002                              new session       new session           final for state and start
    2001                              final             final                 final for the start of a render
    402; 403 on a render              final             final                 final, but for the state
    404 of a render                   -                 -                     ask again; then start it again
    a failed render                   -                 -                     one more render, then final
    4001, 4002                        final             final                 ask again

Errors with `retryable` are asked again before the post, by the workflow's Retry. Errors with `refused` and
`retryable` are sent again. After the post this module decides: `wait_after` waits after everything that
`is_final` does not name. Its waits grow, and are spent in the workflow's Wait states.
"""

from enum import StrEnum
from http import HTTPStatus
from typing import Final

from backend.errors import ExportBlockedError, NemoVideoError, OutOfCreditsError, SessionNotFoundError
from videos.model.errors import VideoError, problem_of
from videos.model.ports import VideoStore
from videos.model.records import VersionRef
from videos.model.version import Outage, Version

FIRST_WAIT: Final = 5
LONGEST_WAIT: Final = 600
PATIENCE: Final = 70 * 60
"""Seconds. An outage of 60 minutes is outlasted; the rest is a margin for the last, longest wait."""


class Call(StrEnum):
    """A free call that is repeated after the payment. Each has a patience of its own."""

    STATE = "state"
    START = "start"
    STATUS = "status"
    DOWNLOAD = "download"


_SESSION_NOT_FOUND: Final = 1002
_FINAL: Final[dict[Call, tuple[type[NemoVideoError], ...]]] = {
    Call.STATE: (SessionNotFoundError,),
    Call.START: (SessionNotFoundError, OutOfCreditsError, ExportBlockedError),
    Call.STATUS: (ExportBlockedError,),
    Call.DOWNLOAD: (ExportBlockedError,),
}


def is_final(call: Call, error: NemoVideoError) -> bool:
    """Whether an answer after the payment is the video service's final word: a code its documents name."""
    if not isinstance(error, _FINAL[call]):
        return False
    if isinstance(error, ExportBlockedError) and call is not Call.START:
        return error.code == HTTPStatus.PAYMENT_REQUIRED  # the 403 of a file is an address that has expired
    # HTTP 404 alone may be a proxy's.
    return not isinstance(error, SessionNotFoundError) or error.code == _SESSION_NOT_FOUND


def wait_after(ref: VersionRef, call: Call, error: NemoVideoError, store: VideoStore) -> int:
    """Return the seconds until a call after the payment is made again.

    Raises:
        NemoVideoError: `error`, when it is the final word.
        VideoError: the video service has given no usable answer for too long.
    """
    if is_final(call, error):
        raise error
    return ask_again(ref, call, VideoError.of(problem_of(error)), store)


def ask_again(
    ref: VersionRef, call: Call, given_up: VideoError, store: VideoStore, *, patience: int = PATIENCE
) -> int:
    """Return the seconds until the call is made again: 5 at first, then as many as were waited so far.

    Waits are counted, not read from a clock: so every loop of the workflow is bounded by their number.

    Raises:
        VideoError: `given_up`, when `patience` seconds have been waited for this call.
    """
    outage = store.version(ref).outage or Outage()
    waited = outage.waited.get(call, 0)
    if waited >= patience:
        raise given_up
    wait = min(max(waited, FIRST_WAIT), LONGEST_WAIT)
    store.write(ref, Outage(waited=outage.waited | {call: waited + wait}))
    return wait


def waited_for(version: Version, call: Call) -> int:
    """Return the seconds that were waited for usable answers to a call."""
    return version.outage.waited.get(call, 0) if version.outage is not None else 0
