"""Worker of the copy queue: copy the result of one video to the bucket of its owner."""

from handlers import wiring
from handlers.queues.notifying import RetryLaterError, notifier
from videos.events.announcements import Announcement, VideoEnded
from videos.model.records import VersionRef
from videos.steps.outbox import OutboxError
from videos.steps.owner_bucket import copy_to_owner


def _copy(announcement: Announcement) -> None:
    if not isinstance(announcement, VideoEnded):
        return
    ref = VersionRef(video_id=announcement.video_id, version=announcement.version)
    try:
        copy_to_owner(ref, store=wiring.store(), buckets=wiring.owner_buckets())
    except OutboxError as error:
        raise RetryLaterError(str(error)) from error


handler = notifier(__name__, _copy)
