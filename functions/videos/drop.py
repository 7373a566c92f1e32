"""A file dropped in the inbox is a job."""

from videos.models import InboxFile, Video
from videos.ports import Inbox, VideoStore, Workflow
from videos.submit import ConflictingRequestError, Submission, submit, video_id_for

OWNER = "inbox"


def identity_of(file: InboxFile, sequencer: str = "") -> str:
    """The same version of the same key is the same job, however often S3 tells of it.

    Where the bucket keeps no versions, S3's `sequencer` tells one write from the next.
    """
    return f"s3://{file.bucket}/{file.key}?{file.version_id or sequencer}"


def accept_drop(
    file: InboxFile,
    *,
    sequencer: str,
    store: VideoStore,
    inbox: Inbox,
    workflow: Workflow,
    default_instruction: str,
    keep_days: int,
) -> Video | None:
    """Make a dropped file a job; None for the marker that a console leaves when it makes a folder."""
    if file.key.endswith("/"):
        return None
    try:
        asked = inbox.describe(file).instruction
    except FileNotFoundError:
        asked = None  # the workflow finds it gone, and says so
    submission = Submission(
        identity=identity_of(file, sequencer),
        owner=OWNER,
        source="inbox",
        instruction=asked or default_instruction,
        media=(file,),
    )
    try:
        return submit(submission, store=store, workflow=workflow, keep_days=keep_days)
    except ConflictingRequestError:
        # The stack's default instruction was changed between two deliveries of one event: the first counts.
        return store.video(video_id_for(submission.identity))
