"""Exporting: a finished timeline without a film is rendered again, free of charge.

An export is a version of its own: it has no instruction, sends nothing, and renders the session's draft as it
is. It is asked for over the API and in notes, chosen by a retry that can do with it, and begun by the
recovery: an hour, a day and three days after a version failed with a finished timeline.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from videos.model.failure_codes import FailureCode
from videos.model.records import Status
from videos.model.version import Version
from videos.model.video import Video

AUTOMATIC = (timedelta(hours=1), timedelta(days=1), timedelta(days=3))
"""When an export is begun by itself, counted from the end of the version that failed."""

# Failures that another render of the same timeline will not change.
_IN_VAIN = {
    FailureCode.NOTHING_TO_EXPORT,
    FailureCode.SESSION_LOST,
    FailureCode.UNSUPPORTED_DRAFT,
    FailureCode.RENDER_FAILED,
    FailureCode.DELIVERY_FAILED,
}
# Failures after which there is no draft that could be rendered here.
_NEVER = {FailureCode.SESSION_LOST, FailureCode.UNSUPPORTED_DRAFT}
# Failures after which a timeline may be there that nobody has read.
_UNSEEN = {
    FailureCode.BACKEND_UNAVAILABLE,
    FailureCode.BACKEND_ERROR,
    FailureCode.TOKEN_REJECTED,
    FailureCode.RATE_LIMITED,
    FailureCode.INTERRUPTED,
    FailureCode.INTERNAL,
}


class Way(StrEnum):
    """How a failed version is tried again."""

    EXPORT = "export"
    GENERATE = "generate"


def unrendered(video: Video, versions: Sequence[Version]) -> Version | None:
    """Return the newest version whose timeline the session may still hold, and which has no film yet."""
    session = video.backend_session
    for version in reversed(versions):
        if version.delivered is not None:
            return None
        if version.exports is None and version.send_lock is not None:
            is_here = session is not None and version.send_lock.session_id == session.session_id
            return version if is_here else None
    return None


def way_of_retry(video: Video, versions: Sequence[Version]) -> Way:
    """Return the cheapest way that can work: an export, which is free, before a new generation.

    After an export that failed for good, or a version without a timeline, only a generation is left.
    """
    last, version = versions[-1], unrendered(video, versions)
    if version is None or (last.exports is not None and _failed_for(last, _IN_VAIN)):
        return Way.GENERATE
    return Way.EXPORT if _has_timeline(version) else Way.GENERATE


def due_export(video: Video, versions: Sequence[Version]) -> datetime | None:
    """Return when an export is to begin by itself; None for what needs none, or has had all its tries."""
    last, missing = versions[-1], unrendered(video, versions)
    if missing is None or missing.ended is None or not _has_timeline(missing):
        return None
    is_failed = last.ended is not None and last.ended.status is Status.FAILED
    tries = sum(version.automatic for version in versions if version.number > missing.number)
    if not is_failed or tries >= len(AUTOMATIC) or _failed_for(last, _NEVER):
        return None
    return missing.ended.at + AUTOMATIC[tries]


def _has_timeline(version: Version) -> bool:
    """Whether a timeline is stable, or may be there although nobody could read it."""
    return version.timeline is not None or _failed_for(version, _UNSEEN)


def _failed_for(version: Version, codes: set[FailureCode]) -> bool:
    is_failed = version.ended is not None and version.ended.status is Status.FAILED
    return is_failed and version.problem is not None and version.problem.code in codes
