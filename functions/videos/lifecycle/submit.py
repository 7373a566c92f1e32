"""Accept a request for a video: the one use case behind the inbox and the HTTP API."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from pydantic import JsonValue, TypeAdapter

from videos.model.errors import VideoDeletedError
from videos.model.media import Drop, InboxFile, Media, dropped_files
from videos.model.ports import VideoStore, Workflow
from videos.model.records import BatchRow, Problem, Stage
from videos.model.video import HistoryEntry, Options, Planned, RowResult, Video, Webhook
from videos.requests.sequence import first_version

# The idempotency key, and what only drops and rows have, whose idempotency key says it all.
_NOT_ASKED = {
    "idempotency_key", "owner", "source", "batch", "dropped", "row_result", "sequence", "problem", "warnings",
}  # fmt: skip


@dataclass(frozen=True)
class Submission:
    """What somebody asks for. `idempotency_key` is equal for the same input, and only then."""

    idempotency_key: str
    owner: str
    source: Literal["inbox", "api"]
    instruction: str
    media: tuple[Media, ...]
    options: Options = field(default_factory=Options)
    webhook: Webhook | None = None
    metadata: dict[str, JsonValue] | None = None
    batch: BatchRow | None = None
    dropped: Drop | None = None
    row_result: RowResult | None = None
    sequence: tuple[Planned, ...] = ()
    problem: Problem | None = None
    """Why it cannot be made: it becomes a video that fails at once, and says so like any other."""
    warnings: tuple[str, ...] = ()
    """What the owner should know: lines of the history."""

    @property
    def dropped_files(self) -> tuple[InboxFile, ...]:
        """What was dropped for it."""
        return dropped_files(self.dropped, self.media)

    @property
    def fingerprint(self) -> str:
        """Differs for another request under the same idempotency key."""
        asked = TypeAdapter(Submission).dump_json(self, exclude=_NOT_ASKED)
        return hashlib.sha256(asked).hexdigest()


class ConflictingRequestError(ValueError):
    """The idempotency key was used before, for something else."""


def submit(
    submission: Submission,
    *,
    store: VideoStore,
    workflow: Workflow,
    keep_days: int,
    now: datetime | None = None,
) -> Video:
    """Remember the video and start its workflow; the same submission twice is one video.

    Starting comes after remembering and is repeated with every repeated submission, so that a crash
    between the two heals when the event is delivered again.

    A video that was deleted is not made again: its id is spent, and so is the name of its execution.

    Raises:
        ConflictingRequestError: The idempotency key belongs to another request.
        VideoDeletedError: The video of this idempotency key was deleted.
    """
    video_id = video_id_for(submission.idempotency_key)
    _refuse_deleted(video_id, store)
    now = now or datetime.now(UTC)
    video = Video(
        video_id=video_id,
        owner=submission.owner,
        source=submission.source,
        dropped=submission.dropped,
        row_result=submission.row_result,
        media=submission.media,
        sequence=submission.sequence,
        instruction=submission.instruction,
        options=submission.options,
        webhook=submission.webhook,
        metadata=submission.metadata,
        request_fingerprint=submission.fingerprint,
        link_key=secrets.token_urlsafe(32),
        created_at=now,
        updated_at=now,
        expires_at=now + timedelta(days=keep_days),
        history=tuple(
            HistoryEntry(at=now, stage=Stage.QUEUED, message=message)
            for message in ("Accepted.", *submission.warnings)
        ),
    )
    said = {"problem": submission.problem, "batch": submission.batch}
    version = first_version(video, now).model_copy(update=said)
    if not store.create(video, version):
        _refuse_deleted(video_id, store)  # at this very moment
        video = store.video(video.video_id)
        if video.request_fingerprint != submission.fingerprint:
            raise ConflictingRequestError(video.video_id)
    workflow.start(version.ref)
    return video


def _refuse_deleted(video_id: str, store: VideoStore) -> None:
    if store.deleted(video_id) is not None:
        raise VideoDeletedError(video_id)


def video_id_for(idempotency_key: str) -> str:
    """A short id that is the same for the same input and fits the name of an execution."""
    return f"vid-{short_hash(idempotency_key)}"


def short_hash(idempotency_key: str) -> str:
    """24 letters and digits that stand for an idempotency key."""
    digest = hashlib.sha256(idempotency_key.encode()).digest()
    return base64.b32encode(digest[:15]).decode().lower()
