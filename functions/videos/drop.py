"""A file dropped in the inbox is a job."""

import re
from enum import StrEnum

from videos.media_types import ENDINGS
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
        dropped_as=file.key,
    )
    try:
        return submit(submission, store=store, workflow=workflow, keep_days=keep_days)
    except ConflictingRequestError:
        # The stack's default instruction was changed between two deliveries of one event: the first counts.
        return store.video(video_id_for(submission.identity))


class DropKind(StrEnum):
    """What a dropped object is, by its key alone."""

    MEDIA = "media"
    LINK = "link"
    """A file that holds an address: `.url`, `.webloc`, `.desktop`; a `.txt` may."""
    JOB = "job"
    """`job.json`: one video, or a sequence, from files of its folder."""
    BATCH = "batch"
    """`batch.csv`, `batch.jsonl`: each row a video."""
    SIDECAR = "sidecar"
    """`photo.png.txt`, `photo.png.json`: what to do with `photo.png`."""
    DEFAULTS = "defaults"
    """`_defaults.json`: what is asked for in this folder where nobody says."""
    EDIT = "edit"
    """`photo.png.edit.txt`: what to change in the video made from `photo.png`."""
    NOTHING = "nothing"
    """What systems and programs leave behind."""


_LEFT_BEHIND = re.compile(r"^(\..*|~\$.*|thumbs\.db|desktop\.ini|results\.csv)$", re.IGNORECASE)
_SIDECAR = re.compile(rf"\.({'|'.join(sorted(ENDINGS))})\.(txt|json)$", re.IGNORECASE)


def kind_of(key: str) -> DropKind:
    """What an object of the inbox is."""
    name = key.rsplit("/", 1)[-1]
    lower = name.lower()
    if not name or _LEFT_BEHIND.match(name):
        return DropKind.NOTHING
    if lower == "job.json":
        return DropKind.JOB
    if lower in {"batch.csv", "batch.jsonl"}:
        return DropKind.BATCH
    if lower == "_defaults.json":
        return DropKind.DEFAULTS
    if lower.endswith(".edit.txt"):
        return DropKind.EDIT
    if _SIDECAR.search(name):
        return DropKind.SIDECAR
    if lower.endswith((".url", ".webloc", ".desktop", ".txt")):
        return DropKind.LINK
    return DropKind.MEDIA
