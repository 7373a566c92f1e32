"""A batch: a file of rows, each of which becomes a video, or a version of one, or is rejected."""

import re
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Protocol

from pydantic import BaseModel

from videos.lifecycle.submit import ConflictingRequestError, short_hash
from videos.model.batch import (
    JSON_ENDINGS,
    Batch,
    BatchEnd,
    Layout,
    Refusal,
    RowOutcome,
    RowStatus,
    Source,
)
from videos.model.media import InboxFile
from videos.model.records import Status

BATCH_ENDINGS = (".csv", ".tsv", ".xlsx", *JSON_ENDINGS)
"""Of the files that hold rows."""
BATCH_FILES = tuple(f"batch{ending}" for ending in BATCH_ENDINGS)
"""Names of the files whose rows are carried out when they are dropped."""


class BatchNotFoundError(LookupError):
    """No batch of that id, or not this caller's."""


class BatchesPage(BaseModel):
    """A page of a list, and the cursor of the next page."""

    batches: list[Batch]
    cursor: str | None = None


class BatchStore(Protocol):
    """The memory of batches and their rows."""

    def create(self, batch: Batch) -> bool:
        """Store a new batch; False when the id is known already."""

    def batch(self, batch_id: str) -> Batch:
        """Raises: BatchNotFoundError."""

    def of_owner(self, owner: str, *, status: Status | None, limit: int, after: str | None) -> BatchesPage:
        """The owner's batches, newest first, from a cursor on. Raises: BadCursorError."""

    def add_to_batch(self, batch_id: str, part: Layout | Refusal | BatchEnd) -> None:
        """Write one part of the batch, replacing what was there."""

    def complete(self, batch_id: str, outcome: RowOutcome, *, expires_at: datetime) -> str | None:
        """Write the result of a row, once. Return the token of the task that waits for it, if any."""

    def outcomes(self, batch_id: str) -> Iterator[RowOutcome]:
        """Yield the results of rows that have ended, in their order, with one page in memory."""

    def counts(self, batch_id: str) -> dict[RowStatus, int]:
        """How many rows have ended how, so far."""


class BatchWorkflow(Protocol):
    """Starts the workflow of a batch; the same batch twice is one execution."""

    def start_batch(self, batch_id: str) -> None: ...


RESULTS_TYPE = "text/csv; charset=utf-8"
_RESULTS = re.compile(r"results(-bat-[a-z2-7]+)?\.csv", re.IGNORECASE)


def is_results(name: str) -> bool:
    """Return whether a file's name is one that the pipeline gives to the results of a batch."""
    return _RESULTS.fullmatch(name) is not None


def new_secret() -> str:
    """32 letters and digits that nobody can guess."""
    return secrets.token_hex(16)


@dataclass(frozen=True)
class NewBatch:
    """A file of rows that was submitted. `idempotency_key` is equal for the same input, and only then."""

    idempotency_key: str
    owner: str
    source: Source
    file: InboxFile
    fingerprint: str = ""
    secret: str = field(default_factory=new_secret)


def accept_batch(
    new: NewBatch, *, store: BatchStore, workflow: BatchWorkflow, keep_days: int, now: datetime | None = None
) -> Batch:
    """Remember the batch and start its workflow; the same file twice is one batch.

    Raises:
        ConflictingRequestError: The idempotency key belongs to another batch, or to another owner's.
    """
    now = now or datetime.now(UTC)
    batch = Batch(
        batch_id=batch_id_for(new.idempotency_key),
        owner=new.owner,
        source=new.source,
        file=new.file,
        fingerprint=new.fingerprint,
        secret=new.secret,
        created_at=now,
        expires_at=now + timedelta(days=keep_days),
    )
    if not store.create(batch):
        batch = store.batch(batch.batch_id)
        if (batch.owner, batch.fingerprint) != (new.owner, new.fingerprint):
            raise ConflictingRequestError(batch.batch_id)
    workflow.start_batch(batch.batch_id)
    return batch


def batch_id_for(idempotency_key: str) -> str:
    """A short id that is the same for the same file and fits the name of an execution."""
    return f"bat-{short_hash(idempotency_key)}"
