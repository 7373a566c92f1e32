"""Who may be at work on a version whose send lock is taken."""

from datetime import datetime, timedelta

from videos.model.version import SendOutcome, Version

# The least time that a worker needs to begin a render: to read the draft and start the render. Each of these
# calls is repeated for a minute at most.
ENOUGH_TO_BEGIN_RENDER = timedelta(seconds=240)


def worker_may_live(version: Version, now: datetime) -> bool:
    """Return whether the worker that took the send lock may still be at work on the version."""
    if version.send_lock is None or version.ended is not None or now >= version.send_lock.alive_until:
        return False
    if version.reply is None:
        return True
    # With less time left, or with a stream whose end was not seen, it has answered the workflow at once.
    has_time = version.send_lock.alive_until - version.reply.at > ENOUGH_TO_BEGIN_RENDER
    return has_time and version.reply.outcome is not SendOutcome.UNKNOWN
