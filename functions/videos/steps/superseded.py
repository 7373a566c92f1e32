"""Whether a drop still counts: the latest version of its key does, and nothing is made of any other.

A file that was overwritten or deleted before work on it began ends as `superseded`. Nothing is spent. No mail
is sent, because the user replaced or deleted the file on purpose.
"""

from videos.events.tags import VIDEO_ID
from videos.model.errors import VideoError
from videos.model.failure_codes import FailureCode
from videos.model.media import InboxFile
from videos.model.ports import Inbox, InboxFileFacts, Tags
from videos.model.records import Problem
from videos.model.version import Version
from videos.model.video import Video


class SupersededError(VideoError):
    """Another version of the file counts by now, or none."""

    code = FailureCode.SUPERSEDED


def latest_of(file: InboxFile, inbox: Inbox) -> InboxFileFacts | None:
    """Return the facts of a key's latest version; None where the key was deleted.

    A file that cannot be read is taken for the latest, with content: the first step says what is wrong.
    """
    try:
        return inbox.describe(file.model_copy(update={"version_id": None}))
    except FileNotFoundError:
        return None
    except PermissionError:
        return InboxFileFacts(size=1, version_id=file.version_id)


def is_latest(file: InboxFile, latest: InboxFileFacts) -> bool:
    """Return whether a file is the latest version of its key, as every file is that has no version."""
    return file.version_id is None or file.version_id == latest.version_id


def why_superseded(file: InboxFile, latest: InboxFileFacts | None) -> Problem:
    """Return what is said of a drop that does not count any more."""
    if latest is None:
        error = SupersededError(
            f"“{file.name}” was deleted before work on it began. Nothing was charged.",
            advice="Drop it again to get a video of it.",
        )
    else:
        error = SupersededError(
            f"“{file.name}” was replaced before work on it began. Nothing was charged.",
            advice="There is nothing to do: the newer version counts.",
        )
    return error.problem


def refuse_superseded(video: Video, version: Version, *, inbox: Inbox, tags: Tags) -> None:
    """Look whether the drop that asked for a video still counts. Later versions were asked for otherwise.

    A copy of the object onto itself changes nothing: it carries the tags of what was copied.

    Raises:
        SupersededError: It does not.
    """
    if video.dropped is None or version.number > 1:
        return
    file = video.dropped.file
    latest = latest_of(file, inbox)
    if latest is not None:
        copy = file.model_copy(update={"version_id": latest.version_id})
        if is_latest(file, latest) or tags.marks(copy).get(VIDEO_ID) == video.video_id:
            return
    raise SupersededError.of(why_superseded(file, latest))
