"""How times and states are shown in the terminal."""

from datetime import timedelta

from videos.model.records import Status

STYLES: dict[Status, str] = {
    Status.QUEUED: "cyan",
    Status.WORKING: "cyan",
    Status.NEEDS_ANSWER: "yellow",
    Status.READY: "green",
    Status.FAILED: "red",
    Status.CANCELLED: "dim",
    Status.SUPERSEDED: "dim",
}


def lasting(time: timedelta) -> str:
    """Return a time span in its two largest units: `2 d 4 h`, `3 min 20 s`, `4.2 s`."""
    seconds = max(time.total_seconds(), 0)
    if seconds < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{seconds:.1f} s"
    minutes, rest = divmod(int(seconds), 60)
    if minutes < 60:  # noqa: PLR2004 - minutes of an hour
        return f"{minutes} min {rest} s"
    hours, minutes = divmod(minutes, 60)
    days, hours_of_day = divmod(hours, 24)
    return f"{days} d {hours_of_day} h" if days else f"{hours} h {minutes} min"
